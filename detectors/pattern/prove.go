package pattern

import (
	"errors"
	"fmt"

	"github.com/wasilibs/go-re2/experimental"
)

// maxRE2 is the memory that RE2 may use for the program of one expression, in
// bytes: what the dearest shipped one takes. A hundredth is usual; repeated classes
// of all letters take the most.
const maxRE2 = 16 << 20

// prove reports why RE2 would not run an expression: it is compiled on first use,
// in the middle of a text, which must not fail. Shipped expressions are proved by
// a test, those of users when they are loaded.
func (m *matcher) prove() error {
	if m.elems != nil || m.automaton() != nil && m.value == 0 {
		return nil // RE2 is not asked
	}
	if _, err := m.compile(); err != nil {
		return fmt.Errorf("RE2 refuses it: %w", err)
	}
	// Only sets may be given a budget (go-re2 v1.13.0); one of a single expression
	// costs what the expression costs.
	opts := experimental.CompileOptions{Latin1: m.bytes, MaxMem: maxRE2}
	if _, err := experimental.CompileSetWithOptions([]string{m.expr}, opts); err != nil {
		return errors.New("it is too large for RE2: repeat less, or name fewer letters; max_length bounds the match already")
	}
	return nil
}

package anchor

import (
	"errors"
	"fmt"
	"slices"
)

// A Config says what a [Set] looks for.
type Config struct {
	Literals  []Literal
	MinDigits int    // bytes in a run before it is a hit of KindDigits, 2 to MaxRun
	MinToken  int    // the same for KindToken
	Kinds     []Kind // which kinds but KindLiteral to report; a kind left out costs nothing
	NoBlocks  bool   // nobody reads the block counters: do not count
	Path      Path   // how to compute; see Detect
}

// A Set is a compiled [Config]. It is immutable and safe for concurrent use.
type Set struct {
	tables
	lits      literals
	minDigits int
	minToken  int
	kinds     [lastKind + 1]bool
	blocks    bool
}

// Compile makes a Set that reports every kind and counts blocks, on the
// fastest path there is.
func Compile(literals []Literal, minDigits, minToken int) (*Set, error) {
	return Config{
		Literals: literals, MinDigits: minDigits, MinToken: minToken,
		Kinds: []Kind{KindDigits, KindToken, KindAt, KindIBAN, KindCaps, KindEscape, KindWide},
	}.Compile()
}

// Compile checks c and makes its Set. All mistakes are reported at once; they
// name literals by index, never by text.
func (c Config) Compile() (*Set, error) {
	s := &Set{minDigits: c.MinDigits, minToken: c.MinToken, blocks: !c.NoBlocks}
	var errs []error
	for _, k := range c.Kinds {
		if k > lastKind {
			errs = append(errs, fmt.Errorf("anchor: unknown kind %d", k))
			continue
		}
		s.kinds[k] = true
	}
	if s.kinds[KindDigits] && (c.MinDigits < 2 || c.MinDigits > MaxRun) {
		errs = append(errs, fmt.Errorf("anchor: least run of digits is %d, want 2 to %d", c.MinDigits, MaxRun))
	}
	if s.kinds[KindToken] && (c.MinToken < 2 || c.MinToken > MaxRun) {
		errs = append(errs, fmt.Errorf("anchor: least run of token bytes is %d, want 2 to %d", c.MinToken, MaxRun))
	}
	for i, l := range c.Literals {
		if len(l.Text) < MinLiteral || len(l.Text) > MaxLiteral {
			errs = append(errs, fmt.Errorf("anchor: literal %d has %d bytes, want %d to %d", i, len(l.Text), MinLiteral, MaxLiteral))
		}
	}
	if s.path = c.Path; s.path == Auto {
		s.path, _ = Detect("")
	} else if !slices.Contains(Paths(), s.path) {
		errs = append(errs, fmt.Errorf("anchor: this CPU has no %v", s.path))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.prop = properties()
	s.addLiterals(c.Literals)
	return s, nil
}

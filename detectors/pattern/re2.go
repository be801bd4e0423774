package pattern

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	re2 "github.com/wasilibs/go-re2"
	"github.com/wasilibs/go-re2/experimental"
)

// RE2 keeps its memory outside Go's heap and never gives it back to the system
// (go-re2 v1.13.0: wasm2go). It is bounded from both sides. The program of an
// expression may take maxRE2 bytes. And the cache of states that RE2 builds while
// it reads, up to 128 MiB for each expression on text made for that, is not built
// for short texts when groups are asked for, so they always are; and where texts
// are long an expression is compiled anew after renewAfter bytes, which frees it.
const (
	maxRE2     = 16 << 20  // what the dearest shipped expression takes; a hundredth is usual
	shortText  = 512       // bytes of text for which RE2 needs no such cache
	renewAfter = 256 << 10 // bytes of longer texts; hostile ones make 26 MiB of states of them
)

// A lazyRE2 is an expression in RE2, compiled when first needed. Safe for
// concurrent use.
type lazyRE2 struct {
	now  atomic.Pointer[usedRE2]
	high atomic.Int64 // memory of RE2 when this one was last compiled anew
}

type usedRE2 struct {
	*re2.Regexp
	read atomic.Int64 // bytes of long texts
}

// find is FindSubmatchIndex at the start of text. The match is group 1, the groups
// of the expression come behind it.
func (m *matcher) find(text []byte) []int {
	c := m.re.now.Load()
	if c == nil || c.read.Load() > renewAfter {
		compiled, err := m.compile()
		if err != nil {
			panic("pattern: internal error: RE2 refuses an expression that was proved")
		}
		fresh := &usedRE2{Regexp: compiled}
		m.re.now.CompareAndSwap(c, fresh) // somebody else's is as good
		c = fresh
		if now := RE2Memory(); now > m.re.high.Swap(now) {
			runtime.GC() // a finalizer frees what was compiled before
		}
	}
	if len(text) > shortText {
		c.read.Add(int64(len(text)))
	}
	return c.FindSubmatchIndex(text)
}

func (m *matcher) compile() (*re2.Regexp, error) {
	expr := `\A(` + m.expr + `)`
	if m.bytes {
		return experimental.CompileLatin1(expr)
	}
	return re2.Compile(expr)
}

// prove reports why RE2 would not run an expression: it is compiled on first use,
// in the middle of a text, which must not fail. Shipped expressions are proved by
// a test, those of users when they are loaded.
func (m *matcher) prove() error {
	if m.elems != nil || m.automaton() != nil && m.value == 0 {
		return nil // RE2 is not asked
	}
	// Only sets may be given a budget (go-re2 v1.13.0); one of a single expression
	// costs what the expression costs.
	opts := experimental.CompileOptions{Latin1: m.bytes, MaxMem: maxRE2}
	if _, err := experimental.CompileSetWithOptions([]string{m.expr}, opts); err != nil {
		return errors.New("it is too large for RE2: repeat less, or name fewer letters; max_length bounds the match already")
	}
	if _, err := m.compile(); err != nil {
		return fmt.Errorf("RE2 refuses it: %w", err)
	}
	return nil
}

// RE2Memory is the memory that RE2 has taken from the system, in bytes; 0 where
// that cannot be told, and before RE2 is first needed. The library keeps it to
// itself, but reserves 4 GiB of addresses and opens them from below: what is still
// closed of them is looked for among the mappings of the process.
func RE2Memory() int64 {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return 0
	}
	defer f.Close()
	return opened(bufio.NewScanner(f))
}

// opened reads /proc/self/maps. Nothing else of ours reserves gigabytes.
func opened(lines *bufio.Scanner) int64 {
	const reserved = 4 << 30
	var end uint64 // of a mapping that may be written
	for lines.Scan() {
		var from, to uint64
		var mode string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); n != 3 {
			continue
		}
		if closed := to - from; strings.HasPrefix(mode, "---") && from == end && closed > reserved/2 && closed < reserved {
			return int64(reserved - closed)
		}
		if end = 0; strings.HasPrefix(mode, "rw-") {
			end = to
		}
	}
	return 0
}

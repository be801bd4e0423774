package pattern

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func TestEveryShippedExpressionIsProved(t *testing.T) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	prove := func(id, expr string) {
		m, err := newMatcher(expr)
		if err == nil {
			err = m.prove()
		}
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		n++
	}
	for _, r := range c.Rules() {
		if r.Pattern != "" {
			prove(r.ID, r.Pattern)
		}
		for _, p := range r.Exclude.Patterns {
			prove(r.ID, `(?:`+p+`)$`)
		}
	}
	if n < 100 {
		t.Errorf("only %d expressions were proved", n)
	}
}

// own is a rule of a user, in which tests put mistakes.
const own = `
[[rule]]
id = "secret.acme"
info_type = "secret.acme"
keywords = ["acme_"]
pattern = 'acme_[a-z]{8}'
max_length = 9000
confidence = 80
test = [{ text = "⟦acme_abcdefgh⟧" }, { text = "⟦acme_abcdefgh⟧" }, { text = "⟦acme_abcdefgh⟧" }, { text = "a" }, { text = "b" }, { text = "acme_" }]
`

func TestARuleThatCannotRunIsAnErrorWithItsPlace(t *testing.T) {
	types := `
group = [{ name = "secret", severity = "high", controls = ["X-1"] }]
infotype = [{ name = "secret.acme", group = "secret", title = "Acme key" }]
`
	for _, c := range []struct{ name, from, to, want string }{
		{"blows up in RE2", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_(?P<value>(?:\p{L}\p{N}?){400})'`, "secrets/own.toml:6:1: pattern cannot be used: it is too large for RE2"},
		{"exclusion blows up", "confidence = 80", `confidence = 80` + "\n" + `exclude.patterns = ['a', '(?:\pL\b){500}']`, "secrets/own.toml:9:26: pattern cannot be used: it is too large for RE2"},
		{"no such validator", "confidence = 80", "confidence = 80\nvalidators = [\"luhm\"]", "secrets/own.toml:9:15: unknown validator (luhn?)"},
		{"no such format", "pattern = 'acme_[a-z]{8}'", "shape = \"digits\"\nformats = [\"3-2\", \"3+2\"]", "secrets/own.toml:7:19: the separators of a format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(own, c.from, c.to, 1)
			loaded, err := rules.Load(fstest.MapFS{"infotypes.toml": {Data: []byte(types)}, "secrets/own.toml": {Data: []byte(text)}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = New(loaded)
			var errs strict.Errors
			if !errors.As(err, &errs) || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), c.want) {
				t.Errorf("New = %v, want %s", err, c.want)
			}
		})
	}
}

// An expression and a text made for each other: a cache of states would grow with
// every byte.
func TestRE2StaysWithinMemory(t *testing.T) {
	for _, c := range []struct {
		expr string
		size int // of the texts
		most int64
	}{
		{`(?:a|b|é)*a(?:a|b|é){20}c`, shortText, 8 << 20},
		{`(?:a|b|é)*a(?:a|b|é){20}c`, 16 << 10, 64 << 20},
	} {
		m, err := newMatcher(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		if m.automaton() != nil {
			t.Fatal("RE2 is not asked")
		}
		rnd := rand.New(rand.NewPCG(1, uint64(c.size)))
		text := make([]byte, c.size)
		before := RE2Memory()
		renewed := map[*usedRE2]bool{}
		for range 1 << 20 / c.size {
			for i := range text {
				text[i] = "ab"[rnd.IntN(2)]
			}
			m.find(text)
			renewed[m.re.now.Load()] = true
		}
		if grown := RE2Memory() - before; grown > c.most || RE2Memory() == 0 && runtime.GOOS == "linux" {
			t.Errorf("texts of %d bytes: RE2 has %d MiB more, want at most %d", c.size, grown>>20, c.most>>20)
		} else {
			t.Logf("texts of %d bytes: RE2 has %d MiB more, compiled %d times", c.size, grown>>20, len(renewed))
		}
		if c.size > shortText && len(renewed) < 2 {
			t.Error("it was never compiled anew")
		}
	}
}

func TestMemoryOfRE2IsFoundAmongMappings(t *testing.T) {
	for _, c := range []struct {
		name, maps string
		want       int64
	}{
		{"none", "00400000-00e00000 r-xp 00000000 fd:00 1 /bin/x\n", 0},
		{"Go's heap", "c000000000-c000400000 rw-p 00000000 00:00 0 \nc000400000-c004000000 ---p 00000000 00:00 0 \n", 0},
		{"RE2", "7f0000000000-7f0000030000 rw-p 00000000 00:00 0 \n7f0000030000-7f0100000000 ---p 00000000 00:00 0 \n", 0x30000},
		{"RE2 above other memory", "7effff000000-7f0000030000 rw-p 00000000 00:00 0 \n7f0000030000-7f0100000000 ---p 00000000 00:00 0 \n", 0x30000},
		{"not beside each other", "7f0000000000-7f0000030000 rw-p 00000000 00:00 0 \n7f0000040000-7f0100010000 ---p 00000000 00:00 0 \n", 0},
	} {
		if got := opened(bufio.NewScanner(strings.NewReader(c.maps))); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}

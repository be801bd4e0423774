package pattern

import (
	"regexp"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
)

// oracle matches with the standard library on the whole text. Bytes are read
// as Latin-1 where the matcher reads bytes.
func oracle(m *matcher, text []byte, start, limit int) (int, detectors.Span) {
	window := text[start:min(len(text), start+limit)]
	re := compiled(m)
	if !m.bytes {
		loc := re.FindSubmatchIndex(validUTF8(window))
		return place(m, loc, start, func(i int) int { return i })
	}
	runes := make([]rune, len(window))
	for i, b := range window {
		runes[i] = rune(b)
	}
	s := string(runes)
	at := make(map[int]int) // offset in s → offset in window
	k := 0
	for i := range s {
		at[i] = k
		k++
	}
	at[len(s)] = k
	return place(m, re.FindStringSubmatchIndex(s), start, func(i int) int { return at[i] })
}

// compiled keeps the standard library's programs, one a matcher.
func compiled(m *matcher) *regexp.Regexp {
	if re, ok := programs.Load(m.expr); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(`\A(?:` + m.expr + `)`)
	programs.Store(m.expr, re)
	return re
}

var programs sync.Map // of *regexp.Regexp by expression

func place(m *matcher, loc []int, start int, at func(int) int) (int, detectors.Span) {
	if loc == nil {
		return -1, detectors.Span{}
	}
	v := detectors.Span{Start: start + at(loc[0]), End: start + at(loc[1])}
	if g := 2 * m.value; g > 0 && loc[g] >= 0 {
		v = detectors.Span{Start: start + at(loc[g]), End: start + at(loc[g+1])}
	}
	return start + at(loc[1]), v
}

func patterns(t testing.TB) []*matcher {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	var out []*matcher
	for _, r := range c.Rules() {
		if r.Pattern != "" {
			m, err := newMatcher(r.Pattern)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, m)
		}
	}
	return out
}

func TestMatchersAgreeWithTheStandardLibrary(t *testing.T) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	rows, matches := 0, 0
	for _, r := range c.Rules() {
		if r.Pattern == "" {
			continue
		}
		m, err := newMatcher(r.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		if m.elems != nil {
			rows++
		}
		for i, test := range r.Tests {
			if i > 0 && fromFormat(r) {
				break
			}
			text, _, err := Sample(test.Text+" \xff"+test.Text, r.ID+"/seed")
			if err != nil {
				t.Fatalf("%s test %d: %v", r.ID, i, err)
			}
			for start := range text {
				end, v, _, _ := m.at(text, start, r.MaxLength)
				wantEnd, wantV := oracle(m, text, start, r.MaxLength)
				if end != wantEnd || end >= 0 && v != wantV {
					t.Fatalf("%s at %d of test %d: [..%d) %v, want [..%d) %v", r.ID, start, i, end, v, wantEnd, wantV)
				}
				if end >= 0 {
					matches++
				}
			}
		}
	}
	if rows < 20 || matches < 300 {
		t.Errorf("only %d rules ran as rows of classes and %d places matched: the test has lost its subject", rows, matches)
	}
}

func FuzzRE2AgainstStdlib(f *testing.F) {
	ms := patterns(f)
	f.Add("ghp_0123456789abcdefghij0123456789abcdef", 0)
	f.Add("key \xff\xfe val Müller 12.345.678-K", 3)
	f.Add("sk-proj-\xc3\xbc", 1)
	f.Add("://a:b@c \u212A\u017F", 2)
	f.Fuzz(func(t *testing.T, text string, n int) {
		if len(text) > 512 {
			return
		}
		m := ms[uint(n)%uint(len(ms))]
		for start := range len(text) {
			end, v, _, _ := m.at([]byte(text), start, 256)
			wantEnd, wantV := oracle(m, []byte(text), start, 256)
			if end != wantEnd || end >= 0 && v != wantV {
				t.Fatalf("pattern %d at %d: [..%d) %v, want [..%d) %v", uint(n)%uint(len(ms)), start, end, v, wantEnd, wantV)
			}
		}
	})
}

func TestInvalidBytesCannotHideAMatch(t *testing.T) {
	m, err := newMatcher(`key .{1,10}ü`)
	if err != nil {
		t.Fatal(err)
	}
	if m.bytes {
		t.Fatal("a pattern with . must run as UTF-8")
	}
	text := []byte("key \xff\xfe ü")
	if end, _, _, _ := m.at(text, 0, 64); end != len(text) {
		t.Errorf("end = %d, want %d", end, len(text))
	}
}

func TestValidUTF8KeepsOffsets(t *testing.T) {
	for _, s := range []string{"a\xffb", "\xe2\x82", "ü\xc3", "plain"} {
		got := validUTF8([]byte(s))
		if len(got) != len(s) || !utf8.Valid(got) {
			t.Errorf("validUTF8(%q) = %q", s, got)
		}
	}
}

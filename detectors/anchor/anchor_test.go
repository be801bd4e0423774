package anchor

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"unsafe"

	"github.com/coregx/ahocorasick"
)

const (
	leastDigits = 9
	leastToken  = 26
)

// naive finds hits in the plainest way there is. It is the oracle for [Set.Find].
func naive(c Config, text []byte) []Hit {
	var hits []Hit
	lower := asciiLower(text)
	for id, l := range c.Literals {
		in, want := text, []byte(l.Text)
		if l.Fold {
			in, want = lower, asciiLower(want)
		}
		for i := 0; ; {
			k := bytes.Index(in[i:], want)
			if k < 0 {
				break
			}
			if !l.Begins || wordBegins(text, i+k) {
				hits = append(hits, Hit{End: i + k + len(want), ID: uint32(id)})
			}
			i += k + 1
		}
	}
	digit := func(i int) bool { return i >= 0 && text[i] >= '0' && text[i] <= '9' }
	upper := func(i int) bool { return i >= 0 && text[i] >= 'A' && text[i] <= 'Z' }
	word := func(i int) bool {
		return i >= 0 && (digit(i) || upper(i) || text[i] >= 'a' && text[i] <= 'z' || text[i] == '_' || text[i] >= 0x80)
	}
	sep := func(i int) bool { return text[i] == ' ' || text[i] == '-' || text[i] == '.' }
	digits, token := 0, 0
	for i, b := range text {
		add := func(k Kind, is bool) {
			if is && slices.Contains(c.Kinds, k) {
				hits = append(hits, Hit{End: i + 1, Kind: k})
			}
		}
		if digits++; !digit(i) && !(sep(i) && digit(i-1)) {
			digits = 0
		}
		if token++; b >= 0x80 || !word(i) && !bytes.ContainsRune([]byte("+/=-"), rune(b)) {
			token = 0
		}
		add(KindDigits, digits == c.MinDigits)
		add(KindToken, token == c.MinToken)
		add(KindAt, b == '@')
		add(KindIBAN, digit(i) && digit(i-1) && upper(i-2) && upper(i-3))
		add(KindCaps, upper(i) && !word(i-1))
		add(KindEscape, i > 0 && escape.Match(text[i-1:i+1]))
		add(KindWide, b >= 0xC2)
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(a.End-b.End, int(a.Kind)-int(b.Kind), int(a.ID)-int(b.ID))
	})
	return hits
}

// wordBegins says in words of its own what [Literal] says of Begins.
func wordBegins(text []byte, i int) bool {
	small := func(b byte) bool { return b >= 'a' && b <= 'z' }
	capital := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	if i == 0 {
		return true
	}
	switch a, b := text[i-1], text[i]; {
	case small(a):
		return !small(b)
	case capital(a):
		return !small(b) && !capital(b)
	}
	return true
}

// naiveBlocks counts bytes one by one.
func naiveBlocks(text []byte) (out []Block) {
	for off := 0; off < len(text); off += BlockSize {
		b := Block{Off: off, Len: min(BlockSize, len(text)-off)}
		for _, x := range text[off : off+b.Len] {
			letter := x|0x20 >= 'a' && x|0x20 <= 'z'
			digit := x >= '0' && x <= '9'
			if digit {
				b.Digit++
			}
			if x >= 'A' && x <= 'Z' {
				b.Upper++
			}
			if letter || digit || bytes.IndexByte([]byte("_+/=-"), x) >= 0 {
				b.Token++
			}
			switch {
			case letter || digit:
			case x == '\n':
				b.Newline++
			case x == ' ' || x == '\t' || x == '\r':
				b.Space++
			case x >= 0x80:
				b.High++
			case x < ' ' || x == 0x7f:
				b.Ctl++
			default:
				b.Punct++
			}
		}
		out = append(out, b)
	}
	return out
}

func asciiLower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, x := range out {
		if x >= 'A' && x <= 'Z' {
			out[i] = x | 0x20
		}
	}
	return out
}

func allKinds() []Kind {
	return []Kind{KindDigits, KindToken, KindAt, KindIBAN, KindCaps, KindEscape, KindWide}
}

var escape = regexp.MustCompile(`^(?:%[0-9A-Fa-f]|\\[ux]|&[#0-9A-Za-z]|=[0-9A-F\r\n])$`)

// find runs s over text cut into pieces of the given lengths; the last length
// is repeated until the text ends.
func find(s *Set, text []byte, cuts ...int) (hits []Hit, blocks []Block) {
	var c Carry
	for off, i := 0, 0; off < len(text); i++ {
		n := len(text) - off
		if len(cuts) > 0 {
			n = min(n, cuts[min(i, len(cuts)-1)])
		}
		// A piece of its own, so that reading beyond it would show.
		piece := slices.Clip(bytes.Clone(text[off : off+n]))
		hits, blocks = s.Find(&c, piece, off, hits, blocks)
		for _, h := range hits {
			if h.End > off+n {
				panic("hit before its text")
			}
		}
		off += n
	}
	return hits, s.Finish(&c, blocks)
}

func compile(t testing.TB, c Config) *Set {
	t.Helper()
	s, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func equal(t *testing.T, what string, got, want []Hit) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s: %d hits, want %d; first difference at %d: %v, want %v", what, len(got), len(want), i, got[i:min(i+4, len(got))], want[i:min(i+4, len(want))])
		}
	}
}

// samples are literals of every length and form there is, anywhere and where
// they begin a word.
func samples() []Literal {
	ls := []Literal{
		{"sk-", false, false}, {"sk", false, false}, {"SK", false, false}, {"AKIA", false, false}, {"ghp_", false, false}, {"password", true, false}, {"Pass", true, false}, {"pw", true, false},
		{"account number", true, false}, {"number", true, false}, {"numb", true, false}, {"umber", false, false}, {"Straße", true, false}, {"müller", true, false}, {"Ünal", false, false},
		{"-----BEGIN RSA PRIVATE KEY-----", false, false}, {"-----BEGIN", false, false}, {"://", true, false}, {"(0", true, false}, {" st", true, false}, {"\n\n", false, false},
		{"\x00\x00", false, false}, {"\xff\xfe", false, false}, {"aaaaa", true, false}, {"aa", true, false}, {"aaaaaaaaaaaaaaaaaaaaaaa", false, false}, {"AAAA", false, false},
		{"[@`{", true, false}, {"@[`{@[`{@", true, false}, {"номер паспорта", true, false}, {"Mr ", false, false},
		{"the quick brown fox jumps over the lazy dog, and the quick brown fox jumps over the lazy dog", true, false},
		{string(bytes.Repeat([]byte("xy"), 64)), true, false}, {string(bytes.Repeat([]byte("z"), 127)) + "!", false, false},
	}
	for i, l := range ls {
		if l.Begins = true; i%2 == 0 {
			ls = append(ls, l)
		}
	}
	return append(ls, Literal{"abc", true, true}, Literal{"ABCD", false, true}, Literal{"Yabcd", true, true}, Literal{"pw", true, true})
}

// soup makes text of literals, near literals, runs and noise.
func soup(r *rand.Rand, ls []Literal, n int) []byte {
	var out []byte
	for len(out) < n {
		switch r.IntN(9) {
		case 0, 1, 2:
			l := []byte(ls[r.IntN(len(ls))].Text)
			for i := range l {
				switch r.IntN(12) {
				case 0:
					l[i] ^= 0x20
				case 1:
					if r.IntN(8) == 0 {
						l[i] = byte(r.IntN(256))
					}
				}
			}
			out = append(out, l[r.IntN(2)*r.IntN(len(l)):]...)
		case 3:
			for range r.IntN(30) {
				out = append(out, "0123456789 -."[r.IntN(13)])
			}
		case 4:
			for range r.IntN(90) {
				out = append(out, "azAZ09_+/=-q"[r.IntN(12)])
			}
		case 5:
			out = append(out, "@ DE89 GB29@ Ab A_B éA\r\n\t%4f\\u00=3D=\n&#3;&amp"[r.IntN(40):]...)
		case 6:
			for range r.IntN(20) {
				out = append(out, byte(r.IntN(256)))
			}
		case 7:
			out = append(out, bytes.Repeat([]byte{"a@z0 -"[r.IntN(6)]}, r.IntN(140))...)
		default:
			out = append(out, " and of the numbers in streets "[r.IntN(20):]...)
		}
	}
	return out[:n]
}

func TestFindAgreesWithNaiveSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, least := range [][2]int{{leastDigits, leastToken}, {2, 2}, {3, 64}, {64, 33}, {5, 63}} {
		c := Config{Literals: samples(), MinDigits: least[0], MinToken: least[1], Kinds: allKinds()}
		s := compile(t, c)
		for i := range 60 {
			text := soup(r, c.Literals, 1+r.IntN(6000))
			hits, blocks := find(s, text)
			equal(t, fmt.Sprintf("%v text %d", least, i), hits, naive(c, text))
			if want := naiveBlocks(text); !slices.Equal(blocks, want) {
				t.Fatalf("blocks = %+v, want %+v", blocks, want)
			}
		}
	}
}

// The literal finder against coregx, which knows no case: every literal folded.
func TestFindAgreesWithAhoCorasick(t *testing.T) {
	ls := samples()
	b := ahocorasick.NewBuilder()
	for i := range ls {
		ls[i].Text, ls[i].Fold, ls[i].Begins = string(asciiLower([]byte(ls[i].Text))), true, false
		b.AddStrings([]string{ls[i].Text})
	}
	// Byte classes overflow in v0.3.0 with 255 or more distinct bytes.
	ac, err := b.SetByteClasses(false).Build()
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, Config{Literals: ls, NoBlocks: true})
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		text := soup(r, ls, 1+r.IntN(6000))
		var want []Hit
		for _, m := range ac.FindAllOverlapping(asciiLower(text)) {
			for id, l := range ls { // equal literals have one pattern in the oracle
				if l.Text == ls[m.PatternID].Text && id == m.PatternID {
					want = append(want, Hit{End: m.End, ID: uint32(id)})
				}
			}
		}
		slices.SortFunc(want, func(a, b Hit) int { return cmp.Or(a.End-b.End, int(a.ID)-int(b.ID)) })
		got, blocks := find(s, text)
		equal(t, fmt.Sprintf("text %d", i), got, want)
		if len(blocks) > 0 {
			t.Fatal("blocks although nobody reads them")
		}
	}
}

// LAW: the position of a cut cannot matter. A literal, a run and a head of an
// IBAN are put around each edge that the code has, and cut everywhere there.
func TestCutsDoNotMatter(t *testing.T) {
	c := Config{Literals: samples(), MinDigits: leastDigits, MinToken: leastToken, Kinds: allKinds()}
	s := compile(t, c)
	r := rand.New(rand.NewPCG(5, 6))
	for _, edge := range []int{64, 128, head, head + ahead, BlockSize, BlockSize + 64} {
		text := soup(r, c.Literals, edge+300)
		want, wantBlocks := find(s, text)
		equal(t, "whole", want, naive(c, text))
		for cut := max(1, edge-140); cut < edge+140; cut++ {
			for _, second := range []int{1, 63, 64, 65, len(text)} {
				hits, blocks := find(s, text, cut, second, len(text))
				equal(t, fmt.Sprintf("cut at %d and %d later", cut, second), hits, want)
				if !slices.Equal(blocks, wantBlocks) {
					t.Fatalf("cut at %d: blocks = %+v, want %+v", cut, blocks, wantBlocks)
				}
			}
		}
	}
	text := soup(r, c.Literals, 2*BlockSize+100)
	want, wantBlocks := find(s, text)
	for step := 1; step < 150; step++ {
		hits, blocks := find(s, text, step)
		equal(t, fmt.Sprintf("pieces of %d", step), hits, want)
		if !slices.Equal(blocks, wantBlocks) {
			t.Fatalf("pieces of %d: other blocks", step)
		}
	}
}

func TestCarryIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Carry{}); n > 256 {
		t.Errorf("a Carry has %d bytes, want at most 256", n)
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	c := Config{Literals: samples(), MinDigits: leastDigits, MinToken: leastToken, Kinds: allKinds()}
	s := compile(t, c)
	text := soup(rand.New(rand.NewPCG(7, 8)), c.Literals, 20000)
	hits, blocks := find(s, text)
	hits, blocks = hits[:0:cap(hits)], blocks[:0:cap(blocks)]
	for _, piece := range []int{7, 64, 300, len(text)} {
		n := testing.AllocsPerRun(20, func() {
			var c Carry
			h, b := hits[:0], blocks[:0]
			for off := 0; off < len(text); off += piece {
				h, b = s.Find(&c, text[off:min(off+piece, len(text))], off, h, b)
			}
			s.Finish(&c, b)
		})
		if n != 0 {
			t.Errorf("pieces of %d: %v allocations, want none", piece, n)
		}
	}
}

func TestFindAppends(t *testing.T) {
	s := compile(t, Config{Literals: samples()[:12]})
	old := []Hit{{End: 1 << 40, ID: 7, Kind: KindCaps}}
	var c Carry
	got, _ := s.Find(&c, []byte("sk-"), 0, old, nil)
	equal(t, "hits", got, []Hit{old[0], {End: 2, ID: 1}, {End: 3, ID: 0}})
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		Config
	}{
		{"one byte", Config{Literals: []Literal{{Text: "a"}}}},
		{"too long", Config{Literals: []Literal{{Text: string(make([]byte, MaxLiteral+1))}}}},
		{"no run", Config{Kinds: []Kind{KindDigits}, MinDigits: 1}},
		{"long run", Config{Kinds: []Kind{KindToken}, MinToken: MaxRun + 1}},
		{"kind", Config{Kinds: []Kind{lastKind + 1}}},
	} {
		if _, err := c.Compile(); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

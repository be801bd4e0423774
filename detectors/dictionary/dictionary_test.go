package dictionary

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// naive is what Find must agree with: every term at every place.
func naive(terms []Term, text []byte) (out []Hit) {
	low := fold(nil, text)
	for i, t := range terms {
		want := fold(nil, []byte(t.Text))
		for at := 0; ; {
			j := bytes.Index(low[at:], want)
			if j < 0 {
				break
			}
			at += j
			if !t.Exact || same(text[at:at+len(want)], t.Text) {
				out = append(out, Hit{at, at + len(want), i})
			}
			at++
		}
	}
	slices.SortFunc(out, func(a, b Hit) int { return cmp.Or(a.End-b.End, a.Start-b.Start, a.Term-b.Term) })
	return out
}

// pieces finds with the text cut into pieces that next says.
func pieces(s *Set, text []byte, next func() int) (out []Hit) {
	var buf []byte
	var hits []Hit
	for from := 0; from < len(text); {
		to := min(len(text), from+max(1, next()))
		lo := max(0, from-s.Longest()-utf8.UTFMax)
		hits, buf = s.Find(buf, text[lo:to], from-lo, hits[:0])
		for _, h := range hits {
			out = append(out, Hit{h.Start + lo, h.End + lo, h.Term})
		}
		from = to
	}
	return out
}

func terms(texts ...string) (out []Term) {
	for _, t := range texts {
		exact := strings.HasPrefix(t, "=")
		out = append(out, Term{Text: strings.TrimPrefix(t, "="), Exact: exact})
	}
	return out
}

func TestFindsTermsWhateverTheirCase(t *testing.T) {
	for _, c := range []struct {
		name string
		list []Term
		text string
		want []string
	}{
		{"one", terms("Kestrel"), "the KESTREL and the kestrel", []string{"KESTREL", "kestrel"}},
		{"exact", terms("=Kestrel"), "KESTREL Kestrel kestrel", []string{"Kestrel"}},
		{"both", terms("Kestrel", "=Kestrel"), "Kestrel", []string{"Kestrel", "Kestrel"}},
		{"phrase over lines", terms("Project Kestrel"), "project\nkestrel, Project\tKestrel", []string{"project\nkestrel", "Project\tKestrel"}},
		{"exact phrase over lines", terms("=Project Kestrel"), "Project\nKestrel", []string{"Project\nKestrel"}},
		{"umlaut", terms("Müller & Söhne"), "MÜLLER & SÖHNE", []string{"MÜLLER & SÖHNE"}},
		{"final sigma", terms("Οδυσσεύς"), "ΟΔΥΣΣΕΎΣ", []string{"ΟΔΥΣΣΕΎΣ"}},
		{"letter that grows", terms("İzmir"), "İZMIR", []string{"İZMIR"}},
		{"Chinese", terms("天鹅计划"), "关于天鹅计划的会议", []string{"天鹅计划"}},
		{"within each other", terms("ab", "abc", "bc", "c"), "xabcx", []string{"ab", "abc", "bc", "c"}},
		{"bytes that are no text", terms("kestrel"), "\xffkestrel\xc3", []string{"kestrel"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Compile(c.list)
			if err != nil {
				t.Fatal(err)
			}
			hits, _ := s.Find(nil, []byte(c.text), 0, nil)
			var got []string
			for _, h := range hits {
				got = append(got, c.text[h.Start:h.End])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	for name, list := range map[string][]Term{
		"none":  nil,
		"empty": terms(""),
		"long":  terms(strings.Repeat("x", MaxTerm+1)),
		"many":  make([]Term, MaxTerms+1),
	} {
		if _, err := Compile(list); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// All 256 bytes in terms: the library's classes of bytes overflow at 255 (v0.3.0).
func TestEveryByteMayStandInATerm(t *testing.T) {
	var list []Term
	different := map[byte]bool{}
	for b := range 256 {
		different[fold(nil, []byte{byte(b)})[0]] = true
		list = append(list, Term{Text: string([]byte{byte(b), 'x', byte(255 - b)})})
	}
	if len(different) >= 255 {
		t.Fatalf("folded text has %d different bytes", len(different))
	}
	s, err := Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("\x00x\xff, \xffx\x00, Ax\xbe")
	if got, want := pieces(s, text, func() int { return len(text) }), naive(list, text); !slices.Equal(got, want) || len(got) < 3 {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestOpenIsWhatMayBecomeATerm(t *testing.T) {
	s, err := Compile(terms("Project Kestrel", "=Über Nacht", "天鹅计划", "kite"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"":                     0,
		"the project":          7,
		"the PROJECT\n":        8,
		"the project kestre":   14,
		"the project kestrel":  15, // it may stand before a letter
		"the project kestrel ": 0,
		"the projects":         0,
		"süß über":             5,
		"süß über ":            6,
		"关于天鹅":                 6,
		"关于天鹅\xe8":             7, // inside a rune
		"the pro ki":           2,
		"\xff\xffkit":          3,
	} {
		if got := s.Open([]byte(text)); got != want {
			t.Errorf("%q: %d bytes are open, want %d", text, got, want)
		}
	}
	text := []byte("about project kest")
	if n := testing.AllocsPerRun(100, func() { s.Open(text) }); n > 0 {
		t.Errorf("Open allocates %v times", n)
	}
}

func FuzzFindAgreesWithTheNaiveSearchForEveryCut(f *testing.F) {
	f.Add("Kestrel\nkes\nestrel k\n=KESTREL", "a kestrel KESTREL\tK kes", uint64(1))
	f.Add("ab\nabab\nbab\nb", "abababab", uint64(2))
	f.Add("Ünïcödé\nünï\n天鹅", "xÜNÏCÖDÉ天鹅ünï", uint64(3)) // cuts inside runes
	f.Add("aaaaaaaa\naaaaaaaab\naaaaaaaac", strings.Repeat("a", 40)+"b", uint64(4))
	f.Fuzz(func(t *testing.T, list, text string, seed uint64) {
		var ts []Term
		for _, line := range strings.Split(list, "\n") {
			if u := terms(line)[0]; u.Text != "" && len(u.Text) <= MaxTerm && utf8.ValidString(u.Text) && len(ts) < 200 {
				ts = append(ts, u)
			}
		}
		s, err := Compile(ts)
		if err != nil {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 1))
		want := naive(ts, []byte(text))
		for cut := range len(text) {
			open := s.Open([]byte(text[max(0, cut-s.Longest()-8):cut]))
			for _, h := range want {
				if h.Start < cut-open && h.End > cut {
					t.Errorf("at %d only %d bytes are open, and a term stands at %d to %d", cut, open, h.Start, h.End)
				}
			}
		}
		for _, most := range []int{1, 7, 1 << 20} {
			if got := pieces(s, []byte(text), func() int { return 1 + rnd.IntN(most) }); !slices.Equal(got, want) {
				t.Errorf("cut into up to %d bytes: %v, want %v", most, got, want)
			}
		}
	})
}

// names makes n different names of two to eight syllables.
func names(n int, seed uint64) []Term {
	rnd := rand.New(rand.NewPCG(seed, 1))
	syllables := strings.Fields("ka mo ter lin sch wer an der sen ov ich bau ing hol stein mar tin pet ers ro sa li no vi qu zen grü bø")
	seen := map[string]bool{}
	var out []Term
	for len(out) < n {
		var b strings.Builder
		for w := range 1 + rnd.IntN(2) {
			if w > 0 {
				b.WriteByte(' ')
			}
			for range 2 + rnd.IntN(3) {
				b.WriteString(syllables[rnd.IntN(len(syllables))])
			}
		}
		if t := b.String(); !seen[t] {
			seen[t] = true
			out = append(out, Term{Text: t, Exact: rnd.IntN(8) == 0})
		}
	}
	return out
}

func TestAHundredThousandTermsStayWithinMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a large automaton")
	}
	list := names(MaxTerms, 1)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s, err := Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	built := after.TotalAlloc - before.TotalAlloc
	runtime.GC()
	runtime.ReadMemStats(&after)
	live := after.HeapAlloc - before.HeapAlloc
	t.Logf("%d terms: %d heads, %d states, %d MiB alive, %d MiB allocated while building", len(list), len(s.buckets), s.heads.StateCount(), live>>20, built>>20)
	if live > 64<<20 || built > 256<<20 {
		t.Errorf("%d MiB alive and %d MiB allocated, want at most 64 and 256", live>>20, built>>20)
	}
	rnd := rand.New(rand.NewPCG(2, 2))
	var text []byte
	for range 2000 {
		text = append(text, list[rnd.IntN(len(list))].Text[rnd.IntN(4):]...)
		text = append(text, " with "...)
	}
	found := pieces(s, text, func() int { return 1 + rnd.IntN(4096) })
	whole := pieces(s, text, func() int { return len(text) })
	if !slices.Equal(found, whole) || len(found) < 500 {
		t.Errorf("%d hits in pieces, %d in the whole", len(found), len(whole))
	}
	runtime.KeepAlive(s)
}

func BenchmarkFind(b *testing.B) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{100, 5000, MaxTerms} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			began := time.Now()
			s, err := Compile(names(n, 1))
			if err != nil {
				b.Fatal(err)
			}
			built := time.Since(began)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var buf []byte
			var hits []Hit
			for b.Loop() {
				hits, buf = s.Find(buf, text, 0, hits[:0])
			}
			b.ReportMetric(built.Seconds()*1000, "ms/compile")
		})
	}
}

package anchor

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// onPath compiles c for one path.
func onPath(t testing.TB, c Config, p Path) *Set {
	c.Path = p
	return compile(t, c)
}

// FuzzKernel holds every path this CPU has to the portable one: the masks are
// equal bit for bit, wherever the text begins in memory.
func FuzzKernel(f *testing.F) {
	c := Config{Literals: append(samples(), words(300)...)}
	portable := onPath(f, c, Portable)
	var sets []*Set
	for _, p := range Paths() {
		sets = append(sets, onPath(f, c, p))
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	f.Add(every, uint64(1))
	f.Add([]byte("account number 4111-1111 sk-müller номер паспорта\n\t@-----BEGIN RSA PRIVATE KEY-----"), uint64(2))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		if len(data) > 1<<14 {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(seed, 1))
		text := append(soup(r, c.Literals, kernelReach+r.IntN(64)), data...)
		text = append(text, soup(r, c.Literals, 64+r.IntN(2000))...)
		at := kernelReach + r.IntN(3)
		n := (len(text) - at) / 64
		want, got := make([]masks, n), make([]masks, n)
		portable.classify(text, at, want)
		for _, s := range sets {
			clear(got)
			s.classify(text, at, got)
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%v, block %d: masks\n%b, want\n%b", s.path, i, got[i], want[i])
				}
			}
		}
	})
}

// The masks of the pair sets are exact: no window of a literal is missed, and
// nothing else than a window made of known pairs is a candidate.
func TestPortableKernelByHand(t *testing.T) {
	s := compile(t, Config{Literals: []Literal{{"zq", true, true}, {"xyz", true, true}, {"wxyz", true, true}, {"kjh", true, false}, {"quvwx", true, false}}, Path: Portable})
	text := append(bytes.Repeat([]byte{' '}, kernelReach), "..ZQ.xyz..xy.wXyz.quvwX vwx.kjh.jh.............................."...)
	var m [1]masks
	s.classify(text, kernelReach, m[:])
	for _, c := range []struct {
		name string
		got  uint64
		want uint64
	}{
		{"two", m[0].two, 1 << 3},
		{"three", m[0].three, 1<<7 | 1<<16},
		{"four", m[0].four, 1 << 16},
		{"free", m[0].free, 1 << 30},
		{"long", m[0].long, 1 << 22},
		{"upper", m[0].upper, 1<<2 | 1<<3 | 1<<14 | 1<<22},
	} {
		if c.got != c.want {
			t.Errorf("%s = %b, want %b", c.name, c.got, c.want)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, p := range Paths() {
		if got, err := Detect(p.String()); got != p || err != nil {
			t.Errorf("Detect(%q) = %v, %v", p, got, err)
		}
	}
	best := Paths()[len(Paths())-1]
	if got, err := Detect(""); got != best || err != nil {
		t.Errorf("Detect of nothing = %v, %v, want %v", got, err, best)
	}
	if _, err := Detect("sse9"); err == nil {
		t.Error("Detect takes a path there is not")
	}
	for _, p := range []Path{AVX512 + 1, AVX512} {
		if best < p {
			if _, err := (Config{Path: p}).Compile(); err == nil {
				t.Errorf("Compile takes %v, which this CPU lacks", p)
			}
		}
	}
}

func BenchmarkKernel(b *testing.B) {
	c := Config{Literals: words(1000)}
	text := soup(rand.New(rand.NewPCG(1, 1)), c.Literals, kernelReach+1<<16)
	for _, p := range Paths() {
		b.Run(p.String(), func(b *testing.B) {
			s := onPath(b, c, p)
			var m [64]masks
			b.SetBytes(1 << 16)
			for b.Loop() {
				for at := kernelReach; at < len(text); at += 4096 {
					s.classify(text, at, m[:])
				}
			}
		})
	}
}

package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What a released scanner kept of its text is zeroed, also what it had let go of
// before, without zeroing all the room it has.
func TestAReleasedScannerHoldsNoText(t *testing.T) {
	e, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	kept := 0
	for range 300 {
		s := e.NewScanner(Options{})
		for range r.IntN(40) {
			switch r.IntN(12) {
			case 0:
				s.Break()
			case 1:
				s.Flush()
			default:
				s.Write(bytes.Repeat([]byte("x7 "), 1+r.IntN(4000)))
			}
		}
		tail := s.tail[:cap(s.tail)]
		kept += len(tail)
		if r.IntN(2) == 0 {
			s.Close()
		}
		s.Release()
		if i := bytes.IndexFunc(tail, func(b rune) bool { return b != 0 }); i >= 0 {
			t.Fatalf("text is left at byte %d of %d", i, len(tail))
		}
	}
	if kept == 0 {
		t.Error("no scanner kept any text: the test has lost its subject")
	}
}

package shipped_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
)

// What detectors say must stand beside an anchor leaves out nothing that a look
// at every anchor finds, in samples and in what a byte more, less or otherwise
// makes of them.
func TestAGlanceRefusesNothingThatIsFound(t *testing.T) {
	c, _ := load(t)
	ds, err := shipped.Detectors(c)
	if err != nil {
		t.Fatal(err)
	}
	cfg := engine.Config{Key: []byte("k")}
	quick, err := engine.New(cfg, ds...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ds {
		ds[i] = thorough{ds[i]}
	}
	slow, err := engine.New(cfg, ds...)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	found := 0
	for id, text := range samples(t, c) {
		for round := range 12 {
			if round > 0 {
				text = spoil(rnd, text)
			}
			got, want := whole(quick, engine.Options{}, text), whole(slow, engine.Options{}, text)
			found += len(want.Found)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, round %d: %s", id, round, difference(got, want))
			}
		}
	}
	if found < 2000 {
		t.Errorf("only %d findings: the test has lost its subject", found)
	}
}

// A thorough detector looks at every anchor.
type thorough struct{ detectors.Detector }

func (d thorough) Needs() detectors.Needs {
	n := d.Detector.Needs()
	n.LiteralBeside, n.KindBeside = nil, [anchor.KindCaps + 1]*detectors.Beside{}
	return n
}

// spoil changes, inserts or takes out a byte in each 64 or so.
func spoil(rnd *rand.Rand, text []byte) []byte {
	const signs = " \n:=-_.,;aZs0\"'/@(&\\\xc3"
	text = slices.Clone(text)
	for i := 0; i < len(text); i += 1 + rnd.IntN(128) {
		sign := signs[rnd.IntN(len(signs))]
		switch rnd.IntN(4) {
		case 0:
			text[i] ^= 0x20
		case 1:
			text[i] = sign
		case 2:
			text = slices.Insert(text, i, sign)
		case 3:
			text = slices.Delete(text, i, i+1)
		}
	}
	return text
}

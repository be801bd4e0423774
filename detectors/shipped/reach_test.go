package shipped_test

import (
	"bytes"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
)

// What detectors say of how far findings reach from their anchor holds: regions
// of hidden characters leave out every anchor that cannot reach one.
func TestFindingsLieWithinTheirReach(t *testing.T) {
	c, _ := load(t)
	ds, err := shipped.Detectors(c)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i := range ds {
		ds[i] = watched{ds[i], t, &checked}
	}
	e, err := engine.New(engine.Config{}, ds...)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range samples(t, c) {
		e.Scan(text, engine.Options{})
	}
	if checked < 200 {
		t.Errorf("only %d findings were looked at", checked)
	}
}

// A watched detector's findings are held to what it says of them.
type watched struct {
	detectors.Detector
	t       *testing.T
	checked *int
}

func (w watched) NewPass() detectors.Pass {
	p := watchedPass{w.Detector.NewPass(), w, w.Needs()}
	if b, ok := p.Pass.(detectors.BlockPass); ok {
		return struct {
			watchedPass
			detectors.BlockPass
		}{p, b}
	}
	return p
}

type watchedPass struct {
	detectors.Pass
	watched
	needs detectors.Needs
}

func (p watchedPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) int {
	reach := p.needs.KindReach[h.Kind]
	if h.Kind == anchor.KindLiteral {
		reach = p.needs.LiteralReach[h.ID]
	}
	first, last := v.At, v.At
	if h.Kind == anchor.KindDigits {
		number := func(i int) bool { return bytes.IndexByte([]byte("0123456789 -./"), v.Text[i]) >= 0 }
		for first > 0 && number(first-1) {
			first--
		}
		for last < len(v.Text) && number(last) {
			last++
		}
	}
	return p.Pass.Check(v, h, func(f detectors.Finding) {
		*p.checked++
		if f.Late {
			emit(f)
			return
		}
		if reach != (detectors.Reach{}) && (f.Span.Start-v.Off < first-reach.Before || f.Span.End-v.Off > last+reach.Behind) {
			p.t.Errorf("%s at [%d,%d) of anchor %v [%d,%d) lies beyond %+v", f.Rule, f.Span.Start, f.Span.End, h, v.Off+first, v.Off+last, reach)
		}
		emit(f)
	})
}

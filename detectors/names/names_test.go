package names_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// Law L1: what is found does not depend on how the text was cut.
func TestFindingsAreTheSameForEveryCut(t *testing.T) {
	e := newEngine(t)
	var text strings.Builder
	for _, k := range readLabelled(t, "testdata/outside.txt") {
		text.WriteString(k.text + "\n\n")
	}
	scan := func(next func() int) (out []detectors.Finding) {
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) { out = append(out, f) }})
		for p := []byte(text.String()); len(p) > 0; {
			n := min(next(), len(p))
			s.Write(p[:n])
			p = p[n:]
		}
		s.Close()
		s.Release()
		return out
	}
	want := scan(func() int { return text.Len() })
	if len(want) < 100 {
		t.Fatalf("only %d findings", len(want))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for name, next := range map[string]func() int{
		"bytes": func() int { return 1 }, "7": func() int { return 7 },
		"random": func() int { return 1 + r.IntN(300) }, "4096": func() int { return 4096 },
	} {
		if got := scan(next); !reflect.DeepEqual(got, want) {
			t.Errorf("cut by %s: %d findings, want %d, or others", name, len(got), len(want))
		}
	}
}

// A JSON key, a column's header, is the label of the text under it.
func TestLabelsAnnounceNames(t *testing.T) {
	e := newEngine(t)
	for label, want := range map[string]detectors.Confidence{
		"patient_name": detectors.High, "customerName": detectors.High, "Full Name": detectors.High, "fullname": detectors.High,
		"Ansprechpartner": detectors.High, "nombre": detectors.Medium, "file_name": detectors.Low, "product": detectors.Low, "hostname": detectors.Low,
	} {
		found, _ := e.Scan([]byte("Katarzyna Nowak"), engine.Options{Label: label})
		if len(found) != 1 {
			t.Errorf("%s: %d findings", label, len(found))
			continue
		}
		got := found[0].Confidence.Level()
		if want == detectors.Low && got > detectors.Medium || want > detectors.Low && got < want {
			t.Errorf("%s: confidence %v, want %v", label, got, want)
		}
	}
}

// A long list of short names is read to its end: the work they cost stays within
// the engine's budget.
func TestLongListsOfNamesAreReadWhole(t *testing.T) {
	e := newEngine(t)
	text := []byte(strings.Repeat("Maria Lopez, Berlin\nJohn Miller, Leeds\nMr. Tom Cole\n", 6000))
	found, gaps := e.Scan(text, engine.Options{})
	if len(gaps) > 0 || len(found) < 3*6000 {
		t.Errorf("%d findings and gaps %v in a list of %d names", len(found), gaps, 3*6000)
	}
}

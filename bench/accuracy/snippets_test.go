package main

import (
	"math/rand/v2"
	"testing"

	"github.com/promptgate/promptgate/detectors/code"
	"github.com/promptgate/promptgate/detectors/engine"
)

// The gates of issue 5 on source code: 15 lines and more in 95 % of cases in each
// main language, 3 to 14 lines in 80 %, and in at most 1 % of harmless prompts.
func TestSourceCodeIsFoundAndTalkIsNot(t *testing.T) {
	e, err := engine.New(engine.Config{Key: []byte("k"), Plain: true}, code.New())
	if err != nil {
		t.Fatal(err)
	}
	s := score{engine: e}
	rows, alarms, texts := s.sources(rand.New(rand.NewPCG(7, 5)), 100)
	if len(rows) != 12 || texts < 4000 {
		t.Fatalf("%d languages, %d texts", len(rows), texts)
	}
	for name, x := range rows {
		if x.longFound*100 < x.long*95 {
			t.Errorf("%s: %d of %d with 15 lines and more", name, x.longFound, x.long)
		}
		if x.shortFound*100 < x.short*80 {
			t.Errorf("%s: %d of %d with 3 to 14 lines", name, x.shortFound, x.short)
		}
	}
	if alarms*100 > texts {
		t.Errorf("code in %d of %d harmless texts", alarms, texts)
	}
}

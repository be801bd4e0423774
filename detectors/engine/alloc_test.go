//go:build !race

package engine_test

// Under the race detector pools forget at random.

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

func TestQuietTextAllocatesNothing(t *testing.T) {
	e := build(t, engine.Config{}, liner{}, watcher{func(detectors.View) {}})
	text := []byte(strings.Repeat("quiet text with a key in it, and more behind it. ", 400))
	if n := testing.AllocsPerRun(50, func() { e.Scan(text, engine.Options{Label: "l"}) }); n >= 1 {
		t.Errorf("Scan allocates %v times", n)
	}
	if n := testing.AllocsPerRun(50, func() {
		s := e.NewScanner(engine.Options{})
		for p := text; len(p) > 0; {
			k := min(3000, len(p))
			s.Write(p[:k])
			p = p[k:]
		}
		s.Write(text)
		s.Flush()
		s.Break()
		s.Write(text[:100])
		s.Close()
		s.Release()
	}); n >= 1 {
		t.Errorf("a scanner allocates %v times", n)
	}
}

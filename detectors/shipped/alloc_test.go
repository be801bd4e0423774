//go:build !race

package shipped_test

import (
	"bytes"
	"testing"

	"github.com/promptgate/promptgate/detectors/engine"
)

// Text with anchors and no findings, scanned whole and written in pieces.
func TestQuietTextAllocatesNothing(t *testing.T) {
	_, e := load(t)
	text := bytes.Repeat([]byte(filler+"The password policy was discussed; a token of thanks, key people, card games. Order 123-45-67, page 1 of 2.\n"), 30)
	if found, _ := e.Scan(text, engine.Options{}); len(found) > 0 {
		t.Fatalf("the text is not quiet: %v", found)
	}
	if n := testing.AllocsPerRun(30, func() { e.Scan(text, engine.Options{}) }); n >= 1 {
		t.Errorf("Scan allocates %v times", n)
	}
	if n := testing.AllocsPerRun(30, func() {
		s := e.NewScanner(engine.Options{Label: "content"})
		for p := text; len(p) > 0; {
			k := min(1000, len(p))
			s.Write(p[:k])
			p = p[k:]
		}
		s.Close()
		s.Release()
	}); n >= 1 {
		t.Errorf("a scanner allocates %v times", n)
	}
}

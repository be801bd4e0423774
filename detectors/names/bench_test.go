package names_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors/engine"
)

// BenchmarkScan is names and addresses alone, over letters and questions, over
// prose of manuals if bench/corpora is there, and over text without capitals.
//
//	go test ./detectors/names -run - -bench Scan
func BenchmarkScan(b *testing.B) {
	e := newEngine(b)
	var letters strings.Builder
	for _, k := range readLabelled(b, "testdata/outside.txt") {
		letters.WriteString(k.text + "\n\n")
	}
	texts := map[string][]byte{
		"letters":  bytes.Repeat([]byte(letters.String()), 8),
		"capitals": bytes.Repeat([]byte("The Quick Brown Fox Jumps Over The Lazy Dog And Then Sleeps. "), 2000),
		"quiet":    bytes.Repeat([]byte("nothing here begins with a capital, and no word stands for a street or a town. "), 2000),
	}
	if prose, err := os.ReadFile("../../bench/corpora/prose.txt"); err == nil {
		texts["prose"] = prose[:min(len(prose), 8<<20)]
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			found := 0
			for b.Loop() {
				fs, gaps := e.Scan(text, engine.Options{})
				if len(gaps) > 0 {
					b.Fatal(gaps)
				}
				found = len(fs)
			}
			b.ReportMetric(float64(found)/float64(len(text)>>10), "found/KB")
		})
	}
}

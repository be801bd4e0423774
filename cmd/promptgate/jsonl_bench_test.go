package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/promptgate/promptgate/detectors/engine"
)

// BenchmarkScanLines sets scan --jsonl beside the engine alone on the same texts:
// what reading and writing JSON costs. Run it with -cpu 1 for a ratio, and with all
// CPUs for what a user gets.
func BenchmarkScanLines(b *testing.B) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		b.Fatalf("no texts: %v", err)
	}
	var prose []byte
	for _, f := range append(files, "../../ARCHITECTURE.md", "../../README.md") {
		text, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		prose = append(prose, text...)
	}
	e, err := loadEngine("")
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{1 << 10, 64 << 10} {
		var texts [][]byte
		var lines []byte
		total := 0
		for at := 0; total < 4<<20; at = (at + size) % len(prose) {
			var text []byte
			for len(text) < size {
				text = append(text, prose[at:min(len(prose), at+size-len(text))]...)
				if at+size > len(prose) {
					at = 0
				}
			}
			text = bytes.ToValidUTF8(text, []byte("?"))
			lines = fmt.Appendf(lines, `{"id":%d,"text":%s}`+"\n", len(texts), appendJSONString(nil, string(text)))
			texts = append(texts, text)
			total += len(text)
		}
		b.Run(fmt.Sprintf("engine/%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(total))
			for b.Loop() {
				for _, t := range texts {
					e.Scan(t, engine.Options{})
				}
			}
		})
		b.Run(fmt.Sprintf("lines/%dKB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				if err := scanLines(b.Context(), e, bytes.NewReader(lines), io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

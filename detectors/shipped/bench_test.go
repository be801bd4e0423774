package shipped_test

import (
	"fmt"
	"testing"

	"github.com/promptgate/promptgate/bench/corpus"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

const benchBytes = 4 << 20

// corpora makes the texts of bench/corpus once per benchmark.
func corpora(b *testing.B) map[string][]byte {
	b.Helper()
	dir := b.TempDir()
	if _, err := corpus.Build(dir, benchBytes); err != nil {
		b.Skip(err)
	}
	out := make(map[string][]byte)
	for _, name := range corpus.Names() {
		data, err := corpus.Load(dir, name)
		if err != nil {
			b.Fatal(err)
		}
		out[name] = data
	}
	return out
}

// BenchmarkScan is whole messages of one size, all shipped rules.
//
//	go test ./detectors/shipped -run - -bench Scan
func BenchmarkScan(b *testing.B) {
	_, e := load(b)
	texts := corpora(b)
	for _, name := range corpus.Names() {
		for _, size := range []int{1 << 10, 4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(b *testing.B) {
				messages := corpus.Cut(texts[name], size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				i, found := 0, 0
				for b.Loop() {
					fs, gaps := e.Scan(messages[i%len(messages)], engine.Options{})
					found += len(fs)
					if len(gaps) > 0 {
						b.Fatalf("%v in message %d", gaps, i)
					}
					i++
				}
				b.ReportMetric(float64(found)/float64(i*size>>10), "found/KB")
			})
		}
	}
}

// BenchmarkWrite is one long text in pieces, and a stream of small deltas.
func BenchmarkWrite(b *testing.B) {
	_, e := load(b)
	texts := corpora(b)
	for _, name := range []string{"prose", "log"} {
		for _, size := range []int{8, 4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%dB", name, size), func(b *testing.B) {
				pieces := corpus.Cut(texts[name], size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				s := e.NewScanner(engine.Options{})
				for i := 0; b.Loop(); i++ {
					if i%len(pieces) == 0 {
						s.Release()
						s = e.NewScanner(engine.Options{})
					}
					s.Write(pieces[i%len(pieces)])
				}
				s.Release()
			})
		}
	}
}

// BenchmarkStart is what a process pays before its first message.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := rules.LoadEmbedded()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := shipped.Engine(c, engine.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

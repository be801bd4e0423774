package content

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// quiet is a Sink that only counts.
type quiet struct{ text, docs int }

func (q *quiet) Space(Space)       {}
func (q *quiet) Begin(Doc)         { q.docs++ }
func (q *quiet) Label(string)      {}
func (q *quiet) Text(p []byte)     { q.text += len(p) }
func (q *quiet) End()              {}
func (q *quiet) Fact(Fact)         {}
func (q *quiet) Gap(detectors.Gap) {}

// prompt is a chat completion of about size bytes; its prose has an escape each
// 80 bytes, as chat texts do.
func prompt(size int) string {
	line := `She asked for the quarterly figures, and whether 12 of them were right again.\n`
	var b strings.Builder
	b.WriteString(`{"model":"gpt-5","stream":true,"messages":[{"role":"system","content":"You are a helpful assistant."}`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `,{"role":"user","content":"%s"}`, strings.Repeat(line, min(8, 1+(size-b.Len())/len(line))))
	}
	b.WriteString(`],"temperature":0.7,"metadata":{"team":"finance"}}`)
	return b.String()
}

func benchmarkWalk(b *testing.B, m Media, body []byte, docs int) {
	s := chat(b)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var q quiet
		w := NewWalk(s, m, Limits{}, &q)
		if err := w.Run(context.Background(), body); err != nil || q.docs < docs {
			b.Fatalf("%d documents, want %d (%v)", q.docs, docs, err)
		}
		w.Release()
	}
}

func BenchmarkWalkChat(b *testing.B) {
	for _, size := range []int{2 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) { benchmarkWalk(b, Media{}, []byte(prompt(size)), 4) })
	}
	b.Run("one string 1 MiB", func(b *testing.B) {
		benchmarkWalk(b, Media{}, []byte(`{"messages":[{"role":"user","content":"`+strings.Repeat("some text of a paste ", 50000)+`"}]}`), 1)
	})
}

func BenchmarkWalkPacked(b *testing.B) {
	for _, c := range []string{"gzip", "zstd", "br"} {
		b.Run(c, func(b *testing.B) {
			benchmarkWalk(b, Media{ContentEncoding: c}, packed(b, c, []byte(prompt(64<<10))), 4)
		})
	}
}

func BenchmarkTokens(b *testing.B) {
	body := []byte(prompt(1 << 20))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var r jsonReader
	for b.Loop() {
		if !r.validJSON(body, 64) {
			b.Fatal("the benchmark's body is no JSON")
		}
	}
}

func BenchmarkPlaces(b *testing.B) {
	text := strings.Repeat(`card 4111 1111 \"x\" ü and some more\n`, 30000)
	var q quiet
	w := NewWalk(chat(b), Media{}, Limits{}, &q)
	if err := w.Run(context.Background(), []byte(`{"messages":[{"content":"`+text+`"}]}`)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		at = (at + 7919) % (q.text - 20)
		if w.Places(0, detectors.Span{Start: at, End: at + 9}) == nil {
			b.Fatal("no place")
		}
	}
}

package inspect

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// BenchmarkNoPast is what a message without findings pays for history and tokens.
func BenchmarkNoPast(b *testing.B) {
	i := New(shippedRules(b, "l2"), Config{})
	q := chat(b, "The harbour was quiet.")
	v := i.Request(context.Background(), q)
	m := message{i: i, rules: v.rules, r: q, start: v.started, extraction: extraction{facts: v.Facts, docs: v.Docs}}
	b.ReportAllocs()
	for b.Loop() {
		m.follow()
		m.recall()
		m.settlePast()
		m.note(v)
	}
}

// BenchmarkPast is a conversation whose past holds a card that is redacted each time,
// beside one whose card is new each time.
func BenchmarkPast(b *testing.B) {
	i := New(shippedRules(b, "l2"), Config{})
	prose := strings.Repeat("The harbour was quiet that morning and nobody spoke of the storm. ", 30)
	q := conversation(b, turn{"user", prose + "card " + synthetic.Card()}, turn{"assistant", "Noted."}, turn{"user", prose})
	b.ReportAllocs()
	for b.Loop() {
		q.ID = ""
		if v := i.Request(context.Background(), q); v.Action != "redact" {
			b.Fatal(v.Action)
		}
	}
}

// BenchmarkEventRestored is one event of a stream whose text is looked through for
// tokens.
func BenchmarkEventRestored(b *testing.B) {
	i := vaulted(b, nil, Tokens{})
	v := i.Request(context.Background(), conversation(b, turn{"user", "write to " + synthetic.Email()}))
	name := tokenForm.FindString(string(v.Body))
	var events [][]byte
	for _, w := range strings.SplitAfter("the harbour was quiet, the boats were in and "+name+" came over the wide water that evening ", " ") {
		events = append(events, fmt.Appendf(nil, `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}`+"\n\n", w))
	}
	out := 0
	s := v.Answer(http.StatusOK, http.Header{"Content-Type": {"text/event-stream"}}).Stream(func(p []byte) error { out += len(p); return nil }, nil)
	used := processor()
	b.ReportAllocs()
	defer func() { b.ReportMetric(float64(processor()-used)/float64(b.N), "cpu-ns/op") }()
	for k := 0; b.Loop(); k++ {
		if err := s.Write(events[k%len(events)]); err != nil {
			b.Fatal(err)
		}
	}
	if out == 0 {
		b.Fatal("nothing came out")
	}
	_, _ = s.Close(context.Background(), false)
}

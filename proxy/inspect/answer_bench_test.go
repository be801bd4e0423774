package inspect

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processor is the processor time that this process has used: on a machine that
// does other work the clock on the wall says little.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkHold is a short whole answer: what inspection of answers adds to a call.
func BenchmarkHold(b *testing.B) {
	i := New(shippedRules(b, "l2"), Config{})
	v := i.Request(context.Background(), post(b, chatURL, `{"messages":[{"role":"user","content":"hello"}]}`))
	body := []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1795536000,"model":"gpt-5.5","choices":[{"index":0,"message":{"role":"assistant","content":"The harbour was quiet and the boats were in."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":10,"total_tokens":19}}`)
	h := http.Header{"Content-Type": {"application/json"}}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	n, begun := 0, processor()
	defer func() { b.ReportMetric(float64(processor()-begun)/float64(n), "cpu-ns/op") }()
	for b.Loop() {
		n++
		if out := v.Answer(http.StatusOK, h).Hold(context.Background(), body, nil); out != nil {
			b.Fatal(out.Decision.Rule)
		}
	}
}

// BenchmarkEvent is one event of a clean stream: ns/op is for one, p99 too.
func BenchmarkEvent(b *testing.B) {
	prose := strings.SplitAfter("the harbour was quiet, the boats were in and the wind came over the wide water that evening ", " ")
	for name, x := range map[string]struct{ url, event string }{
		"chat":      {chatURL, `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1763900001,"model":"gpt-5.5","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}]}` + "\n\n"},
		"responses": {responsesURL, "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"item_id\":\"msg_9\",\"output_index\":0,\"content_index\":0,\"delta\":%q}\n\n"},
		"page":      {pageURL, "event: delta\ndata: {\"p\":\"/message/content/parts/0\",\"o\":\"append\",\"v\":%q}\n\n"},
	} {
		b.Run(name, func(b *testing.B) {
			var events [][]byte
			for _, w := range prose {
				events = append(events, fmt.Appendf(nil, x.event, w))
			}
			out := 0
			s := answerOf(b, New(shippedRules(b, "l2"), Config{}), x.url, "text/event-stream").Stream(func(p []byte) error { out += len(p); return nil }, nil)
			times := make([]time.Duration, 0, 1<<20)
			b.ReportAllocs()
			used := processor()
			defer func() { b.ReportMetric(float64(processor()-used)/float64(b.N), "cpu-ns/op") }()
			for k := 0; b.Loop(); k++ {
				begun := time.Now()
				if err := s.Write(events[k%len(events)]); err != nil {
					b.Fatal(err)
				}
				if len(times) < cap(times) {
					times = append(times, time.Since(begun))
				}
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
			if out == 0 {
				b.Fatal("nothing came out")
			}
			_, _ = s.Close(context.Background(), false)
		})
	}
}

// What an open stream keeps while nothing comes.
func TestAnOpenStreamIsSmall(t *testing.T) {
	const n = 400
	i := never(t, "l2")
	open := make([]*Stream, n)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	discard := func([]byte) error { return nil }
	begin := func() *Stream {
		s := answerOf(t, i, chatURL, "text/event-stream").Stream(discard, nil)
		for k := range 30 {
			if err := s.Write(fmt.Appendf(nil, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word %d of the answer about boats, \"}}]}\n\n", k)); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	begin()
	before := heap()
	for k := range open {
		open[k] = begin()
	}
	each := int64(heap()-before) / n
	t.Logf("%d bytes each, request and verdict included", each)
	if each > 40<<10 {
		t.Errorf("an open stream keeps %d bytes", each)
	}
	for _, s := range open {
		_, _ = s.Close(context.Background(), false)
	}
}

package e2e

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A receiver is an OTLP collector that keeps what it gets.
type receiver struct {
	url string

	mu     sync.Mutex // guards raw, spans, failed
	raw    []byte     // every request's bytes: strings stand in protobuf as they are
	spans  map[string]int
	failed error
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{spans: map[string]int{}}
	s := httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	var in io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in = z
	}
	b, err := io.ReadAll(in)
	var export collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(b, &export)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw = append(append(r.raw, b...), '\n')
	r.failed = err
	for _, rs := range export.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				r.spans[s.GetName()]++
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// received returns all bytes so far and how many spans there were of each name.
func (r *receiver) received(t *testing.T) (raw string, spans map[string]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		t.Errorf("a span export could not be read: %v", r.failed)
	}
	out := map[string]int{}
	for k, v := range r.spans {
		out[k] = v
	}
	return string(r.raw), out
}

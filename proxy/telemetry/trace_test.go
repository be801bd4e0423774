package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// A receiver takes spans over OTLP.
type receiver struct {
	collector.UnimplementedTraceServiceServer
	mu    sync.Mutex // guards spans
	spans []*tracepb.Span
}

func (r *receiver) Export(_ context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rs := range req.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			r.spans = append(r.spans, ss.Spans...)
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(req.Body)
	}
	data, _ := io.ReadAll(body)
	var m collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &m); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = r.Export(req.Context(), &m)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func TestSpansReachTheCollector(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			r := &receiver{}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if protocol == "grpc" {
				s := grpc.NewServer()
				collector.RegisterTraceServiceServer(s, r)
				go func() { _ = s.Serve(l) }()
				defer s.Stop()
			} else {
				s := &httptest.Server{Listener: l, Config: &http.Server{Handler: r}}
				s.Start()
				defer s.Close()
			}
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+l.Addr().String())
			tr, err := StartTracing(t.Context(), TraceOptions{Version: "v", Getenv: os.Getenv})
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}, "Tracestate": {"a=canary"}, "Baggage": {"b=canary"}}
			ctx, root := tr.Root(t.Context(), SpanRequest, h)
			_, child := tr.Tracer().Start(ctx, SpanInspect)
			child.SetAttributes(attribute.String(Reason, strings.Repeat("x", 1000)))
			child.End()
			root.End()
			if err := tr.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(r.spans) != 2 || tr.Dropped() != 0 {
				t.Fatalf("%d spans, %d dropped", len(r.spans), tr.Dropped())
			}
			inspect, request := r.spans[0], r.spans[1]
			if len(request.ParentSpanId) != 0 || fmt.Sprintf("%x", request.TraceId) == "0af7651916cd43dd8448eb211c80319c" {
				t.Error("the client's trace is continued")
			}
			if len(request.Links) != 1 || fmt.Sprintf("%x", request.Links[0].TraceId) != "0af7651916cd43dd8448eb211c80319c" {
				t.Error("the client's trace is not linked")
			}
			if !bytes.Equal(inspect.ParentSpanId, request.SpanId) {
				t.Error("the child has another parent")
			}
			if n := len(inspect.Attributes[0].Value.GetStringValue()); n != maxAttribute {
				t.Errorf("attribute of %d characters", n)
			}
			if strings.Contains(fmt.Sprint(r.spans), "canary") {
				t.Error("the client's baggage or state is exported")
			}
		})
	}
}

// net/http reads HTTP_PROXY once per process and never uses it for loopback, so
// the exporter runs in a process of its own, towards an address that nobody has.
func TestTheExporterNeverUsesAProxy(t *testing.T) {
	if os.Getenv("PROMPTGATE_TEST_EXPORT") != "" {
		tr, err := StartTracing(t.Context(), TraceOptions{Getenv: os.Getenv})
		if err != nil {
			t.Fatal(err)
		}
		_, span := tr.Root(t.Context(), "x", nil)
		span.End()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_ = tr.Shutdown(ctx)
		return
	}
	var seen atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			seen.Add(1)
			c.Close()
		}
	}()
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTheExporterNeverUsesAProxy$")
		cmd.Env = append(os.Environ(), "PROMPTGATE_TEST_EXPORT=1", "HTTP_PROXY=http://"+l.Addr().String(), "HTTPS_PROXY=http://"+l.Addr().String(),
			"NO_PROXY=", "no_proxy=", "OTEL_EXPORTER_OTLP_ENDPOINT=http://192.0.2.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if n := seen.Load(); n != 0 {
			t.Errorf("%s: the proxy was asked %d times", protocol, n)
		}
	}
}

func TestTracingIsOffWithoutAnEndpoint(t *testing.T) {
	for _, env := range []map[string]string{
		{},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	} {
		tr, err := StartTracing(t.Context(), TraceOptions{Getenv: func(k string) string { return env[k] }})
		if err != nil || tr.Enabled() {
			t.Errorf("%v: enabled %v, error %v", env, tr != nil && tr.Enabled(), err)
			continue
		}
		_, span := tr.Root(t.Context(), "x", http.Header{})
		span.End()
		if span.IsRecording() || tr.Dropped() != 0 || tr.Shutdown(t.Context()) != nil {
			t.Errorf("%v: not a no-op", env)
		}
	}
}

func TestBadSettingsAreErrors(t *testing.T) {
	for _, env := range []map[string]string{
		{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
		{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "jaeger_remote"},
		{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
	} {
		if _, err := StartTracing(t.Context(), TraceOptions{Getenv: func(k string) string { return env[k] }}); err == nil {
			t.Errorf("%v: no error", env)
		}
	}
}

// A stuck exporter holds every batch until it is let go.
type stuck struct{ release chan struct{} }

func (s *stuck) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	<-s.release
	return errors.New("gone")
}
func (s *stuck) Shutdown(context.Context) error { return nil }

func TestDroppedSpansAreCounted(t *testing.T) {
	s := &stuck{release: make(chan struct{})}
	tr, err := newTracing(t.Context(), TraceOptions{Getenv: func(k string) string {
		return map[string]string{"OTEL_BSP_MAX_QUEUE_SIZE": "10"}[k]
	}}, s)
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		_, span := tr.Root(t.Context(), "x", nil)
		span.End()
	}
	if got := tr.Dropped(); got != 15 {
		t.Errorf("%d dropped with a full queue, want 15", got)
	}
	close(s.release)
	_ = tr.Shutdown(t.Context())
	if got := tr.Dropped(); got != 25 {
		t.Errorf("%d dropped after failed exports, want 25", got)
	}
}

func TestTheClientCannotTurnSamplingOff(t *testing.T) {
	smp, err := sampler(func(k string) string { return map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_always_on"}[k] })
	if err != nil {
		t.Fatal(err)
	}
	parent := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, Remote: true}))
	if d := smp.ShouldSample(sdktrace.SamplingParameters{ParentContext: parent, TraceID: trace.TraceID{1}}).Decision; d != sdktrace.RecordAndSample {
		t.Errorf("decision %v", d)
	}
}

func TestStripPropagation(t *testing.T) {
	h := http.Header{}
	for _, n := range []string{"traceparent", "Tracestate", "baggage", "b3", "X-B3-TraceId", "Uber-Trace-Id", "uberctx-x", "X-Cloud-Trace-Context", "Accept", "X-Request-Id"} {
		h.Set(n, "v")
	}
	StripPropagation(h)
	if len(h) != 2 || h.Get("Accept") == "" || h.Get("X-Request-Id") == "" {
		t.Errorf("left %v", h)
	}
}

func TestExportErrorsAreLoggedOnceAMinuteWithoutTheirText(t *testing.T) {
	var out strings.Builder
	now := time.Unix(1e9, 0)
	l := &errorLog{logger: slog.New(slog.NewTextHandler(&out, nil)), now: func() time.Time { return now }}
	l.Handle(errors.New("body: canary"))
	l.Handle(errors.New("again"))
	now = now.Add(time.Minute)
	l.Handle(fmt.Errorf("x canary %w", syscall.ECONNREFUSED))
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("%d lines", got)
	}
	if strings.Contains(out.String(), "canary") || !strings.Contains(out.String(), "connection refused") {
		t.Error(out.String())
	}
}

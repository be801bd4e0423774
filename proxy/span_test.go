package proxy

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"
)

// rootTracer is telemetry.Tracing's Root over a recorder.
type rootTracer struct{ tracer api.Tracer }

func (r rootTracer) Root(ctx context.Context, name string, _ http.Header, o ...api.SpanStartOption) (context.Context, api.Span) {
	return r.tracer.Start(ctx, name, append(o, api.WithNewRoot())...)
}

func TestSpans(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	w := newWorld(t, nil, func(c *Config) { c.Tracer = rootTracer{provider.Tracer("test")} })
	c := w.client(true)
	w.do(c, http.MethodPost, chatURL+"?canary", `{"canary":1}`, "")
	w.do(c, "CANARY", "https://api.openai.com/closed/canary", "", "")
	w.do(c, http.MethodPost, chatURL, "{}", "reset")
	w.connect("mtls.api.openai.com:443")
	w.open("example.org:443", "example.org")
	w.eventually("all have ended", func() bool { return len(spans.Ended()) == len(spans.Started()) && len(spans.Ended()) == 6 })
	var got []string
	for _, s := range spans.Ended() {
		line := s.Name()
		for _, a := range s.Attributes() {
			switch a.Key {
			case "server.address", "dlp.action", "dlp.host.class", "http.request.method", "http.response.status_code", "url.template", "dlp.endpoint", "error.type", "network.protocol.version":
				line += fmt.Sprintf(" %s=%s", a.Key[strings.LastIndexByte(string(a.Key), '.')+1:], a.Value.Emit())
			}
		}
		got = append(got, line)
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{
		"proxy.connect address=api.openai.com class=inspect action=inspect",
		"proxy.connect address=mtls.api.openai.com class=refuse action=refuse type=host_refused",
		"proxy.connect address=example.org class=other action=tunnel",
		"proxy request address=api.openai.com method=POST version=2 endpoint=test.any template=/{any} status_code=200",
		"proxy request address=api.openai.com method=_OTHER version=2 endpoint=test.closed template=/{any} status_code=403 type=path_closed",
		"proxy request address=api.openai.com method=POST version=2 endpoint=test.any template=/{any} status_code=502 type=upstream_reset",
	} {
		if !strings.Contains("\n"+all+"\n", "\n"+want+"\n") {
			t.Errorf("no span %q among\n%s", want, all)
		}
	}
	if strings.Contains(all, "canary") {
		t.Error("a span holds what the client sent")
	}
}

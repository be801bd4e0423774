package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
)

// TraceOptions are what tracing needs beside the OTEL_* variables, which the
// exporters read themselves.
type TraceOptions struct {
	Version string
	Logger  *slog.Logger
	Getenv  func(string) string // os.Getenv
}

// Tracing makes spans and exports them over OTLP. Safe for concurrent use.
type Tracing struct {
	provider *sdktrace.TracerProvider // nil when off
	tracer   trace.Tracer
	queue    *boundedQueue
}

// StartTracing turns tracing on when the environment names an OTLP endpoint
// (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or
// OTEL_TRACES_EXPORTER=otlp), unless OTEL_SDK_DISABLED=true or
// OTEL_TRACES_EXPORTER=none. Protocols are http/protobuf (default) and grpc.
// The exporter ignores HTTPS_PROXY: through our own proxy it would be a loop.
func StartTracing(ctx context.Context, o TraceOptions) (*Tracing, error) {
	if !tracingWanted(o.Getenv) {
		return &Tracing{tracer: noop.NewTracerProvider().Tracer("promptgate"), queue: &boundedQueue{}}, nil
	}
	exporter, err := newExporter(ctx, o.Getenv)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return newTracing(ctx, o, exporter)
}

func newTracing(ctx context.Context, o TraceOptions, exporter sdktrace.SpanExporter) (*Tracing, error) {
	sampler, err := sampler(o.Getenv)
	if err != nil {
		return nil, err
	}
	res, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String(ServiceName, "promptgate"), attribute.String(ServiceVersion, o.Version)),
		resource.WithFromEnv()) // last, so that OTEL_SERVICE_NAME wins
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 || limits.AttributeValueLengthLimit > maxAttribute {
		limits.AttributeValueLengthLimit = maxAttribute
	}
	q := &boundedQueue{limit: queueLimit(o.Getenv)}
	// Room for more than the bounded queue lets through: the batch processor
	// itself drops in silence (its default of 2048 is a second of traffic).
	batch := sdktrace.NewBatchSpanProcessor(&countingExporter{exporter, q}, sdktrace.WithMaxQueueSize(int(q.limit)+1024))
	q.SpanProcessor = batch
	if o.Logger != nil {
		otel.SetErrorHandler(&errorLog{logger: o.Logger, now: time.Now})
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSampler(sampler),
		sdktrace.WithRawSpanLimits(limits), sdktrace.WithSpanProcessor(q))
	return &Tracing{provider: p, tracer: p.Tracer("promptgate"), queue: q}, nil
}

// Enabled reports whether spans are exported.
func (t *Tracing) Enabled() bool { return t.provider != nil }

// Tracer makes child spans.
func (t *Tracing) Tracer() trace.Tracer { return t.tracer }

// Root starts the span of a client's request. It is always the root of a new
// trace; the client's own trace, when the header names one, becomes a link.
func (t *Tracing) Root(ctx context.Context, name string, h http.Header, o ...trace.SpanStartOption) (context.Context, trace.Span) {
	if t.provider == nil {
		return t.tracer.Start(ctx, name) // records nothing
	}
	o = append(o, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
	incoming := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(h))
	if sc := trace.SpanContextFromContext(incoming); sc.IsValid() {
		o = append(o, trace.WithLinks(trace.Link{SpanContext: sc.WithTraceState(trace.TraceState{})}))
	}
	return t.tracer.Start(ctx, name, o...)
}

// Dropped is the number of spans that were not exported: the queue was full, or
// the exporter failed.
func (t *Tracing) Dropped() uint64 { return t.queue.dropped.Load() }

// Shutdown exports what is queued, until ctx ends.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// StripPropagation removes trace and baggage headers: providers could use them
// to correlate requests.
func StripPropagation(h http.Header) {
	for name := range h {
		switch name { // in canonical form, as net/http hands them over
		case "Traceparent", "Tracestate", "Baggage", "B3", "Uber-Trace-Id", "X-Cloud-Trace-Context":
			delete(h, name)
		default:
			if strings.HasPrefix(name, "X-B3-") || strings.HasPrefix(name, "Uberctx-") {
				delete(h, name)
			}
		}
	}
}

func tracingWanted(getenv func(string) string) bool {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	return getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" ||
		getenv("OTEL_TRACES_EXPORTER") == "otlp"
}

func newExporter(ctx context.Context, getenv func(string) string) (*otlptrace.Exporter, error) {
	protocol := getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	if protocol == "" {
		protocol = getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx, otlptracehttp.WithProxy(func(*http.Request) (*url.URL, error) { return nil, nil }))
	case "grpc":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithDialOption(grpc.WithNoProxy()))
	}
	return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL %q: want http/protobuf or grpc", protocol)
}

// sampler reads OTEL_TRACES_SAMPLER; its parentbased forms mean the same as the
// plain ones, because no parent comes from outside.
func sampler(getenv func(string) string) (sdktrace.Sampler, error) {
	switch name := strings.TrimPrefix(getenv("OTEL_TRACES_SAMPLER"), "parentbased_"); name {
	case "", "always_on":
		return sdktrace.AlwaysSample(), nil
	case "always_off":
		return sdktrace.NeverSample(), nil
	case "traceidratio":
		arg := getenv("OTEL_TRACES_SAMPLER_ARG")
		if arg == "" {
			return sdktrace.AlwaysSample(), nil
		}
		ratio, err := strconv.ParseFloat(arg, 64)
		if err != nil || ratio < 0 || ratio > 1 {
			return nil, fmt.Errorf("telemetry: OTEL_TRACES_SAMPLER_ARG: want a number from 0 to 1")
		}
		return sdktrace.TraceIDRatioBased(ratio), nil
	default:
		return nil, fmt.Errorf("telemetry: OTEL_TRACES_SAMPLER %q: want always_on, always_off or traceidratio", name)
	}
}

// defaultQueue is the number of spans that may wait for the exporter.
const defaultQueue = 16384

func queueLimit(getenv func(string) string) int64 {
	if n, err := strconv.ParseInt(getenv("OTEL_BSP_MAX_QUEUE_SIZE"), 10, 32); err == nil && n > 0 {
		return n
	}
	return defaultQueue
}

// A boundedQueue counts what waits in the batch processor behind it, and drops
// and counts what would be too much.
type boundedQueue struct {
	sdktrace.SpanProcessor
	limit   int64
	waiting atomic.Int64
	dropped atomic.Uint64
}

// OnEnd queues a span, or drops it when the queue is full.
func (q *boundedQueue) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.waiting.Add(1) > q.limit {
		q.waiting.Add(-1)
		q.dropped.Add(1)
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// A countingExporter tells the queue what has left it.
type countingExporter struct {
	sdktrace.SpanExporter
	queue *boundedQueue
}

// ExportSpans exports a batch.
func (e *countingExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.queue.waiting.Add(-int64(len(spans)))
	if err != nil {
		e.queue.dropped.Add(uint64(len(spans)))
	}
	return err
}

// An errorLog reports failed exports once a minute.
type errorLog struct {
	logger *slog.Logger
	now    func() time.Time
	last   atomic.Int64
}

// Handle logs an error of the OpenTelemetry SDK. Its text is left out: it may
// quote the collector's answer. The system's own error says enough.
func (l *errorLog) Handle(err error) {
	now, last := l.now().Unix(), l.last.Load()
	if now-last >= 60 && l.last.CompareAndSwap(last, now) {
		cause := fmt.Sprintf("%T", err)
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			cause = errno.Error()
		}
		l.logger.Warn("telemetry export failed", ErrorType, cause)
	}
}

package proxy

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// A Tracer starts the span of a client's request, always as the root of a trace
// of ours. *telemetry.Tracing is one.
type Tracer interface {
	Root(ctx context.Context, name string, h http.Header, o ...trace.SpanStartOption) (context.Context, trace.Span)
}

// noTracer is what a nil Config.Tracer stands for.
type noTracer struct{}

// Root starts nothing.
func (noTracer) Root(ctx context.Context, _ string, _ http.Header, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	return ctx, noop.Span{}
}

func (s *Server) startConnect(r *http.Request, host string, port int) trace.Span {
	_, span := s.cfg.Tracer.Root(r.Context(), telemetry.SpanConnect, r.Header,
		trace.WithAttributes(attribute.String(telemetry.ServerAddress, host), attribute.Int(telemetry.ServerPort, port)))
	return span
}

// end ends the span of a CONNECT. Only the first call counts.
func (e ConnEvent) end() {
	if e.span == nil {
		return
	}
	if e.span.IsRecording() {
		e.span.SetAttributes(attribute.String(telemetry.HostClass, e.Class.String()), attribute.String(telemetry.Action, e.Action.String()))
		if e.Principal.Network != "" {
			e.span.SetAttributes(attribute.String(telemetry.ClientNetwork, e.Principal.Network))
		}
		if e.Cause != "" {
			e.span.SetAttributes(attribute.String(telemetry.ErrorType, string(e.Cause)))
		}
	}
	e.span.End()
}

func (s *Server) startMessage(r *http.Request, host string, port int, p identity.Principal) (context.Context, trace.Span) {
	ctx, span := s.cfg.Tracer.Root(r.Context(), telemetry.SpanRequest, r.Header)
	if span.IsRecording() {
		span.SetAttributes(attribute.String(telemetry.ServerAddress, host), attribute.Int(telemetry.ServerPort, port),
			attribute.String(telemetry.RequestMethod, knownMethod(r.Method)), attribute.String(telemetry.ProtocolVersion, protocolVersion(r)))
		if p.Network != "" {
			span.SetAttributes(attribute.String(telemetry.ClientNetwork, p.Network))
		}
	}
	return ctx, span
}

func (m *message) endSpan() {
	if m.span.IsRecording() {
		if m.endpoint != nil {
			m.span.SetAttributes(attribute.String(telemetry.Endpoint, m.endpoint.ID), attribute.String(telemetry.Route, m.endpoint.Route))
		}
		if m.w.status != 0 {
			m.span.SetAttributes(attribute.Int(telemetry.ResponseStatus, m.w.status))
		}
		switch {
		case m.failed != nil:
			m.span.SetAttributes(attribute.String(telemetry.ErrorType, "aborted"))
			m.span.SetStatus(codes.Error, "")
		case m.cause != "":
			m.span.SetAttributes(attribute.String(telemetry.ErrorType, string(m.cause)))
			m.span.SetStatus(codes.Error, "")
		}
	}
	m.span.End()
}

// knownMethod keeps a method out of telemetry that a client made up.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return m
	}
	return "_OTHER"
}

func protocolVersion(r *http.Request) string {
	switch {
	case r.ProtoMajor == 2:
		return "2"
	case r.ProtoAtLeast(1, 1):
		return "1.1"
	}
	return "1.0"
}

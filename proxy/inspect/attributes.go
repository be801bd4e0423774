package inspect

import (
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// A field is one fact of an event under its name. The log line and the span
// carry the same ones; the audit event has more.
type field struct {
	name  string
	value any // string, []string, int64, float64 or bool
}

// fields are the facts of an event, without those that are empty.
func fields(e *audit.Event) []field {
	out := make([]field, 0, 40)
	text := func(name, v string) {
		if v != "" {
			out = append(out, field{name, v})
		}
	}
	list := func(name string, v []string) {
		if len(v) > 0 {
			out = append(out, field{name, v})
		}
	}
	text(telemetry.Incident, e.Incident)
	text(telemetry.Action, e.Action)
	text(telemetry.Verdict, e.Verdict)
	text(telemetry.Intended, e.Intended)
	text(telemetry.Mode, e.Mode)
	text(telemetry.Direction, e.Direction)
	text(telemetry.Rule, e.Rule)
	list(telemetry.RuleIDs, e.RuleIDs)
	list(telemetry.Controls, e.Controls)
	text(telemetry.PolicyProfile, e.Profile)
	text(telemetry.PolicyDigest, e.Policy)
	out = append(out, field{telemetry.FindingCount, int64(e.FindingCount)})
	if e.FindingCount > 0 {
		list(telemetry.FindingTypes, e.FindingTypes)
		text(telemetry.FindingSeverity, e.MaxSeverity)
		out = append(out, field{telemetry.FindingConfidence, e.MaxConfidence})
	}
	if e.Alert {
		out = append(out, field{telemetry.Alert, true})
		list(telemetry.Flagged, e.Flagged)
	}
	list(telemetry.GapCauses, e.GapCauses)
	text(telemetry.FailMode, e.FailMode)
	out = append(out, field{telemetry.ContentBytes, e.ContentBytes}, field{telemetry.InspectedBytes, e.InspectedBytes},
		field{telemetry.InspectComplete, e.Complete}, field{telemetry.InspectDuration, e.InspectMs})
	text(telemetry.App, e.App)
	text(telemetry.Activity, e.Activity)
	text(telemetry.Endpoint, e.Endpoint)
	text(telemetry.Route, e.Route)
	text(telemetry.RequestMethod, e.Method)
	text(telemetry.ServerAddress, e.Server)
	text(telemetry.ProtocolVersion, e.Protocol)
	text(telemetry.GenAIOperation, e.Operation)
	text(telemetry.GenAIProvider, e.Provider)
	text(telemetry.GenAIRequestModel, e.Model)
	if e.Stream {
		out = append(out, field{telemetry.GenAIRequestStream, true})
	}
	text(telemetry.UserHash, e.UserHash)
	text(telemetry.UserName, e.UserName)
	text(telemetry.UserDevice, e.Device)
	list(telemetry.UserGroups, e.Groups)
	text(telemetry.ClientNetwork, e.Network)
	text(telemetry.ClientAddress, e.ClientAddress)
	text(telemetry.IdentityMethod, e.Identity)
	return out
}

// attributes are the fields of the log line, with the trace that it belongs to.
func attributes(e *audit.Event) []slog.Attr {
	fs := fields(e)
	out := make([]slog.Attr, 0, len(fs)+2)
	for _, f := range fs {
		out = append(out, slog.Any(f.name, f.value))
	}
	if e.TraceID != "" {
		out = append(out, slog.String(telemetry.TraceID, e.TraceID), slog.String(telemetry.SpanID, e.SpanID))
	}
	return out
}

// spanAttributes are the fields of the span. Lists are copied: the SDK keeps them.
func spanAttributes(e *audit.Event) []attribute.KeyValue {
	fs := fields(e)
	out := make([]attribute.KeyValue, 0, len(fs))
	for _, f := range fs {
		switch v := f.value.(type) {
		case string:
			out = append(out, attribute.String(f.name, v))
		case []string:
			out = append(out, attribute.StringSlice(f.name, slices.Clone(v)))
		case int64:
			out = append(out, attribute.Int64(f.name, v))
		case float64:
			out = append(out, attribute.Float64(f.name, v))
		case bool:
			out = append(out, attribute.Bool(f.name, v))
		}
	}
	return out
}

package inspect

import (
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// maxAttributes is how many attributes an event can have.
const maxAttributes = 53

// attributes appends the facts of an event to out, without those that are empty.
// The log line and the span carry the same ones; the audit event has more.
func attributes(out []slog.Attr, e *audit.Event) []slog.Attr {
	text := func(name, v string) {
		if v != "" {
			out = append(out, slog.String(name, v))
		}
	}
	list := func(name string, v []string) {
		if len(v) > 0 {
			out = append(out, slog.Any(name, v))
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
	list(telemetry.Exceptions, e.Exceptions)
	list(telemetry.Acknowledged, e.Acknowledged)
	text(telemetry.Stricter, e.Stricter)
	text(telemetry.Tenant, e.Tenant)
	text(telemetry.BreakGlass, e.BreakGlass)
	text(telemetry.PolicyProfile, e.Profile)
	text(telemetry.PolicyDigest, e.Policy)
	out = append(out, slog.Int(telemetry.FindingCount, e.FindingCount))
	if e.FindingCount > 0 {
		list(telemetry.FindingTypes, e.FindingTypes)
		text(telemetry.FindingSeverity, e.MaxSeverity)
		out = append(out, slog.Float64(telemetry.FindingConfidence, e.MaxConfidence))
	}
	if e.Alert {
		out = append(out, slog.Bool(telemetry.Alert, true))
		list(telemetry.Flagged, e.Flagged)
	}
	list(telemetry.GapCauses, e.GapCauses)
	text(telemetry.FailMode, e.FailMode)
	out = append(out, slog.Int64(telemetry.ContentBytes, e.ContentBytes), slog.Int64(telemetry.InspectedBytes, e.InspectedBytes),
		slog.Bool(telemetry.InspectComplete, e.Complete), slog.Float64(telemetry.InspectDuration, e.InspectMs))
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
		out = append(out, slog.Bool(telemetry.GenAIRequestStream, true))
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

// spanAttributes turns attributes of the log into those of a span. Lists are
// copied: the SDK keeps them.
func spanAttributes(list []slog.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, len(list))
	for _, a := range list {
		switch a.Value.Kind() {
		case slog.KindString:
			out = append(out, attribute.String(a.Key, a.Value.String()))
		case slog.KindInt64:
			out = append(out, attribute.Int64(a.Key, a.Value.Int64()))
		case slog.KindFloat64:
			out = append(out, attribute.Float64(a.Key, a.Value.Float64()))
		case slog.KindBool:
			out = append(out, attribute.Bool(a.Key, a.Value.Bool()))
		default:
			if v, ok := a.Value.Any().([]string); ok {
				out = append(out, attribute.StringSlice(a.Key, slices.Clone(v)))
			}
		}
	}
	return out
}

package inspect

import (
	"context"
	"log/slog"

	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// A Refused is what the proxy turned away without looking at content: a
// connection, or a request inside an opened one.
type Refused struct {
	Principal identity.Principal
	Incident  string // what the client was told; made when empty
	Host      string // the pattern of the provider row, never as the client wrote it; "" when none knows it
	Class     policy.HostClass
	Cause     string // one of package refuse's
	Rule      string // of the policy; "" when it was not the policy
	Reason    string // its sentence, or the provider row's
	Method    string
	Endpoint  *provider.Endpoint // nil for connections and unknown paths
	Policy    *policy.Policy     // in force
}

// Refused keeps the evidence of something turned away: an audit event and a line
// of the log, so that an incident number that a client shows can be looked up.
func (e *Evidence) Refused(ctx context.Context, r Refused) {
	if r.Incident == "" {
		r.Incident = NewID(e.cfg.Now())
	}
	ev := audit.Event{
		Name: audit.ConnectionDecided, Time: e.cfg.Now().UTC(), Action: policy.Refuse.String(), Verdict: policy.Refuse.String(),
		Incident: r.Incident, Cause: r.Cause, Rule: r.Rule, Reason: r.Reason, Server: r.Host, HostClass: r.Class.String(),
		Profile: r.Policy.Profile(), Policy: r.Policy.Revision(), Method: method(r.Method),
		Groups: r.Principal.Groups, Network: r.Principal.Network, Identity: string(r.Principal.Method),
	}
	if r.Endpoint != nil {
		ev.App, ev.Activity, ev.Endpoint, ev.Route = r.Endpoint.App, r.Endpoint.Activity, r.Endpoint.ID, r.Endpoint.Route
	}
	e.identify(&ev, r.Principal)
	if e.cfg.Log.Enabled(ctx, slog.LevelInfo) {
		list := attributes(make([]slog.Attr, 0, maxAttributes), &ev)
		list = append(list, slog.String(telemetry.RefusedCause, r.Cause), slog.String(telemetry.HostClass, ev.HostClass))
		e.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "refused", list...)
	}
	if e.cfg.Audit == nil {
		return
	}
	// The refusal does not wait for the disk: nothing left. What cannot be
	// queued is counted by the log, which then calls itself unhealthy.
	_, _, _ = e.cfg.Audit.Append(ev)
}

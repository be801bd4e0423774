package inspect

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/pseudonym"
	"github.com/promptgate/promptgate/proxy/shape"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// Evidence is the Recorder of the product: of each decision it makes one audit
// event, one line of the log, attributes on the span of the context, and
// metrics. None of them holds text of the message, a key of its JSON, a header
// or a query: only names from rules, policies and schemas, counts, places, and
// settings that are listed in facts.go. Safe for concurrent use.
type Evidence struct {
	cfg   EvidenceConfig
	names *pseudonym.Maker
	namer *shape.Namer
}

// EvidenceConfig says where evidence goes.
type EvidenceConfig struct {
	Audit    *audit.Log         // nil: no audit log
	Shapes   *shape.Log         // nil: no records to try policies on
	Log      *slog.Logger       // nil: no log lines
	Metrics  *telemetry.Metrics // nil: no metrics
	Identity config.AuditIdentity
	// Key keys the hashes of people and identifiers. Whoever destroys it makes
	// them unlinkable.
	Key []byte
	Now func() time.Time // nil: time.Now
}

// NewEvidence makes the product's recorder.
func NewEvidence(c EvidenceConfig) *Evidence {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Evidence{cfg: c, names: pseudonym.New(c.Key), namer: Namer(c.Key)}
}

// Healthy reports whether the audit log can be written to.
func (e *Evidence) Healthy() error {
	if e.cfg.Audit == nil {
		return nil
	}
	return e.cfg.Audit.Healthy()
}

// Record keeps the evidence of one decision. The channel is nil for a plain
// allow, which nobody waits for.
func (e *Evidence) Record(ctx context.Context, r *Request, v *Verdict) <-chan error {
	ev := e.event(ctx, r, v)
	span, line := trace.SpanFromContext(ctx), e.cfg.Log.Enabled(ctx, slog.LevelInfo)
	if line || span.IsRecording() {
		list := attributes(make([]slog.Attr, 0, maxAttributes), &ev)
		if span.IsRecording() {
			span.SetAttributes(spanAttributes(list)...)
		}
		if ev.TraceID != "" {
			list = append(list, slog.String(telemetry.TraceID, ev.TraceID), slog.String(telemetry.SpanID, ev.SpanID))
		}
		e.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "message decided", list...)
	}
	if e.cfg.Metrics != nil {
		e.count(&ev, v)
	}
	if e.cfg.Shapes != nil {
		r := e.namer.Of(&v.asked, v.decided(), v.ID, v.Profile, v.Revision, v.Mode == Observed)
		e.cfg.Shapes.Add(&r)
	}
	if e.cfg.Audit == nil {
		return nil
	}
	_, durable, err := e.cfg.Audit.Append(ev)
	if err != nil {
		failed := make(chan error, 1)
		failed <- err
		return failed
	}
	if ev.Plain() {
		return nil
	}
	return durable
}

// Count adds an answer to a message to the metrics, in which nothing was found.
func (e *Evidence) Count(before *Verdict, took time.Duration) {
	if m := e.cfg.Metrics; m != nil {
		m.Request(policy.Allow.String(), policy.Response.String(), before.request.Endpoint.App)
		m.Inspected(took)
	}
}

// Done says in the log at level Debug how the exchange ended. The error's text
// is left out: it may name addresses or quote an answer.
func (e *Evidence) Done(ctx context.Context, r *Request, v *Verdict, status int, err error) {
	if !e.cfg.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	e.cfg.Log.LogAttrs(ctx, slog.LevelDebug, "message answered",
		slog.String(telemetry.Incident, v.ID), slog.Int(telemetry.ResponseStatus, status), slog.Bool("complete", err == nil),
		slog.Float64(telemetry.DurationMs, milliseconds(e.cfg.Now().Sub(v.started))))
}

// event is the evidence of one decision.
func (e *Evidence) event(ctx context.Context, r *Request, v *Verdict) audit.Event {
	d := &v.Decision
	ev := audit.Event{
		Name: audit.MessageDecided, Time: e.cfg.Now().UTC(),
		Action: v.Action, Verdict: d.Verdict(), Mode: string(v.Mode), Direction: v.asked.Direction.String(), Incident: v.ID,
		Alert: d.Alert, Flagged: names(d.Flagged), Reason: d.Reason, Note: d.Note, Rule: d.Rule, RuleIDs: d.Rules, Controls: d.Controls,
		Exceptions: d.Exceptions, Acknowledged: d.Acknowledged, Stricter: d.Stricter, BreakGlass: v.emergency,
		Profile: v.Profile, Policy: v.Revision,
		ContentBytes: max(int64(len(r.Body)), r.streamed), InspectedBytes: v.Scanned, Complete: len(v.Gaps) == 0, InspectMs: milliseconds(v.Took),
		App: r.Endpoint.App, Activity: r.Endpoint.Activity, Endpoint: r.Endpoint.ID, Route: r.Endpoint.Route, Operation: r.Endpoint.Operation,
		Method: method(r.Method), Server: host(r.Host), Protocol: protocol(r.Protocol),
		Groups: r.Principal.Groups, Network: r.Principal.Network, Identity: string(r.Principal.Method),
	}
	if d.Intended.String() != ev.Action && d.Intended >= policy.Coach {
		ev.Intended = d.Intended.String()
	}
	if d.Tenancy != policy.Unchecked {
		ev.Tenant = d.Tenancy.String()
	}
	if ev.Operation != "" {
		ev.Provider = "openai"
	}
	e.identify(&ev, r.Principal)
	e.facts(&ev, v)
	findings(&ev, v)
	gaps(&ev, v)
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		ev.TraceID, ev.SpanID = s.TraceID().String(), s.SpanID().String()
	}
	return ev
}

// identify says who it was: in clear, or as a hash that only this installation
// can make. Who is anonymous is told apart by address.
func (e *Evidence) identify(ev *audit.Event, p identity.Principal) {
	switch {
	case e.cfg.Identity == config.IdentityClear:
		ev.UserName, ev.Device, ev.ClientAddress = p.Subject, p.Device, p.Address
	case p.Subject != "":
		ev.UserHash = e.names.Known("user", p.Subject, 16)
	case p.Address != "":
		ev.UserHash = e.names.Known("address", p.Address, 16)
	}
}

// findings sums up what was found: per type and level over everything, and per
// rule and place what was listed.
func findings(ev *audit.Event, v *Verdict) {
	if len(v.Totals) == 0 {
		return
	}
	types := map[string]bool{}
	for _, t := range v.Totals {
		ev.FindingCount += t.Count
		ev.Totals = append(ev.Totals, audit.Total{Type: string(t.Type), Level: t.Level.String(), Count: t.Count, Distinct: t.Distinct})
		types[string(t.Type)] = true
	}
	for t := range types {
		ev.FindingTypes = append(ev.FindingTypes, t)
	}
	slices.Sort(ev.FindingTypes)
	ev.FindingTypes = ev.FindingTypes[:min(len(ev.FindingTypes), maxTypes)]

	type key struct {
		rule    detectors.RuleID
		locator string
	}
	index := map[key]int{}
	for i := range v.Findings {
		f := &v.Findings[i]
		k := key{f.Rule, f.Locator}
		at, ok := index[k]
		if !ok {
			at = len(ev.Findings)
			index[k] = at
			ev.Findings = append(ev.Findings, audit.Finding{Type: string(f.Type), Rule: string(f.Rule), Locator: f.Locator, Role: string(f.Role)})
		}
		g := &ev.Findings[at]
		g.Count++
		if c := f.Confidence.Float(); c > g.Confidence {
			g.Confidence, g.Evidence = c, evidence(f.Evidence)
		}
		ev.MaxConfidence = max(ev.MaxConfidence, f.Confidence.Float())
		ev.MaxSeverity = worse(ev.MaxSeverity, v.severity(f.Type, f.Rule))
	}
	for _, i := range v.Decision.Deciding {
		ev.Findings[index[key{v.Findings[i].Rule, v.Findings[i].Locator}]].Deciding = true
	}
	slices.SortStableFunc(ev.Findings, func(a, b audit.Finding) int {
		return cmp.Or(-compareBool(a.Deciding, b.Deciding), -cmp.Compare(a.Confidence, b.Confidence))
	})
	ev.Findings = ev.Findings[:min(len(ev.Findings), audit.MaxFindings)]
}

// maxTypes is how many info types an event names.
const maxTypes = 32

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func evidence(list []detectors.Evidence) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.Name)
	}
	return out
}

// severity is that of the detector rule, or of its info type.
func (v *Verdict) severity(t detectors.InfoType, rule detectors.RuleID) string {
	if r, ok := v.rules.Catalogue.Rule(string(rule)); ok {
		return r.Severity
	}
	info, _ := v.rules.Catalogue.InfoType(string(t))
	return info.Severity
}

// worse is the higher of two severities.
func worse(a, b string) string {
	order := []string{"", "low", "medium", "high", "critical"}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

// gaps says what could not be inspected, and which way that went.
func gaps(ev *audit.Event, v *Verdict) {
	for _, g := range v.Gaps {
		if !slices.Contains(ev.GapCauses, string(g.Cause)) {
			ev.GapCauses = append(ev.GapCauses, string(g.Cause))
		}
		if len(ev.Gaps) < audit.MaxGaps {
			ev.Gaps = append(ev.Gaps, audit.Gap{Cause: string(g.Cause), Locator: g.Locator, Size: g.Size})
		}
	}
	slices.Sort(ev.GapCauses)
	if len(v.Gaps) > 0 {
		ev.FailMode = "open"
		if v.Refusal != nil && v.Decision.Gap != "" {
			ev.FailMode = "closed"
		}
	}
}

// count adds a decision to the metrics.
func (e *Evidence) count(ev *audit.Event, v *Verdict) {
	m := e.cfg.Metrics
	m.Request(ev.Action, ev.Direction, ev.App)
	m.Inspected(v.Took)
	for _, t := range v.Totals {
		info, _ := v.rules.Catalogue.InfoType(string(t.Type))
		m.Findings(string(t.Type), info.Severity, t.Count)
	}
	for _, g := range v.Gaps {
		m.Gap(string(g.Cause))
		if g.Cause == detectors.CauseEngineError || g.Cause == detectors.CauseParserCrash {
			m.Panic("inspect")
		}
	}
	if v.Refusal == nil {
		for _, c := range ev.GapCauses {
			m.FailOpen(c)
		}
	}
}

func names(causes []detectors.Cause) []string {
	var out []string
	for _, c := range causes {
		out = append(out, string(c))
	}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// method keeps a method that a client made up out of evidence.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodConnect:
		return m
	}
	return "_OTHER"
}

// host keeps what cannot be a host name out of evidence.
func host(h string) string {
	if len(h) > 253 || strings.ContainsFunc(h, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == ':' || r == '[' || r == ']')
	}) {
		return "_OTHER"
	}
	return h
}

// protocol is the version alone, as the conventions want it.
func protocol(p string) string {
	switch p {
	case "HTTP/1.0":
		return "1.0"
	case "HTTP/1.1":
		return "1.1"
	case "HTTP/2.0", "HTTP/2":
		return "2"
	}
	return ""
}

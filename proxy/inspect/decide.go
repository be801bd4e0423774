package inspect

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// recordLimit is how long a message waits for its record. A disk that takes
// longer is one that fails: the next message meets the gap audit_unwritable.
const recordLimit = 5 * time.Second

// Request decides one message. It always returns a verdict.
func (i *Inspector) Request(ctx context.Context, r *Request) *Verdict {
	m := &message{i: i, rules: i.rules.Load(), r: r, start: i.cfg.Now()}
	if r.ID == "" {
		r.ID = NewID(m.start)
	}
	limit := withLimit(ctx, i.cfg.Timeout+r.More)
	defer limit.stop()
	scan := context.Context(limit)
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() {
		var span trace.Span
		scan, span = parent.TracerProvider().Tracer("promptgate").Start(scan, telemetry.SpanInspect)
		defer span.End()
	}

	m.extract(scan)
	m.follow()
	m.recall()
	if i.cfg.Recorder != nil && i.cfg.Recorder.Healthy() != nil {
		m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseAuditUnwritable})
	}
	if i.cfg.Stale != nil && i.cfg.Stale() {
		m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CausePolicyStale})
	}
	m.decide()
	m.settlePast()
	m.enforce()
	m.release()
	v := m.verdict()
	m.record(ctx, v)
	m.left()
	m.note(v)
	m.remember(v)
	return v
}

// A message is one request on its way through: extract, decide, enforce, record.
type message struct {
	i     *Inspector
	rules *Rules
	r     *Request
	start time.Time
	extraction
	decision policy.Decision
	asked    policy.Message // of which decision is

	before *Verdict // of the message that this answers; nil for a request

	emergency string // number of the grant that keeps it from being stopped, or ""
	body      []byte // edited; nil when nothing was
	streamed  bool   // the edited body went to r.Edited

	refusedPiece bool // of the file that the message would put together
	refusedFile  bool // that the message names

	past    past
	own     *policy.Decision // of the policy about asked, where decision has more edits; nil elsewhere
	threads []string         // the provider's names for the conversation that it goes on with
	tokens  *redact.Table    // nil when there are none
	edited  *redact.Names    // what stands in the place of values; nil when nothing was edited
}

// ask is the policy's view of the message.
func (m *message) ask() policy.Message {
	if m.before != nil {
		ask := m.before.answerAsk(m.start)
		ask.Contents, ask.Findings, ask.Totals, ask.Gaps, ask.Facts = m.contents(), m.findings, m.totals, m.gaps, m.before.callsOf(m.facts)
		m.emergency = m.before.emergency
		return ask
	}
	e := m.r.Endpoint
	ask := policy.Message{
		Principal: m.r.Principal, App: e.App, Activity: e.Activity, Endpoint: e.ID,
		Direction: policy.Request, Tenant: m.tenant(), Contents: m.contents(), Facts: m.facts,
		Findings: m.findings, Totals: m.totals, Gaps: m.gaps, Time: m.start,
	}
	if m.i.cfg.Emergency != nil {
		m.emergency = m.i.cfg.Emergency(m.r.Principal)
		ask.Emergency = m.emergency != ""
	}
	m.spend(&ask)
	if m.i.cfg.Coach != nil {
		ask.Versions = m.i.cfg.Coach.Versions(m.who())
	}
	return ask
}

// decide asks the policy. A policy that panics has not allowed anything. What
// is only observed goes on whatever the policy says.
func (m *message) decide() {
	ask := m.ask()
	m.decision, m.asked, m.own = decide(m.rules.Policy, ask), ask, nil
	if m.before == nil {
		ask = m.reconsider(ask)
		m.acknowledge(ask)
		m.incomplete()
	}
	if m.observed() {
		m.decision.Gate, m.decision.Redact = min(m.decision.Gate, policy.Log), nil
	}
}

func (m *message) observed() bool { return m.r.Endpoint.Mode != provider.Inspect }

func decide(p *policy.Policy, ask policy.Message) (d policy.Decision) {
	defer func() {
		if recover() != nil {
			d = policy.Decision{Gate: policy.Block, Intended: policy.Block, Would: policy.Block, Gap: detectors.CauseEngineError,
				Rule: "internal.policy_error", Rules: []string{"internal.policy_error"}}
		}
	}()
	return p.Decide(ask)
}

// enforce carries out the edits. When that is not possible the policy is asked
// again with the gap: a redaction that cannot be made is a block, and so is a
// field that should have been taken out and cannot be.
func (m *message) enforce() {
	if m.decision.Gate >= policy.Coach || m.observed() {
		return
	}
	body, err := m.rewrite()
	if err == nil {
		m.body = body
		m.remind()
		return
	}
	due := m.decision.Redact
	m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseNotRewritable})
	m.decide()
	m.decision.Redact = nil
	if len(m.decision.Deciding) == 0 { // the person and the record are told what should have been replaced
		for _, x := range due {
			m.decision.Deciding = append(m.decision.Deciding, x.Finding)
		}
	}
	if m.decision.Gate < policy.Coach { // no profile of ours, but a user's own may
		m.decision.Gate, m.decision.Gap = policy.Block, detectors.CauseNotRewritable
	}
}

// remind adds what the policy wants to be added, where that is possible, and says
// whether what it wants in custom instructions is there.
func (m *message) remind() {
	if len(m.decision.Add) == 0 || m.r.Edited != nil { // a long body holds a file, no conversation
		return
	}
	body := m.body
	if body == nil {
		body = m.r.Body
	}
	encoding := m.r.Header.Get("Content-Encoding")
	if with := remind(body, encoding, m.decision.Add); with != nil {
		m.body = with
		m.facts = append(m.facts, content.Fact{Name: "reminder", Value: "present"}) // for the record
	}
	if all, asked := reminded(body, encoding, m.decision.Add); asked {
		m.facts = append(m.facts, content.Fact{Name: "reminder", Value: map[bool]string{true: "present", false: "missing"}[all]})
	}
}

var errNotRewritable = errors.New("inspect: a finding has no place that can be edited")

// rewrite returns the edited body, or nil when there is nothing to edit.
func (m *message) rewrite() (body []byte, err error) {
	if m.walk == nil {
		if len(m.decision.Redact) > 0 {
			return nil, errNotRewritable
		}
		return nil, nil
	}
	defer func() {
		if recover() != nil {
			m.walk = nil // its state is not to be trusted, nor to be pooled
			m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseEngineError, Locator: panicSite()})
			body, err = nil, errNotRewritable
		}
	}()
	targets := make([]redact.Target, 0, len(m.decision.Redact))
	for _, x := range m.decision.Redact {
		f := m.findings[x.Finding]
		if f.Doc >= m.outside {
			return nil, errNotRewritable // in the URL
		}
		if m.takenOut(&f) {
			continue
		}
		targets = append(targets, redact.Target{
			Doc: f.Doc, Span: f.Span, Type: f.Type, Placeholder: m.placeholder(f.Type), Digest: f.Digest, Encoded: len(f.Layers) > 0, Operator: redact.Operator(x.Operator),
		})
	}
	m.edited = &redact.Names{Table: m.table()}
	m.edited.Remember(m.past.values)
	edits, ok := redact.Edits(targets, m.matched, m.edited, m.walk)
	out, placed := m.takeOut()
	if !ok || !placed || !m.keep() {
		return nil, errNotRewritable
	}
	edits = append(edits, out...)
	if len(edits) > 0 {
		edits = append(edits, m.walk.Twins()...)
	}
	edits = append(edits, m.walk.Strip()...)
	if len(edits) == 0 {
		return nil, nil
	}
	if m.r.Edited == nil {
		return m.walk.Splice(edits)
	}
	to, err := m.r.Edited()
	if err != nil {
		return nil, err
	}
	m.streamed = true
	return nil, m.walk.SpliceTo(to, edits)
}

// verdict puts together what the caller sees.
func (m *message) verdict() *Verdict {
	v := &Verdict{
		ID: m.r.ID, Body: m.r.Body, Docs: m.docs, Findings: m.findings, Totals: m.totals, Facts: m.facts, Scanned: m.scanned,
		Revision: m.rules.Policy.Revision(), Profile: m.rules.Policy.Profile(), Took: m.i.cfg.Now().Sub(m.start),
		rules: m.rules, started: m.start, inspector: m.i, request: m.r, tokens: m.tokens, threads: m.threads, structured: m.structured(),
	}
	switch {
	case m.body != nil:
		v.Body, v.Changed = m.body, true
	case m.streamed:
		v.Body, v.Changed = nil, true
	}
	m.fill(v)
	return v
}

// fill sets what depends on the decision.
func (m *message) fill(v *Verdict) {
	v.Decision, v.Gaps, v.Action, v.asked = m.decision, m.gaps, m.decision.Summary(), m.asked
	v.own = m.own
	v.emergency = m.emergency
	switch {
	case m.observed():
		v.Mode = Observed
	case m.decision.Verdict() != v.Action:
		v.Mode = Monitored
	default:
		v.Mode = Enforced
	}
	switch {
	case m.decision.Gate >= policy.Coach:
		asked := m.r.Header
		if m.before != nil {
			asked = m.before.request.Header
		}
		f := m.rules.Messages.Stop(refuse.Stop{
			Decision: m.decision, Findings: m.findings, Gaps: m.gaps, Titles: m.title, Incident: m.r.ID,
			Endpoint: m.r.Endpoint, Method: m.r.Method, Header: asked, Answer: m.before != nil,
		})
		v.Refusal, v.Body, v.Changed, v.AnswerHeader = &f, nil, false, nil
	case len(m.decision.Redact) > 0:
		v.AnswerHeader = http.Header{"X-Promptgate-Action": {v.Action}, "X-Promptgate-Incident": {m.r.ID}}
	}
}

func (m *message) title(t detectors.InfoType) string {
	info, _ := m.rules.Catalogue.InfoType(string(t))
	return info.Title
}

// record writes the evidence and waits for it as long as it must. When it
// cannot be written and nothing has been sent on yet, the policy is asked again.
func (m *message) record(ctx context.Context, v *Verdict) {
	rec := m.i.cfg.Recorder
	if rec == nil {
		return
	}
	durable := rec.Record(ctx, m.r, v)
	if durable == nil {
		return
	}
	wait := recordLimit
	if v.Refusal == nil && m.i.cfg.Durable != config.BeforeForward {
		wait = 0
	}
	err, done := await(durable, wait)
	switch {
	case !done && wait == 0:
		v.Durable = durable
	case v.Refusal != nil || done && err == nil:
	default:
		m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseAuditUnwritable})
		before := m.decision
		m.decide()
		if m.decision.Gate >= policy.Coach {
			m.fill(v)
			if again := rec.Record(ctx, m.r, v); again != nil {
				await(again, recordLimit)
			}
			return
		}
		m.decision = before // the body was edited by it
		v.Gaps = m.gaps
	}
}

// await waits for a record, at most as long as limit. The client's leaving does
// not matter: the record is about it, too.
func await(durable <-chan error, limit time.Duration) (err error, done bool) {
	select {
	case err := <-durable:
		return err, true
	default:
	}
	if limit == 0 {
		return nil, false
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case err := <-durable:
		return err, true
	case <-late.C:
		return nil, false
	}
}

package inspect

import (
	"context"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
)

// unsure is how much of the end of a body that goes on says nothing yet, in bytes:
// what follows may exclude what is found there.
const unsure = 1 << 10

// Early decides a message by the beginning of its body, r.Body, where that is
// certain: the verdict is nil unless the message is blocked, and that whatever
// follows, since a finding more never loosens a decision. The gaps of a beginning
// say nothing. A verdict is recorded as one of Request is.
func (i *Inspector) Early(ctx context.Context, r *Request) *Verdict {
	m := &message{i: i, rules: i.rules.Load(), r: r, start: i.cfg.Now()}
	if r.ID == "" {
		r.ID = NewID(m.start)
	}
	limit := withLimit(ctx, i.cfg.Timeout+r.More)
	defer limit.stop()
	m.partial = true
	m.extract(limit)
	defer m.release()
	m.gaps = append(append([]detectors.Gap(nil), r.Endpoint.Gaps...), r.Gaps...)
	m.certain()
	ask := m.ask()
	m.decision, m.asked = decide(m.rules.Policy, ask), ask
	if m.decision.Gate < policy.Block || m.observed() || len(m.decision.Deciding) == 0 {
		return nil
	}
	v := m.verdict()
	m.record(ctx, v)
	m.remember(v)
	return v
}

// certain drops what is found where the body ends for now.
func (m *message) certain() {
	kept := m.findings[:0]
	for _, f := range m.findings {
		if f.Doc == m.last && f.Span.End > m.lastSize-unsure || strings.HasSuffix(f.Locator, ":rest") {
			for i := range m.totals {
				if t := &m.totals[i]; t.Type == f.Type && t.Level == f.Confidence.Level() {
					t.Count, t.Distinct = t.Count-1, t.Distinct-1
				}
			}
			continue
		}
		kept = append(kept, f)
	}
	m.findings = kept
}

// release gives the walk's memory back.
func (m *message) release() {
	if m.walk != nil {
		m.walk.Release()
		m.walk = nil
	}
}

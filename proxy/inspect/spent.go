package inspect

import (
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/spent"
)

// spend tells the policy what the sender's day comes to, when it asks.
func (m *message) spend(ask *policy.Message) {
	l := m.i.cfg.Spent
	if l == nil || !m.rules.Policy.AsksSpent() || len(m.findings) == 0 {
		return
	}
	for _, c := range l.Today(m.who(), m.values(nil), m.start) {
		ask.Spent = append(ask.Spent, policy.Total{Type: c.Type, Level: c.Level, Distinct: c.Distinct})
	}
}

// left counts what leaves with the message: not what was stopped or replaced.
func (m *message) left() {
	l := m.i.cfg.Spent
	if l == nil || !m.rules.Policy.AsksSpent() || m.decision.Gate >= policy.Coach {
		return
	}
	replaced := make(map[int]bool, len(m.decision.Redact))
	for _, r := range m.decision.Redact {
		replaced[r.Finding] = true
	}
	l.Left(m.who(), m.values(replaced), m.start)
}

// values are the findings but for some.
func (m *message) values(without map[int]bool) []spent.Value {
	out := make([]spent.Value, 0, len(m.findings))
	for i := range m.findings {
		if f := &m.findings[i]; !without[i] {
			out = append(out, spent.Value{Type: f.Type, Level: f.Confidence.Level(), Digest: f.Digest})
		}
	}
	return out
}

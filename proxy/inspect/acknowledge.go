package inspect

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/coach"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

// AcknowledgeHeader names, in a request of a program, the incident whose notice
// it acknowledges. It is not sent on.
const AcknowledgeHeader = "X-Promptgate-Acknowledge"

// acknowledge asks the policy again when the notice that it wants to give has
// been acknowledged, and remembers it otherwise.
func (m *message) acknowledge(ask policy.Message) {
	book := m.i.cfg.Coach
	if book == nil || m.decision.Gate != policy.Coach || m.observed() {
		return
	}
	n := coach.Notice{
		Who: m.who(), Rules: append([]string{m.rules.Policy.Revision()}, m.decision.Coaching...), Incident: m.r.ID, Version: m.decision.Version,
		Where: m.r.Endpoint.ID, Person: typed(m.r.Endpoint), Values: make([]detectors.Digest, 0, len(m.decision.CoachedOn)),
	}
	for _, i := range m.decision.CoachedOn {
		n.Values = append(n.Values, m.findings[i].Digest)
	}
	if !book.Heard(n, m.r.Header.Get(AcknowledgeHeader), m.start) {
		if n.Person || m.r.Endpoint.Format != provider.ChatGPT { // a page's own requests show nobody a notice
			book.Tell(n, m.start)
		}
		return
	}
	ask.Acknowledged = m.decision.Coaching
	m.decision, m.asked = decide(m.rules.Policy, ask), ask
}

// typed reports whether requests of a page to an endpoint are what a person
// typed and sent; its others repeat by themselves.
func typed(e *provider.Endpoint) bool {
	switch e.Activity {
	case "chat", "agent", "feedback", "gpt", "instructions", "memory", "project", "share":
		return e.Format == provider.ChatGPT
	}
	return false
}

// who is the person, or the address of who is anonymous.
func (m *message) who() string {
	if m.r.Principal.Subject != "" {
		return "user " + m.r.Principal.Subject
	}
	return "address " + m.r.Principal.Address
}

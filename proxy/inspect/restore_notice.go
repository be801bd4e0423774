package inspect

import (
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
)

// Notice is the line that a page shows above the answer to a message in which
// something was replaced: it goes on showing what was typed.
type Notice struct {
	On   bool
	Link string // where people read about an incident, with {incident}; "" = nowhere
}

// tells reports whether there is something to say, and somebody to say it to.
func (v *Verdict) tells() bool {
	return v.inspector.cfg.Notice.On && v.Changed && len(v.Decision.Redact) > 0 && v.request.Endpoint.Activity == "chat" && accountHost(v.request.Host)
}

// notice is the line.
func (v *Verdict) notice() string {
	var kinds []string
	for _, x := range v.Decision.Redact {
		info, _ := v.rules.Catalogue.InfoType(string(v.Findings[x.Finding].Type))
		kinds = append(kinds, info.Title)
	}
	return v.rules.Messages.Replaced(kinds, v.ID, strings.ReplaceAll(v.inspector.cfg.Notice.Link, "{incident}", v.ID), v.request.Header)
}

// first reports whether a text of a stream is the one that the line stands above:
// the first of the assistant.
func (s *Stream) first(it *item) bool {
	if s.told || it.key == "" || it.role != content.RoleAssistant || it.locator != "message.content.parts[0]" {
		return false
	}
	s.told = true
	return true
}

// A noticed is a Rewriter that puts a line above the text.
type noticed struct {
	line string // "" once it was written
	base Rewriter
}

func (n *noticed) above(p []byte) []byte {
	if n.line == "" || len(p) == 0 {
		return p
	}
	out := append([]byte(n.line), p...)
	n.line = ""
	return out
}

// Write puts the line above the first text that is released.
func (n *noticed) Write(p []byte) []byte {
	if n.base != nil {
		p = n.base.Write(p)
	}
	return n.above(p)
}

// Pending is of what is below.
func (n *noticed) Pending() bool { return n.base != nil && n.base.Pending() }

// Flush is of what is below.
func (n *noticed) Flush() []byte {
	if n.base == nil {
		return nil
	}
	return n.above(n.base.Flush())
}

// Close is of what is below. A text of nothing has no line.
func (n *noticed) Close() []byte {
	if n.base == nil {
		return nil
	}
	return n.above(n.base.Close())
}

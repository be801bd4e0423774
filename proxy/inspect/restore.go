package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strings"
	"sync"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/rules"
)

// Tokens is what a reversible redaction needs.
type Tokens struct {
	Vault *redact.Vault // nil: placeholders take the place of tokens
	Share redact.Share  // "" means redact.Principal
	// Required blocks a message whose tokens could not be kept although the provider
	// keeps the conversation: its later answers could not be restored.
	Required bool
}

func (t Tokens) share() redact.Share {
	if t.Share == "" {
		return redact.Principal
	}
	return t.Share
}

// scope is whose tokens the message has.
func (m *message) scope() redact.Scope {
	s := redact.Scope{By: m.i.cfg.Tokens.share(), Principal: m.who()}
	if s.By != redact.Conversation {
		return s
	}
	switch {
	case len(m.threads) > 0:
		s.Conversation = "thread " + m.threads[0]
	case !keeps(m): // it sends its past: what it began with is the same in each turn
		s.Conversation = "begins " + m.beginning()
	}
	return s
}

// beginning is a digest of the first words of a person in the message.
func (m *message) beginning() string {
	for _, d := range m.docs[:m.outside] {
		if d.Role != content.RoleUser || m.walk == nil {
			continue
		}
		if text, _ := m.walk.DocText(nil, d.ID, maxRememberedText); len(text) > 0 { // of a longer one as much
			sum := sha256.Sum256(text) // which a key is made of, that replicas share
			clear(text)
			return string(sum[:])
		}
	}
	return ""
}

// table is the tokens of the message; nil when there are none to be had, and
// placeholders, which say less, take their place.
func (m *message) table() *redact.Table {
	v := m.i.cfg.Tokens.Vault
	if v == nil {
		return nil
	}
	for _, x := range m.decision.Redact {
		if redact.Operator(x.Operator) == redact.Token {
			m.tokens, _ = v.Table(m.scope()) // the vault tells what is wrong
			return m.tokens
		}
	}
	return nil
}

// keep puts the tokens into the vault, where a later answer may need them. It
// reports false when the message must not be sent.
func (m *message) keep() bool {
	if m.tokens.Len() == 0 || !keeps(m) {
		return true
	}
	err := m.tokens.Keep(context.Background())
	return err == nil || !redact.IsCollision(err) && !m.i.cfg.Tokens.Required
}

// keeps reports whether the provider keeps what is sent, so that it may come back in
// the answer to another message. The endpoints that send their past with each
// message are listed; all others are taken to keep it.
func keeps(m *message) bool {
	for _, f := range m.facts {
		if f.Name == "store" {
			return f.Value != "false"
		}
	}
	switch _, name, _ := strings.Cut(m.r.Endpoint.ID, "."); name {
	case "chat_completions", "completions", "embeddings", "moderations":
		return false
	}
	return true
}

// restoring is the table that answers to the message are restored from, or nil.
// Safe for concurrent use.
func (v *Verdict) restoring() *redact.Table {
	v.restore.once.Do(func() {
		vault := v.inspector.cfg.Tokens.Vault
		switch {
		case v.tokens.Len() > 0:
			v.restore.table = v.tokens
		case vault != nil && vault.Holds():
			m := message{i: v.inspector, rules: v.rules, r: v.request, extraction: extraction{facts: v.Facts}, threads: v.threads}
			v.restore.table, _ = vault.Table(m.scope())
		}
	})
	return v.restore.table
}

// Reading puts values back into what somebody reads of what the provider keeps: a
// conversation, titles, results of a search, in JSON. It decides nothing: what is
// shown was sent or made before. Nil when nothing was ever kept. path is of the
// request.
func (i *Inspector) Reading(p identity.Principal, path string) *redact.Restorer {
	vault := i.cfg.Tokens.Vault
	if vault == nil || !vault.Holds() {
		return nil
	}
	s := redact.Scope{By: i.cfg.Tokens.share(), Principal: (&message{r: &Request{Principal: p}}).who()}
	if id := readThread(path); id != "" && s.By == redact.Conversation {
		s.Conversation = "thread " + id // lists are of all conversations
	}
	table, err := vault.Table(s)
	if err != nil {
		return nil
	}
	r := redact.NewRestorer(table, i.tokenKinds(i.rules.Load().Catalogue), redact.JSON)
	r.Leave(func(key []byte) bool { return arguments(string(key)) })
	return r
}

// readThread is the conversation that a path names, if it does.
func readThread(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts[:len(parts)-1] {
		switch p {
		case "conversation", "conversations", "threads":
			return parts[i+1]
		}
	}
	return ""
}

// decided is the policy's decision about asked.
func (v *Verdict) decided() *policy.Decision {
	if v.own != nil {
		return v.own
	}
	return &v.Decision
}

// rewrites reports whether texts of answers to the message may be changed.
func (v *Verdict) rewrites() bool {
	i := v.inspector
	return i.cfg.Rewrite != nil && (!i.restores || v.restoring() != nil || v.tells())
}

// restorer is Config.Rewrite where nobody else's is: it puts values back, and a line
// above the first text.
func (i *Inspector) restorer(v *Verdict, t Text) Rewriter {
	var base Rewriter
	if table := v.restoring(); table != nil && restorable(v.rules.Policy, t.Locator, t.Tool, t.JSON || calls(t.Event)) {
		base = redact.NewRestorer(table, i.tokenKinds(v.rules.Catalogue), v.syntax(t.JSON))
	}
	if t.First && v.tells() {
		return &noticed{v.notice(), base}
	}
	return base
}

// A restoring is the table of an answer, made when its first text comes.
type restoring struct {
	once  sync.Once
	table *redact.Table
}

// arguments reports whether a text is what a tool is called with.
func arguments(locator string) bool {
	for part := range strings.SplitSeq(locator, ".") {
		name, _, _ := strings.Cut(part, "[")
		switch name {
		case "arguments", "input", "code", "query", "queries", "command", "commands", "operation", "action", "actions", "diff", "partial_json":
			return true
		}
	}
	return false
}

// restorable reports whether values may be put into a text of an answer: what a tool
// is called with only when the policy says that the tool is a local one.
func restorable(p *policy.Policy, locator, tool string, isArguments bool) bool {
	return !isArguments && !arguments(locator) || p.LocalTool(tool)
}

// syntax is what a text of an answer is written in. JSON is believed where the
// request asked for it: a model can be made to begin with a bracket, so that what
// shows the text as Markdown takes two strings of JSON for one address.
func (v *Verdict) syntax(json bool) redact.Syntax {
	switch {
	case json:
		return redact.JSON
	case v.structured && !accountHost(v.request.Host): // a page shows what it gets as Markdown
		return redact.Either
	}
	return redact.Plain
}

// structured reports whether the message asks for an answer in JSON. It is asked
// while the body is there, and only where something may be restored.
func (m *message) structured() bool {
	vault := m.i.cfg.Tokens.Vault
	if vault == nil || m.before != nil || m.tokens.Len() == 0 && !vault.Holds() {
		return false
	}
	return bytes.Contains(m.r.Body, []byte(`"json_schema"`)) || bytes.Contains(m.r.Body, []byte(`"json_object"`))
}

// kinds are the names that tokens can have under the rules in force.
func (i *Inspector) tokenKinds(c *rules.Catalogue) *redact.Kinds {
	if k := i.kinds.Load(); k != nil && k.of == c {
		return k.kinds
	}
	names := []string{unnamed}
	for _, t := range c.InfoTypes() {
		names = append(names, t.Placeholder)
	}
	k := &kindsOf{c, redact.NewKinds(names)}
	i.kinds.Store(k)
	return k.kinds
}

type kindsOf struct {
	of    *rules.Catalogue
	kinds *redact.Kinds
}

// unnamed is the placeholder of an info type that the catalogue does not know.
const unnamed = "REDACTED"

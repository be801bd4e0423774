package redact

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/promptgate/promptgate/detectors"
)

// A Scope is whose tokens are equal for equal values, and for whom they are
// restored.
type Scope struct {
	By        Share
	Principal string // who sent it
	// Conversation is the provider's name for the conversation, or what else is the
	// same in each of its turns; "" when that is not known.
	Conversation string
}

// Share says how far equal values have equal tokens.
type Share string

// The shares. Restored is what was sent by the same principal, or with Tenant by
// anybody of this installation.
const (
	Tenant       Share = "tenant"
	Principal    Share = "principal"
	Conversation Share = "conversation"
)

// words is the scope as a key is derived from it: what may hold anything comes
// last or is counted.
func (s Scope) words() string {
	switch s.By {
	case Tenant:
		return "tenant"
	case Conversation:
		return fmt.Sprintf("conversation %d %s%s", len(s.Principal), s.Principal, s.Conversation)
	}
	return "principal " + s.Principal
}

// owner is for whom what is kept is restored.
func (s Scope) owner() string {
	if s.By == Tenant {
		return "tenant"
	}
	return "principal " + s.Principal
}

// A Table is the tokens of one exchange and what they stand for: the request's
// values, in the clear, for as long as its answer takes. Safe for concurrent use.
type Table struct {
	key   []byte // of the scope
	scope Scope
	vault *Vault // nil: nothing outlives the exchange

	mu     sync.RWMutex // guards what follows
	values map[tokenKey]entry
	asked  map[tokenKey]string // of the vault; "" when it has none
	looks  int
}

type tokenKey struct {
	kind string
	code code
}

// An entry is what a token stands for. Of several spellings the first is kept.
type entry struct {
	value     string
	canonical []byte
}

// Format hides the values from every verb of package fmt.
func (t *Table) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d tokens]", t.Len()) }

// Len is how many tokens were made.
func (t *Table) Len() int {
	if t == nil {
		return 0
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.values)
}

// Name makes the token of a value of a kind. ok is false when the token stands for
// another value already: neither may be sent.
func (t *Table) Name(kind string, info detectors.InfoType, value []byte) (name string, ok bool) {
	canon := canonical(info, value)
	k := tokenKey{kind, codeOf(t.key, kind, canon)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, known := t.values[k]; known {
		return tokenName(k.kind, k.code), bytes.Equal(e.canonical, canon)
	}
	if t.values == nil {
		t.values = map[tokenKey]entry{}
	}
	t.values[k] = entry{string(value), bytes.Clone(canon)}
	return tokenName(k.kind, k.code), true
}

// Keep seals what the table holds into the vault, when there is one, and returns
// once it is there.
func (t *Table) Keep(ctx context.Context) error {
	if t == nil || t.vault == nil {
		return nil
	}
	return t.vault.keep(ctx, t)
}

// maxLooks is how often one exchange may ask the vault: a model that writes tokens
// of its own making must not keep the disk busy.
const maxLooks = 1000

// value is what a token stands for: of this exchange, else of the vault.
func (t *Table) value(kind string, c code) (string, bool) {
	k := tokenKey{kind, c}
	t.mu.RLock()
	e, ok := t.values[k]
	asked, was := t.asked[k]
	t.mu.RUnlock()
	switch {
	case ok:
		return e.value, true
	case was:
		return asked, asked != ""
	case t.vault == nil:
		return "", false
	}
	t.mu.Lock()
	t.looks++
	over := t.looks > maxLooks
	t.mu.Unlock()
	if over {
		return "", false
	}
	v, found := t.vault.value(t.scope, kind, c)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked == nil {
		t.asked = map[tokenKey]string{}
	}
	t.asked[k] = v
	return v, found && v != ""
}

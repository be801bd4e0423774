package inspect

import (
	"container/list"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"sync"
	"time"

	"github.com/promptgate/promptgate/proxy/redact"
)

// A History remembers what was decided about the documents of messages, because a
// conversation sends its past again with every turn. It knows a document by a keyed
// digest of its text with who sent it, where to, under which settings, and the
// revision of the policy: with any of these different it is a new one.
//
// What was let through for somebody was let through: it is redacted as it was
// before, with the same numbers, and stops no later turn. What was stopped never
// left: once the conversation has gone on it is taken out of the past as a whole.
// The same message sent again is stopped again.
//
// It holds digests and numbers, no text, in memory, bounded, for half a day.
// Documents without findings cost nothing. Safe for concurrent use.
type History struct {
	macs sync.Pool // of hash.Hash, keyed

	mu      sync.Mutex // guards what follows
	entries map[mark]*list.Element
	order   *list.List // of *remembered, what was used last in front
}

// A mark is a document, or the name of a thread, in its circumstances.
type mark [16]byte

// A remembered is what was decided about a document.
type remembered struct {
	mark   mark
	as     fate
	values []redact.Numbered // that had placeholders
	until  time.Time
}

// A fate is what became of a document.
type fate uint8

const (
	unknownFate fate = iota
	passed           // it was sent on, edited as the policy wanted
	stopped          // it is why its message was not
	last             // it was the last word of a message that was stopped
	thread           // the name of a conversation whose messages were inspected
)

const (
	// maxRemembered is how many documents are remembered: about 10 MiB.
	maxRemembered = 50_000
	// maxRememberedValues is of how many values of one document the numbers are.
	maxRememberedValues = 64
	// rememberFor is how long.
	rememberFor = 12 * time.Hour
	// maxRememberedText is the largest document, in bytes, that is remembered.
	maxRememberedText = 1 << 20
)

// newHistory makes one; key keys its digests, and one of its own is made without.
func newHistory(key []byte) *History {
	if len(key) == 0 {
		key = make([]byte, 32)
		rand.Read(key) // never fails (crypto/rand, Go 1.24)
	}
	h := &History{entries: map[mark]*list.Element{}, order: list.New()}
	h.macs.New = func() any { return hmac.New(sha256.New, key) }
	return h
}

// digest is of a text in its circumstances.
func (h *History) digest(around string, text []byte) (out mark) {
	m := h.macs.Get().(hash.Hash)
	defer h.macs.Put(m)
	m.Reset()
	m.Write([]byte("history\x00"))
	m.Write([]byte(around))
	m.Write([]byte{0})
	m.Write(text)
	var sum [sha256.Size]byte
	copy(out[:], m.Sum(sum[:0]))
	m.Reset()
	return out
}

// empty reports whether nothing is remembered.
func (h *History) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.entries) == 0
}

// recall is what became of a document.
func (h *History) recall(m mark, now time.Time) (as fate, values []redact.Numbered) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, ok := h.entries[m]
	if !ok {
		return unknownFate, nil
	}
	r := e.Value.(*remembered)
	if !now.Before(r.until) {
		h.order.Remove(e)
		delete(h.entries, m)
		return unknownFate, nil
	}
	h.order.MoveToFront(e)
	return r.as, r.values
}

// remember notes what became of a document. What was once let through stays so.
func (h *History) remember(m mark, as fate, values []redact.Numbered, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &remembered{m, as, values[:min(len(values), maxRememberedValues)], now.Add(rememberFor)}
	if e, ok := h.entries[m]; ok {
		if old := e.Value.(*remembered); old.as == passed {
			r.as = passed
		}
		e.Value = r
		h.order.MoveToFront(e)
		return
	}
	h.entries[m] = h.order.PushFront(r)
	for len(h.entries) > maxRemembered {
		oldest := h.order.Back()
		h.order.Remove(oldest)
		delete(h.entries, oldest.Value.(*remembered).mark)
	}
}

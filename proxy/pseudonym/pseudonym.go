// Package pseudonym makes the keyed hashes that stand for people, keys and
// settings in evidence: HMAC-SHA-256 (RFC 2104) under the key of the
// installation. Equal values of one kind have equal hashes; who destroys the key
// makes all of them unlinkable.
package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// What a Maker remembers: names of people come with every message.
const (
	remembered = 4096 // hashes
	longest    = 256  // bytes of a value
)

// A Maker makes pseudonyms. Safe for concurrent use.
type Maker struct {
	macs sync.Pool // of hash.Hash, keyed: making one costs more than the hash

	mu   sync.RWMutex // guards memo
	memo map[name]string
}

type name struct {
	kind, value string
	bytes       int
}

// New makes a Maker for one key.
func New(key []byte) *Maker {
	m := &Maker{memo: map[name]string{}}
	m.macs.New = func() any { return hmac.New(sha256.New, key) }
	return m
}

// Hex is the first n bytes, 32 at most, of the hash of a value, in hexadecimal.
// Kinds keep equal values of different meaning apart.
func (m *Maker) Hex(kind, value string, n int) string {
	h := m.macs.Get().(hash.Hash)
	defer m.macs.Put(h)
	h.Reset()
	var text [longest]byte
	h.Write(append(append(append(text[:0], kind...), 0), value...))
	var sum [sha256.Size]byte
	var out [2 * sha256.Size]byte
	return string(out[:hex.Encode(out[:], h.Sum(sum[:0])[:n])])
}

// Known is [Maker.Hex] of a value that comes again and again and is no secret: it
// is remembered.
func (m *Maker) Known(kind, value string, n int) string {
	k := name{kind, value, n}
	m.mu.RLock()
	known, ok := m.memo[k]
	m.mu.RUnlock()
	if ok {
		return known
	}
	made := m.Hex(kind, value, n)
	if len(value) > longest {
		return made
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.memo) == remembered {
		clear(m.memo)
	}
	m.memo[k] = made
	return made
}

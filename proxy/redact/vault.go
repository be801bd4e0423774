package redact

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgate/promptgate/proxy/store"
)

// A Store keeps sealed tokens. *store.DB is one.
type Store interface {
	Put(ctx context.Context, tokens []store.Token) error
	Get(ctx context.Context, scope [16]byte, kind string, code uint64) (store.Token, bool, error)
}

// A Vault makes tables, and keeps what their tokens stand for where an answer of
// another exchange may need it. Safe for concurrent use.
type Vault struct {
	keys  *Keyring
	db    Store // nil: nothing is kept
	fault func(error)
	now   func() time.Time

	held   atomic.Bool  // something was kept
	looked atomic.Int64 // unix seconds at which the store was asked whether it exists

	mu   sync.Mutex // guards kept
	kept map[keptKey]time.Time
}

type keptKey struct {
	scope [16]byte
	tokenKey
	mark [16]byte
}

const (
	// maxKept is how many tokens are remembered as written; then all are forgotten,
	// and written once more.
	maxKept = 100_000
	// keptFor is for how long a token is not written again.
	keptFor = 2 * time.Hour
	// keepLimit is how long a request waits for the vault.
	keepLimit = 2 * time.Second
	// lookLimit is how long an answer does.
	lookLimit = 500 * time.Millisecond
)

// NewVault makes a vault. db may be nil. fault is told what went wrong with keys or
// store, and never a value; nil hears nothing.
func NewVault(keys *Keyring, db Store, fault func(error), now func() time.Time) *Vault {
	if fault == nil {
		fault = func(error) {}
	}
	return &Vault{keys: keys, db: db, fault: fault, now: now, kept: map[keptKey]time.Time{}}
}

// Table makes the table of one exchange. Its tokens are kept by Table.Keep.
func (v *Vault) Table(s Scope) (*Table, error) {
	keys, err := v.keys.all()
	if err != nil {
		v.fault(err)
		return nil, err
	}
	t := &Table{key: derive(keys[len(keys)-1].secret, "tokens of", s.words()), scope: s}
	if v.db != nil {
		t.vault = v
	}
	return t, nil
}

// keep writes the tokens of a table that were not written in the last hours.
func (v *Vault) keep(ctx context.Context, t *Table) error {
	keys, err := v.keys.all()
	if err != nil {
		v.fault(err)
		return err
	}
	names, seal := keys[0].secret, keys[len(keys)-1]
	owner := short(names, "owner", t.scope.owner())
	aead := sealer(seal.secret, t.scope.owner())
	var rows []store.Token
	var written []keptKey
	now := v.now()
	t.mu.RLock()
	for k, e := range t.values {
		row := store.Token{Scope: owner, Kind: k.kind, Code: uint64(k.code), Key: seal.number, Mark: mark(names, k.kind, e.canonical)}
		if t.scope.Conversation != "" {
			row.Conversation = short(names, "conversation", t.scope.Conversation)
		}
		w := keptKey{owner, k, row.Mark}
		if v.recently(w, now) {
			continue
		}
		row.Sealed = sealed(aead, bound(&row), e.value)
		rows, written = append(rows, row), append(written, w)
	}
	t.mu.RUnlock()
	if len(rows) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepLimit)
	defer cancel()
	if err := v.db.Put(ctx, rows); err != nil {
		v.fault(err)
		return err
	}
	v.held.Store(true)
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.kept) > maxKept {
		clear(v.kept)
	}
	for _, w := range written {
		v.kept[w] = now
	}
	return nil
}

func (v *Vault) recently(k keptKey, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	at, ok := v.kept[k]
	return ok && now.Sub(at) < keptFor
}

// value opens what a token stands for, if it was sent in the same scope.
func (v *Vault) value(s Scope, kind string, c code) (string, bool) {
	keys, err := v.keys.all()
	if err != nil {
		v.fault(err)
		return "", false
	}
	names := keys[0].secret
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	row, ok, err := v.db.Get(ctx, short(names, "owner", s.owner()), kind, uint64(c))
	if err != nil {
		v.fault(err)
	}
	if !ok || err != nil {
		return "", false
	}
	if s.By == Conversation && s.Conversation != "" && row.Conversation != ([16]byte{}) && row.Conversation != short(names, "conversation", s.Conversation) {
		return "", false
	}
	for _, k := range keys[1:] {
		if k.number == row.Key {
			return opened(sealer(k.secret, s.owner()), bound(&row), row.Sealed)
		}
	}
	return "", false // its key was destroyed
}

// Owner is the scope under which a principal's tokens are kept, for whoever purges.
func (v *Vault) Owner(s Scope) (scope [16]byte, err error) {
	keys, err := v.keys.all()
	if err != nil {
		return scope, err
	}
	return short(keys[0].secret, "owner", s.owner()), nil
}

func short(secret []byte, purpose, of string) (out [16]byte) {
	copy(out[:], derive(secret, purpose, of))
	return out
}

// mark tells two values of one token apart, without the key that made it.
func mark(secret []byte, kind string, canonical []byte) (out [16]byte) {
	h := hmac.New(sha256.New, derive(secret, "mark", kind))
	h.Write(canonical)
	copy(out[:], h.Sum(nil))
	return out
}

func sealer(secret []byte, owner string) cipher.AEAD {
	block, err := aes.NewCipher(derive(secret, "seal", owner))
	if err != nil {
		panic("redact: internal error: a derived key has the wrong size")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("redact: internal error: AES-GCM cannot be made")
	}
	return aead
}

// bound is what a sealed value belongs to: it opens in no other row.
func bound(t *store.Token) []byte {
	b := append(append([]byte(nil), t.Scope[:]...), t.Kind...)
	return binary.BigEndian.AppendUint64(append(b, 0), t.Code)
}

// padTo is what lengths of values are rounded up to: the file does not tell a short
// card from a long one.
const padTo = 64

func sealed(aead cipher.AEAD, bound []byte, value string) []byte {
	plain := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(value)+padTo), uint32(len(value)))
	plain = append(plain, value...)
	plain = append(plain, make([]byte, (padTo-len(plain)%padTo)%padTo)...)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails (crypto/rand, Go 1.24)
	return aead.Seal(nonce, nonce, plain, bound)
}

func opened(aead cipher.AEAD, bound, box []byte) (string, bool) {
	if len(box) < aead.NonceSize() {
		return "", false
	}
	plain, err := aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], bound)
	if err != nil || len(plain) < 4 {
		return "", false
	}
	n := binary.BigEndian.Uint32(plain)
	if int64(n) > int64(len(plain)-4) {
		return "", false
	}
	return string(plain[4 : 4+n]), true
}

// IsCollision reports whether keeping failed because two values have one token.
func IsCollision(err error) bool { return errors.Is(err, store.ErrCollision) }

// Format hides the keys from every verb of package fmt.
func (v *Vault) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[vault]") }

// Holds reports whether anything was ever kept here, without asking the disk more
// than once a second.
func (v *Vault) Holds() bool {
	if v.held.Load() {
		return true
	}
	now := v.now().Unix()
	if last := v.looked.Swap(now); last == now {
		return false
	}
	if e, ok := v.db.(interface{ Exists() bool }); ok && e.Exists() {
		v.held.Store(true)
	}
	return v.held.Load()
}

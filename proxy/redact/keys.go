package redact

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keySize is that of every key, in bytes.
const keySize = 32

// A Keyring is the keys of tokens, in a file that its owner alone may read. A line
// is a number, the day it was made, and the key in base64. Key 0 hashes names and is
// never exchanged; the newest of the others makes tokens and seals values, the older
// ones open what they sealed. Replicas that share a file make the same tokens. The
// file is read when it is first needed, and again when it changes. Safe for
// concurrent use.
type Keyring struct {
	path string
	now  func() time.Time

	mu     sync.Mutex // guards what follows
	keys   []key      // nil until they are read
	stamp  stamp      // of the file that was read
	looked time.Time
}

type key struct {
	number uint32
	made   time.Time
	secret []byte
}

// Format hides the key from every verb of package fmt.
func (k key) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[key %d]", k.number) }

type stamp struct {
	size  int64
	mtime time.Time
}

// NewKeyring makes a Keyring on a file, which it does not touch yet.
func NewKeyring(path string, now func() time.Time) *Keyring {
	return &Keyring{path: path, now: now}
}

// lookEvery is how often the file is asked whether it is another one.
const lookEvery = time.Second

// all are the keys; the file is made when there is none.
func (r *Keyring) all() ([]key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.keys != nil && now.Sub(r.looked) < lookEvery {
		return r.keys, nil
	}
	r.looked = now
	info, err := os.Stat(r.path)
	switch {
	case err == nil && r.keys != nil && r.stamp == (stamp{info.Size(), info.ModTime()}):
		return r.keys, nil
	case errors.Is(err, fs.ErrNotExist) && r.keys != nil:
		return r.keys, nil // somebody moved it away: what runs keeps what it has
	case errors.Is(err, fs.ErrNotExist):
		if err := r.write([]key{newKey(0, now), newKey(1, now)}, true); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	keys, stamp, err := readKeys(r.path)
	if err != nil {
		if r.keys != nil {
			return r.keys, nil
		}
		return nil, err
	}
	r.keys, r.stamp = keys, stamp
	return keys, nil
}

func newKey(number uint32, now time.Time) key {
	k := key{number, now.UTC().Truncate(time.Second), make([]byte, keySize)}
	rand.Read(k.secret) // never fails (crypto/rand, Go 1.24)
	return k
}

// readKeys reads a file. Errors name lines and never what stands in them.
func readKeys(path string) ([]key, stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, stamp{}, fmt.Errorf("vault keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, stamp{}, fmt.Errorf("vault keys: %s can be read by others (mode %04o)\nrun: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, stamp{}, fmt.Errorf("vault keys: %w", err)
	}
	var keys []key
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		k, ok := parseKey(f)
		if !ok || len(keys) > 0 && k.number <= keys[len(keys)-1].number {
			return nil, stamp{}, fmt.Errorf("vault keys: %s:%d: this is no key: a line is a number, larger than the one before, a day and a key in base64", path, n)
		}
		keys = append(keys, k)
	}
	if len(keys) < 2 || keys[0].number != 0 {
		return nil, stamp{}, fmt.Errorf("vault keys: %s holds no key 0 and another one\nrestore the file, or move it away: a new one is made, and what was sealed is lost", path)
	}
	return keys, stamp{info.Size(), info.ModTime()}, nil
}

func parseKey(f []string) (k key, ok bool) {
	if len(f) != 3 {
		return k, false
	}
	n, err := strconv.ParseUint(f[0], 10, 32)
	made, err2 := time.Parse(time.RFC3339, f[1])
	secret, err3 := base64.StdEncoding.DecodeString(f[2])
	return key{uint32(n), made, secret}, err == nil && err2 == nil && err3 == nil && len(secret) == keySize
}

// write puts the keys in the place of the file, whole; with first only where there
// is none yet.
func (r *Keyring) write(keys []key, first bool) error {
	var b strings.Builder
	b.WriteString("# Keys of promptgate's tokens. Whoever has them can open the vault; without them nobody can.\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "%d %s %s\n", k.number, k.made.Format(time.RFC3339), base64.StdEncoding.EncodeToString(k.secret))
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("vault keys: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(r.path), ".vault.keys-*") // mode 0600
	if err != nil {
		return fmt.Errorf("vault keys: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(b.String())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("vault keys: %w", err)
	}
	place := os.Rename
	if first {
		place = os.Link // fails when another process was quicker
	}
	if err := place(f.Name(), r.path); err != nil {
		return fmt.Errorf("vault keys: %w", err)
	}
	return nil
}

// Rotate makes a new key. Tokens of equal values are other ones from then on.
func (r *Keyring) Rotate() (number uint32, err error) {
	keys, err := r.fresh()
	if err != nil {
		return 0, err
	}
	k := newKey(keys[len(keys)-1].number+1, r.now())
	return k.number, r.replace(append(keys[:len(keys):len(keys)], k))
}

// Destroy forgets a key: what it sealed cannot be opened by anybody any more.
func (r *Keyring) Destroy(number uint32) error {
	keys, err := r.fresh()
	if err != nil {
		return err
	}
	left := make([]key, 0, len(keys))
	for _, k := range keys {
		if k.number != number {
			left = append(left, k)
		}
	}
	switch {
	case number == 0:
		return errors.New("vault keys: key 0 hashes names and stays")
	case len(left) == len(keys):
		return fmt.Errorf("vault keys: there is no key %d", number)
	case number == keys[len(keys)-1].number:
		return fmt.Errorf("vault keys: key %d is the one in use\nmake a new one first: promptgate vault rotate", number)
	}
	return r.replace(left)
}

// fresh reads the file again.
func (r *Keyring) fresh() ([]key, error) {
	r.mu.Lock()
	r.looked, r.stamp = time.Time{}, stamp{}
	r.mu.Unlock()
	return r.all()
}

func (r *Keyring) replace(keys []key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.write(keys, false); err != nil {
		return err
	}
	info, err := os.Stat(r.path)
	if err != nil {
		return fmt.Errorf("vault keys: %w", err)
	}
	r.keys, r.stamp = keys, stamp{info.Size(), info.ModTime()}
	return nil
}

// A KeyInfo is what may be told of a key.
type KeyInfo struct {
	Number uint32
	Made   time.Time
}

// Keys are those that make tokens or have made some, the newest last.
func (r *Keyring) Keys() ([]KeyInfo, error) {
	keys, err := r.fresh()
	if err != nil {
		return nil, err
	}
	var out []KeyInfo
	for _, k := range keys[1:] {
		out = append(out, KeyInfo{k.number, k.made})
	}
	return out, nil
}

// derive makes the key for one purpose.
func derive(secret []byte, purpose, of string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(purpose + "\x00" + of))
	return h.Sum(nil)
}

// Package glass is the emergency exit: for a while, for some people, messages are
// only recorded, or connections are not opened at all.
//
// A [Grant] is written into one file of the state directory and read from there
// by the proxy, so that it works when every other service is down, and survives a
// restart. It ends by itself. Who may open the glass has a code ([Codes]); where
// the settings want a second person, two codes of two people are needed. The file
// is sealed with the installation's key: what was changed by hand is no grant.
//
// What the policy does not allow for break-glass ([policy.Policy.BreakGlass]) is
// refused when the glass is broken, and again by the proxy.
package glass

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/identity"
)

// A Mode is what happens while the glass is broken.
type Mode string

// The modes.
const (
	Monitor Mode = "monitor" // messages are read and recorded, and none is stopped or changed
	Tunnel  Mode = "tunnel"  // connections to providers are passed on unread
)

// MaxFor is how long a grant lasts at most.
const MaxFor = 24 * time.Hour

// A Grant is one use of the emergency exit.
type Grant struct {
	ID     string    `json:"id"`
	Mode   Mode      `json:"mode"`
	Scope  []string  `json:"scope"` // "all", "group:NAME", "user:NAME"
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Second string    `json:"second,omitempty"`
	Opened time.Time `json:"opened"`
	Until  time.Time `json:"until"`
}

// Holds reports whether the grant is for somebody, now.
func (g *Grant) Holds(p identity.Principal, now time.Time) bool {
	if g == nil || now.Before(g.Opened.Add(-time.Minute)) || !now.Before(g.Until) {
		return false
	}
	for _, s := range g.Scope {
		kind, name, _ := strings.Cut(s, ":")
		switch {
		case s == "all", kind == "user" && name == p.Subject && name != "", kind == "group" && slices.Contains(p.Groups, name):
			return true
		}
	}
	return false
}

var scopeForm = regexp.MustCompile(`^(all|(group|user):[^\s:]{1,128})$`)

// Check says what is wrong with a grant, in a sentence for the person at the
// keyboard.
func (g *Grant) Check() error {
	switch {
	case g.Mode != Monitor && g.Mode != Tunnel:
		return errors.New("the mode is monitor or tunnel")
	case len(g.Scope) == 0:
		return errors.New("say for whom: --scope all, group:NAME or user:NAME")
	case slices.ContainsFunc(g.Scope, func(s string) bool { return !scopeForm.MatchString(s) }):
		return errors.New("a scope is all, group:NAME or user:NAME")
	case len(strings.TrimSpace(g.Reason)) < 8:
		return errors.New("say why, in a few words: --reason is read by the auditor")
	case len(g.Reason) > 500:
		return errors.New("the reason has at most 500 bytes")
	case !g.Until.After(g.Opened) || g.Until.Sub(g.Opened) > MaxFor:
		return fmt.Errorf("the glass is broken for a minute to %d hours", int(MaxFor.Hours()))
	}
	return nil
}

type sealed struct {
	Grant json.RawMessage `json:"grant"`
	Seal  string          `json:"seal"`
}

func grantFile(state string) string { return filepath.Join(state, "break-glass.json") }

func seal(key, text []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("break-glass\x00"))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}

// Write puts a grant into force.
func Write(state string, key []byte, g Grant) error {
	if err := g.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("break-glass: %w", err)
	}
	data, err := json.Marshal(sealed{text, seal(key, text)})
	if err != nil {
		return fmt.Errorf("break-glass: %w", err)
	}
	file := grantFile(state)
	if err := os.WriteFile(file+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("break-glass: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("break-glass: %w", err)
	}
	return nil
}

// Read returns the grant that was written last, also one that is over; nil when
// there is none. One that was changed by hand is an error.
func Read(state string, key []byte) (*Grant, error) {
	data, err := os.ReadFile(grantFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("break-glass: %w", err)
	}
	var s sealed
	var g Grant
	if json.Unmarshal(data, &s) != nil || !hmac.Equal([]byte(seal(key, s.Grant)), []byte(s.Seal)) || json.Unmarshal(s.Grant, &g) != nil || g.Check() != nil {
		return nil, errors.New("break-glass: break-glass.json was not written by promptgate break-glass, or was changed; it has no effect")
	}
	return &g, nil
}

// End takes the grant away.
func End(state string) error {
	err := os.Remove(grantFile(state))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("break-glass: %w", err)
	}
	return nil
}

// Codes are those of the people who may break the glass: a file of "name digest"
// lines. A code has 128 bits, so a plain keyed digest of it cannot be guessed.
type Codes struct {
	file string
	key  []byte
	list map[string]string
}

// OpenCodes reads the codes of a state directory.
func OpenCodes(state string, key []byte) (*Codes, error) {
	c := &Codes{file: filepath.Join(state, "break-glass.codes"), key: key, list: map[string]string{}}
	data, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("break-glass codes: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if name, digest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			c.list[name] = digest
		}
	}
	return c, nil
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

// Make gives somebody a new code, in place of the one they have. It is shown once.
func (c *Codes) Make(name string) (code string, err error) {
	if !nameForm.MatchString(name) {
		return "", errors.New("a name is letters, digits and . _ @ -")
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("break-glass codes: %w", err)
	}
	code = strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
	c.list[name] = c.digest(name, code)
	var b strings.Builder
	names := make([]string, 0, len(c.list))
	for n := range c.list {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(&b, "%s %s\n", n, c.list[n])
	}
	if err := os.WriteFile(c.file, []byte(b.String()), 0o600); err != nil {
		return "", fmt.Errorf("break-glass codes: %w", err)
	}
	return code, nil
}

// Check reports whether a code is somebody's.
func (c *Codes) Check(name, code string) bool {
	want, known := c.list[name]
	return hmac.Equal([]byte(want), []byte(c.digest(name, code))) && known
}

func (c *Codes) digest(name, code string) string {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte("code\x00" + name + "\x00" + strings.ToLower(strings.TrimSpace(code))))
	return hex.EncodeToString(h.Sum(nil))
}

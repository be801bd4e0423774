package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/proxy/store"
)

// vaultParts are where tokens and what they stand for are kept. Making them touches
// no file.
func vaultParts(c *config.Config, state string) (*redact.Keyring, *store.DB) {
	file := c.Vault.KeyFile
	if file == "" {
		file = filepath.Join(state, "vault.keys")
	}
	db := store.New(filepath.Join(state, "promptgate.db"), store.Options{MaxBytes: c.Vault.MaxBytes, MaxTokens: c.Vault.MaxValues, Keep: max(c.Vault.Keep, time.Second)})
	return redact.NewKeyring(file, time.Now), db
}

// A faultLog counts what goes wrong with the vault, and says it once a minute.
type faultLog struct {
	count atomic.Int64
	said  atomic.Int64 // unix seconds
}

// openVault makes the vault of a gate. Its files are opened by the first message that
// is redacted with a token.
func (g *gate) openVault() inspect.Tokens {
	keys, db := vaultParts(g.cfg, g.state)
	g.store = db
	faults := &faultLog{}
	g.metrics.Func("dlp_vault_faults_total", "Tokens that could not be kept or looked up.", func() float64 { return float64(faults.count.Load()) })
	fault := func(err error) {
		faults.count.Add(1)
		if now := time.Now().Unix(); now-faults.said.Load() >= 60 {
			faults.said.Store(now)
			g.log.Error("the vault has a fault: answers to other messages are not restored", "error.message", plainPathError(err).Error())
		}
	}
	var kept redact.Store = db
	if g.cfg.Vault.Keep == 0 {
		kept = nil
	}
	return inspect.Tokens{
		Vault: redact.NewVault(keys, kept, fault, time.Now), Share: redact.Share(g.cfg.Vault.TokenScope), Required: g.cfg.Vault.Required,
	}
}

// reading is what puts values back into what somebody reads.
func (g *gate) reading(p identity.Principal, path string) inspect.Rewriter {
	if r := g.inspector.Reading(p, path); r != nil {
		return r
	}
	return nil
}

func vaultVerb() verb {
	return verb{
		name: "vault", args: "stats | purge | rotate", short: "what tokens stand for: how much is kept, forget it, new keys",
		long: `Tokens such as [EMAIL_7Q2K9F3M4TXC] become values again in answers. What they stand for
is kept sealed in the state directory where the provider keeps the conversation. stats
counts it. purge forgets: --all, or --user NAME, or what was not sent --older-than a
time, or what --key N sealed, with the key itself. rotate makes a new key: equal values
have other tokens from then on, and what older keys sealed is still restored. A running
proxy follows within a second. Nothing shows a value.`,
		examples: [3]string{
			"promptgate vault stats --config promptgate.toml",
			"promptgate vault purge --user anna",
			"promptgate vault rotate && promptgate vault purge --key 1",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			asJSON := f.onOff("json", "stats as one object of JSON")
			all := f.onOff("all", "purge everything")
			user := f.text("user", "NAME", "", "purge what NAME sent, by the name in the settings of clients")
			address := f.text("address", "IP", "", "purge what somebody without a name sent from IP")
			older := f.text("older-than", "TIME", "", "purge what was not sent for so long, such as 168h")
			key := f.text("key", "N", "", "purge what key N sealed, and the key")
			return func(ctx context.Context, p *program, args []string) error {
				if len(args) != 1 {
					return usagef("which one: stats, purge or rotate?")
				}
				c, err := s.load()
				if err != nil {
					return err
				}
				t := &vaultTask{p: p, c: c}
				if t.state, err = openState(c, p.getenv); err != nil {
					return err
				}
				t.keys, t.db = vaultParts(c, t.state)
				defer func() { _ = t.db.Close() }() // it was only asked
				switch args[0] {
				case "stats":
					return t.stats(ctx, *asJSON)
				case "rotate":
					return t.rotate()
				case "purge":
					return t.purge(ctx, vaultPurge{all: *all, user: *user, address: *address, older: *older, key: *key})
				}
				return unknown("vault verb", args[0], []string{"stats", "purge", "rotate"})
			}
		},
	}
}

// A vaultTask is one run of the verb.
type vaultTask struct {
	p     *program
	c     *config.Config
	state string
	keys  *redact.Keyring
	db    *store.DB
}

// told adds to a fault what can be done about it.
func (t *vaultTask) told(err error) error {
	file := filepath.Join(t.state, "promptgate.db")
	switch {
	case errors.Is(err, store.Corrupt):
		return fmt.Errorf("%w\nmove %s away: a new one is made, and what it held is not restored any more", err, file)
	case errors.Is(err, store.Unwritable):
		return fmt.Errorf("%w\nsee who owns %s and whether its disk can be written", err, file)
	case errors.Is(err, store.Full):
		return fmt.Errorf("%w\nmake room on the disk, or raise vault.max_bytes", err)
	}
	return plainPathError(err)
}

func (t *vaultTask) stats(ctx context.Context, asJSON bool) error {
	var st store.Stats
	var keys []redact.KeyInfo
	if t.db.Exists() {
		var err error
		if st, err = t.db.Stats(ctx); err != nil {
			return t.told(err)
		}
	}
	if t.made() {
		var err error
		if keys, err = t.keys.Keys(); err != nil {
			return t.told(err)
		}
	}
	if asJSON {
		type keyLine struct {
			Number uint32    `json:"number"`
			Made   time.Time `json:"made"`
			Values int       `json:"values"`
		}
		out := struct {
			Values int            `json:"values"`
			Owners int            `json:"owners"`
			Bytes  int64          `json:"bytes"`
			Oldest *time.Time     `json:"oldest,omitempty"`
			Kinds  map[string]int `json:"kinds"`
			Keys   []keyLine      `json:"keys"`
		}{Values: st.Tokens, Owners: st.Scopes, Bytes: st.Bytes, Kinds: st.Kinds}
		if !st.Oldest.IsZero() {
			out.Oldest = &st.Oldest
		}
		for _, k := range keys {
			out.Keys = append(out.Keys, keyLine{k.Number, k.Made, st.Keys[k.Number]})
		}
		return json.NewEncoder(t.p.stdout).Encode(out)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, %d bytes\n", count(st.Tokens, "value"), count(st.Scopes, "owner"), st.Bytes)
	if !st.Oldest.IsZero() {
		fmt.Fprintf(&b, "not sent since %s: the oldest\n", st.Oldest.Format(time.RFC3339))
	}
	for _, kind := range slices.Sorted(maps.Keys(st.Kinds)) {
		fmt.Fprintf(&b, "  %-24s %d\n", kind, st.Kinds[kind])
	}
	for i, k := range keys {
		use := ""
		if i == len(keys)-1 {
			use = ", in use"
		}
		fmt.Fprintf(&b, "key %d of %s: %s%s\n", k.Number, k.Made.Format(time.DateOnly), count(st.Keys[k.Number], "value"), use)
	}
	_, err := fmt.Fprint(t.p.stdout, b.String())
	return err
}

// made reports whether there are keys: asking for them would make some.
func (t *vaultTask) made() bool {
	file := t.c.Vault.KeyFile
	if file == "" {
		file = filepath.Join(t.state, "vault.keys")
	}
	_, err := os.Stat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

func (t *vaultTask) rotate() error {
	n, err := t.keys.Rotate()
	if err != nil {
		return t.told(err)
	}
	_, err = fmt.Fprintf(t.p.stdout, "key %d is in use\nEqual values have other tokens from now on. What older keys sealed is still restored, until promptgate vault purge --key N.\n", n)
	return err
}

// A vaultPurge is what is asked to be forgotten.
type vaultPurge struct {
	all                       bool
	user, address, older, key string
}

func (t *vaultTask) purge(ctx context.Context, ask vaultPurge) error {
	var p store.Purge
	asked := 0
	if ask.all {
		asked++
	}
	for _, who := range []struct{ kind, name string }{{"user ", ask.user}, {"address ", ask.address}} {
		if who.name == "" {
			continue
		}
		asked++
		owner, err := redact.NewVault(t.keys, t.db, nil, time.Now).Owner(redact.Scope{By: redact.Principal, Principal: who.kind + who.name})
		if err != nil {
			return t.told(err)
		}
		p.Scope = &owner
	}
	if ask.older != "" {
		asked++
		d, err := time.ParseDuration(ask.older)
		if err != nil || d <= 0 {
			return usagef("--older-than wants a time such as 168h")
		}
		p.Before = time.Now().Add(-d)
	}
	if ask.key != "" {
		asked++
		n, err := strconv.ParseUint(ask.key, 10, 32)
		if err != nil {
			return usagef("--key wants a number that promptgate vault stats shows")
		}
		number := uint32(n)
		p.Key = &number
	}
	if asked != 1 {
		return usagef("purge what? one of --all, --user, --address, --older-than, --key")
	}
	if p.Scope != nil && t.c.Vault.TokenScope == config.ScopeTenant {
		return usagef("with token_scope = \"tenant\" values are nobody's own: purge --all or --older-than")
	}
	if p.Key != nil {
		if err := t.keys.Destroy(*p.Key); err != nil {
			return t.told(err)
		}
	}
	n := 0
	if t.db.Exists() {
		var err error
		if n, err = t.db.Purge(ctx, p); err != nil {
			return t.told(err)
		}
	}
	_, err := fmt.Fprintf(t.p.stdout, "%s forgotten\n", count(n, "value"))
	return err
}

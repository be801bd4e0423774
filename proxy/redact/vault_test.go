package redact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/store"
)

// stored is a vault with a store, in a directory.
func stored(t testing.TB, dir string) (*Vault, *store.DB) {
	t.Helper()
	db := store.New(filepath.Join(dir, "promptgate.db"), store.Options{})
	t.Cleanup(func() { _ = db.Close() })
	return NewVault(NewKeyring(filepath.Join(dir, "vault.keys"), time.Now), db, nil, time.Now), db
}

// sent keeps the token of a value in one exchange.
func sent(t testing.TB, v *Vault, s Scope, kind, value string) string {
	t.Helper()
	tab, err := v.Table(s)
	if err != nil {
		t.Fatal(err)
	}
	name := token(t, tab, kind, value)
	if err := tab.Keep(context.Background()); err != nil {
		t.Fatal(err)
	}
	return name
}

// later is what another exchange of a scope makes of a text.
func later(t testing.TB, v *Vault, s Scope, text string) string {
	t.Helper()
	tab, err := v.Table(s)
	if err != nil {
		t.Fatal(err)
	}
	return whole(tab, Plain, text)
}

func TestWhatWasSentIsRestoredLater(t *testing.T) {
	dir := t.TempDir()
	v, db := stored(t, dir)
	anna := Scope{By: Principal, Principal: "anna", Conversation: "one"}
	name := sent(t, v, anna, "EMAIL", "lena@example.com")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	after, _ := stored(t, dir) // a restart
	for _, tt := range []struct {
		what  string
		scope Scope
		want  string
	}{
		{"the same person", anna, "lena@example.com"},
		{"in another conversation", Scope{By: Principal, Principal: "anna", Conversation: "two"}, "lena@example.com"},
		{"somebody else", Scope{By: Principal, Principal: "bert"}, name},
		{"nobody", Scope{By: Principal}, name},
		{"somebody of the tenant", Scope{By: Tenant, Principal: "anna"}, name},
	} {
		if got := later(t, after, tt.scope, name); got != tt.want {
			t.Errorf("%s is shown %s, want %s", tt.what, got, tt.want)
		}
	}
}

func TestAConversationIsItsOwn(t *testing.T) {
	v, _ := stored(t, t.TempDir())
	of := func(who, conversation string) Scope {
		return Scope{By: Conversation, Principal: who, Conversation: conversation}
	}
	name := sent(t, v, of("anna", "one"), "EMAIL", "lena@example.com")
	early := sent(t, v, of("anna", ""), "EMAIL", "lena@example.com") // before the provider named it
	for _, tt := range []struct {
		scope      Scope
		name, want string
	}{
		{of("anna", "one"), name, "lena@example.com"}, {of("anna", "two"), name, name}, {of("bert", "one"), name, name},
		{of("anna", "one"), early, "lena@example.com"},
	} {
		if got := later(t, v, tt.scope, tt.name); got != tt.want {
			t.Errorf("%+v is shown %s, want %s", tt.scope, got, tt.want)
		}
	}
}

func TestATenantShares(t *testing.T) {
	v, _ := stored(t, t.TempDir())
	name := sent(t, v, Scope{By: Tenant, Principal: "anna"}, "EMAIL", "lena@example.com")
	if got := later(t, v, Scope{By: Tenant, Principal: "bert"}, name); got != "lena@example.com" {
		t.Errorf("shown %s", got)
	}
}

// No value, no name and no conversation stands in any file, in the clear or in a
// form that can be had without the keys.
func TestNothingStandsInTheClear(t *testing.T) {
	dir := t.TempDir()
	v, db := stored(t, dir)
	secret := "hunter2-" + strings.Repeat("correct horse ", 3)
	for i := range 50 {
		sent(t, v, Scope{By: Conversation, Principal: "lena.weber", Conversation: "6f1e-conversation"}, "PASSWORD", fmt.Sprint(secret, i))
	}
	look := func() {
		t.Helper()
		seen := 0
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seen += len(text)
			for _, word := range []string{secret[:12], "correct horse", "lena", "weber", "6f1e"} {
				if bytes.Contains(text, []byte(word)) {
					t.Errorf("%s holds %q", filepath.Base(path), word)
				}
			}
			if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
			}
			return nil
		})
		if err != nil || seen < 8192 {
			t.Errorf("%d bytes were read, %v", seen, err)
		}
	}
	look()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	look()
}

// Rotation: what was sealed is still restored, equal values have other tokens, and
// a key that is destroyed takes what it sealed with it.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	v, _ := stored(t, dir)
	anna := Scope{By: Principal, Principal: "anna"}
	before := sent(t, v, anna, "EMAIL", "lena@example.com")
	number, err := v.keys.Rotate()
	if err != nil || number != 2 {
		t.Fatalf("key %d, %v", number, err)
	}
	if got := later(t, v, anna, before); got != "lena@example.com" {
		t.Errorf("with a new key shown %s", got)
	}
	after := sent(t, v, anna, "EMAIL", "lena@example.com")
	if after == before {
		t.Error("the token is the same")
	}
	if err := v.keys.Destroy(number); err == nil {
		t.Error("the key in use was destroyed")
	}
	if err := v.keys.Destroy(0); err == nil {
		t.Error("the key of names was destroyed")
	}
	if err := v.keys.Destroy(1); err != nil {
		t.Fatal(err)
	}
	if got := later(t, v, anna, before+" "+after); got != before+" lena@example.com" {
		t.Errorf("without the old key shown %s", got)
	}
}

// What a running proxy has read it reads again when another process changes it.
func TestARunningProxySeesANewKey(t *testing.T) {
	c := time.Now()
	path := filepath.Join(t.TempDir(), "vault.keys")
	running := NewKeyring(path, func() time.Time { return c })
	if keys, err := running.all(); err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if _, err := NewKeyring(path, time.Now).Rotate(); err != nil {
		t.Fatal(err)
	}
	c = c.Add(lookEvery)
	if keys, err := running.all(); err != nil || len(keys) != 3 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestKeysOfOthersAndNonsenseAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault.keys")
	if _, err := NewKeyring(path, time.Now).all(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(good)), "\n")
	for _, tt := range []struct {
		name, text string
		mode       fs.FileMode
		want       string
	}{
		{"others may read it", string(good), 0o644, "chmod 600"},
		{"no key", lines[0], 0o600, "holds no key"},
		{"half a line", string(good) + "3 2026", 0o600, ":4: this is no key"},
		{"out of order", lines[0] + "\n" + lines[2] + "\n" + lines[1], 0o600, ":3: this is no key"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		_, err := NewKeyring(path, time.Now).all()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		} else if secret := strings.Fields(lines[2])[2]; strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: the message quotes a key", tt.name)
		}
	}
}

// A row that somebody moved or changed opens nowhere.
func TestARowBelongsWhereItIs(t *testing.T) {
	v, db := stored(t, t.TempDir())
	anna, bert := Scope{By: Principal, Principal: "anna"}, Scope{By: Principal, Principal: "bert"}
	name := sent(t, v, anna, "EMAIL", "lena@example.com")
	from, err := v.Owner(anna)
	if err != nil {
		t.Fatal(err)
	}
	to, err := v.Owner(bert)
	if err != nil {
		t.Fatal(err)
	}
	var c code
	for i := range codeLength {
		d, _ := codeDigit(name[len("[EMAIL_")+i])
		c = c<<5 | d
	}
	row, ok, err := db.Get(context.Background(), from, "EMAIL", uint64(c))
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	row.Scope = to
	flipped := row
	flipped.Kind, flipped.Sealed = "PERSON", bytes.Clone(row.Sealed)
	flipped.Sealed[len(flipped.Sealed)-1] ^= 1
	if err := db.Put(context.Background(), []store.Token{row, flipped}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{name, strings.Replace(name, "EMAIL", "PERSON", 1)} {
		if got := later(t, v, bert, text); got != text {
			t.Errorf("somebody else is shown %s", got)
		}
	}
}

// A store with faults loses restoration and nothing else: this exchange's own table
// knows what it needs.
func TestWithoutAStoreTheExchangeRestoresItsOwn(t *testing.T) {
	var faults []error
	v := NewVault(NewKeyring(filepath.Join(t.TempDir(), "vault.keys"), time.Now), broken{}, func(err error) { faults = append(faults, err) }, time.Now)
	tab := table(t, v, "anna")
	name := token(t, tab, "EMAIL", "lena@example.com")
	if err := tab.Keep(context.Background()); !errors.Is(err, store.Full) {
		t.Errorf("Keep = %v", err)
	}
	stranger := "[EMAIL_0000000000ZZ]"
	if got := whole(tab, Plain, name+" "+stranger); got != "lena@example.com "+stranger {
		t.Errorf("shown %s", got)
	}
	if len(faults) != 2 {
		t.Errorf("%d faults were told: %v", len(faults), faults)
	}
}

type broken struct{}

func (broken) Put(context.Context, []store.Token) error { return store.Full }
func (broken) Get(context.Context, [16]byte, string, uint64) (store.Token, bool, error) {
	return store.Token{}, false, store.Corrupt
}

// counting counts what is written.
type counting struct {
	*store.DB
	mu   sync.Mutex
	rows int
	gets int
}

func (c *counting) Put(ctx context.Context, t []store.Token) error {
	c.mu.Lock()
	c.rows += len(t)
	c.mu.Unlock()
	return c.DB.Put(ctx, t)
}

func (c *counting) Get(ctx context.Context, s [16]byte, kind string, code uint64) (store.Token, bool, error) {
	c.mu.Lock()
	c.gets++
	c.mu.Unlock()
	return c.DB.Get(ctx, s, kind, code)
}

// A conversation sends its tokens with every turn, and they are written once.
func TestTokensAreWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	_, db := stored(t, dir)
	c := &counting{DB: db}
	v := NewVault(NewKeyring(filepath.Join(dir, "vault.keys"), time.Now), c, nil, time.Now)
	for range 5 {
		sent(t, v, Scope{By: Principal, Principal: "anna"}, "EMAIL", "lena@example.com")
	}
	if c.rows != 1 {
		t.Errorf("%d rows were written", c.rows)
	}
}

// A model that makes up tokens does not keep the disk busy.
func TestTheVaultIsNotAskedWithoutEnd(t *testing.T) {
	dir := t.TempDir()
	_, db := stored(t, dir)
	c := &counting{DB: db}
	v := NewVault(NewKeyring(filepath.Join(dir, "vault.keys"), time.Now), c, nil, time.Now)
	tab := table(t, v, "anna")
	var text strings.Builder
	for i := range 3 * maxLooks {
		text.WriteString(tokenName("EMAIL", code(i)) + " " + tokenName("EMAIL", code(i)) + " ")
	}
	if got := whole(tab, Plain, text.String()); got != text.String() {
		t.Error("something was restored")
	}
	if c.gets != maxLooks {
		t.Errorf("the vault was asked %d times", c.gets)
	}
}

// Two values of one token: neither is sent. (Sixty bits do not collide by chance;
// the table is told that they do.)
func TestACollisionIsNotSent(t *testing.T) {
	tab := table(t, vault(t), "anna")
	c := codeOf(tab.key, "EMAIL", []byte("lena@example.com"))
	tab.values = map[tokenKey]entry{{"EMAIL", c}: {"other@example.com", []byte("other@example.com")}}
	names := &Names{Table: tab}
	text := "lena@example.com"
	if _, ok := Edits([]Target{{Span: detectors.Span{End: len(text)}, Type: "pii.email", Placeholder: "EMAIL", Operator: Token}}, nil, names, plain(text)); ok {
		t.Error("the body would be sent")
	}
}

// Many people at the same time: nobody is ever shown what another one sent.
func TestNobodyIsShownWhatAnotherSent(t *testing.T) {
	v, _ := stored(t, t.TempDir())
	var faults atomic.Int64 // of a machine that is busy: what is asked for is not had in time
	v.fault = func(error) { faults.Add(1) }
	var all sync.WaitGroup
	for p := range 8 {
		all.Go(func() {
			who := Scope{By: Principal, Principal: fmt.Sprint("person ", p)}
			others := make([]Scope, 0, 8)
			for o := range 8 {
				others = append(others, Scope{By: Principal, Principal: fmt.Sprint("person ", o)})
			}
			for i := range 8 {
				value := fmt.Sprintf("value %d of person %d", i, p)
				tab, err := v.Table(who)
				if err != nil {
					t.Error(err)
					return
				}
				name := token(t, tab, "PASSWORD", value)
				_ = tab.Keep(context.Background()) // counted
				text := "x " + name + " y"
				for o, other := range others {
					want := text
					if o == p {
						want = "x " + value + " y"
					}
					if got := later(t, v, other, text); got != want && (got != text || faults.Load() == 0) {
						t.Errorf("person %d is shown %q, want %q", o, got, want)
					}
				}
			}
		})
	}
	all.Wait()
}

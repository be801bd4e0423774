package bundle

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

var made = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func files(policy string) fstest.MapFS {
	return fstest.MapFS{"policies/own.toml": {Data: []byte(policy)}, "messages/en.toml": {Data: []byte("x")}, ".git/config": {Data: []byte("x")}}
}

func keys(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func built(t *testing.T, policy string, serial int64, key ed25519.PrivateKey) []byte {
	t.Helper()
	data, err := Build(files(policy), serial, "test", made)
	if err != nil {
		t.Fatal(err)
	}
	if key == nil {
		return data
	}
	if data, err = Sign(data, key); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestABundleIsWholeOrRefused(t *testing.T) {
	public, private := keys(t)
	other, _ := keys(t)
	good := built(t, "a", 1, private)
	b, err := Open(good, public)
	if err != nil || len(b.Manifest.Files) != 2 || b.Manifest.Serial != 1 {
		t.Fatalf("%+v, %v", b, err)
	}
	dir := filepath.Join(t.TempDir(), "x")
	if err := b.Unpack(dir); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "policies", "own.toml")); string(data) != "a" {
		t.Errorf("unpacked %q", data)
	}
	if !bytes.Equal(good, built(t, "a", 1, private)) {
		t.Error("the same directory makes other bytes")
	}
	for name, c := range map[string]struct {
		data []byte
		key  ed25519.PublicKey
		want string
	}{
		"not signed":     {built(t, "a", 1, nil), public, "it is not signed"},
		"by another key": {good, other, "not by this key"},
		"cut off":        {good[:len(good)/2], public, "damaged, cut off"},
		"no bundle":      {[]byte("hello"), public, "this is no bundle"},
		"a changed file": {rewritten(t, good, func(b *Bundle) { b.files["policies/own.toml"] = []byte("b") }), public, "not as its manifest says"},
		"a file more":    {rewritten(t, good, func(b *Bundle) { b.files["more.toml"] = []byte("b") }), public, "lists other files"},
		"a path out":     {rewritten(t, good, func(b *Bundle) { b.files["../x"] = []byte("b") }), public, "does not belong"},
		"a manifest of somebody else": {rewritten(t, good, func(b *Bundle) {
			o, err := read(built(t, "a", 9, nil))
			if err != nil {
				t.Fatal(err)
			}
			b.manifest = o.manifest
		}), public, "not by this key"},
		"newer": {rewritten(t, good, func(b *Bundle) { b.manifest = []byte(`{"format":7,"new":true}`) }), public, "for a newer promptgate"},
	} {
		if _, err := Open(c.data, c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// rewritten is a bundle that somebody has changed on its way.
func rewritten(t *testing.T, data []byte, change func(*Bundle)) []byte {
	t.Helper()
	b, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	signature := b.files[signatureName]
	delete(b.files, signatureName)
	change(b)
	out, err := b.write(signature)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAFetcherKeepsTheNewestThatIsTaken(t *testing.T) {
	public, private := keys(t)
	var body atomic.Pointer[[]byte]
	var tag atomic.Value
	var asked, unchanged atomic.Int64
	serve := func(data []byte, etag string) { body.Store(&data); tag.Store(etag) }
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("If-None-Match") == tag.Load().(string) {
			unchanged.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag.Load().(string))
		_, _ = w.Write(*body.Load())
	}))
	defer server.Close()
	var refuse error
	now := made
	dir := t.TempDir()
	start := func() *Fetcher {
		return &Fetcher{URL: server.URL, Key: public, Dir: dir, Client: server.Client(), Try: func() error { return refuse }, Now: func() time.Time { return now }}
	}
	f := start()
	inForce := func() string {
		data, _ := os.ReadFile(filepath.Join(f.Current(), "policies", "own.toml"))
		return string(data)
	}
	poll := func(what, want string, changed bool, failure string) {
		t.Helper()
		got, err := f.Poll(t.Context())
		if got != changed || (err == nil) != (failure == "") || err != nil && !strings.Contains(err.Error(), failure) {
			t.Errorf("%s: changed %t, %v", what, got, err)
		}
		if inForce() != want {
			t.Errorf("%s: %q is in force, want %q", what, inForce(), want)
		}
	}
	serve(built(t, "one", 1, private), `"1"`)
	poll("the first", "one", true, "")
	poll("the same", "one", false, "")
	if unchanged.Load() != 1 {
		t.Errorf("the ETag was not used: %d of %d", unchanged.Load(), asked.Load())
	}
	serve(built(t, "two", 2, private), `"2"`)
	refuse = errors.New("policies/own.toml:1:1: a mistake")
	poll("one with a mistake", "one", false, "a mistake")
	refuse = nil
	poll("when it is taken", "two", true, "")
	serve(built(t, "one", 1, private), `"3"`)
	poll("going back", "two", false, "going back must be allowed")
	serve(built(t, "evil", 3, nil), `"4"`)
	poll("without a signature", "two", false, "not signed")
	f.AllowRollback = true
	serve(built(t, "one", 1, private), `"3"`)
	poll("going back, allowed", "one", true, "")
	f.AllowRollback = false

	f = start() // after a restart the last good one is still there
	server.Close()
	poll("after a restart, without a server", "one", false, "cannot be reached")
	if !f.Fresh().IsZero() {
		t.Error("fresh without an answer")
	}
}

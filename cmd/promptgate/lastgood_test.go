package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptgate/promptgate/proxy/bundle"
	"github.com/promptgate/promptgate/proxy/config"
)

// open makes a gate that does not serve.
func openForTest(t *testing.T, c *config.Config, log *lockedBuffer) (*gate, error) {
	t.Helper()
	c.Listen, c.AdminListen = "127.0.0.1:0", "127.0.0.1:0"
	p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, version: "test"}
	return openGate(t.Context(), c, p, slog.New(slog.NewJSONHandler(log, nil)))
}

// A mistake in the rules does not keep the proxy from starting, once there were
// rules without one; it says so, and every message is flagged.
func TestStartsWithTheRulesThatWereLastInForce(t *testing.T) {
	dir, log := t.TempDir(), &lockedBuffer{}
	policyFile := filepath.Join(dir, "policies", "own.toml")
	write := func(text string) {
		if err := os.MkdirAll(filepath.Dir(policyFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(policyFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings := func(state string) *config.Config {
		c := config.Default()
		c.RulesDir, c.Profile, c.StateDir = dir, "own", state
		return c
	}
	state := t.TempDir()
	write("title = \"one\"\ninclude = [\"l2.toml\"]\n")
	g, err := openForTest(t, settings(state), log)
	if err != nil {
		t.Fatal(err)
	}
	good := g.rules().Policy.Revision()
	if g.stale() {
		t.Error("stale from the start")
	}
	g.close()

	write("title = \"two\"\nincluded = 1\n")
	if g, err := openForTest(t, settings(t.TempDir()), log); err == nil {
		g.close()
		t.Error("started with a mistake and nothing to fall back to")
	}
	g, err = openForTest(t, settings(state), log)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if g.rules().Policy.Revision() != good || !g.stale() {
		t.Errorf("revision %s, stale %t", g.rules().Policy.Revision(), g.stale())
	}
	if !strings.Contains(log.String(), "last in force") || !strings.Contains(log.String(), `"code.line.number":2`) {
		t.Errorf("the log does not say so: %s", log)
	}
	write("title = \"three\"\ninclude = [\"l2.toml\"]\n")
	if err := g.reload("test"); err != nil || g.stale() || g.rules().Policy.Title() != "three" {
		t.Errorf("corrected: %v, stale %t, %q", err, g.stale(), g.rules().Policy.Title())
	}
}

// A fleet's rules come as signed bundles, and a bad one changes nothing.
func TestRulesComeFromABundle(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var body atomic.Pointer[[]byte]
	publish := func(serial int64, policy string, key ed25519.PrivateKey) {
		data, err := bundle.Build(fstest.MapFS{"policies/own.toml": {Data: []byte(policy)}}, serial, "own", time.Unix(0, 0))
		if err == nil {
			data, err = bundle.Sign(data, key)
		}
		if err != nil {
			t.Fatal(err)
		}
		body.Store(&data)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*body.Load()) }))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.StateDir, c.Profile, c.Upstream.CAFile = t.TempDir(), "own", ca
	c.Bundle.URL, c.Bundle.PublicKey, c.Bundle.MaxAge = server.URL, base64.StdEncoding.EncodeToString(public), time.Hour
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	publish(1, "title = \"one\"\ninclude = [\"l2.toml\"]\n", private)
	g, err := openForTest(t, c, log)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	title := func() string { return g.rules().Policy.Title() }
	if title() != "one" || g.stale() {
		t.Fatalf("%q is in force, stale %t", title(), g.stale())
	}
	_, forged, _ := ed25519.GenerateKey(nil)
	for _, step := range []struct {
		name, policy string
		serial       int64
		key          ed25519.PrivateKey
		want         string
	}{
		{"a mistake", "title = \"two\"\ntypo = 1\n", 2, private, "one"},
		{"a good one", "title = \"two\"\ninclude = [\"l2.toml\"]\n", 3, private, "two"},
		{"a forged one", "title = \"evil\"\n", 4, forged, "two"},
		{"an older one", "title = \"one\"\ninclude = [\"l2.toml\"]\n", 1, private, "two"},
	} {
		publish(step.serial, step.policy, step.key)
		_ = g.fetch(t.Context())
		if title() != step.want {
			t.Errorf("%s: %q is in force, want %q", step.name, title(), step.want)
		}
	}
	if !strings.Contains(log.String(), "typo") {
		t.Error("the log does not say what is wrong with the bundle")
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/admin"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/proxytest"
)

// ownRules finds numbers of one of two kinds of badges.
func ownRules(kind string) string {
	return fmt.Sprintf(`
[[rule]]
id = "pii.badge"
info_type = "pii.badge"
description = "Numbers of badges."
source = "a list of ours"
keywords = ["%[1]s-badge-"]
pattern = '%[1]s-badge-\d{6}'
max_length = 18
confidence = 90
test = [{ text = "has ⟦%[1]s-badge-000000⟧" }, { text = "%[1]s-badge-" }]
`, kind)
}

const badge = `
[[infotype]]
name = "pii.badge"
title = "badge number"
group = "national_id"
`

// A running is a gate that serves in a test, with a rules directory.
type running struct {
	*gate
	dir      string
	upstream *proxytest.Upstream
	log      *lockedBuffer
	told     chan os.Signal
}

type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func serveForTest(t *testing.T, every time.Duration) *running {
	t.Helper()
	r := &running{dir: t.TempDir(), log: &lockedBuffer{}, told: make(chan os.Signal, 1)}
	r.write(t, "infotypes.toml", badge)
	r.write(t, "pii/badge.toml", ownRules("alpha"))
	var err error
	if r.upstream, err = proxytest.Start(proxytest.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.upstream.Close() })
	state := t.TempDir()
	caFile := filepath.Join(state, "upstream.pem")
	if err := os.WriteFile(caFile, r.upstream.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Listen, c.AdminListen, c.StateDir, c.RulesDir = "127.0.0.1:0", "127.0.0.1:0", state, r.dir
	c.Upstream.CAFile = caFile
	var to config.ConnectTo
	if err := to.UnmarshalText([]byte("api.openai.com:443=" + r.upstream.Addr())); err != nil {
		t.Fatal(err)
	}
	c.Upstream.ConnectTo = []config.ConnectTo{to}
	p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, version: "test"}
	if r.gate, err = openGate(t.Context(), c, p, slog.New(slog.NewJSONHandler(r.log, nil))); err != nil {
		t.Fatal(err)
	}
	r.gate.watchEvery, r.gate.told = every, r.told
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r.close()
	})
	return r
}

func (r *running) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// send posts a prompt and returns what upstream got of it.
func (r *running) send(client *http.Client, prompt string) error {
	body, err := json.Marshal(map[string]any{"model": "gpt-5.5", "messages": []any{map[string]any{"role": "user", "content": prompt}}})
	if err != nil {
		return err
	}
	resp, err := client.Post("https://api.openai.com/v1/chat/completions", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

func (r *running) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + r.cfg.AdminListen + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (r *running) health(t *testing.T) (h struct {
	Status string
	Digest string `json:"rules_digest"`
	Reload admin.Reload
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.get(t, "/healthz")), &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 400 {
		if holds() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("it did not come to pass: %s", what)
}

// Under load rules are exchanged many times, some of them with mistakes. Every
// message is judged by one valid set: of the two badge numbers in it exactly one
// is replaced.
func TestReloadUnderLoadIsAllOrNothing(t *testing.T) {
	r := serveForTest(t, time.Hour)
	client := demoClient(r.gate)
	defer client.CloseIdleConnections()
	var stop atomic.Bool
	var sent atomic.Int64
	var senders sync.WaitGroup
	for n := range 4 {
		senders.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if err := r.send(client, fmt.Sprintf("badges alpha-badge-%d%05d and bravo-badge-%d%05d", n, i, n, i)); err != nil {
					t.Error(err)
					return
				}
				sent.Add(1)
			}
		})
	}
	const rounds = 12
	refused := 0
	for i := range rounds {
		text := ownRules([]string{"bravo", "alpha"}[i%2])
		if i%4 == 3 { // a mistake in one of two rules: neither is taken
			text += strings.ReplaceAll(ownRules("alpha"), `id = "pii.badge"`, `id = "pii.badge.second"`) + "\n[[rule]]\nid = 'x'\n"
		}
		r.write(t, "pii/badge.toml", text)
		before := sent.Load()
		if err := r.reload("test"); err != nil {
			refused++
		}
		until(t, "messages pass", func() bool { return sent.Load() > before+4 || t.Failed() })
	}
	stop.Store(true)
	senders.Wait()
	if refused != rounds/4 {
		t.Errorf("%d reloads were refused, want %d", refused, rounds/4)
	}
	var alpha, bravo int
	for _, q := range r.upstream.Requests() {
		a, b := bytes.Contains(q.Body, []byte("alpha-badge-")), bytes.Contains(q.Body, []byte("bravo-badge-"))
		switch {
		case a == b:
			t.Errorf("upstream received %s", q.Body)
		case a:
			alpha++
		default:
			bravo++
		}
	}
	if alpha == 0 || bravo == 0 || int64(alpha+bravo) != sent.Load() {
		t.Errorf("%d messages had one number replaced, %d the other, of %d", bravo, alpha, sent.Load())
	}
	t.Logf("%d messages, %d reloads", sent.Load(), rounds)
}

// Rules are read again when files change and when the program is told to; what
// has mistakes is refused, and said in the log, in health and in metrics.
func TestRulesAreReadAgainWhenTheyChange(t *testing.T) {
	r := serveForTest(t, 20*time.Millisecond)
	client := demoClient(r.gate)
	defer client.CloseIdleConnections()
	first := r.health(t)
	if first.Status != "ok" || !first.Reload.At.IsZero() {
		t.Fatalf("health is %+v", first)
	}
	r.write(t, "pii/badge.toml", ownRules("bravo"))
	until(t, "the change is in force", func() bool { return r.health(t).Digest != first.Digest })
	if err := r.send(client, "badge bravo-badge-123456"); err != nil {
		t.Fatal(err)
	}
	if q := r.upstream.Requests(); !bytes.Contains(q[len(q)-1].Body, []byte("BADGE_1")) {
		t.Errorf("upstream received %s", q[len(q)-1].Body)
	}
	second := r.health(t)

	r.write(t, "pii/badge.toml", strings.Replace(ownRules("alpha"), "has ⟦", "has bravo-badge-777777 ⟦x", 1))
	until(t, "the mistake is said", func() bool { return r.health(t).Reload.Refused })
	if h := r.health(t); h.Status != "degraded" || h.Digest != second.Digest || h.Reload.Error == "" {
		t.Errorf("health is %+v", h)
	}
	if m := r.get(t, "/metrics"); !strings.Contains(m, "dlp_rules_stale 1") || !strings.Contains(m, `dlp_policy_reload_total{result="error"} 1`) || !strings.Contains(m, `dlp_policy_reload_total{result="ok"} 1`) {
		t.Errorf("metrics do not tell: %s", m)
	}
	if l := r.log.String(); !strings.Contains(l, `"reload refused, the rules in force stay"`) || !strings.Contains(l, `"code.line.number":11,"code.column.number":11,"error.message":"this test of pii.badge fails: not found`) || strings.Contains(l, "777777") {
		t.Errorf("the log does not tell, or tells too much: %s", l)
	}
	if err := r.send(client, "badge bravo-badge-123456"); err != nil {
		t.Fatal(err)
	}
	if q := r.upstream.Requests(); !bytes.Contains(q[len(q)-1].Body, []byte("BADGE_1")) {
		t.Errorf("the rules in force did not stay: %s", q[len(q)-1].Body)
	}

	r.write(t, "pii/badge.toml", ownRules("bravo"))
	until(t, "all is well again", func() bool { h := r.health(t); return h.Status == "ok" && h.Digest == second.Digest })

	// Hosts come and go with the rules, also in the PAC file; those that the CA may
	// not sign for are refused.
	const host = "[[host]]\nnames = [\"llm.example.com\"]\nclass = \"%s\"\nsurface = \"openai\"\n"
	r.write(t, "providers/ours.toml", fmt.Sprintf(host, "inspect"))
	until(t, "the host is refused", func() bool { return r.health(t).Reload.Refused })
	if l := r.log.String(); !strings.Contains(l, "may not sign for llm.example.com") {
		t.Errorf("the log does not tell: %s", l)
	}
	if strings.Contains(r.get(t, "/proxy.pac"), "llm.example.com") {
		t.Error("the PAC file names a host that is not in force")
	}
	r.write(t, "providers/ours.toml", strings.Replace(fmt.Sprintf(host, "other_ai"), "surface = \"openai\"", "app = \"ours\"\nreason = \"ours\"", 1))
	until(t, "the host is in the PAC file", func() bool { return strings.Contains(r.get(t, "/proxy.pac"), "llm.example.com") })

	before := r.health(t).Reload.At
	r.told <- os.Interrupt // any signal that was asked for
	until(t, "it is read when told", func() bool { return r.health(t).Reload.At.After(before) })
}

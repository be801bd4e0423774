package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// client is a Go client that trusts the proxy's root and goes through it.
func (w *world) client(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(w.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("the inspection root is not PEM")
	}
	tr := &http.Transport{
		Proxy:               http.ProxyURL(&url.URL{Scheme: "http", Host: w.proxy}),
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2:   http2,
		DisableCompression:  true,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	if !http2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 60 * time.Second}
}

// do sends one exchange and returns the answer with its whole body.
func do(t *testing.T, c *http.Client, e exchange) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(e.Method, "https://"+e.Host+e.Path, bytes.NewReader(e.Body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range e.Header {
		req.Header.Set(k, v)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s%s: %v", e.Method, e.Host, e.Path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s%s: reading the answer: %v", e.Method, e.Host, e.Path, err)
	}
	return resp, string(b)
}

// anyGPT are settings with the hardened policy and one line of a company's own:
// every GPT may be used. Without a list none may.
func anyGPT(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "policies"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "policies", "session.toml"), []byte(`
title = "any GPT"
include = ["l2.toml"]
[[gpt]]
id = "g-*"
justification = "the session uses GPTs of many names"
approved_by = "the test"
expires = 2099-01-01T00:00:00Z
`))
	return fmt.Sprintf("profile = \"session\"\nrules_dir = %q", dir)
}

// A whole ChatGPT session without anything to protect: nothing is found in it,
// and every body arrives as it was sent, but for partial_query.
func TestChatGPTSessionPassesUntouched(t *testing.T) {
	seed := rand.Uint64()
	if s := os.Getenv("PROMPTGATE_SESSION_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PROMPTGATE_SESSION_SEED=%d repeats this session", seed)
	w := newWorld(t, anyGPT(t))
	for _, proto := range []struct {
		name  string
		http2 bool
	}{{"h1", false}, {"h2", true}} {
		t.Run(proto.name, func(t *testing.T) {
			w.upstream.reset()
			before := len(w.events(t))
			c := w.client(t, proto.http2)
			all := generateSession(seed, 220)
			stripped := 0
			for i, e := range all {
				resp, body := do(t, c, e)
				got := w.upstream.all()
				if len(got) != i+1 {
					t.Fatalf("request %d, %s %s%s: status %d, upstream has %d requests: %s", i, e.Method, e.Host, e.Path, resp.StatusCode, len(got), last(body, 400))
				}
				r := got[i]
				if r.Method != e.Method || r.Host != e.Host || r.Path != e.Path {
					t.Fatalf("request %d arrived as %s %s%s, was sent as %s %s%s", i, r.Method, r.Host, r.Path, e.Method, e.Host, e.Path)
				}
				if !bytes.Equal(r.Body, e.Want) {
					t.Errorf("request %d, %s %s: %d bytes arrived, want %d; they differ at byte %d", i, e.Method, e.Path, len(r.Body), len(e.Want), differAt(r.Body, e.Want))
				}
				if !bytes.Equal(e.Body, e.Want) {
					stripped++
				}
				for k, v := range e.Header {
					if r.Header.Get(k) != v {
						t.Errorf("request %d, %s %s: header %s did not arrive as it was sent", i, e.Method, e.Path, k)
					}
				}
				if a := resp.Header.Get("X-Promptgate-Action"); a != "" && bytes.Equal(e.Body, e.Want) {
					t.Errorf("request %d, %s %s: the answer says it was changed: %s", i, e.Method, e.Path, a)
				}
			}
			if len(all) < 200 || stripped < 10 {
				t.Errorf("%d requests with %d drafts: the session is too small to prove anything", len(all), stripped)
			}
			// A record of a plain allow is committed within 50 ms of its answer.
			deadline := time.Now().Add(5 * time.Second)
			for len(w.events(t)) < before+countBodies(all) && time.Now().Before(deadline) {
				time.Sleep(20 * time.Millisecond)
			}
			events := w.events(t)[before:]
			if len(events) < countBodies(all) {
				t.Errorf("%d audit events for %d messages with a body", len(events), countBodies(all))
			}
			for _, e := range events {
				if n := fmt.Sprint(e["dlp.finding.count"]); n != "0" && n != "<nil>" {
					t.Errorf("findings in protocol traffic: %v of %v at %v, rule %v", n, e["dlp.finding.types"], e["dlp.endpoint"], e["dlp.rule.ids"])
				}
				if a := e["dlp.action"]; !slices.Contains([]any{"allow", "log"}, a) {
					t.Errorf("action %v at %v, rule %v", a, e["dlp.endpoint"], e["dlp.rule.ids"])
				}
			}
		})
	}
}

// The generator makes the same session from the same seed, and every kind of
// request the endpoint list names.
func TestSessionGeneratorCoversTheApp(t *testing.T) {
	a, b := generateSession(7, 220), generateSession(7, 220)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("one seed made two sessions")
	}
	var paths strings.Builder
	for seed := range uint64(4) {
		for _, e := range generateSession(seed, 220) {
			paths.WriteString(e.Method + " " + e.Host + e.Path + "\n")
		}
	}
	for _, want := range []string{"/backend-api/f/conversation\n", "/f/conversation/prepare", "/f/steer_turn", "/conversation/init", "/backend-api/files\n", "upload_reservations", "PUT sdmntpr", "process_upload_stream",
		"transcribe", "user_system_messages", "memories/", "PATCH chatgpt.com/backend-api/conversation/", "message_feedback", "projects", "snorlax/upsert", "calpico", "global/search", "wham/tasks", "share/create", "sentinel/", "/ces/v1/t", "/lat/r"} {
		if !strings.Contains(paths.String(), want) {
			t.Errorf("no request has %q", strings.TrimSpace(want))
		}
	}
}

func countBodies(all []exchange) int {
	n := 0
	for _, e := range all {
		// Passed endpoints are not messages and need no record.
		if len(e.Body) > 0 && !strings.Contains(e.Path, "/sentinel/") && !strings.HasPrefix(e.Path, "/ces/") && !strings.Contains(e.Path, "/lat/r") && !strings.HasPrefix(e.Path, "/api/auth/") {
			n++
		}
	}
	return n
}

func differAt(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

package proxy

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/rules"
)

// closings counts the records that were opened and closed.
type closings struct {
	mu     sync.Mutex
	opened []string
	closed map[string]int
}

func (c *closings) Healthy() error { return nil }

func (c *closings) Record(_ context.Context, r *inspect.Request, _ *inspect.Verdict) <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = append(c.opened, r.ID)
	durable := make(chan error, 1)
	durable <- nil
	return durable
}

func (c *closings) Done(_ context.Context, r *inspect.Request, _ *inspect.Verdict, status int, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed[r.ID] = status
}

// The shipped rules, policies, providers and words, before a real connection.
func TestWithTheShippedRules(t *testing.T) {
	t.Parallel()
	fsys := rules.FS()
	catalogue, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	detectors, err := shipped.Detectors(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{}, detectors...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(fsys, "l2", catalogue)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := refuse.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	providers, err := provider.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	records := &closings{closed: map[string]int{}}
	inspector := inspect.New(inspect.Rules{Engine: e, Catalogue: catalogue, Policy: p, Messages: messages}, inspect.Config{Recorder: records})
	w := newWorld(t, inspector.Request, func(c *Config) {
		c.Hosts, c.Screen, c.Refuse = func() Hosts { return providers }, p.Screen, messages.Problem
	})
	w.server.done = (*inspect.Verdict).Done
	const card = "4111 1111 1111 1111" // Visa's published test number
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		prompt := proxytest.Chat("Refund the credit card " + card + " please")
		if resp, body := w.do(c, http.MethodPost, chatURL, string(prompt), ""); resp.StatusCode != 200 || resp.Header.Get("X-Promptgate-Action") != "redact" {
			t.Errorf("redaction: %d %s %s", resp.StatusCode, resp.Header.Get("X-Promptgate-Action"), body)
		}
		resp, body := w.do(c, http.MethodPost, chatURL, "{}", "reset")
		if resp.StatusCode != 502 || !strings.Contains(body, `"error"`) {
			t.Errorf("a dead upstream: %d %s", resp.StatusCode, body)
		}
		if resp, _ := w.do(c, http.MethodPost, "https://api.openai.com/v1/not/heard/of", string(prompt), ""); resp.StatusCode != 200 {
			t.Errorf("unknown path: %d", resp.StatusCode)
		}
	})
	t.Cleanup(func() {
		arrived := w.up.Requests()
		if len(arrived) != 6 {
			t.Errorf("upstream received %d requests", len(arrived))
		}
		for _, r := range arrived {
			if strings.Contains(string(r.Body), card) {
				t.Errorf("the number reached %s", r.Path)
			}
		}
		records.mu.Lock()
		defer records.mu.Unlock()
		if len(records.opened) != 6 || len(records.closed) != 6 {
			t.Errorf("%d records opened, %d closed, want 6", len(records.opened), len(records.closed))
		}
	})
}

package proxy

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/refuse"
)

func (w *world) socket(url string) (*websocket.Conn, *http.Response, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	w.t.Cleanup(cancel)
	return websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: w.client(false)})
}

func TestUpgradesWherePromptsTravelAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, url := range []string{"wss://api.openai.com/v1/responses", "wss://chatgpt.com/backend-api/codex/responses"} {
		if _, resp, err := w.socket(url); err == nil || resp == nil || resp.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("%s: %v, %v; want 426", url, resp, err)
		}
	}
	if len(w.up.Requests()) != 0 || !w.saw(func() bool { return len(w.refused) == 2 && w.refused[0].Cause == refuse.CauseUpgrade }) {
		t.Errorf("upstream received %d requests; told as %+v", len(w.up.Requests()), w.refused)
	}
	// An offer of h2c is passed over.
	resp, _ := raw(t, w.open("api.openai.com:443", "api.openai.com", "http/1.1"),
		"POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\n{}")
	if got := w.up.Requests(); resp.StatusCode != 200 || got[0].Header.Get("Upgrade") != "" || got[0].Header.Get("Http2-Settings") != "" {
		t.Errorf("h2c: %d", resp.StatusCode)
	}
}

func TestFlaggedUpgradesAreRelayed(t *testing.T) {
	t.Parallel()
	flagged := make(chan []detectors.Gap, 10)
	w := newWorld(t, func(ctx context.Context, r *inspect.Request) *inspect.Verdict {
		flagged <- r.Gaps
		if strings.Contains(r.URL.Path, "stopped") {
			return &inspect.Verdict{Refusal: &refuse.Refusal{Status: 403}}
		}
		return allow(ctx, r)
	}, nil)
	const url = "wss://ws.chatgpt.com/ws/user/u-1?verify=1"
	c, resp, err := w.socket(url)
	if err != nil {
		t.Fatal(err)
	}
	if gaps := <-flagged; len(gaps) != 1 || gaps[0].Cause != detectors.CauseWebSocketUninspected {
		t.Errorf("gaps %v", gaps)
	}
	ctx := t.Context()
	for _, text := range []string{"one", strings.Repeat("two", 20_000)} {
		c.SetReadLimit(1 << 20)
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("%d bytes back, %v; want %d", len(got), err, len(text))
		}
	}
	_ = c.Write(ctx, websocket.MessageText, []byte("close")) // the server closes first
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the server's close arrived as %v", err)
	}
	w.eventually("the record is closed", func() bool { return w.saw(func() bool { return len(w.done) == 1 && w.done[0].status == 101 }) })
	w.eventually("both ends are", func() bool { w.server.mu.Lock(); defer w.server.mu.Unlock(); return len(w.server.raw) == 0 })

	c, _, err = w.socket(url) // the client closes first
	if err != nil {
		t.Fatal(err)
	}
	_ = c.CloseNow()
	w.eventually("the second record is closed", func() bool { return w.saw(func() bool { return len(w.done) == 2 }) })

	if _, resp, err = w.socket("wss://ws.chatgpt.com/stopped"); err == nil || resp.StatusCode != 403 {
		t.Errorf("refused by policy: %v, %v", resp, err)
	}
	if got := w.up.Requests(); len(got) != 2 || got[0].Path != "/ws/user/u-1?verify=1" {
		t.Errorf("upstream received %d requests", len(got))
	}
	if !w.saw(func() bool { return len(w.marks) == 2 && w.marks[0] == "upgrade ws.chatgpt.com" }) {
		t.Errorf("marks %v", w.marks)
	}
}

func TestAnUpgradeThatUpstreamDeclines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	upgrade := "GET /ws HTTP/1.1\r\nHost: ws.chatgpt.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nProxytest: %s\r\n\r\n"
	for behave, status := range map[string]int{"challenge": 403, "reset": 502} {
		resp, _ := raw(t, w.open("ws.chatgpt.com:443", "ws.chatgpt.com", "http/1.1"), fmt.Sprintf(upgrade, behave))
		if resp.StatusCode != status {
			t.Errorf("%s: %d, want %d", behave, resp.StatusCode, status)
		}
	}
	// Plain WebSockets of other hosts are nobody's business.
	resp, _ := raw(t, w.dial(), strings.Replace(fmt.Sprintf(upgrade, "x"), "GET /ws", "GET http://example.org/ws", 1))
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("another host: %d", resp.StatusCode)
	}
}

// An upgraded connection ends with Shutdown, and with silence.
func TestUpgradedConnectionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.TunnelIdle = 100 * time.Millisecond })
	c, _, err := w.socket("wss://ws.chatgpt.com/ws")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("a silent WebSocket stays open")
	}
	w = newWorld(t, nil, nil)
	if c, _, err = w.socket("wss://ws.chatgpt.com/ws"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = w.stop() }()
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("a WebSocket survives Shutdown")
	}
}

package proxy

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

func TestShutdownDrains(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	idle := w.open("api.openai.com:443", "api.openai.com", "http/1.1")
	early, _ := w.connect("example.org:443") // a tunnel that has not begun
	type result struct {
		body string
		err  error
	}
	results := make(chan result, 2)
	for _, http2 := range []bool{false, true} {
		resp, err := w.try(w.client(http2), http.MethodPost, chatURL, string(proxytest.ChatStream("x")), "gap=60ms, events=6")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			b, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			results <- result{string(b), err}
		}()
	}
	ended := make(chan error, 1)
	go func() { ended <- w.stop() }()
	for range 2 {
		if r := <-results; r.err != nil || !strings.HasSuffix(r.body, "data: [DONE]\n\n") {
			t.Errorf("a stream under way ended with %v after %d bytes", r.err, len(r.body))
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
	for name, c := range map[string]net.Conn{"an idle opened tunnel": idle, "a tunnel that has not begun": early} {
		if _, err := io.Copy(io.Discard, c); err != nil && !isReset(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	if _, err := net.Dial("tcp", w.addr); err == nil {
		t.Error("it still listens")
	}
}

func TestShutdownWithNothingOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	ended := make(chan error, 1)
	go func() { ended <- w.stop() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(4 * time.Second):
		t.Error("an idle listener holds Shutdown up")
	}
}

// What does not end by itself is closed by force.
func TestShutdownDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.Drain = 100 * time.Millisecond })
	go func() { _, _ = w.try(w.client(true), http.MethodPost, chatURL, "{}", "hang") }()
	w.eventually("the request is under way", func() bool { return len(w.up.Requests()) == 1 })
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	if !w.saw(func() bool { return len(w.done) == 1 && w.done[0].status == 0 && w.done[0].err != nil }) {
		t.Errorf("the record was not closed before Serve returned: %+v", w.done)
	}
}

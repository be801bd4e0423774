//go:build e2e

package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// Ways to reach OpenAI that are not the straight one. Each carries a card
// number; for none may it arrive upstream, and each must end in the way that is
// written beside it.
func TestSideWays(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	const (
		refusedConnect = "the CONNECT is refused"
		refusedInside  = "the tunnel ends before a request"
		misdirected    = "421 inside the tunnel"
		inspected      = "200, redacted"
	)
	post := []string{"-H", "Content-Type: application/json", "--data-binary", "BODY"}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"SNI inspected, CONNECT to another host", []string{"--connect-to", "api.openai.com:443:example.org:443", chatURL}, refusedInside},
		{"SNI another host, CONNECT to an inspected one", []string{"-k", "--connect-to", "example.org:443:api.openai.com:443", "https://example.org/v1/chat/completions"}, refusedInside},
		{"SNI another inspected host", []string{"-k", "--connect-to", "chatgpt.com:443:api.openai.com:443", "https://chatgpt.com/backend-api/f/conversation"}, refusedInside},
		{"IP literal carrying an inspected name", []string{"--connect-to", "api.openai.com:443:203.0.113.7:443", chatURL}, refusedInside},
		{"IP literal v6 carrying an inspected name", []string{"--connect-to", "api.openai.com:443:[2001:db8::7]:443", chatURL}, refusedInside},
		{"IP literal on another port", []string{"--connect-to", "api.openai.com:443:203.0.113.7:8443", chatURL}, refusedInside},
		{"plain HTTP in a tunnel to an inspected host", []string{"-p", "http://api.openai.com:443/v1/chat/completions"}, refusedInside},
		{"plain HTTP in a tunnel to another host", []string{"-p", "-H", "Host: api.openai.com", "http://example.org:443/v1/chat/completions"}, refusedInside},
		{"h2c in a tunnel", []string{"-p", "--http2-prior-knowledge", "http://api.openai.com:443/v1/chat/completions"}, refusedInside},
		{"Host is not the tunnel, HTTP/1.1", []string{"--http1.1", "-H", "Host: example.org", chatURL}, misdirected},
		{"Host is another inspected host, HTTP/1.1", []string{"--http1.1", "-H", "Host: chatgpt.com", chatURL}, misdirected},
		{":authority is not the tunnel, HTTP/2", []string{"--http2", "-H", "Host: example.org", chatURL}, misdirected},
		{"absolute target is not the tunnel", []string{"--http1.1", "--request-target", "https://example.org/v1/chat/completions", chatURL}, misdirected},
		{"trailing dot", []string{"-k", "https://api.openai.com./v1/chat/completions"}, inspected},
		{"upper case", []string{"https://API.OpenAI.com/v1/chat/completions"}, inspected},
		{"another port", []string{"https://api.openai.com:8443/v1/chat/completions"}, inspected},
		{"HTTP/1.0", []string{"--http1.0", chatURL}, inspected},
		{"unknown subdomain of openai.com", []string{"https://unheard-of.openai.com/v1/chat/completions"}, inspected},
		{"unknown subdomain of chatgpt.com", []string{"https://unheard-of.chatgpt.com/backend-api/f/conversation"}, inspected},
		{"unknown subdomain of oaiusercontent.com", []string{"https://unheard-of.oaiusercontent.com/files/1/raw"}, inspected},
		{"unknown path", []string{"https://api.openai.com/v1/not/heard/of"}, inspected},
		{"PUT on an unknown path", []string{"-X", "PUT", "https://chatgpt.com/backend-api/not/heard/of"}, inspected},
		{"the mTLS host", []string{"https://mtls.api.openai.com/v1/chat/completions"}, refusedConnect},
		{"a pinned app host", []string{"https://ios.chat.openai.com/backend-api/conversation"}, refusedConnect},
		{"loopback", []string{"-k", "https://" + w.admin + "/"}, refusedConnect},
		{"link-local metadata", []string{"-k", "https://169.254.169.254/"}, refusedConnect},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.upstream.reset()
			card := synthetic.CardSpaced()
			args := append([]string{}, tt.args...)
			for _, p := range post {
				if p == "BODY" {
					p = chat("credit card " + card)
				}
				args = append(args, p)
			}
			r := w.curl(t, args...)
			for _, got := range w.upstream.all() {
				if strings.Contains(string(got.Body), card) {
					t.Fatalf("the card number reached upstream at %s%s", got.Host, got.Path)
				}
			}
			switch tt.want {
			case inspected:
				if r.Exit != 0 || r.Status != 200 {
					t.Fatalf("status %d, exit %d: %s %s", r.Status, r.Exit, r.Body, r.Stderr)
				}
				if got := w.upstream.only(t); !strings.Contains(string(got.Body), "[PAYMENT_CARD_1]") {
					t.Errorf("upstream received %s", got.Body)
				}
			case misdirected:
				if r.Status != 421 {
					t.Errorf("status %d, exit %d, want 421: %s %s", r.Status, r.Exit, r.Body, r.Stderr)
				}
				w.upstream.nothing(t)
			case refusedConnect:
				if r.Connect < 400 || r.Connect > 499 || r.Exit == 0 {
					t.Errorf("CONNECT answered %d, exit %d, want a 4xx", r.Connect, r.Exit)
				}
				w.upstream.nothing(t)
			case refusedInside:
				// The refusal may come with the CONNECT or after the first bytes of
				// the tunnel: as a 4xx inside it, or as its end.
				if r.Exit == 0 && (r.Status < 400 || r.Status > 499) {
					t.Errorf("status %d, exit %d: %s", r.Status, r.Exit, r.Body)
				}
				w.upstream.nothing(t)
			}
		})
	}
}

func TestNestedConnectIsRefused(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	for _, target := range []string{"example.org:443", "api.openai.com:443", "127.0.0.1:22"} {
		r := w.curl(t, "--http1.1", "-X", "CONNECT", "--request-target", target, "https://api.openai.com/")
		if r.Status < 400 || r.Status > 499 {
			t.Errorf("CONNECT %s inside the tunnel: status %d, exit %d, want 4xx", target, r.Status, r.Exit)
		}
	}
	w.upstream.nothing(t)
}

func TestUpgrades(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	upgrade := []string{"--http1.1", "--max-time", "3", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
		"-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	for _, url := range []string{"https://api.openai.com/v1/responses", "https://api.openai.com/v1/realtime?model=gpt-realtime", "https://chatgpt.com/backend-api/codex/responses"} {
		w.upstream.reset()
		if r := w.curl(t, append(upgrade, url)...); r.Status != 426 {
			t.Errorf("%s: status %d, exit %d, want 426: %s", url, r.Status, r.Exit, r.Body)
		}
		w.upstream.nothing(t)
	}
	w.upstream.reset()
	if r := w.curl(t, append(upgrade, "https://ws.chatgpt.com/ws/user/u-1?verify=1")...); r.Status != 101 {
		t.Errorf("ws.chatgpt.com: status %d, exit %d, want 101: %s", r.Status, r.Exit, r.Body)
	}
	if len(w.upstream.all()) != 1 {
		t.Errorf("upstream saw %d upgrades, want 1", len(w.upstream.all()))
	}
}

// Plain http:// to an inspected host: the prompt is inspected like any other,
// or it is refused.
func TestAbsoluteForm(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	card := synthetic.CardSpaced()
	r := w.curl(t, "-H", "Content-Type: application/json", "--data-binary", chat("credit card "+card), "http://api.openai.com/v1/chat/completions")
	for _, got := range w.upstream.all() {
		if strings.Contains(string(got.Body), card) {
			t.Fatal("the card number reached upstream over plain HTTP")
		}
	}
	if len(w.upstream.all()) == 0 && (r.Status < 400 || r.Status > 499) {
		t.Errorf("nothing reached upstream and the status is %d", r.Status)
	}
	// Another host over plain HTTP goes through, and its Host follows the target.
	w.upstream.reset()
	r = w.curl(t, "-H", "Content-Type: text/plain", "--data-binary", "hello", "http://example.org/form")
	if r.Status != 200 {
		t.Errorf("another host: status %d: %s", r.Status, r.Body)
	}
	if got := w.upstream.only(t); got.Host != "example.org" || string(got.Body) != "hello" {
		t.Errorf("upstream received host %q, %d bytes", got.Host, len(got.Body))
	}
}

// Another host's tunnel is a tunnel: the certificate is upstream's own.
func TestOtherHostsAreNotOpened(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	upstreamCA := t.TempDir() + "/ca.pem"
	write(t, upstreamCA, w.upstream.caPEM())
	r := w.curl(t, "--cacert", upstreamCA, "https://example.org/")
	if r.Exit != 0 || r.Status != 200 {
		t.Errorf("exit %d, status %d: %s", r.Exit, r.Status, r.Stderr)
	}
}

// A client that opens the CONNECT and sends nothing, or half a ClientHello,
// is cut off by a deadline and holds nobody up.
func TestHalfAHandshakeHoldsNobodyUp(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	for _, first := range []string{"", "\x16\x03\x01\x02", "GET"} {
		c, err := net.Dial("tcp", w.proxy)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Write([]byte("CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n" + first))
	}
	if r := w.curl(t, "-H", "Content-Type: application/json", "--data-binary", chat("hello"), chatURL); r.Status != 200 {
		t.Errorf("status %d, exit %d", r.Status, r.Exit)
	}
}

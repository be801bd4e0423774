package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
)

// Every failure of upstream becomes an answer in the client's format, and none
// shows the text of an error.
func TestUpstreamFailuresAreAnswered(t *testing.T) {
	t.Parallel()
	refused := freeAddr(t)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	other, err := proxytest.Start(proxytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	w := newWorld(t, nil, func(c *Config) {
		to := func(host, addr string) ConnectTo { return ConnectTo{Host: host + ".openai.com", To: addr} }
		c.Upstream.ConnectTo = append(c.Upstream.ConnectTo, to("refused", refused), to("mute", mute.Addr().String()), to("untrusted", other.Addr()))
		c.Upstream.AnswerTimeout, c.Upstream.TLSTimeout = 150*time.Millisecond, 150*time.Millisecond
	})
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		for _, tt := range []struct {
			host, behave string
			status       int
			cause        refuse.Cause
		}{
			{"refused.openai.com", "", 502, refuse.CauseUpstreamRefused},
			{"mute.openai.com", "", 504, refuse.CauseUpstreamTimeout},
			{"untrusted.openai.com", "", 502, refuse.CauseUpstreamTLS},
			{"api.openai.com", "reset", 502, refuse.CauseUpstreamReset},
			{"api.openai.com", "hang", 504, refuse.CauseUpstreamTimeout},
			{"api.openai.com", "switch", 502, refuse.CauseUpstreamReset},
		} {
			resp, body := w.do(c, http.MethodPost, "https://"+tt.host+"/v1/chat/completions", "{}", tt.behave)
			if resp.StatusCode != tt.status || body != fmt.Sprintf(`{"cause":%q}`, tt.cause) || resp.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %d %s, want %d, %s", tt.host, tt.behave, resp.StatusCode, body, tt.status, tt.cause)
			}
		}
	})
}

func TestAnUpstreamThatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Upstream.AnswerTimeout = 100 * time.Millisecond })
	resp, err := w.try(w.client(true), http.MethodPost, chatURL, string(proxytest.ChatStream("x")), "gap=1h")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("%s ended as if it were whole; %v", resp.Status, w.causes)
	}
	w.eventually("the cause is counted", func() bool {
		return w.saw(func() bool { return len(w.causes) == 1 && w.causes[0] == refuse.CauseUpstreamTimeout })
	})
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// With the default pool of two connections per host each request of many clients
// makes a handshake of its own.
func TestConnectionsToUpstreamAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	const clients, rounds = 12, 5
	pool := make([]*http.Client, clients)
	for i := range pool {
		pool[i] = w.client(false)
	}
	for range rounds {
		var all sync.WaitGroup
		for _, c := range pool {
			all.Go(func() { w.do(c, http.MethodPost, chatURL, "{}", "slow=10ms") })
		}
		all.Wait()
	}
	if n := w.up.Conns(); n > clients+2 {
		t.Errorf("%d requests of %d clients made %d connections to upstream", clients*rounds, clients, n)
	}
}

func TestStreamsGoOverHTTP2AndShortCallsDoNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	c := w.client(true)
	for _, accept := range []string{"text/event-stream", "application/json"} {
		r, _ := http.NewRequest(http.MethodPost, chatURL, strings.NewReader("{}"))
		r.Header.Set("Accept", accept)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if got := w.up.Requests(); got[0].Proto != "HTTP/2.0" || got[1].Proto != "HTTP/1.1" {
		t.Errorf("a stream went over %s, a short call over %s", got[0].Proto, got[1].Proto)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	u, err := newUpstream(UpstreamConfig{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")}})
	if err != nil {
		t.Fatal(err)
	}
	for addr, open := range map[string]bool{
		"104.18.33.45": true, "8.8.8.8": true, "2606:4700::6812:212d": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true,
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fd12::1": true, "64:ff9b::a01:203": true,
		"10.2.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "192.168.0.1": false, "100.64.0.1": false, "100.100.100.200": false,
		"127.0.0.1": false, "127.8.9.1": false, "0.0.0.0": false, "0.1.2.3": false, "169.254.169.254": false, "168.63.129.16": false,
		"224.0.0.1": false, "239.255.255.250": false, "240.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "192.0.0.192": false,
		"::": false, "::1": false, "::7f00:1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false,
		"fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "fd00:ec2::254": false, "fc00::1": false, "ff02::1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::808:808": false, "2002:7f00:1::": false, "2001:0:1::": false, "2001:db8::1": false,
	} {
		if err := u.guard(netip.MustParseAddr(addr)); (err == nil) != open {
			t.Errorf("guard(%s) = %v, want open %v", addr, err, open)
		}
	}
	for target, open := range map[string]bool{"127.0.0.1:1": false, "[::1]:1": false, "localhost:1": false, "a.localhost:1": false, "example.org:1": true, "8.8.8.8:1": true, "junk": false} {
		if err := u.guardName(target); (err == nil) != open {
			t.Errorf("guardName(%s) = %v, want open %v", target, err, open)
		}
	}
}

// A name is judged by the address that is dialled, not by one looked up before.
func TestNamesOfPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	u, err := newUpstream(UpstreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(echo(t, ""))
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if conn, err := u.dial(t.Context(), net.JoinHostPort(host, port)); !errors.Is(err, errPrivate) {
			if err == nil {
				_ = conn.Close()
			}
			t.Errorf("%s: %v", host, err)
		}
	}
	allowed, err := newUpstream(UpstreamConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := allowed.dial(t.Context(), net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestConnectTo(t *testing.T) {
	t.Parallel()
	u, err := newUpstream(UpstreamConfig{ConnectTo: []ConnectTo{{"api.openai.com", 443, "127.0.0.1:9443"}, {"chatgpt.com", 0, "gw.corp:1"}, {"chatgpt.com", 80, "gw.corp:2"}}})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{"api.openai.com:443": "127.0.0.1:9443", "chatgpt.com:443": "gw.corp:1", "chatgpt.com:80": "gw.corp:2"} {
		if to, listed := u.route(target); to != want || !listed {
			t.Errorf("route(%s) = %s, %v", target, to, listed)
		}
	}
	for _, target := range []string{"api.openai.com:8443", "www.chatgpt.com:443"} {
		if to, listed := u.route(target); to != target || listed {
			t.Errorf("route(%s) = %s, %v", target, to, listed)
		}
	}
}

// A parentProxy is a proxy that wants credentials and notes what it was asked.
type parentProxy struct {
	addr string
	mu   sync.Mutex
	asks []string
}

func newParentProxy(t *testing.T, answer string, config *tls.Config) *parentProxy {
	t.Helper()
	p := &parentProxy{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asks = append(p.asks, r.Method+" "+r.RequestURI)
		p.mu.Unlock()
		if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNz" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if answer != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.Method != http.MethodConnect {
			_, _ = io.WriteString(w, "from the parent")
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, conn); _ = to.Close() }()
		_, _ = io.Copy(conn, to)
		_ = conn.Close()
	}))
	if config != nil {
		s.TLS = config
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	p.addr = s.Listener.Addr().String()
	return p
}

func (p *parentProxy) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asks
}

func TestEverythingGoesThroughTheParent(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			var config *tls.Config
			if scheme == "https" {
				config = &tls.Config{}
			}
			parent := newParentProxy(t, "", config)
			w := newWorld(t, nil, func(c *Config) {
				c.Upstream.Parent, c.Upstream.ParentCredentials = scheme+"://"+parent.addr, "user:pass"
				c.Upstream.CAPEM = append(c.Upstream.CAPEM, testServerRoot(t)...)
			})
			if resp, _ := w.do(w.client(true), http.MethodPost, chatURL, "{}", ""); resp.StatusCode != 200 {
				t.Errorf("opened TLS: %d", resp.StatusCode)
			}
			if resp, _ := raw(t, w.open("example.org:443", "example.org", "http/1.1"), "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"); resp.StatusCode != 200 {
				t.Errorf("tunnel: %d", resp.StatusCode)
			}
			if resp, body := raw(t, w.dial(), "GET http://plain.example.org/a HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != 200 || body != "from the parent" {
				t.Errorf("plain: %d %q", resp.StatusCode, body)
			}
			if got := parent.asked(); len(got) != 3 || got[0] != "CONNECT "+w.up.Addr() || got[1] != got[0] || got[2] != "GET http://plain.example.org/a" {
				t.Errorf("the parent was asked %q", got)
			}
			for _, request := range []string{"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT localhost:1 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n"} {
				if resp, _ := raw(t, w.dial(), request); resp.StatusCode != 403 {
					t.Errorf("%q through a parent: %d, want 403", request, resp.StatusCode)
				}
			}
		})
	}
}

// testServerRoot is the certificate of httptest's servers.
func testServerRoot(t *testing.T) []byte {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return pemOf(s.Certificate())
}

func TestParentTroubles(t *testing.T) {
	t.Parallel()
	refusing, wrong := newParentProxy(t, "no", nil), newParentProxy(t, "", nil)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for _, tt := range []struct {
		name, parent, credentials string
		cause                     refuse.Cause
	}{
		{"wants other credentials", wrong.addr, "user:wrong", refuse.CauseParentAuth},
		{"says no", refusing.addr, "user:pass", refuse.CauseParentRefused},
		{"is not there", freeAddr(t), "", refuse.CauseParentRefused},
		{"is mute", mute.Addr().String(), "", refuse.CauseUpstreamTimeout},
	} {
		w := newWorld(t, nil, func(c *Config) {
			c.Upstream.Parent, c.Upstream.ParentCredentials, c.Upstream.DialTimeout = "http://"+tt.parent, tt.credentials, 200*time.Millisecond
		})
		want := fmt.Sprintf(`{"cause":%q}`, tt.cause)
		if _, body := w.do(w.client(false), http.MethodPost, chatURL, "{}", ""); body != want {
			t.Errorf("%s, opened TLS: %s", tt.name, body)
		}
		if resp, body := raw(t, w.dial(), "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != tt.cause.Status() || body != want {
			t.Errorf("%s, tunnel: %d %s", tt.name, resp.StatusCode, body)
		}
	}
	w := newWorld(t, nil, func(c *Config) { c.Upstream.Parent = "http://" + wrong.addr })
	if resp, body := raw(t, w.dial(), "GET http://plain.example.org/ HTTP/1.1\r\nHost: x\r\n\r\n"); body != `{"cause":"parent_auth"}` {
		t.Errorf("plain: %d %s", resp.StatusCode, body)
	}
}

// A server that speaks first may do so in the packet of the parent's 200.
func TestTheParentsAnswerMayCarryTheServersFirstWords(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x")
		}
	}()
	u, err := newUpstream(UpstreamConfig{Parent: "http://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := u.dial(t.Context(), "git.example.org:22")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := io.ReadAll(c); string(b) != "SSH-2.0-x" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestCauseOf(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for _, tt := range []struct {
		err  error
		want refuse.Cause
	}{
		{dial(errPrivate), refuse.CausePrivate},
		{dial(&net.DNSError{IsNotFound: true}), refuse.CauseUpstreamDNS},
		{dial(&net.DNSError{IsTimeout: true}), refuse.CauseUpstreamTimeout},
		{dial(os.ErrDeadlineExceeded), refuse.CauseUpstreamTimeout},
		{dial(io.EOF), refuse.CauseUpstreamRefused},
		{context.DeadlineExceeded, refuse.CauseUpstreamTimeout},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{}}, refuse.CauseUpstreamTLS},
		{x509.UnknownAuthorityError{}, refuse.CauseUpstreamTLS},
		{tls.RecordHeaderError{}, refuse.CauseUpstreamTLS},
		{&net.OpError{Op: "remote error", Err: io.EOF}, refuse.CauseUpstreamTLS},
		{&parentError{status: 407}, refuse.CauseParentAuth},
		{&parentError{status: 503}, refuse.CauseParentRefused},
		{&parentError{err: dial(io.EOF)}, refuse.CauseParentRefused},
		{&parentError{err: os.ErrDeadlineExceeded}, refuse.CauseUpstreamTimeout},
		{errSilent, refuse.CauseUpstreamTimeout},
		{io.ErrUnexpectedEOF, refuse.CauseUpstreamReset},
	} {
		if got := causeOf(fmt.Errorf("wrapped: %w", tt.err)); got != tt.want {
			t.Errorf("causeOf(%v) = %s, want %s", tt.err, got, tt.want)
		}
	}
}

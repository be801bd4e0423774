package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
)

func TestConnectIsScreened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, tt := range []struct {
		target string
		status int
		cause  refuse.Cause
	}{
		{"api.openai.com:443", 200, ""},
		{"API.OpenAI.com.:443", 200, ""},
		{"example.org:443", 200, ""},
		{"mtls.api.openai.com:443", 403, refuse.CauseHostRefused},
		{"127.0.0.1:443", 403, refuse.CausePrivate},
		{"[::1]:443", 403, refuse.CausePrivate},
		{"169.254.169.254:80", 403, refuse.CausePrivate},
		{"localhost:443", 403, refuse.CausePrivate},
		{"no-such-host.invalid:443", 502, refuse.CauseUpstreamDNS},
		{"api.openai.com", 400, ""},
		{"api.openai.com:0", 400, ""},
		{"api_openai.com%00:443", 400, ""},
	} {
		if _, status := w.connect(tt.target); status != tt.status {
			t.Errorf("CONNECT %s: %d, want %d", tt.target, status, tt.status)
		}
		if tt.cause != "" && !w.saw(func() bool { return len(w.conns) > 0 && w.conns[len(w.conns)-1].Cause == tt.cause }) {
			t.Errorf("CONNECT %s was told as %+v", tt.target, w.conns[len(w.conns)-1])
		}
	}
}

// The first flight of the client may come in the packet of its CONNECT.
func TestClientHelloSentWithConnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, target := range []string{"api.openai.com", "example.org"} {
		c := &eager{Conn: w.dial(), first: fmt.Appendf(nil, "CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n", target, target)}
		tc := tls.Client(c, w.trust(target, "http/1.1"))
		if err := tc.Handshake(); err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if resp, _ := raw(t, tc, "GET /v1/models HTTP/1.1\r\nHost: "+target+"\r\n\r\n"); resp.StatusCode != 200 {
			t.Errorf("%s: %d", target, resp.StatusCode)
		}
	}
}

// eager puts first before the first bytes written, and takes the answer to it
// off the first bytes read.
type eager struct {
	net.Conn
	first []byte
	read  bool
}

func (e *eager) Write(p []byte) (int, error) {
	if e.first != nil {
		_, err := e.Conn.Write(append(e.first, p...))
		e.first = nil
		return len(p), err
	}
	return e.Conn.Write(p)
}

func (e *eager) Read(p []byte) (int, error) {
	if !e.read {
		e.read = true
		for tail, one := "", make([]byte, 1); !strings.HasSuffix(tail, "\r\n\r\n"); tail += string(one) {
			if _, err := io.ReadFull(e.Conn, one); err != nil {
				return 0, err
			}
		}
	}
	return e.Conn.Read(p)
}

func TestWhatIsNotTLSInATunnel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, target := range []string{"api.openai.com:443", "example.org:443"} {
		c, _ := w.connect(target)
		if resp, _ := raw(t, c, "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\n\r\n"); resp.StatusCode != 403 {
			t.Errorf("HTTP in the tunnel to %s: %d, want 403", target, resp.StatusCode)
		}
		c, _ = w.connect(target)
		_, _ = c.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
		if b, _ := io.ReadAll(c); !strings.HasPrefix(string(b), "HTTP/1.1 403") {
			t.Errorf("h2c in the tunnel to %s: %q", target, b)
		}
		c, _ = w.connect(target)
		_, _ = c.Write([]byte("\x00\x01\x02\x03\x04\x05\x06\x07"))
		if b, _ := io.ReadAll(c); len(b) != 7 || b[0] != 21 {
			t.Errorf("noise in the tunnel to %s: %q, want an alert", target, b)
		}
	}
	if !w.saw(func() bool {
		for _, e := range w.conns {
			if e.Cause != refuse.CauseUnsniffable {
				return false
			}
		}
		return len(w.conns) == 6
	}) {
		t.Errorf("told as %+v", w.conns)
	}
}

func TestListedTunnelsMayCarryAnything(t *testing.T) {
	t.Parallel()
	ssh := echo(t, "SSH-2.0-test\r\n")
	w := newWorld(t, nil, func(c *Config) {
		c.Unsniffable = []string{"git.example.org:22"}
		c.PlainPorts = []uint16{2222}
		c.Upstream.ConnectTo = append(c.Upstream.ConnectTo, ConnectTo{Host: "git.example.org", To: ssh})
	})
	for _, target := range []string{"git.example.org:22", "git.example.org:2222"} {
		c, status := w.connect(target)
		hello := make([]byte, 14)
		if _, err := io.ReadFull(c, hello); status != 200 || err != nil || string(hello) != "SSH-2.0-test\r\n" {
			t.Fatalf("%s: %d, %q, %v", target, status, hello, err)
		}
		_, _ = c.Write([]byte("ping"))
		_ = c.(*net.TCPConn).CloseWrite() // a half close is passed on, and the echo comes back
		if b, _ := io.ReadAll(c); string(b) != "ping" {
			t.Errorf("%s: echo %q", target, b)
		}
	}
	if c, status := w.connect("git.example.org:23"); status != 200 {
		t.Errorf("%d", status)
	} else if resp, _ := raw(t, c, "SSH-2.0-client\r\n"); resp.StatusCode != 403 {
		t.Errorf("a port that is not listed carries anything: %d", resp.StatusCode)
	}
}

// echo greets and repeats until the client stops.
func echo(t *testing.T, greeting string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, greeting)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestOtherHostsAreTunnelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	c := w.open("example.org:443", "example.org", "http/1.1")
	if issuer := c.ConnectionState().PeerCertificates[0].Issuer.CommonName; !strings.Contains(issuer, "throw-away") {
		t.Errorf("the certificate is %q's: the tunnel was opened", issuer)
	}
	if resp, _ := raw(t, c, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
	if !w.saw(func() bool {
		return len(w.conns) == 1 && w.conns[0].Action == policy.Tunnel && w.conns[0].Class == policy.HostOther
	}) {
		t.Errorf("told as %+v", w.conns)
	}
}

func TestTheLeafIsForTheTunnelsHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, tt := range []struct{ target, sni string }{{"api.openai.com:443", "api.openai.com"}, {"api.openai.com:443", ""}, {"unheard-of.openai.com:8443", "unheard-of.openai.com"}} {
		c, _ := w.connect(tt.target)
		config := w.trust(tt.sni)
		config.InsecureSkipVerify = true // of necessity without a name
		tc := tls.Client(c, config)
		if err := tc.Handshake(); err != nil {
			t.Fatal(err)
		}
		host, _, _ := net.SplitHostPort(tt.target)
		if err := tc.ConnectionState().PeerCertificates[0].VerifyHostname(host); err != nil {
			t.Errorf("CONNECT %s, SNI %q: %v", tt.target, tt.sni, err)
		}
	}
}

func TestSessionsAreResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	sessions := tls.NewLRUClientSessionCache(4)
	for i := range 2 {
		c, _ := w.connect("api.openai.com:443")
		config := w.trust("api.openai.com", "http/1.1")
		config.ClientSessionCache = sessions
		tc := tls.Client(c, config)
		if err := tc.Handshake(); err != nil {
			t.Fatal(err)
		}
		raw(t, tc, "GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n") // the ticket comes with the first bytes
		if got := tc.ConnectionState().DidResume; got != (i == 1) {
			t.Errorf("connection %d: resumed %v", i, got)
		}
	}
}

func TestClientsThatDoNotTrustUsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	c, _ := w.connect("api.openai.com:443")
	config := w.trust("api.openai.com")
	config.RootCAs = nil
	if err := tls.Client(c, config).Handshake(); err == nil {
		t.Fatal("trusted")
	}
	w.eventually("the rejection is counted", func() bool {
		return w.saw(func() bool { return len(w.rejects) == 1 && w.rejects[0] == "api.openai.com" })
	})
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) {
		c.Authenticate = func(a netip.Addr, authorization string) (identity.Principal, error) {
			if !a.IsLoopback() {
				t.Errorf("client address %v", a)
			}
			switch authorization {
			case "Basic YW5uOnRva2Vu":
				return identity.Principal{Subject: "ann"}, nil
			case "":
				return identity.Principal{}, &identity.Error{Reason: identity.ReasonMissing}
			}
			return identity.Principal{}, &identity.Error{Reason: identity.ReasonUnknown}
		}
		refuseAs := c.Refuse
		c.Refuse = func(p refuse.Problem) refuse.Refusal {
			f := refuseAs(p)
			f.Header.Set("X-Reason", p.Reason)
			return f
		}
	})
	for _, tt := range []struct{ header, reason string }{{"", "missing"}, {"Proxy-Authorization: Basic AAAA\r\n", "unknown"}} {
		for _, head := range []string{"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n", "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n"} {
			resp, _ := raw(t, w.dial(), head+tt.header+"\r\n")
			if resp.StatusCode != http.StatusProxyAuthRequired || resp.Header.Get("X-Reason") != tt.reason {
				t.Errorf("%q: %d, reason %q, want 407, %q", tt.header, resp.StatusCode, resp.Header.Get("X-Reason"), tt.reason)
			}
		}
	}
	resp, _ := raw(t, w.dial(), "GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\nProxy-Authorization: Basic YW5uOnRva2Vu\r\n\r\n")
	if got := w.up.Requests(); resp.StatusCode != 200 || got[0].Header.Get("Proxy-Authorization") != "" {
		t.Errorf("%d; upstream received %v", resp.StatusCode, got)
	}
}

func TestAbsoluteForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	resp, _ := raw(t, w.dial(), "POST http://example.org/form?a=b HTTP/1.1\r\nHost: elsewhere\r\nProxy-Connection: keep-alive\r\nContent-Length: 5\r\n\r\nhello")
	if got := w.up.Requests(); resp.StatusCode != 200 || len(got) != 1 || got[0].Host != "example.org" || got[0].Path != "/form?a=b" || string(got[0].Body) != "hello" || got[0].TLS || len(got[0].Header["Proxy-Connection"]) != 0 {
		t.Errorf("%d; upstream received %+v", resp.StatusCode, got)
	}
	if len(w.done) != 0 {
		t.Error("the inspector was asked about another host")
	}
	resp, _ = raw(t, w.dial(), "POST http://api.openai.com/v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 5\r\n\r\nhello")
	if resp.StatusCode != 200 || !w.saw(func() bool { return len(w.done) == 1 }) {
		t.Errorf("plain HTTP to an inspected host: %d, inspected %d times", resp.StatusCode, len(w.done))
	}
	for request, status := range map[string]int{
		"GET http://mtls.api.openai.com/ HTTP/1.1\r\nHost: x\r\n\r\n": 403,
		"GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n\r\n":         403,
		"GET https://api.openai.com/ HTTP/1.1\r\nHost: x\r\n\r\n":     400,
		"GET ftp://example.org/ HTTP/1.1\r\nHost: x\r\n\r\n":          400,
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                           400,
	} {
		if resp, _ := raw(t, w.dial(), request); resp.StatusCode != status {
			t.Errorf("%q: %d, want %d", request, resp.StatusCode, status)
		}
	}
}

func TestRequestsThatAreNotForAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Local = http.NotFoundHandler() })
	if resp, _ := raw(t, w.dial(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != 404 {
		t.Errorf("%d", resp.StatusCode)
	}
}

// A response writer that cannot be hijacked must not end in a tunnel or a crash.
func TestWrapperWithoutHijacker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	_, _, err := (&hijackWriter{ResponseWriter: plainWriter{}}).Hijack()
	if !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("Hijack: %v", err)
	}
	r, _ := http.NewRequest(http.MethodConnect, "", nil)
	r.URL.Host, r.RemoteAddr = "api.openai.com:443", "127.0.0.1:1"
	answered := plainWriter{http.Header{}, new(int)}
	w.server.serveProxy(answered, r)
	if *answered.status < 400 {
		t.Errorf("answered %d", *answered.status)
	}
	var _ http.Flusher = &hijackWriter{}
	var _ http.Flusher = &answer{}
}

type plainWriter struct {
	header http.Header
	status *int
}

func (p plainWriter) Header() http.Header         { return p.header }
func (p plainWriter) Write(b []byte) (int, error) { return len(b), nil }
func (p plainWriter) WriteHeader(status int)      { *p.status = status }

func TestWhatThePolicyMayNotSay(t *testing.T) {
	t.Parallel()
	// Whatever Screen answers: an inspected host is opened or refused, and no
	// other is opened.
	for _, action := range []policy.Action{policy.Tunnel, policy.Inspect, policy.Action(99)} {
		w := newWorld(t, nil, func(c *Config) {
			c.Screen = func(policy.Conn) policy.Route { return policy.Route{Action: action} }
		})
		if _, status := w.connect("api.openai.com:443"); (status == 200) != (action == policy.Inspect) {
			t.Errorf("action %v for an inspected host: CONNECT answered %d", action, status)
		}
		if _, status := w.connect("example.org:443"); (status == 200) != (action == policy.Tunnel) {
			t.Errorf("action %v for another host: CONNECT answered %d", action, status)
		}
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{}); err == nil {
		t.Error("New(Config{}) succeeded")
	}
	good := Config{Inspector: look(allow), Hosts: func() Hosts { return fakeHosts{} }, Screen: screen, Leaf: func(string) (*tls.Certificate, error) { return nil, io.EOF },
		Refuse: func(refuse.Problem) refuse.Refusal { return refuse.Refusal{Status: 400} }}
	for name, change := range map[string]func(*Config){
		"unsniffable":          func(c *Config) { c.Unsniffable = []string{"no port"} },
		"roots":                func(c *Config) { c.Upstream.CAPEM = []byte("not pem") },
		"connect_to":           func(c *Config) { c.Upstream.ConnectTo = []ConnectTo{{Host: "a", To: "b"}} },
		"parent":               func(c *Config) { c.Upstream.Parent = "socks5://x:1" },
		"parent with password": func(c *Config) { c.Upstream.Parent = "http://a:secret@x:1" },
		"parent credentials":   func(c *Config) { c.Upstream.Parent, c.Upstream.ParentCredentials = "http://x:1", "secret" },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

var _ Hosts = (*provider.Catalogue)(nil)

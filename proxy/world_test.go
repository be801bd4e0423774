package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
)

// A world is a proxy before a fake OpenAI, with an inspector that the test writes.
type world struct {
	t        testing.TB
	up       *proxytest.Upstream
	server   *Server
	addr     string
	root     []byte // PEM of the inspection root
	listener net.Listener
	stop     func() error // ends Serve and waits; safe to call twice

	mu      sync.Mutex // guards the rest
	conns   []ConnEvent
	refused []RefusedMessage
	causes  []refuse.Cause
	panics  []string
	rejects []string
	marks   []string // challenges and upgrades, by host
	limited int
	held    int64
	done    []ending
}

// An ending is one call of Verdict.Done.
type ending struct {
	id     string
	status int
	err    error
}

// A look is an inspector made of a function.
type look func(ctx context.Context, r *inspect.Request) *inspect.Verdict

func (f look) Request(ctx context.Context, r *inspect.Request) *inspect.Verdict { return f(ctx, r) }

// allow sends everything on as it is.
func allow(_ context.Context, r *inspect.Request) *inspect.Verdict {
	return &inspect.Verdict{ID: "01TEST0000000000000000ALLOW", Body: r.Body}
}

// fakeHosts is a small catalogue.
type fakeHosts struct{}

func (fakeHosts) Host(name string) provider.Host {
	for _, s := range []string{"openai.com", "chatgpt.com", "oaiusercontent.com"} {
		if name == "mtls.api.openai.com" {
			return provider.Host{Class: policy.HostRefuse, Reason: "It wants a client certificate that only the client has."}
		}
		if name == s || strings.HasSuffix(name, "."+s) {
			return provider.Host{Class: policy.HostInspect, App: "openai_api"}
		}
	}
	return provider.Host{}
}

func (fakeHosts) Match(method, host, path string) *provider.Endpoint {
	e := &provider.Endpoint{ID: "test.any", App: "openai_api", Route: "/{any}", Format: provider.OpenAI}
	switch {
	case strings.HasPrefix(path, "/closed"):
		e.ID, e.Closed, e.Reason = "test.closed", true, "This path is closed."
	case strings.HasPrefix(path, "/observe"):
		e.ID, e.Mode = "test.observe", provider.Observe
	case strings.HasPrefix(path, "/pass"):
		e.ID, e.Mode = "test.pass", provider.Pass
	case host == "ws.chatgpt.com":
		e.ID, e.Upgrade, e.Mode = "test.ws", provider.PassFlagged, provider.Pass
	case method == http.MethodGet && !strings.HasPrefix(path, "/v1/responses"):
		e.ID, e.Mode = "test.read", provider.Pass
	}
	return e
}

func screen(c policy.Conn) policy.Route {
	switch {
	case c.Private:
		return policy.Route{Action: policy.Refuse, Reason: "Private addresses are not reached from here."}
	case c.Class == policy.HostInspect:
		return policy.Route{Action: policy.Inspect}
	case c.Class == policy.HostRefuse, c.Class == policy.HostOtherAI:
		return policy.Route{Action: policy.Refuse}
	}
	return policy.Route{Action: policy.Tunnel}
}

// hostsAtUpstream are sent to the fake by connect_to.
var hostsAtUpstream = []string{"api.openai.com", "chatgpt.com", "ws.chatgpt.com", "unheard-of.openai.com", "example.org"}

// newWorld starts a proxy. inspect nil allows everything; change may be nil.
func newWorld(t testing.TB, inspector look, change func(*Config)) *world {
	t.Helper()
	up, err := proxytest.Start(proxytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Close() })
	authority, err := ca.Open(ca.Config{Dir: t.TempDir(), Constraints: []string{"openai.com", "chatgpt.com", "oaiusercontent.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if inspector == nil {
		inspector = allow
	}
	w := &world{t: t, up: up, root: authority.RootPEM()}
	c := Config{
		Inspector: inspector,
		Hosts:     func() Hosts { return fakeHosts{} },
		Screen:    screen,
		Leaf:      authority.Leaf,
		Refuse: func(p refuse.Problem) refuse.Refusal {
			return refuse.Refusal{Status: statusOf(p), Header: http.Header{"Content-Type": {"application/json"}}, Body: fmt.Appendf(nil, `{"cause":%q}`, p.Cause)}
		},
		Upstream: UpstreamConfig{CAPEM: up.CAPEM(), HTTP2: true},
		Limits:   Limits{Drain: 5 * time.Second},
		Hooks:    w.hooks(),
	}
	for _, h := range hostsAtUpstream {
		c.Upstream.ConnectTo = append(c.Upstream.ConnectTo, ConnectTo{Host: h, Port: 80, To: up.PlainAddr()}, ConnectTo{Host: h, To: up.Addr()})
	}
	if change != nil {
		change(&c)
	}
	if w.server, err = New(c); err != nil {
		t.Fatal(err)
	}
	w.server.done = func(v *inspect.Verdict, _ context.Context, status int, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.done = append(w.done, ending{v.ID, status, err})
	}
	w.serve()
	return w
}

func statusOf(p refuse.Problem) int {
	if p.Status != 0 {
		return p.Status
	}
	return p.Cause.Status()
}

func (w *world) serve() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.listener, w.addr = l, l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Serve(ctx, l) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	w.t.Cleanup(func() {
		if err := w.stop(); err != nil {
			w.t.Errorf("Serve: %v", err)
		}
		if held := w.server.held.used; held != 0 {
			w.t.Errorf("%d bytes of the budget were not given back", held)
		}
	})
}

func (w *world) hooks() Hooks {
	note := func(f func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		f()
	}
	return Hooks{
		Conn:            func(e ConnEvent) { note(func() { w.conns = append(w.conns, e) }) },
		TLSClientReject: func(host, _ string) { note(func() { w.rejects = append(w.rejects, host) }) },
		Challenge:       func(host string) { note(func() { w.marks = append(w.marks, "challenge "+host) }) },
		Upgrade:         func(host string) { note(func() { w.marks = append(w.marks, "upgrade "+host) }) },
		Upstream:        func(_ string, c refuse.Cause) { note(func() { w.causes = append(w.causes, c) }) },
		Refused:         func(m RefusedMessage) { note(func() { w.refused = append(w.refused, m) }) },
		Panic:           func(where, site string) { note(func() { w.panics = append(w.panics, where+": "+site) }) },
		Limit:           func() { note(func() { w.limited++ }) },
		Held:            func(n int64) { note(func() { w.held = max(w.held, n) }) },
	}
}

// saw reads what the hooks noted, under their lock.
func (w *world) saw(f func() bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f()
}

// eventually waits for what happens on another goroutine.
func (w *world) eventually(what string, f func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// protocols runs a test over HTTP/1.1 and HTTP/2.
func protocols(t *testing.T, f func(t *testing.T, http2 bool)) {
	for name, http2 := range map[string]bool{"h1": false, "h2": true} {
		t.Run(name, func(t *testing.T) { t.Parallel(); f(t, http2) })
	}
}

func (w *world) client(http2 bool) *http.Client {
	w.t.Helper()
	c, err := proxytest.Client(proxytest.ClientOptions{Proxy: w.addr, Roots: append(bytes.Clone(w.root), w.up.CAPEM()...), HTTP2: http2})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.CloseIdleConnections)
	return c
}

// do sends one request; behave are words of proxytest.Behaviour.
func (w *world) do(c *http.Client, method, url, body, behave string) (*http.Response, string) {
	w.t.Helper()
	resp, err := w.try(c, method, url, body, behave)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: reading the answer: %v", method, url, err)
	}
	return resp, string(b)
}

func (w *world) try(c *http.Client, method, url, body, behave string) (*http.Response, error) {
	w.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if behave != "" {
		r.Header.Set(proxytest.Behaviour, behave)
	}
	return c.Do(r)
}

const chatURL = "https://api.openai.com/v1/chat/completions"

// dial connects to the proxy.
func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// connect asks for a tunnel and returns it with the status of the answer.
func (w *world) connect(target string) (net.Conn, int) {
	w.t.Helper()
	c := w.dial()
	_, _ = fmt.Fprintf(c, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, target)
	return c, readStatus(w.t, c)
}

// readStatus reads an answer's header byte by byte, so that nothing behind it is
// taken.
func readStatus(t testing.TB, c net.Conn) int {
	t.Helper()
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one...) {
		if _, err := io.ReadFull(c, one); err != nil {
			t.Fatalf("the answer's header ended after %q: %v", head, err)
		}
	}
	var version string
	var status int
	if _, err := fmt.Sscanf(string(head), "%s %d", &version, &status); err != nil {
		t.Fatalf("no status in %q", head)
	}
	return status
}

// open connects and makes the TLS handshake for a name.
func (w *world) open(target, name string, alpn ...string) *tls.Conn {
	w.t.Helper()
	c, status := w.connect(target)
	if status != http.StatusOK {
		w.t.Fatalf("CONNECT %s: %d", target, status)
	}
	t := tls.Client(c, w.trust(name, alpn...))
	if err := t.Handshake(); err != nil {
		w.t.Fatalf("handshake for %s in the tunnel to %s: %v", name, target, err)
	}
	return t
}

func (w *world) trust(name string, alpn ...string) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.root)
	roots.AppendCertsFromPEM(w.up.CAPEM())
	return &tls.Config{ServerName: name, RootCAs: roots, NextProtos: alpn, InsecureSkipVerify: name == ""}
}

// raw sends bytes and reads one answer.
func raw(t *testing.T, c net.Conn, request string) (*http.Response, string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	b, _ := io.ReadAll(resp.Body)
	return resp, string(b)
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// ended reports whether the other side closed c.
func ended(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF) || isReset(err)
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

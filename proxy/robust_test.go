package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
)

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// A panic anywhere in our code, or in what we call, is answered, counted and
// survived, and its value is not in the log: it may quote the prompt.
func TestPanicsAreSurvived(t *testing.T) {
	t.Parallel()
	const canary = "canary in a panic"
	var mu sync.Mutex
	var where string
	blow := func(at string) {
		mu.Lock()
		defer mu.Unlock()
		if where == at {
			panic(canary)
		}
	}
	var logged bytes.Buffer
	w := newWorld(t, func(ctx context.Context, r *inspect.Request) *inspect.Verdict {
		blow("inspector")
		return allow(ctx, r)
	}, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&lockedWriter{w: &logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))
		words, leaf := c.Refuse, c.Leaf
		c.Refuse = func(p refuse.Problem) refuse.Refusal { blow("words"); return words(p) }
		c.Leaf = func(h string) (*tls.Certificate, error) { blow("leaf"); return leaf(h) }
		c.Screen = func(x policy.Conn) policy.Route { blow("policy"); return screen(x) }
		c.Authenticate = func(a netip.Addr, s string) (identity.Principal, error) { blow("identity"); return anonymous(a, s) }
		c.Hooks.Added = func(time.Duration) { blow("hook on the transport's goroutine") }
		c.Local = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { blow("local") })
	})
	done := w.server.done
	w.server.done = func(v *inspect.Verdict, ctx context.Context, status int, err error) {
		done(v, ctx, status, err)
		blow("done")
	}
	set := func(at string) { mu.Lock(); where = at; mu.Unlock() }
	for _, at := range []string{"inspector", "words", "leaf", "policy", "identity", "hook on the transport's goroutine", "local", "done"} {
		before := w.panicCount()
		set(at)
		switch at {
		case "policy", "identity":
			if _, status := w.connect("api.openai.com:443"); status != 500 {
				t.Errorf("%s: CONNECT answered %d, want 500", at, status)
			}
		case "local":
			if resp, _ := raw(t, w.dial(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); resp.StatusCode != 500 {
				t.Errorf("%s: %d, want 500", at, resp.StatusCode)
			}
		case "leaf":
			c, _ := w.connect("api.openai.com:443")
			_, _ = c.Write(clientHello("api.openai.com"))
			if !ended(c) {
				t.Errorf("%s: the connection is still there", at)
			}
		case "words":
			if resp, _ := w.do(w.client(true), http.MethodPost, "https://api.openai.com/closed", "{}", ""); resp.StatusCode != 500 {
				t.Errorf("%s: %d, want 500", at, resp.StatusCode)
			}
		case "inspector":
			for _, http2 := range []bool{false, true} {
				if resp, body := w.do(w.client(http2), http.MethodPost, chatURL, "{}", ""); resp.StatusCode != 500 || body != `{"cause":"internal_error"}` {
					t.Errorf("%s: %d %s, want 500", at, resp.StatusCode, body)
				}
			}
			if len(w.up.Requests()) != 0 {
				t.Error("the request went on though the inspector panicked")
			}
		default:
			if resp, _ := w.do(w.client(false), http.MethodPost, chatURL, "{}", ""); resp.StatusCode != 200 {
				t.Errorf("%s: %d, want 200", at, resp.StatusCode)
			}
		}
		w.eventually(at+" is counted", func() bool { return w.panicCount() > before })
		set("")
		if resp, _ := w.do(w.client(true), http.MethodPost, chatURL, "{}", ""); resp.StatusCode != 200 {
			t.Errorf("after the panic in %s: %d", at, resp.StatusCode)
		}
	}
	if strings.Contains(logged.String(), "canary") || !strings.Contains(logged.String(), "TestPanicsAreSurvived") {
		t.Errorf("the log holds the panic's value, or not its site:\n%s", logged.String())
	}
}

func (w *world) panicCount() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.panics)
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const limit = 500 * time.Millisecond // long enough for a handshake on a busy machine
	w := newWorld(t, nil, func(c *Config) {
		c.Limits.Hello, c.Limits.Handshake, c.Limits.Header, c.Limits.Idle, c.Limits.BodyStall = limit, limit, limit, limit, limit
	})
	outside := func() net.Conn { return w.dial() }
	tunnel := func(target string) func() net.Conn {
		return func() net.Conn { c, _ := w.connect(target); return c }
	}
	opened := func(alpn string) func() net.Conn {
		return func() net.Conn { return w.open("api.openai.com:443", "api.openai.com", alpn) }
	}
	hello := string(clientHello("api.openai.com"))
	post := "POST %s HTTP/1.1\r\nHost: api.openai.com\r\nProxytest: early\r\nContent-Length: 10\r\n\r\nhalf"
	for name, tt := range map[string]struct {
		conn       func() net.Conn
		send, want string
	}{
		"silence":                                 {outside, "", ""},
		"half a CONNECT":                          {outside, "CONNECT api.openai.com:443 HT", ""},
		"silence in a tunnel to be opened":        {tunnel("api.openai.com:443"), "", ""},
		"silence in another tunnel":               {tunnel("example.org:443"), "", ""},
		"half a ClientHello to be opened":         {tunnel("api.openai.com:443"), hello[:20], ""},
		"half a ClientHello in another tunnel":    {tunnel("example.org:443"), hello[:20], ""},
		"half a handshake":                        {tunnel("api.openai.com:443"), hello, ""},
		"an opened tunnel without a request":      {opened("http/1.1"), "", ""},
		"half a header":                           {opened("http/1.1"), "POST /v1/x HTTP/1.1\r\nHo", ""},
		"HTTP/2 without a request":                {opened("h2"), http2.ClientPreface, ""},
		"half a body":                             {opened("http/1.1"), fmt.Sprintf(post, "/v1/x"), "HTTP/1.1 400"},
		"half a body of a refused request":        {opened("http/1.1"), fmt.Sprintf(post, "/closed"), "HTTP/1.1 403"},
		"half a body of a request that is passed": {opened("http/1.1"), fmt.Sprintf(post, "/pass"), ""},
		"a request, and then nothing":             {opened("http/1.1"), "GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n", "HTTP/1.1 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.conn()
			_, _ = io.WriteString(c, tt.send)
			b, err := io.ReadAll(c)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Error("still open after 20 s")
			}
			if !strings.HasPrefix(string(b), tt.want) {
				t.Errorf("answered %.40q, want %s", b, tt.want)
			}
		})
	}
	t.Cleanup(func() {
		for _, r := range w.up.Requests() {
			if r.Path != "/pass" && r.Path != "/v1/models" {
				t.Errorf("upstream received %s", r.Path)
			}
		}
	})
}

// A body that drips within the stall limit still has to end.
func TestABodyThatDripsForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.Body = 150 * time.Millisecond })
	protocols(t, func(t *testing.T, http2 bool) {
		body, feed := io.Pipe()
		go func() {
			for {
				if _, err := feed.Write([]byte(" ")); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		defer body.Close()
		r, _ := http.NewRequest(http.MethodPost, chatURL, body)
		resp, err := w.client(http2).Do(r)
		if err != nil {
			return // cut off: as good
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 400 {
			t.Errorf("%d, want 400", resp.StatusCode)
		}
	})
}

func TestWrongBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for name, request := range map[string]string{
		"shorter than announced": "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 10\r\n\r\nhalf",
		"broken chunk":           "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"chunks without an end":  "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
	} {
		c := w.open("api.openai.com:443", "api.openai.com", "http/1.1")
		_, _ = io.WriteString(c, request)
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		if len(w.up.Requests()) != 0 {
			t.Errorf("%s: it went on", name)
		}
	}
	// More than announced is a next request that is none.
	c := w.open("api.openai.com:443", "api.openai.com", "http/1.1")
	if resp, _ := raw(t, c, "POST /v1/x HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 4\r\n\r\nbodyand more\r\n\r\n"); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
	if got := w.up.Requests(); len(got) != 1 || string(got[0].Body) != "body" {
		t.Errorf("upstream received %d requests", len(got))
	}
}

func TestGiantHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.HeaderBytes = 32 << 10 })
	big := "GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\nX-Big: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"
	if resp, _ := raw(t, w.open("api.openai.com:443", "api.openai.com", "http/1.1"), big); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("h1: %d, want 431", resp.StatusCode)
	}
	if resp, _ := raw(t, w.dial(), strings.Replace(big, "/v1", "http://example.org/v1", 1)); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("outside: %d, want 431", resp.StatusCode)
	}
	r, _ := http.NewRequest(http.MethodGet, "https://api.openai.com/v1/models", nil)
	r.Header.Set("X-Big", strings.Repeat("x", 64<<10))
	resp, err := w.client(true).Do(r)
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("h2: %d, want 431", resp.StatusCode)
		}
	}
	if len(w.up.Requests()) != 0 {
		t.Error("it went on")
	}
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	head := "POST %s HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
	c := w.open("api.openai.com:443", "api.openai.com", "http/1.1")
	_, _ = fmt.Fprintf(c, head, "/v1/x")
	if status := readStatus(t, c); status != http.StatusContinue {
		t.Fatalf("%d, want 100", status)
	}
	if resp, _ := raw(t, c, "body"); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
	if got := w.up.Requests(); len(got) != 1 || got[0].Header.Get("Expect") != "" || string(got[0].Body) != "body" {
		t.Errorf("upstream received %+v", got)
	}
	// What is refused by its header is refused without its body.
	c = w.open("api.openai.com:443", "api.openai.com", "http/1.1")
	_, _ = fmt.Fprintf(c, head, "/closed")
	if status := readStatus(t, c); status != 403 {
		t.Errorf("%d, want 403", status)
	}
}

// Clients that upload without being read must not stop the other streams of
// their connection.
func TestTwoUnreadBodiesAndAThirdStream(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	w := newWorld(t, func(ctx context.Context, r *inspect.Request) *inspect.Verdict {
		if len(r.Body) > 1000 {
			<-hold
		}
		return allow(ctx, r)
	}, nil)
	c := w.client(true)
	var big sync.WaitGroup
	body := strings.Repeat("x", 1<<20)
	for _, path := range []string{"/v1/a", "/v1/b"} {
		big.Go(func() { w.do(c, http.MethodPost, "https://api.openai.com"+path, body, "") })
	}
	// Two more whose endpoint is passed to an upstream that does not read.
	for range 2 {
		big.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.openai.com/pass", strings.NewReader(strings.Repeat("x", 8<<20)))
			r.Header.Set(proxytest.Behaviour, "early, hang")
			go func() { <-hold; cancel() }()
			if resp, err := c.Do(r); err == nil {
				_ = resp.Body.Close()
			}
			cancel()
		})
	}
	w.eventually("the passed ones are under way", func() bool { return len(w.up.Requests()) >= 2 })
	if resp, _ := w.do(c, http.MethodPost, chatURL, strings.Repeat("y", 900), ""); resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("%s over %s", resp.Status, resp.Proto)
	}
	close(hold)
	big.Wait()
}

func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.ConnsPerClient = 3 })
	var open []net.Conn
	for range 3 {
		c, status := w.connect("api.openai.com:443") // hijacked ones count, too
		if status != 200 {
			t.Fatal(status)
		}
		open = append(open, c)
	}
	resp, _ := raw(t, w.dial(), "")
	if resp.StatusCode != http.StatusServiceUnavailable || !w.saw(func() bool { return w.limited == 1 }) {
		t.Errorf("%d, want 503", resp.StatusCode)
	}
	_ = open[0].Close()
	w.eventually("there is room again", func() bool {
		c, err := net.Dial("tcp", w.addr)
		if err != nil {
			return false
		}
		defer c.Close()
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		b, _ := io.ReadAll(c)
		return bytes.HasPrefix(b, []byte("HTTP/1.1 400"))
	})
}

// A client that does not read its answer is cut off.
func TestAClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.WriteStall = 100 * time.Millisecond })
	c := w.open("api.openai.com:443", "api.openai.com", "http/1.1")
	body := proxytest.ChatStream("x")
	_, _ = fmt.Fprintf(c, "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nProxytest: events=100000\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	w.eventually("the exchange is given up", func() bool {
		return w.saw(func() bool { return len(w.done) == 1 && w.done[0].err != nil })
	})
}

package proxytest

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what kind of upstream to start. The zero value is a good one.
type Options struct {
	// Listen and ListenPlain are addresses for TLS and for plain HTTP; "" means a
	// free port of 127.0.0.1.
	Listen, ListenPlain string
	HTTP1               bool          // speak no HTTP/2
	Gap                 time.Duration // between the events of streamed answers
	// Received is called with each request before it is answered; nil is not.
	Received func(Request)
}

// A Request is what arrived.
type Request struct {
	Method string
	Host   string
	Path   string // with the query, as it stood on the wire
	Proto  string // "HTTP/1.1", "HTTP/2.0"
	TLS    bool
	Header http.Header
	Body   []byte
	Err    error // of reading the body; nil when it came whole
}

// Upstream is a running fake. Safe for concurrent use.
type Upstream struct {
	options Options
	ca      *authority
	secure  *http.Server
	plain   *http.Server
	addr    string
	insec   string
	serving sync.WaitGroup
	conns   atomic.Int64
	gone    atomic.Int64
	closing chan struct{}
	close   sync.Once

	mu       sync.Mutex // guards the rest
	requests []Request
	forgets  bool
	says     string // the word of Behaviour; "" says what it always does
	pages    map[string]string
}

// Start starts a fake on loopback. The caller closes it.
func Start(o Options) (*Upstream, error) {
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	u := &Upstream{options: o, ca: ca, pages: map[string]string{}, closing: make(chan struct{})}
	secure, err := net.Listen("tcp", orLoopback(o.Listen))
	if err != nil {
		return nil, err
	}
	plain, err := net.Listen("tcp", orLoopback(o.ListenPlain))
	if err != nil {
		_ = secure.Close()
		return nil, err
	}
	u.addr, u.insec = secure.Addr().String(), plain.Addr().String()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!o.HTTP1)
	quiet := log.New(io.Discard, "", 0)
	u.secure = &http.Server{
		Handler: http.HandlerFunc(u.serve), Protocols: protocols, ErrorLog: quiet,
		TLSConfig: &tls.Config{GetCertificate: ca.get, MinVersion: tls.VersionTLS12},
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				u.conns.Add(1)
			}
		},
	}
	u.plain = &http.Server{Handler: http.HandlerFunc(u.serve), ErrorLog: quiet}
	u.serving.Go(func() { _ = u.secure.ServeTLS(secure, "", "") })
	u.serving.Go(func() { _ = u.plain.Serve(plain) })
	return u, nil
}

func orLoopback(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	return addr
}

// Close ends the fake and every connection to it.
func (u *Upstream) Close() error {
	u.close.Do(func() { close(u.closing) })
	err := errors.Join(u.secure.Close(), u.plain.Close())
	u.serving.Wait()
	return err
}

// Addr is host:port of the TLS listener.
func (u *Upstream) Addr() string { return u.addr }

// PlainAddr is host:port of the plain listener.
func (u *Upstream) PlainAddr() string { return u.insec }

// CAPEM is the root that its certificates are signed by.
func (u *Upstream) CAPEM() []byte { return u.ca.pem() }

// Certificate is one that the same root signed.
func (u *Upstream) Certificate(host string) (*tls.Certificate, error) { return u.ca.sign(host) }

// Conns is the number of TLS connections made so far.
func (u *Upstream) Conns() int64 { return u.conns.Load() }

// Gone is the number of requests whose client left before the answer was given.
func (u *Upstream) Gone() int64 { return u.gone.Load() }

// Page makes "/" of a host a page.
func (u *Upstream) Page(host, html string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pages[host] = html
}

// Says makes the model say a text in every answer, until it is "".
func (u *Upstream) Says(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.says = ""; text != "" {
		_, u.says, _ = strings.Cut(Say(text), "=")
	}
}

func (u *Upstream) said() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.says
}

// Requests returns what arrived since the last Reset, in order of arrival.
func (u *Upstream) Requests() []Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]Request(nil), u.requests...)
}

// To returns the requests for one path, without a query.
func (u *Upstream) To(path string) []Request {
	var out []Request
	for _, r := range u.Requests() {
		if r.Path == path {
			out = append(out, r)
		}
	}
	return out
}

// Forget keeps nothing from now on: under load what arrived would fill the memory.
func (u *Upstream) Forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests, u.forgets = nil, true
}

// Reset forgets what arrived.
func (u *Upstream) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.requests = nil
}

func (u *Upstream) keep(r Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.forgets {
		u.requests = append(u.requests, r)
	}
}

func (u *Upstream) page(host string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.pages[host]
}

// serve keeps a request and answers it.
func (u *Upstream) serve(w http.ResponseWriter, r *http.Request) {
	b := behaviour(r.Header)
	if says := u.said(); b["say"] == "" && says != "" {
		b["say"] = says
	}
	got := Request{Method: r.Method, Host: r.Host, Path: r.RequestURI, Proto: r.Proto, TLS: r.TLS != nil, Header: r.Header.Clone()}
	if _, early := b["early"]; !early {
		got.Body, got.Err = io.ReadAll(r.Body)
	}
	u.keep(got)
	if u.options.Received != nil {
		u.options.Received(got)
	}
	defer func() {
		if r.Context().Err() != nil {
			u.gone.Add(1)
		}
	}()
	u.answer(w, r, got.Body, b)
}

// Package proxy is the forward proxy: it takes CONNECT and absolute-form
// requests, opens the TLS of the provider hosts, asks an [Inspector] about
// each request, and carries on what was allowed. It is the only importer of
// goproxy.
//
// A connection goes one of three ways, and which one is decided before a byte
// leaves: inspected (the TLS ends here, with a leaf of our own authority),
// tunnelled (a host that is nobody's business, relayed as it is), or refused.
// There is no uninspected side way to an inspected host: the ClientHello of
// every tunnel on every port is read first, and a name in it that belongs to a
// provider is inspected or refused. What this cannot see is said here and in
// docs/limits.md: with Encrypted ClientHello only the outer name is visible,
// and a tunnel to an address without any name is judged by the address.
//
// Inside an opened tunnel a request is read whole, decided, and only then sent
// on; answers stream through. The law that the tests hold: no byte of a held
// request reaches upstream before its decision.
//
// TLS is opened by goproxy's ConnectHijack, our own tls.Server and our own
// http.Server, whose handler hands each request back to goproxy's ServeHTTP in
// one function, [Server.exchange]. goproxy's own MITM loop has no limit on
// headers, does not notice that a client left, and cannot be drained.
//
// A panic in any handler is answered, counted and survived. Nothing here logs
// content: not a URL, a header, a body or an error of a parser that read one.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/spool"
)

// An Inspector decides one message. *inspect.Inspector is one.
type Inspector interface {
	Request(ctx context.Context, r *inspect.Request) *inspect.Verdict
}

// Hosts knows the hosts of providers and their endpoints. *provider.Catalogue is
// one.
type Hosts interface {
	Host(name string) provider.Host
	Match(method, host, path string) *provider.Endpoint
}

// Config is what a Server needs. Inspector, Hosts, Screen, Leaf and Refuse are
// mandatory.
type Config struct {
	Inspector Inspector
	// Hosts returns the provider hosts. It is asked anew for every connection and
	// request, so that they may be swapped.
	Hosts func() Hosts
	// Screen decides a connection before anything is sent on.
	Screen func(policy.Conn) policy.Route
	// Restrict returns the headers that tell the provider whose accounts are let
	// in, for a request to an inspected host; nil adds none.
	Restrict func(host string) []policy.Header
	// Leaf returns the certificate chain for a host whose TLS is opened.
	Leaf func(host string) (*tls.Certificate, error)
	// Refuse words the answers that the proxy gives itself.
	Refuse func(refuse.Problem) refuse.Refusal
	// Authenticate resolves who is behind a connection from its address and the
	// value of Proxy-Authorization ("" when there is none), as
	// [identity.Resolver.Resolve] does; the reason of an *identity.Error chooses
	// the answer. Nil means everybody is anonymous.
	Authenticate func(client netip.Addr, authorization string) (identity.Principal, error)
	// Reading returns what changes an answer that is read without a decision, such as
	// a conversation that the provider keeps, for somebody and a path; nil, and nil
	// from it, changes nothing.
	Reading func(p identity.Principal, path string) inspect.Rewriter
	// Unsniffable lists CONNECT targets ("host:port") in whose tunnels something
	// else than TLS, or TLS for another name, is let through: SSH to a git host,
	// say. A provider's name inside is refused all the same.
	Unsniffable []string
	// PlainPorts are ports on which that holds for every host.
	PlainPorts []uint16
	// Local answers requests that are not for a proxy ("GET /" to the listener);
	// nil answers 400.
	Local http.Handler
	// Spool keeps bodies that are larger than Limits.MemoryBytes, or for which
	// there is no memory; nil keeps all of them in memory.
	Spool    *spool.Spool
	Upstream UpstreamConfig
	Limits   Limits
	Hooks    Hooks
	Tracer   Tracer       // nil makes no spans
	Log      *slog.Logger // nil discards
}

// Limits bounds what one client, one connection and all of them may use. Zero
// fields mean the defaults in [DefaultLimits].
type Limits struct {
	HeaderBytes    int           // of one request; beyond it 431
	BodyBytes      int64         // of one request held for a decision; beyond it the gap oversize
	MemoryBytes    int64         // of one request held in memory when there is a spool
	HeldBytes      int64         // of all bodies held at the same time; beyond it the gap overload
	Conns          int           // open client connections
	ConnsPerClient int           // open connections of one client address
	Streams        int           // concurrent HTTP/2 streams of one connection
	Hello          time.Duration // from the 200 of CONNECT to the whole ClientHello
	Handshake      time.Duration // from there to the end of the TLS handshake
	Header         time.Duration // from the first byte of a request to the end of its header
	Idle           time.Duration // between requests of a connection
	Body           time.Duration // of a body that is held, from its first byte to its last
	BodyStall      time.Duration // without a byte of a request's body
	WriteStall     time.Duration // a client that does not read
	TunnelIdle     time.Duration // without a byte in either direction of a tunnel
	Drain          time.Duration // from the end of Serve's context to closing by force
}

// DefaultLimits returns the limits that zero fields stand for.
func DefaultLimits() Limits {
	return Limits{
		HeaderBytes: 1 << 20, BodyBytes: 32 << 20, MemoryBytes: 4 << 20, HeldBytes: 512 << 20,
		Conns: 16384, ConnsPerClient: 1024, Streams: 128,
		Hello: 10 * time.Second, Handshake: 10 * time.Second, Header: 10 * time.Second, Idle: 2 * time.Minute,
		Body: 5 * time.Minute, BodyStall: 30 * time.Second, WriteStall: time.Minute, TunnelIdle: 15 * time.Minute, Drain: 30 * time.Second,
	}
}

// Hooks are told what happens, for metrics and evidence. Each may be nil; each
// is called from many goroutines and must not block.
type Hooks struct {
	// Conn is told each decision on a connection or absolute-form request.
	Conn func(ConnEvent)
	// TLSClientReject: the client broke off the handshake after our certificate:
	// it does not trust the root, or pins another.
	TLSClientReject func(host, network string)
	// Challenge: the upstream asked for proof of being a browser.
	Challenge func(host string)
	// Upgrade: a WebSocket was let through without inspection.
	Upgrade func(host string)
	// Upstream: an answer could not be had from upstream.
	Upstream func(host string, cause refuse.Cause)
	// Refused: the proxy answered a request inside an inspected host by itself,
	// without asking the inspector about it.
	Refused func(RefusedMessage)
	// Added: the time from a held request's last byte to its first byte upstream.
	Added func(time.Duration)
	// Active: n more (or fewer) open connections of a kind: client, inspect, tunnel.
	Active func(kind string, n int)
	// Panic: a handler panicked. where is connect, exchange or tunnel; site is the
	// function's name, never the value.
	Panic func(where, site string)
	// Limit: a connection was turned away by Conns or ConnsPerClient.
	Limit func()
	// Held reports the bytes of bodies held now, after each change.
	Held func(bytes int64)
}

// A ConnEvent is one decision on a connection.
type ConnEvent struct {
	Principal identity.Principal
	Host      string // as asked for: lower case, no trailing dot, no port
	Port      int
	Class     policy.HostClass
	Action    policy.Action
	Cause     refuse.Cause // why it was refused; "" when it was not
	Rule      string       // of the policy
	Reason    string       // of the policy or the provider row
	Plain     bool         // an absolute-form request, not CONNECT

	span trace.Span // proxy.connect; nil when Plain
}

// A RefusedMessage is a request that the proxy refused without a decision on its
// content: a closed path, an upgrade, a request for another host than its tunnel's.
type RefusedMessage struct {
	Principal identity.Principal
	Host      string
	Endpoint  *provider.Endpoint // nil when it was not looked up
	Method    string
	Cause     refuse.Cause
	Incident  string // the id that the client was told
}

// A Server is the proxy. Safe for concurrent use.
type Server struct {
	cfg      Config
	lim      Limits
	log      *slog.Logger
	goproxy  *goproxy.ProxyHttpServer
	upstream *upstream
	outer    *http.Server
	inner    *http.Server
	opened   *connQueue // from finished handshakes to inner
	tls      *tls.Config
	held     *budget
	clients  *clientLimit
	exempt   map[string]bool // Unsniffable and, as ":port", PlainPorts
	buffers  sync.Pool       // of *[]byte, for answers on their way
	done     func(v *inspect.Verdict, ctx context.Context, status int, err error)

	start   sync.Once
	crew    *crew      // goroutines and handlers under way
	mu      sync.Mutex // guards raw, fresh, closing
	raw     map[*rawConn]struct{}
	fresh   map[net.Conn]struct{} // without a first request
	closing bool
}

// New makes a Server; it does not listen yet.
func New(c Config) (*Server, error) {
	if c.Inspector == nil || c.Hosts == nil || c.Screen == nil || c.Leaf == nil || c.Refuse == nil {
		return nil, errors.New("proxy: Inspector, Hosts, Screen, Leaf and Refuse are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Authenticate == nil {
		c.Authenticate = anonymous
	}
	if c.Tracer == nil {
		c.Tracer = noTracer{}
	}
	c.Hooks.fill()
	s := &Server{cfg: c, lim: c.Limits.filled(), log: c.Log, raw: map[*rawConn]struct{}{}, fresh: map[net.Conn]struct{}{}, exempt: map[string]bool{}, crew: newCrew(), done: (*inspect.Verdict).Done}
	s.buffers.New = func() any { b := make([]byte, answerBuffer); return &b }
	for _, target := range c.Unsniffable {
		host, port, ok := splitTarget(target)
		if !ok {
			return nil, errors.New("proxy: tunnel_unsniffable wants host:port")
		}
		s.exempt[joinTarget(host, port)] = true
	}
	for _, port := range c.PlainPorts {
		s.exempt[joinTarget("", int(port))] = true
	}
	var err error
	if s.upstream, err = newUpstream(c.Upstream); err != nil {
		return nil, err
	}
	s.held = &budget{max: s.lim.HeldBytes, changed: c.Hooks.Held}
	s.clients = newClientLimit(s.lim, c.Hooks)
	s.opened = newConnQueue()
	s.tls = s.serverTLS()
	s.goproxy = s.newGoproxy()
	s.outer = s.newOuter()
	s.inner = s.newInner()
	return s, nil
}

func anonymous(client netip.Addr, _ string) (identity.Principal, error) {
	return identity.Principal{Method: identity.Anonymous, Address: client.String()}, nil
}

// answerBuffer is the size of the pieces in which answers are copied: what fits
// into one TLS record.
const answerBuffer = 16 << 10

// Serve accepts connections from l until ctx ends; it then drains for at most
// Limits.Drain and returns nil. It may be called for several listeners. HTTP/1.1
// only: over HTTP/2 a hijacked CONNECT cannot send its 200, so a listener that
// wraps TLS must offer http/1.1 alone.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.start.Do(func() {
		s.spawn(func() { _ = s.inner.Serve(s.opened) })
	})
	failed := make(chan error, 1)
	s.spawn(func() { failed <- s.outer.Serve(s.clients.listener(l)) })
	select {
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.lim.Drain)
	defer cancel()
	if err := s.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Shutdown stops accepting, waits for requests under way, then for tunnels to
// fall silent, and closes by force what is left when ctx ends; it then returns
// ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	for c := range s.fresh {
		_ = c.Close()
	}
	s.mu.Unlock()
	var both sync.WaitGroup
	var errs [2]error
	both.Go(func() { errs[0] = s.outer.Shutdown(ctx) })
	both.Go(func() { errs[1] = s.inner.Shutdown(ctx) })
	both.Wait()
	err := errors.Join(errs[:]...)
	if quiet := s.quiesce(ctx); err == nil {
		err = quiet
	}
	_ = s.outer.Close()
	_ = s.inner.Close()
	s.upstream.close()
	s.crew.wait()
	return err
}

// spawn starts a goroutine whose end Shutdown waits for, and whose panic ends
// nothing but itself.
func (s *Server) spawn(f func()) {
	s.crew.enter()
	go func() {
		defer s.crew.leave()
		defer s.survive("tunnel")
		f()
	}()
}

// a crew counts what is under way. Unlike a sync.WaitGroup it may be entered
// while somebody waits: the last requests of a drain arrive then.
type crew struct {
	mu   sync.Mutex // guards n
	none *sync.Cond // n is 0
	n    int
}

func newCrew() *crew {
	c := &crew{}
	c.none = sync.NewCond(&c.mu)
	return c
}

func (c *crew) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 {
		c.none.Broadcast()
	}
}

func (c *crew) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.n > 0 {
		c.none.Wait()
	}
}

package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/elazarl/goproxy"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/refuse"
)

// a plan is what was decided about a CONNECT before its connection is taken
// over.
type plan struct {
	event  ConnEvent
	server net.Conn // dialled already, for a tunnel
}

func (p *plan) close() {
	p.event.end() // also when nothing was decided: the client left
	if p.server != nil {
		_ = p.server.Close()
	}
}

type planKey struct{}

// serveConnect decides a CONNECT and hands what goes on to goproxy.
func (s *Server) serveConnect(w http.ResponseWriter, r *http.Request) {
	host, port, ok := splitTarget(r.URL.Host)
	if !ok {
		s.send(w, r, s.problem(refuse.Problem{Cause: refuse.CauseBadRequest, Method: r.Method, Header: r.Header}))
		return
	}
	p, refusal := s.plan(r, host, port)
	if refusal != nil {
		s.send(w, r, *refusal)
		return
	}
	hijack := &hijackWriter{ResponseWriter: w}
	s.goproxy.ServeHTTP(hijack, r.WithContext(context.WithValue(r.Context(), planKey{}, p)))
	if !hijack.taken {
		// goproxy says nothing when it cannot have the connection, and net/http
		// takes silence for a 200, which would be a tunnel (TestWrapperWithoutHijacker).
		p.close()
		s.send(w, r, *s.refuseConn(r, p.event, refuse.CauseInternal))
	}
}

// plan authenticates and screens a CONNECT, and dials when it is a tunnel, so
// that what cannot be reached is answered before a 200.
func (s *Server) plan(r *http.Request, host string, port int) (*plan, *refuse.Refusal) {
	event, refusal := s.screen(r, ConnEvent{Host: host, Port: port, span: s.startConnect(r, host, port)})
	if refusal != nil {
		return nil, refusal
	}
	p := &plan{event: event}
	if event.Action == policy.Tunnel {
		var err error
		if p.server, err = s.upstream.dial(r.Context(), joinTarget(host, port)); err != nil {
			return nil, s.undialled(r, event, err)
		}
	}
	return p, nil
}

// screen fills e in: who asks, and what the policy makes of the target.
func (s *Server) screen(r *http.Request, e ConnEvent) (ConnEvent, *refuse.Refusal) {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		addr = netip.AddrPort{} // a Unix socket: nobody in particular
	}
	e.Principal, err = s.cfg.Authenticate(addr.Addr().Unmap(), r.Header.Get("Proxy-Authorization"))
	if err != nil {
		return e, s.refuseClient(r, e, err)
	}
	class := s.cfg.Hosts().Host(e.Host)
	e.Class = class.Class
	route := s.cfg.Screen(e.conn())
	e.Action, e.Rule, e.Reason = route.Action, route.Rule, route.Reason
	if class.Reason != "" && e.Action == policy.Refuse {
		e.Reason = class.Reason
	}
	switch {
	case e.Action != policy.Inspect && e.Action != policy.Tunnel:
		return e, s.refuseConn(r, e, refuse.CauseHostRefused)
	case e.Class == policy.HostInspect && e.Action != policy.Inspect && (!route.Exempt || e.Plain):
		// Whatever the policy says: a provider's host is opened or refused, but for
		// people whose group is exempt from inspection. Plain http is no tunnel.
		return e, s.refuseConn(r, e, refuse.CauseHostRefused)
	case e.Class != policy.HostInspect && e.Action == policy.Inspect:
		// Nothing knows how to read it, and the authority cannot sign for it.
		return e, s.refuseConn(r, e, refuse.CauseHostRefused)
	}
	return e, nil
}

func (e ConnEvent) conn() policy.Conn {
	return policy.Conn{Principal: e.Principal, Host: e.Host, Port: e.Port, Class: e.Class, Time: time.Now()}
}

// refuseClient answers a client that is not let in.
func (s *Server) refuseClient(r *http.Request, e ConnEvent, err error) *refuse.Refusal {
	e.Action, e.Cause = policy.Refuse, refuse.CauseAuth
	p := refuse.Problem{Cause: refuse.CauseAuth, Host: e.Host, Method: r.Method, Header: r.Header}
	var why *identity.Error
	if errors.As(err, &why) {
		p.Reason, p.Retry = string(why.Reason), why.Retry
		e.Reason = p.Reason
	}
	s.decided(e)
	f := s.problem(p)
	return &f
}

// decided tells what was decided about a connection.
func (s *Server) decided(e ConnEvent) {
	s.cfg.Hooks.Conn(e)
	e.end()
}

// refuseConn records a refused connection and words the answer.
func (s *Server) refuseConn(r *http.Request, e ConnEvent, cause refuse.Cause) *refuse.Refusal {
	e.Action, e.Cause = policy.Refuse, cause
	s.decided(e)
	f := s.problem(refuse.Problem{Cause: cause, Host: e.Host, Reason: e.Reason, Method: r.Method, Header: r.Header})
	return &f
}

// undialled answers a tunnel or plain request whose target cannot be reached.
func (s *Server) undialled(r *http.Request, e ConnEvent, err error) *refuse.Refusal {
	cause := causeOf(err)
	if cause == refuse.CausePrivate {
		c := e.conn()
		c.Private = true
		if route := s.cfg.Screen(c); route.Action == policy.Refuse { // for its words; the dialler has refused already
			e.Rule, e.Reason = route.Rule, route.Reason
		}
	} else {
		s.cfg.Hooks.Upstream(e.Host, cause)
	}
	return s.refuseConn(r, e, cause)
}

// newGoproxy sets up goproxy with actions of our own only.
func (s *Server) newGoproxy() *goproxy.ProxyHttpServer {
	g := goproxy.NewProxyHttpServer()
	g.Logger = goproxyLog{}
	g.KeepAcceptEncoding = true
	g.ConnectDial = nil // it read the environment
	g.Tr = s.upstream.short
	g.NonproxyHandler = http.NotFoundHandler()
	hijack := &goproxy.ConnectAction{Action: goproxy.ConnectHijack, Hijack: s.hijacked}
	// Total: it never returns nil, on which goproxy would open an uninspected
	// tunnel (https.go:261).
	g.OnRequest().HandleConnect(goproxy.FuncHttpsHandler(func(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		return hijack, host
	}))
	g.OnRequest().DoFunc(func(r *http.Request, ctx *goproxy.ProxyCtx) (*http.Request, *http.Response) {
		ctx.RoundTripper = goproxy.RoundTripperFunc(s.roundTrip)
		return r, nil
	})
	return g
}

// hijacked owns the client's connection from here. It runs in the handler's
// goroutine; the rest goes on in one of ours, so that the listener's buffers
// are not kept for the life of a tunnel.
func (s *Server) hijacked(r *http.Request, client net.Conn, _ *goproxy.ProxyCtx) {
	p, ok := r.Context().Value(planKey{}).(*plan)
	if !ok { // cannot happen; must not become a tunnel
		_ = client.Close()
		return
	}
	t, ok := client.(*tunnel)
	if !ok {
		t = &tunnel{Conn: client}
	}
	t.host, t.port, t.principal = p.event.Host, p.event.Port, p.event.Principal
	s.spawn(func() {
		handed := false
		defer func() {
			p.event.end() // also when nothing was decided: the client left
			if !handed {  // whatever happened, a panic included
				_ = t.Close()
			}
			if p.server != nil {
				_ = p.server.Close()
			}
		}()
		if _, err := io.WriteString(t, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
			return
		}
		if p.event.Action == policy.Inspect {
			handed = s.open(t, p.event)
		} else {
			s.relay(t, p)
		}
	})
}

// open ends the client's TLS here and hands the connection to the inner
// server. It reports whether the connection now belongs to that.
func (s *Server) open(t *tunnel, e ConnEvent) bool {
	pre := &rawConn{a: t, b: nopCloser{}}
	if !s.track(pre) {
		return false
	}
	defer s.untrack(pre)
	_ = t.SetReadDeadline(time.Now().Add(s.lim.Hello))
	h, raw, err := readHello(t)
	t.replay = append(raw, t.replay...)
	if err != nil {
		s.refuseHello(t, e, err)
		return false
	}
	if h.name != "" && h.name != t.host {
		s.refuseTLS(t, e, refuse.CauseFronting)
		return false
	}
	s.decided(e)
	_ = t.SetReadDeadline(time.Time{})
	conn := tls.Server(t, s.tls)
	ctx, cancel := context.WithTimeout(context.Background(), s.lim.Handshake)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		if rejected(err) {
			s.cfg.Hooks.TLSClientReject(e.Host, e.Principal.Network)
		}
		return false
	}
	_ = t.SetReadDeadline(time.Time{})
	return s.opened.push(conn)
}

type nopCloser struct{}

func (nopCloser) Read([]byte) (int, error)    { return 0, io.EOF }
func (nopCloser) Write(p []byte) (int, error) { return len(p), nil }
func (nopCloser) Close() error                { return nil }

// rejected reports whether the client broke the handshake off because of what
// we showed it: with an alert, or by closing. Our own timeout and a client that
// speaks no common version are not that.
func rejected(err error) bool {
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" { // an alert received; crypto/tls wraps it so
		return true
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)
}

// relay copies bytes to a host that is not inspected, once its ClientHello was
// read and is for that host.
func (s *Server) relay(t *tunnel, p *plan) {
	e := p.event
	if s.exempt[joinTarget(e.Host, e.Port)] || s.exempt[joinTarget("", e.Port)] {
		// The server may speak first here, so nothing is waited for; but the
		// client's first bytes are looked at when they come.
		s.decided(e)
		s.tunnelBytes(&sniffed{tunnel: t, s: s, e: e}, p.server)
		return
	}
	pre := &rawConn{a: t, b: p.server}
	if !s.track(pre) {
		return
	}
	_ = t.SetReadDeadline(time.Now().Add(s.lim.Hello))
	h, raw, err := readHello(t)
	s.untrack(pre)
	t.replay = append(raw, t.replay...)
	if err != nil {
		s.refuseHello(t, e, err)
		return
	}
	if cause := s.sniff(e, h.name); cause != "" {
		s.refuseTLS(t, e, cause)
		return
	}
	s.decided(e)
	s.tunnelBytes(t, p.server)
}

// sniff compares the name in a ClientHello with the target of the tunnel.
func (s *Server) sniff(e ConnEvent, name string) refuse.Cause {
	switch {
	case name == "" || name == e.Host:
		return ""
	case !isAddress(e.Host):
		return refuse.CauseFronting
	}
	// A CONNECT by address: the name decides as if it had been asked for.
	c := e.conn()
	c.Host, c.Class = name, s.cfg.Hosts().Host(name).Class
	if c.Class == policy.HostInspect || s.cfg.Screen(c).Action != policy.Tunnel {
		return refuse.CauseFronting
	}
	return ""
}

// refuseHello ends a tunnel whose first bytes are no ClientHello. What looks
// like HTTP is answered in HTTP.
func (s *Server) refuseHello(t *tunnel, e ConnEvent, err error) {
	if len(t.replay) == 0 && (errors.Is(err, io.EOF) || isReset(err)) {
		return // the client changed its mind; browsers open tunnels ahead of need
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && len(t.replay) == 0 {
		s.refuseConnQuietly(e, refuse.CauseUnsniffable)
		return
	}
	if errors.Is(err, errNotTLS) && looksLikeHTTP(t.replay) {
		f := s.refuseConn(&http.Request{Method: http.MethodGet, Header: http.Header{}}, e, refuse.CauseUnsniffable)
		f.Header.Set("Connection", "close")
		resp := &http.Response{StatusCode: f.Status, ProtoMajor: 1, ProtoMinor: 1, Header: f.Header, ContentLength: int64(len(f.Body)),
			Body: io.NopCloser(strings.NewReader(string(f.Body)))}
		_ = resp.Write(t)
		s.lingeringClose(t)
		return
	}
	s.refuseTLS(t, e, refuse.CauseUnsniffable)
}

func (s *Server) refuseConnQuietly(e ConnEvent, cause refuse.Cause) {
	e.Action, e.Cause = policy.Refuse, cause
	s.decided(e)
}

// refuseTLS ends a tunnel with a TLS alert (access_denied), the only word that
// can be said to a client that waits for a ServerHello.
func (s *Server) refuseTLS(t *tunnel, e ConnEvent, cause refuse.Cause) {
	s.refuseConnQuietly(e, cause)
	_, _ = t.Write([]byte{21, 3, 1, 0, 2, 2, 49})
	s.lingeringClose(t)
}

// lingeringClose lets the client read the last words: a close with unread
// bytes in the socket resets the connection and may take them back.
func (s *Server) lingeringClose(t *tunnel) {
	_ = t.CloseWrite()
	_ = t.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	_, _ = io.CopyN(io.Discard, t.Conn, 256<<10)
}

func looksLikeHTTP(p []byte) bool {
	return len(p) > 0 && p[0] >= 'A' && p[0] <= 'Z'
}

// sniffed looks at the first bytes a client sends in an exempt tunnel. TLS for
// a provider's name is refused there as everywhere.
type sniffed struct {
	*tunnel
	s    *Server
	e    ConnEvent
	done bool
}

// Read returns the tunnel's bytes, once the first ones were looked at.
func (c *sniffed) Read(p []byte) (int, error) {
	if !c.done {
		first := make([]byte, 1)
		if _, err := io.ReadFull(c.tunnel, first); err != nil {
			return 0, err
		}
		c.done = true
		c.tunnel.replay = append(first, c.tunnel.replay...)
		if first[0] == recordHandshake {
			_ = c.tunnel.SetReadDeadline(time.Now().Add(c.s.lim.Hello))
			h, raw, err := readHello(c.tunnel)
			c.tunnel.replay = append(raw, c.tunnel.replay...)
			if err != nil && !errors.Is(err, errNotTLS) {
				return 0, err
			}
			if class := c.s.cfg.Hosts().Host(h.name).Class; err == nil && h.name != "" && class != policy.HostOther && class != policy.HostPass {
				c.s.refuseConnQuietly(c.e, refuse.CauseFronting)
				return 0, errHello
			}
		}
	}
	return c.tunnel.Read(p)
}

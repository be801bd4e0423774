package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/refuse"
)

type tunnelKey struct{}

// newOuter makes the server that clients connect to.
func (s *Server) newOuter() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           http.HandlerFunc(s.serveProxy),
		ReadHeaderTimeout: s.lim.Header,
		IdleTimeout:       s.lim.Idle,
		MaxHeaderBytes:    s.lim.HeaderBytes,
		Protocols:         protocols,
		ConnState:         s.connState,
		ErrorLog:          s.serverLog(),
	}
}

// connState keeps the connections without a first request. http.Server.Shutdown
// gives each of them five seconds for one, and browsers open many ahead of need.
func (s *Server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.fresh, c)
	case s.closing:
		_ = c.Close()
	default:
		s.fresh[c] = struct{}{}
	}
}

// newInner makes the server inside opened tunnels.
func (s *Server) newInner() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           http.HandlerFunc(s.serveOpened),
		ReadHeaderTimeout: s.lim.Header,
		IdleTimeout:       s.lim.Idle,
		MaxHeaderBytes:    s.lim.HeaderBytes,
		Protocols:         protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: s.lim.Streams,
			// Sixteen streams may stand still with full buffers before the others of
			// their connection do.
			MaxReceiveBufferPerStream:     256 << 10,
			MaxReceiveBufferPerConnection: 4 << 20,
			SendPingTimeout:               30 * time.Second,
			PingTimeout:                   15 * time.Second,
			WriteByteTimeout:              s.lim.WriteStall,
		},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if t, ok := c.(*tls.Conn); ok {
				return context.WithValue(ctx, tunnelKey{}, t.NetConn())
			}
			return ctx
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			s.connState(c, state)
			switch state {
			case http.StateNew:
				s.cfg.Hooks.Active("inspect", 1)
			case http.StateClosed, http.StateHijacked:
				s.cfg.Hooks.Active("inspect", -1)
			}
		},
		ErrorLog: s.serverLog(),
	}
}

// serverTLS opens tunnels: one leaf per host, HTTP/2 and HTTP/1.1. One config
// serves all tunnels, so that a session ticket of one is good in the next.
func (s *Server) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1", "http/1.0"},
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			t, ok := h.Conn.(*tunnel)
			if !ok {
				return nil, errHello
			}
			cert, err := s.cfg.Leaf(t.host) // the server name was compared with it before
			if err != nil {
				s.log.Error("no certificate for host", slog.String("host", t.host))
			}
			return cert, err
		},
	}
}

// serveProxy is the outer server's handler.
func (s *Server) serveProxy(w http.ResponseWriter, r *http.Request) {
	s.crew.enter()
	defer s.crew.leave()
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default: // the answer must not be the 200 that net/http takes silence for
			s.panicked("connect")
			s.send(w, r, s.problem(refuse.Problem{Cause: refuse.CauseInternal, Method: r.Method, Header: r.Header}))
		}
	}()
	switch {
	case r.Method == http.MethodConnect:
		s.serveConnect(w, r)
	case r.URL.IsAbs():
		s.servePlain(w, r)
	case s.cfg.Local != nil:
		s.cfg.Local.ServeHTTP(w, r)
	default:
		s.send(w, r, s.problem(refuse.Problem{Cause: refuse.CauseBadRequest, Method: r.Method, Header: r.Header}))
	}
}

// servePlain carries an absolute-form request: to an inspected host as if it had
// come through an opened tunnel, to others as it is.
func (s *Server) servePlain(w http.ResponseWriter, r *http.Request) {
	host, port, ok := splitAuthority(r.URL.Host, 80)
	if !ok || r.URL.Scheme != "http" {
		s.send(w, r, s.problem(refuse.Problem{Cause: refuse.CauseBadRequest, Method: r.Method, Header: r.Header}))
		return
	}
	e, refusal := s.screen(r, ConnEvent{Host: host, Port: port, Plain: true})
	if refusal != nil {
		s.send(w, r, *refusal)
		return
	}
	m := s.newMessage(w, r, "http", host, port, e.Principal)
	defer m.finish()
	switch {
	case e.Action == policy.Inspect:
		s.decided(e)
		m.inspected()
	case upgrades(r):
		m.event = &e
		m.upgrade()
	default:
		m.event = &e
		m.pass()
	}
}

// serveOpened is the inner server's handler: requests inside opened tunnels.
func (s *Server) serveOpened(w http.ResponseWriter, r *http.Request) {
	t, ok := r.Context().Value(tunnelKey{}).(*tunnel)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	m := s.newMessage(w, r, "https", t.host, t.port, t.principal)
	defer m.finish()
	switch {
	case r.Method == http.MethodConnect:
		m.refuse(refuse.CauseNested, "")
	case !m.directed():
		m.refuse(refuse.CauseMisdirected, "")
	default:
		m.inspected()
	}
}

// serverLog takes what net/http has to say. Of its lines only one is the
// operator's business, and others may quote requests.
func (s *Server) serverLog() *log.Logger { return log.New(acceptLog{s.log}, "", 0) }

type acceptLog struct{ log *slog.Logger }

// Write passes on that connections cannot be accepted: file descriptors ran out,
// as a rule.
func (l acceptLog) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("http: Accept error")) {
		l.log.Error("cannot accept connections")
	}
	return len(p), nil
}

// silence for goproxy: its lines quote URLs and errors.
type goproxyLog struct{}

// Printf drops the line.
func (goproxyLog) Printf(string, ...any) {}

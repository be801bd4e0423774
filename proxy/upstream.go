package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// UpstreamConfig says how the world is reached. It is plain data; zero fields
// mean the defaults that stand beside them. Certificates are always verified.
type UpstreamConfig struct {
	CAPEM []byte // certificates trusted beside the system's
	// Parent is a proxy that everything goes through, "http://host:port" or
	// "https://host:port"; "" means none. With a parent, names are resolved there:
	// only addresses and localhost can be checked here.
	Parent            string
	ParentCredentials string // "user:password"; "" means none
	ConnectTo         []ConnectTo
	Allow             []netip.Prefix // private addresses that may be reached
	HTTP2             bool           // towards streaming endpoints; others get HTTP/1.1

	DialTimeout   time.Duration // 10 s; from the name to the connection, a parent's CONNECT included
	TLSTimeout    time.Duration // 10 s
	AnswerTimeout time.Duration // 10 min; until an answer's header, and then without a byte of its body
	IdleTimeout   time.Duration // 90 s; of a pooled connection
	WriteStall    time.Duration // 1 min; a server that does not read
	Pool          int           // 256; idle connections kept per host
}

// A ConnectTo sends connections for one host and port to another, as curl's
// --connect-to does: SNI, Host and the certificate check keep the original. The
// place it names counts as listed, whatever its address.
type ConnectTo struct {
	Host string // lower case
	Port int    // 0 means every port
	To   string // host:port
}

// upstream reaches servers. Safe for concurrent use.
type upstream struct {
	cfg     UpstreamConfig
	special []netip.Prefix
	routes  map[string]string // "host:port" or "host:0" → ConnectTo.To
	parent  *parent           // nil without one

	short  *http.Transport // HTTP/1.1
	direct *direct         // the same for calls that are small enough
	stream *http.Transport // HTTP/2 where the server speaks it; short when HTTP2 is off
	plain  *http.Transport // http:// requests in absolute form to the parent; nil without one
}

func newUpstream(c UpstreamConfig) (*upstream, error) {
	set(&c.DialTimeout, 10*time.Second)
	set(&c.TLSTimeout, 10*time.Second)
	set(&c.AnswerTimeout, 10*time.Minute)
	set(&c.IdleTimeout, 90*time.Second)
	set(&c.WriteStall, time.Minute)
	set(&c.Pool, 256)
	u := &upstream{cfg: c, special: specialPrefixes(), routes: map[string]string{}}
	for _, r := range c.ConnectTo {
		if _, _, err := net.SplitHostPort(r.To); err != nil {
			return nil, fmt.Errorf("proxy: connect_to: %w", err)
		}
		u.routes[joinTarget(r.Host, r.Port)] = r.To
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if len(c.CAPEM) > 0 && !roots.AppendCertsFromPEM(c.CAPEM) {
		return nil, errors.New("proxy: no certificate in the upstream CA file")
	}
	if c.Parent != "" {
		if u.parent, err = newParent(c.Parent, c.ParentCredentials, roots); err != nil {
			return nil, err
		}
		u.plain = u.transport(roots)
		u.plain.Proxy = http.ProxyURL(u.parent.url())
		u.plain.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return u.dialOpen(ctx, u.parent.addr)
		}
	}
	u.short = u.transport(roots)
	u.direct = newDirect(u, u.short.TLSClientConfig)
	u.stream = u.short
	if c.HTTP2 {
		u.stream = u.transport(roots)
		u.stream.Protocols.SetHTTP2(true)
	}
	return u, nil
}

// transport makes an HTTP/1.1 pool. The default one keeps two connections per
// host: with more clients than that each request makes a handshake, which costs
// nine tenths of the throughput.
func (u *upstream) transport(roots *x509.CertPool) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            func(ctx context.Context, _, addr string) (net.Conn, error) { return u.dial(ctx, addr) },
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(256)},
		TLSHandshakeTimeout:    u.cfg.TLSTimeout,
		ResponseHeaderTimeout:  u.cfg.AnswerTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        u.cfg.IdleTimeout,
		MaxIdleConns:           4 * u.cfg.Pool,
		MaxIdleConnsPerHost:    u.cfg.Pool,
		DisableCompression:     true, // answers go on as they come
		MaxResponseHeaderBytes: maxAnswerHeader,
		WriteBufferSize:        16 << 10, // header and a usual prompt in one socket write
		Protocols:              protocols,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// pool chooses how a request goes. Streaming endpoints get HTTP/2, which halves
// the memory of an open answer; short calls get HTTP/1.1, which is faster.
func (u *upstream) pool(r *http.Request, streams bool) *http.Transport {
	switch {
	case r.URL.Scheme == "http" && u.plain != nil && !u.routed(r.URL):
		return u.plain
	case streams:
		return u.stream
	}
	return u.short
}

func (u *upstream) routed(l *url.URL) bool {
	host, port, ok := splitTarget(l.Host)
	if !ok {
		host, port = l.Hostname(), 80
	}
	_, listed := u.route(joinTarget(host, port))
	return listed
}

func (u *upstream) close() {
	u.direct.close()
	u.short.CloseIdleConnections()
	u.stream.CloseIdleConnections()
	if u.plain != nil {
		u.plain.CloseIdleConnections()
	}
}

// route applies connect_to. listed says that the place was named by the
// operator.
func (u *upstream) route(target string) (to string, listed bool) {
	if to, ok := u.routes[target]; ok {
		return to, true
	}
	if host, _, err := net.SplitHostPort(target); err == nil {
		if to, ok := u.routes[joinTarget(host, 0)]; ok {
			return to, true
		}
	}
	return target, false
}

// dial connects to "host:port", past connect_to and the parent, and never to an
// address that is not public unless it is listed. It runs on goroutines of
// http.Transport too, where nobody would recover.
func (u *upstream) dial(ctx context.Context, target string) (conn net.Conn, err error) {
	defer func() {
		if recover() != nil {
			conn, err = nil, errors.New("proxy: dialling panicked at "+panicSite())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, u.cfg.DialTimeout)
	defer cancel()
	to, listed := u.route(target)
	if u.parent == nil {
		if listed {
			return u.dialOpen(ctx, to)
		}
		return u.dialGuarded(ctx, to)
	}
	if !listed {
		if err := u.guardName(to); err != nil {
			return nil, err
		}
	}
	conn, err = u.dialOpen(ctx, u.parent.addr)
	if err != nil {
		return nil, &parentError{err: err}
	}
	return u.parent.tunnel(ctx, conn, to)
}

// dialOpen connects to a place that the operator named.
func (u *upstream) dialOpen(ctx context.Context, to string) (net.Conn, error) {
	return u.wrap((&net.Dialer{}).DialContext(ctx, "tcp", to))
}

// dialGuarded connects to a place that a client named. The address is looked at
// where it is dialled, after resolution, so that a name cannot change its
// meaning in between.
func (u *upstream) dialGuarded(ctx context.Context, to string) (net.Conn, error) {
	d := net.Dialer{ControlContext: u.control}
	return u.wrap(d.DialContext(ctx, "tcp", to))
}

func (u *upstream) wrap(conn net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	c := newStallConn(conn, u.cfg.WriteStall)
	return &c, nil
}

package proxy

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/promptgate/promptgate/proxy/refuse"
)

// filled replaces zero fields by the defaults.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	set(&l.HeaderBytes, d.HeaderBytes)
	set(&l.BodyBytes, d.BodyBytes)
	set(&l.MemoryBytes, d.MemoryBytes)
	set(&l.HeldBytes, d.HeldBytes)
	set(&l.Conns, d.Conns)
	set(&l.ConnsPerClient, d.ConnsPerClient)
	set(&l.Streams, d.Streams)
	for _, p := range []struct{ v, d *time.Duration }{
		{&l.Hello, &d.Hello}, {&l.Handshake, &d.Handshake}, {&l.Header, &d.Header}, {&l.Idle, &d.Idle},
		{&l.Body, &d.Body}, {&l.BodyStall, &d.BodyStall}, {&l.WriteStall, &d.WriteStall}, {&l.TunnelIdle, &d.TunnelIdle}, {&l.Drain, &d.Drain},
	} {
		set(p.v, *p.d)
	}
	return l
}

func set[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// fill replaces nil hooks, so that callers need not ask.
func (h *Hooks) fill() {
	if h.Conn == nil {
		h.Conn = func(ConnEvent) {}
	}
	if h.TLSClientReject == nil {
		h.TLSClientReject = func(string, string) {}
	}
	if h.Challenge == nil {
		h.Challenge = func(string) {}
	}
	if h.Upgrade == nil {
		h.Upgrade = func(string) {}
	}
	if h.Upstream == nil {
		h.Upstream = func(string, refuse.Cause) {}
	}
	if h.Refused == nil {
		h.Refused = func(RefusedMessage) {}
	}
	if h.Added == nil {
		h.Added = func(time.Duration) {}
	}
	if h.Active == nil {
		h.Active = func(string, int) {}
	}
	if h.Panic == nil {
		h.Panic = func(string, string) {}
	}
	if h.Limit == nil {
		h.Limit = func() {}
	}
	if h.Held == nil {
		h.Held = func(int64) {}
	}
}

// a budget counts bytes held. It never waits: whoever would have to wait holds
// an unread body, and on HTTP/2 a few of those stop every other stream of the
// connection.
type budget struct {
	max     int64
	changed func(int64)
	mu      sync.Mutex // guards used
	used    int64
}

// take reports whether n more bytes may be held.
func (b *budget) take(n int64) bool {
	b.mu.Lock()
	ok := b.used+n <= b.max
	if ok {
		b.used += n
	}
	used := b.used
	b.mu.Unlock()
	if ok {
		b.changed(used)
	}
	return ok
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	b.used -= n
	used := b.used
	b.mu.Unlock()
	b.changed(used)
}

// clientLimit bounds open connections, together and per client address. It is
// counted from Accept to Close, so that hijacked connections count too.
type clientLimit struct {
	all, each int
	stall     time.Duration // of a client that does not read
	hooks     Hooks
	mu        sync.Mutex // guards open, total
	open      map[netip.Addr]int
	total     int
}

func newClientLimit(l Limits, h Hooks) *clientLimit {
	return &clientLimit{all: l.Conns, each: l.ConnsPerClient, stall: l.WriteStall, hooks: h, open: map[netip.Addr]int{}}
}

func (c *clientLimit) enter(a netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= c.all || c.open[a] >= c.each {
		return false
	}
	c.total++
	c.open[a]++
	return true
}

func (c *clientLimit) leave(a netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.open[a]--; c.open[a] == 0 {
		delete(c.open, a)
	}
}

// listener counts what l accepts.
func (c *clientLimit) listener(l net.Listener) net.Listener { return &limitListener{l, c} }

type limitListener struct {
	net.Listener
	limit *clientLimit
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := remoteAddr(conn.RemoteAddr())
		if l.limit.enter(addr) {
			l.limit.hooks.Active("client", 1)
			return &clientConn{stallConn: newStallConn(conn, l.limit.stall), leave: sync.OnceFunc(func() {
				l.limit.leave(addr)
				l.limit.hooks.Active("client", -1)
			})}, nil
		}
		l.limit.hooks.Limit()
		if _, ok := conn.(*net.TCPConn); ok { // not where words need a handshake first
			_ = conn.SetDeadline(time.Now().Add(100 * time.Millisecond)) // an empty socket takes it at once
			_, _ = conn.Write([]byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n\r\npromptgate: too many connections\n"))
		}
		_ = conn.Close()
	}
}

// remoteAddr is the client's address without port; invalid when it has none,
// as on a Unix socket: those share one count.
func remoteAddr(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	p, _ := netip.ParseAddrPort(a.String())
	return p.Addr().Unmap()
}

// a clientConn gives its place back when it is closed.
type clientConn struct {
	stallConn
	leave func()
}

func (c *clientConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

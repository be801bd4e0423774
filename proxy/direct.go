package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"sync"
	"syscall"
	"time"
)

// directBody is the largest request body, in bytes, of an exchange on the
// caller's goroutine: while it is written nothing is read, so a server's early
// answer to a longer one would not be heard.
const directBody = 64 << 10

// maxAnswerHeader bounds the header of an answer, its 1xx before it included.
const maxAnswerHeader = 1 << 20

// directWrite is the size of the buffer between a request and its connection:
// header and a usual prompt leave in one socket write.
const directWrite = 16 << 10

var errGiantAnswerHeader = errors.New("proxy: the header of the answer is too large")

// direct is a pool of HTTP/1.1 connections over TLS whose exchanges run on the
// goroutine that asks for them. http.Transport hands each request to one
// goroutine and each answer to another, which costs a small call more than
// everything else that is done for it. net/http writes the requests and parses
// the answers here too. Safe for concurrent use.
type direct struct {
	u       *upstream
	tls     *tls.Config // without a server name
	writers sync.Pool   // of *bufio.Writer

	mu     sync.Mutex         // guards the rest
	idle   map[string][]*line // by target; the latest used last
	count  int                // of idle
	sweep  *time.Timer        // runs expire; nil while nothing is idle
	closed bool
}

func newDirect(u *upstream, c *tls.Config) *direct {
	c = c.Clone()
	c.NextProtos = []string{"http/1.1"}
	d := &direct{u: u, tls: c, idle: map[string][]*line{}}
	d.writers.New = func() any { return bufio.NewWriterSize(nil, directWrite) }
	return d
}

// takes reports whether r, of which nothing was sent yet, may go this way.
func (d *direct) takes(r *http.Request) bool {
	return canPeek && r.URL.Scheme == "https" && r.GetBody != nil && r.ContentLength <= directBody && r.Header["Upgrade"] == nil
}

// A leg is one round trip.
type leg struct {
	host         string
	port         int
	wroteHeaders func()                                       // the header is on its way
	early        func(code int, h textproto.MIMEHeader) error // a 1xx came
}

// roundTrip sends r and returns the answer, its body still to be read: closing
// it unread, or the end of r's context, ends the connection. A kept connection
// that turns out to be closed is replaced once, if the server cannot have acted
// on the request: nothing was written, or r may be sent twice.
func (d *direct) roundTrip(r *http.Request, g leg) (*http.Response, error) {
	target := joinTarget(g.host, g.port)
	l := d.take(target)
	if l != nil {
		resp, err := l.exchange(r, g)
		if err == nil || r.Context().Err() != nil || l.heard || (l.wrote && !repeatable(r)) {
			return resp, because(r.Context(), err)
		}
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	l, err := d.connect(r.Context(), g.host, target)
	if err != nil {
		return nil, because(r.Context(), err)
	}
	resp, err := l.exchange(r, g)
	return resp, because(r.Context(), err)
}

// because is err, or why the context ended: err then comes of that.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// repeatable reports whether a server may be sent r twice (RFC 9110, 9.2.2).
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil
}

// connect makes a new connection within the limits for dialling and for TLS.
func (d *direct) connect(ctx context.Context, host, target string) (*line, error) {
	conn, err := d.u.dial(ctx, target)
	if err != nil {
		return nil, err
	}
	config := d.tls.Clone()
	config.ServerName = host
	l := &line{d: d, target: target, conn: tls.Client(conn, config), socket: socketOf(conn)}
	ctx, cancel := context.WithTimeout(ctx, d.u.cfg.TLSTimeout)
	defer cancel()
	if err := l.conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	l.r = bufio.NewReader(l)
	return l, nil
}

// socketOf finds the socket below what dial returns; nil when there is none.
func socketOf(conn net.Conn) syscall.RawConn {
	for {
		switch c := conn.(type) {
		case *stallConn:
			conn = c.Conn
		case *earlyConn:
			conn = c.Conn
		case *tls.Conn:
			conn = c.NetConn()
		case syscall.Conn:
			raw, err := c.SyscallConn()
			if err != nil {
				return nil
			}
			return raw
		default:
			return nil
		}
	}
}

// take returns an idle connection, the one used last, that the server has not
// closed; nil when there is none.
func (d *direct) take(target string) *line {
	for {
		l := d.pop(target)
		if l == nil {
			return nil
		}
		if time.Since(l.since) < d.u.cfg.IdleTimeout && !l.stale() {
			return l
		}
		l.close()
	}
}

func (d *direct) pop(target string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[target]
	if len(list) == 0 {
		return nil
	}
	last := len(list) - 1
	l := list[last]
	list[last] = nil
	d.idle[target] = list[:last]
	d.count--
	return l
}

// put keeps l for the next exchange, or closes it when enough are kept.
func (d *direct) put(l *line) {
	l.since = time.Now()
	if !d.keep(l) {
		l.close()
	}
}

func (d *direct) keep(l *line) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.idle[l.target]
	if d.closed || len(list) >= d.u.cfg.Pool || d.count >= 4*d.u.cfg.Pool {
		return false
	}
	d.idle[l.target] = append(list, l)
	d.count++
	if d.sweep == nil {
		d.sweep = time.AfterFunc(d.u.cfg.IdleTimeout, d.expire)
	}
	return true
}

// expire closes what was idle for too long, and looks again while anything is.
func (d *direct) expire() {
	for _, l := range d.expired(time.Now().Add(-d.u.cfg.IdleTimeout)) {
		l.close()
	}
}

func (d *direct) expired(before time.Time) (out []*line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for target, list := range d.idle {
		n := 0
		for n < len(list) && !list[n].since.After(before) {
			n++
		}
		out = append(out, list[:n]...)
		d.count -= n
		if n == len(list) {
			delete(d.idle, target)
		} else if n > 0 {
			d.idle[target] = append([]*line(nil), list[n:]...)
		}
	}
	d.sweep = nil
	if d.count > 0 && !d.closed {
		d.sweep = time.AfterFunc(d.u.cfg.IdleTimeout, d.expire)
	}
	return out
}

// close closes what is idle, and later what becomes idle.
func (d *direct) close() {
	d.mu.Lock()
	d.closed = true
	idle := d.idle
	d.idle, d.count = map[string][]*line{}, 0
	if d.sweep != nil {
		d.sweep.Stop()
	}
	d.mu.Unlock()
	for _, list := range idle {
		for _, l := range list {
			l.close()
		}
	}
}

// a line is one connection: idle, or with one exchange at a time, whose
// goroutine it belongs to. Only close may be called from others.
type line struct {
	d      *direct
	target string
	conn   *tls.Conn
	socket syscall.RawConn
	r      *bufio.Reader // of the line itself

	since  time.Time // idle since
	left   int64     // bytes that may still be read
	heard  bool      // something of the answer was read
	wrote  bool      // something of the request was written
	failed bool      // to read: nothing more will come
}

// Read reads from the server, within what is left.
func (l *line) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errGiantAnswerHeader
	}
	n, err := l.conn.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	l.heard = l.heard || n > 0
	l.failed = l.failed || err != nil
	return n, err
}

// Write writes to the server.
func (l *line) Write(p []byte) (int, error) {
	n, err := l.conn.Write(p)
	l.wrote = l.wrote || n > 0
	return n, err
}

func (l *line) close() { _ = l.conn.Close() }

// exchange writes r and reads the header of its answer. The line belongs to the
// answer's body from here, and is closed when there is none.
func (l *line) exchange(r *http.Request, g leg) (resp *http.Response, err error) {
	l.heard, l.wrote, l.left = false, false, maxAnswerHeader
	stop := context.AfterFunc(r.Context(), l.close)
	passed := false
	defer func() {
		if !passed { // a panic included
			stop()
			l.close()
		}
	}()
	if err := l.send(r, g.wroteHeaders); err != nil {
		return nil, err
	}
	if err := l.conn.SetReadDeadline(time.Now().Add(l.d.u.cfg.AnswerTimeout)); err != nil {
		return nil, err
	}
	for {
		if resp, err = http.ReadResponse(l.r, r); err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusSwitchingProtocols { // the connection is no good for anything else
			return resp, nil
		}
		if resp.StatusCode >= 200 {
			break
		}
		if err := g.early(resp.StatusCode, textproto.MIMEHeader(resp.Header)); err != nil {
			return nil, err
		}
	}
	l.left = math.MaxInt64
	body := &lineBody{ReadCloser: resp.Body, l: l, stop: stop, keep: !resp.Close}
	passed = true
	switch {
	case resp.Body == http.NoBody:
		body.end(io.EOF)
		return resp, nil
	case resp.ContentLength < 0 || resp.ContentLength > int64(l.r.Buffered()):
		// From here the caller watches over the time.
		if err := l.conn.SetReadDeadline(time.Time{}); err != nil {
			body.end(err)
			return nil, err
		}
	}
	resp.Body = body
	return resp, nil
}

func (l *line) send(r *http.Request, wroteHeaders func()) error {
	w := l.d.writers.Get().(*bufio.Writer)
	w.Reset(l)
	defer func() {
		w.Reset(nil)
		l.d.writers.Put(w)
	}()
	if err := r.Write(w); err != nil {
		return err
	}
	wroteHeaders()
	return w.Flush()
}

// a lineBody is the body of an answer. At its end the line goes back to the
// pool; closed before, the line is closed.
type lineBody struct {
	io.ReadCloser
	l    *line
	stop func() bool // watching the context; false when that has closed the line
	keep bool        // the server keeps the connection open
	err  error       // how it ended; nil until then
}

// Read reads the body. After its end the line is another exchange's.
func (b *lineBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end(err)
	}
	return n, err
}

// Close does not read what is left: it may never come.
func (b *lineBody) Close() error {
	b.end(http.ErrBodyReadAfterClose)
	return nil
}

func (b *lineBody) end(err error) {
	if b.err != nil {
		return
	}
	b.err = err
	if b.stop() && err == io.EOF && b.keep && !b.l.failed && b.l.r.Buffered() == 0 {
		b.l.d.put(b.l)
		return
	}
	b.l.close()
}

package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/promptgate/promptgate/proxy/identity"
)

// a tunnel is the client's side of a CONNECT, with the facts that hold for all
// that happens in it. It is immutable once its TLS handshake begins.
type tunnel struct {
	net.Conn
	replay    []byte // read already, to be read again
	host      string
	port      int
	principal identity.Principal
}

// Read returns the replayed bytes first.
func (t *tunnel) Read(p []byte) (int, error) {
	if len(t.replay) > 0 {
		n := copy(p, t.replay)
		if t.replay = t.replay[n:]; len(t.replay) == 0 {
			t.replay = nil
		}
		return n, nil
	}
	return t.Conn.Read(p)
}

// CloseWrite passes a half close on.
func (t *tunnel) CloseWrite() error { return closeWrite(t.Conn) }

// hijackWriter is what goproxy gets for a CONNECT: its Hijack returns a
// connection that replays what the client sent along with the CONNECT, a
// ClientHello usually. goproxy drops those bytes under ConnectHijack
// (v1.9.3, https.go:457; TestClientHelloSentWithConnect).
type hijackWriter struct {
	http.ResponseWriter
	taken bool // Hijack succeeded
}

// Unwrap serves http.ResponseController.
func (w *hijackWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush keeps the wrapper a Flusher.
func (w *hijackWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Hijack takes the connection over, deadlines cleared.
func (w *hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early := make([]byte, n)
		if _, err := io.ReadFull(rw.Reader, early); err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
		conn = &tunnel{Conn: conn, replay: early}
	}
	w.taken = true
	return conn, rw, nil
}

// connQueue is a listener for connections whose handshake is done.
type connQueue struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newConnQueue() *connQueue {
	q := &connQueue{conns: make(chan net.Conn), done: make(chan struct{})}
	q.close = sync.OnceFunc(func() { close(q.done) })
	return q
}

// push hands conn over; false when the queue is closed and conn is still the
// caller's.
func (q *connQueue) push(conn net.Conn) bool {
	select {
	case q.conns <- conn:
		return true
	case <-q.done:
		return false
	}
}

// Accept returns the next connection. Close wakes it: http.Server.Shutdown
// would wait for ever otherwise.
func (q *connQueue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

func (q *connQueue) Close() error   { q.close(); return nil }
func (q *connQueue) Addr() net.Addr { return queueAddr{} }

type queueAddr struct{}

func (queueAddr) Network() string { return "tunnel" }
func (queueAddr) String() string  { return "opened tunnels" }

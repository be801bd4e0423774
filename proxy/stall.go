package proxy

import (
	"net"
	"sync/atomic"
	"time"
)

// a stallConn gives a peer that does not read a deadline: net/http has one for a
// whole answer only, and answers may stream for an hour. Safe for concurrent use.
type stallConn struct {
	net.Conn
	stall time.Duration
	start time.Time
	// armed is when the deadline in force was set, since start; 0 when none of ours is.
	armed atomic.Int64
}

func newStallConn(c net.Conn, stall time.Duration) stallConn {
	return stallConn{Conn: c, stall: stall, start: time.Now()}
}

// Write fails with a deadline error when the peer takes nothing for 7/8 of the
// stall limit at least, and all of it at most: a deadline of which little is
// spent serves the next write too, since setting one costs as much as encrypting
// a small answer.
func (c *stallConn) Write(p []byte) (int, error) {
	now := time.Since(c.start)
	if at := time.Duration(c.armed.Load()); at == 0 || now-at > c.stall/8 {
		if err := c.Conn.SetWriteDeadline(c.start.Add(now + c.stall)); err != nil {
			return 0, err
		}
		c.armed.Store(int64(max(now, 1)))
	}
	return c.Conn.Write(p)
}

// SetDeadline takes the place of the stall limit until the next write.
func (c *stallConn) SetDeadline(t time.Time) error {
	c.armed.Store(0)
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline takes the place of the stall limit until the next write.
func (c *stallConn) SetWriteDeadline(t time.Time) error {
	c.armed.Store(0)
	return c.Conn.SetWriteDeadline(t)
}

// CloseWrite passes a half close on, so that a relay can say "no more" in one
// direction.
func (c *stallConn) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(c net.Conn) error {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return c.Close()
}

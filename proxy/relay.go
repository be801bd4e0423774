package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// a rawConn is a pair of ends that bytes are copied between: a tunnel, or an
// upgraded connection. Shutdown waits for it to fall silent.
type rawConn struct {
	a, b io.ReadWriteCloser
	last atomic.Int64 // unix nanoseconds of the last byte
}

func (c *rawConn) touch()               { c.last.Store(time.Now().UnixNano()) }
func (c *rawConn) quiet() time.Duration { return time.Since(time.Unix(0, c.last.Load())) }
func (c *rawConn) close() {
	_ = c.a.Close()
	_ = c.b.Close()
}

// track registers c for Shutdown; false when it is too late, c is closed then.
func (s *Server) track(c *rawConn) bool {
	c.touch()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		c.close()
		return false
	}
	s.raw[c] = struct{}{}
	return true
}

func (s *Server) untrack(c *rawConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.raw, c)
}

const silence = time.Second // a tunnel without a byte for so long may be closed when draining

// quiesce closes tunnels that are silent, until none is left or ctx ends; then
// it closes the rest.
func (s *Server) quiesce(ctx context.Context) error {
	for {
		s.mu.Lock()
		for c := range s.raw {
			if c.quiet() >= silence || ctx.Err() != nil {
				c.close()
				delete(s.raw, c)
			}
		}
		left := len(s.raw)
		s.mu.Unlock()
		if left == 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tunnelBytes copies between client and server until both directions ended, or
// nothing moved for the idle limit. A half close is passed on.
func (s *Server) tunnelBytes(client, server net.Conn) {
	c := &rawConn{a: client, b: server}
	if !s.track(c) {
		return
	}
	defer s.untrack(c)
	defer c.close()
	s.cfg.Hooks.Active("tunnel", 1)
	defer s.cfg.Hooks.Active("tunnel", -1)
	var up sync.WaitGroup
	up.Add(1)
	s.spawn(func() {
		defer up.Done()
		if !c.pump(server, client, s.lim.TunnelIdle) {
			c.close()
		}
	})
	if !c.pump(client, server, s.lim.TunnelIdle) {
		c.close()
	}
	up.Wait()
}

// pump copies one direction. It reports whether the source ended in good order
// and the other direction may go on.
func (c *rawConn) pump(dst, src net.Conn, idle time.Duration) bool {
	buf := make([]byte, 16<<10)
	for {
		_ = src.SetReadDeadline(time.Now().Add(idle))
		n, err := src.Read(buf)
		if n > 0 {
			c.touch()
			if _, err := dst.Write(buf[:n]); err != nil {
				return false
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && c.quiet() < idle: // the other direction is busy
		case errors.Is(err, io.EOF):
			return closeWrite(dst) == nil
		default:
			return false
		}
	}
}

// upgradeBytes copies between two ends of an upgraded connection. When either
// ends, both are closed: goproxy leaves the client's end open when the server
// closes first (v1.9.3, http.go:81; TestWebSocketServerClosesFirst).
func (s *Server) upgradeBytes(client io.Reader, clientEnd net.Conn, server io.ReadWriteCloser) {
	c := &rawConn{a: clientEnd, b: server}
	if !s.track(c) {
		return
	}
	defer s.untrack(c)
	defer c.close()
	var up sync.WaitGroup
	up.Add(1)
	s.spawn(func() {
		defer up.Done()
		defer c.close()
		c.copy(server, client)
	})
	ended := make(chan struct{})
	s.spawn(func() { c.expire(s.lim.TunnelIdle, ended) })
	c.copy(clientEnd, server)
	close(ended)
	c.close()
	up.Wait()
}

// expire closes c when nothing moved for idle, and returns then or when it ended.
func (c *rawConn) expire(idle time.Duration, ended <-chan struct{}) {
	for {
		wait := idle - c.quiet()
		if wait <= 0 {
			c.close()
			return
		}
		select {
		case <-ended:
			return
		case <-time.After(wait):
		}
	}
}

func (c *rawConn) copy(dst io.Writer, src io.Reader) {
	buf := make([]byte, 8<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			c.touch()
			if _, err := dst.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

package proxy

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// deadlines is a connection that counts the deadlines it is given.
type deadlines struct {
	net.Conn
	set  int
	last time.Time
}

func (d *deadlines) Write(p []byte) (int, error) {
	if !d.last.IsZero() && !time.Now().Before(d.last) {
		return 0, os.ErrDeadlineExceeded
	}
	return len(p), nil
}
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.set++; d.last = t; return nil }
func (d *deadlines) SetDeadline(t time.Time) error      { d.last = t; return nil }

func TestEveryWriteHasADeadlineAndFewSetOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		under := &deadlines{}
		c := newStallConn(under, 8*time.Second)
		left := func() time.Duration {
			t.Helper()
			if n, err := c.Write([]byte("x")); n != 1 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			return time.Until(under.last)
		}
		for range 100 {
			if d := left(); d < 7*time.Second || d > 8*time.Second {
				t.Fatalf("%v left", d)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if under.set > 11 {
			t.Errorf("%d deadlines for 10 s of writes", under.set)
		}
		time.Sleep(time.Hour) // a pause is no stall
		if d := left(); d != 8*time.Second {
			t.Errorf("%v left after a pause", d)
		}
		// Whoever sets one of his own is not outlived by ours, and the next write has ours again.
		_ = c.SetWriteDeadline(time.Time{})
		if d := left(); d != 8*time.Second {
			t.Errorf("%v left after the deadline was cleared", d)
		}
		_ = c.SetDeadline(time.Now().Add(time.Hour))
		if d := left(); d != 8*time.Second {
			t.Errorf("%v left after another deadline", d)
		}
	})
}

func TestAPeerThatDoesNotReadIsLeft(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	c := newStallConn(ours, 50*time.Millisecond)
	if _, err := c.Write([]byte("nobody reads this")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

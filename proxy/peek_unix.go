//go:build unix

package proxy

import "syscall"

// canPeek: an idle connection can be asked whether the server has closed it.
const canPeek = true

// stale reports whether an idle connection cannot be used any more. A server
// has nothing to say on it but farewell: its end, or an alert before that.
func (l *line) stale() bool {
	if l.socket == nil {
		return true
	}
	quiet := false
	err := l.socket.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK) // Go's sockets do not block
		quiet = err == syscall.EAGAIN
	})
	return err != nil || !quiet
}

package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// a parent is the proxy that everything goes through.
type parent struct {
	addr  string      // host:port
	tls   *tls.Config // nil for an http:// parent
	user  *url.Userinfo
	basic string // value of Proxy-Authorization; "" without credentials
}

// a parentError says that the parent proxy stood in the way. status is its
// answer to our CONNECT, 0 when there was none.
type parentError struct {
	status int
	err    error
}

func (e *parentError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("proxy: parent proxy: %v", e.err)
	}
	return fmt.Sprintf("proxy: parent proxy answered %d", e.status)
}

func (e *parentError) Unwrap() error { return e.err }

func newParent(address, credentials string, roots *x509.CertPool) (*parent, error) {
	bad := errors.New(`proxy: parent_proxy: want "http://host:port" or "https://host:port"`) // it may hold a password: never quoted
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Path != "" && u.Path != "/") || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, bad
	}
	p := &parent{}
	port := u.Port()
	if u.Scheme == "https" {
		p.tls = &tls.Config{RootCAs: roots, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	switch {
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	p.addr = net.JoinHostPort(u.Hostname(), port)
	if credentials != "" {
		name, password, ok := strings.Cut(credentials, ":")
		if !ok {
			return nil, errors.New(`proxy: the parent proxy's credentials are not "user:password"`)
		}
		p.user = url.UserPassword(name, password)
		p.basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
	}
	return p, nil
}

// url is the form in which http.Transport wants a proxy.
func (p *parent) url() *url.URL {
	u := &url.URL{Scheme: "http", Host: p.addr, User: p.user}
	if p.tls != nil {
		u.Scheme = "https"
	}
	return u
}

// maxParentHeader bounds the parent's answer to a CONNECT, in bytes.
const maxParentHeader = 64 << 10

// tunnel asks the parent at the other end of conn for a tunnel to target. It
// closes conn when there is none. ctx bounds the asking, not the tunnel.
func (p *parent) tunnel(ctx context.Context, conn net.Conn, target string) (_ net.Conn, err error) {
	raw := conn
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(past()) })
	defer func() {
		if !stop() && err == nil {
			err = ctx.Err()
		}
		if err != nil {
			_ = raw.Close()
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			var pe *parentError
			if !errors.As(err, &pe) {
				err = &parentError{err: err}
			}
		}
	}()
	if p.tls != nil {
		t := tls.Client(conn, p.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = t
	}
	ask := "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"
	if p.basic != "" {
		ask += "Proxy-Authorization: " + p.basic + "\r\n"
	}
	if _, err := io.WriteString(conn, ask+"\r\n"); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxParentHeader}
	br := bufio.NewReader(limited)
	resp, err := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &parentError{status: resp.StatusCode}
	}
	if n := br.Buffered(); n > 0 { // a server that speaks first, as SSH does
		early, err := br.Peek(n)
		if err != nil {
			return nil, err
		}
		conn = &earlyConn{Conn: conn, early: early}
	}
	return conn, nil
}

// an earlyConn gives back what was read along with the parent's answer.
type earlyConn struct {
	net.Conn
	early []byte
}

// Read returns the early bytes first.
func (c *earlyConn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// CloseWrite passes a half close on.
func (c *earlyConn) CloseWrite() error { return closeWrite(c.Conn) }

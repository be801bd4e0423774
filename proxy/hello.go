package proxy

import (
	"encoding/binary"
	"errors"
	"io"
)

// A hello is what a ClientHello says in clear.
type hello struct {
	name string // SNI in the form in which hosts are compared; "" when there is none
}

// The ways in which a tunnel's first bytes are no ClientHello.
var (
	errNotTLS = errors.New("proxy: not tls")
	errHello  = errors.New("proxy: malformed client hello")
)

const (
	maxHello        = 64 << 10 // bytes of the handshake message; post-quantum key shares are 2 KiB
	recordHandshake = 22
	maxRecord       = 1<<14 + 256
)

// readHello reads one ClientHello from r. raw is every byte that was taken from
// r, also when there is an error: it must be replayed to whoever speaks TLS.
// The parser is strict: what it cannot read for certain is an error, so that a
// server behind a tunnel never sees a name that we did not.
func readHello(r io.Reader) (h hello, raw []byte, err error) {
	var message []byte
	for {
		start := len(raw)
		if raw, err = readMore(r, raw, 5); err != nil {
			if start == 0 && len(raw) > 0 && raw[0] != recordHandshake {
				err = errNotTLS
			}
			return h, raw, err
		}
		head := raw[start:]
		length := int(binary.BigEndian.Uint16(head[3:]))
		if head[0] != recordHandshake || head[1] != 3 || length == 0 || length > maxRecord {
			if start == 0 {
				return h, raw, errNotTLS
			}
			return h, raw, errHello
		}
		if raw, err = readMore(r, raw, length); err != nil {
			return h, raw, err
		}
		message = append(message, raw[start+5:]...)
		if len(message) < 4 {
			continue
		}
		if message[0] != 1 { // client_hello
			return h, raw, errHello
		}
		want := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
		if want > maxHello {
			return h, raw, errHello
		}
		if len(message) > 4+want {
			return h, raw, errHello // RFC 8446 §5.1: nothing may follow it in the same record
		}
		if len(message) == 4+want {
			h, err = parseHello(message[4:])
			return h, raw, err
		}
	}
}

// readMore appends exactly n bytes of r to buf.
func readMore(r io.Reader, buf []byte, n int) ([]byte, error) {
	start := len(buf)
	buf = append(buf, make([]byte, n)...)
	got, err := io.ReadFull(r, buf[start:])
	return buf[:start+got], err
}

// parseHello reads the body of a ClientHello (RFC 8446 §4.1.2).
func parseHello(p []byte) (h hello, err error) {
	b := cursor{p, true}
	b.take(2 + 32)       // version, random
	b.take(int(b.u8()))  // session id
	b.take(int(b.u16())) // cipher suites
	b.take(int(b.u8()))  // compression methods
	if b.ok && len(b.p) == 0 {
		return h, nil // no extensions: TLS 1.2 without SNI
	}
	ext := cursor{b.take(int(b.u16())), true}
	if !b.ok || len(b.p) != 0 {
		return h, errHello
	}
	seen := map[uint16]bool{}
	for len(ext.p) > 0 {
		kind := ext.u16()
		body := ext.take(int(ext.u16()))
		if !ext.ok || seen[kind] {
			return h, errHello
		}
		seen[kind] = true
		if kind == 0 { // server_name, RFC 6066 §3
			if h.name, err = parseName(body); err != nil {
				return h, err
			}
		}
	}
	return h, nil
}

// parseName reads the one host name of a server_name list.
func parseName(p []byte) (string, error) {
	b := cursor{p, true}
	list := cursor{b.take(int(b.u16())), true}
	kind := list.u8()
	name := list.take(int(list.u16()))
	if !b.ok || !list.ok || len(b.p) != 0 || len(list.p) != 0 || kind != 0 || len(name) == 0 {
		return "", errHello
	}
	clean, ok := cleanHost(string(name))
	if !ok {
		return "", errHello
	}
	return clean, nil
}

// a cursor reads big-endian fields; ok turns false, for good, when it runs out.
type cursor struct {
	p  []byte
	ok bool
}

func (c *cursor) take(n int) []byte {
	if !c.ok || n > len(c.p) {
		c.ok, c.p = false, nil
		return nil
	}
	v := c.p[:n]
	c.p = c.p[n:]
	return v
}

func (c *cursor) u8() byte {
	if v := c.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if v := c.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

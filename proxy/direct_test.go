package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A script serves one connection: request number n of all (from 1) is to be
// answered on w. It reports whether the connection stays.
type script func(n int, r *http.Request, w io.Writer) bool

// newLine is a pool before a server that follows s, and the number of
// connections made to it.
func newLine(t *testing.T, change func(*UpstreamConfig), s script) (*direct, *atomic.Int64) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	pem, certs := pemOf(web.Certificate()), web.TLS.Certificates
	web.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var conns, requests atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer c.Close()
				br := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(br)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if !s(int(requests.Add(1)), r, c) {
						return
					}
				}
			}()
		}
	}()
	config := UpstreamConfig{CAPEM: pem, ConnectTo: []ConnectTo{{Host: "example.com", To: l.Addr().String()}}}
	if change != nil {
		change(&config)
	}
	u, err := newUpstream(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.close)
	return u.direct, &conns
}

func (d *direct) call(ctx context.Context, method string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "https://example.com/", strings.NewReader("ask"))
	if err != nil {
		return nil, err
	}
	return d.roundTrip(r, leg{host: "example.com", port: 443, wroteHeaders: func() {}, early: func(int, textproto.MIMEHeader) error { return nil }})
}

func (d *direct) text(t *testing.T, method string) string {
	t.Helper()
	resp, err := d.call(t.Context(), method)
	if err != nil {
		return "error"
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("reading: %v", err)
	}
	return string(b)
}

func (d *direct) idling() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

const two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

func TestAConnectionIsKeptWhenItsAnswerEndedWell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		kept         int
	}{
		{"announced", two, 1},
		{"chunked with trailer", "HTTP/1.1 200 OK\r\nTrailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: b\r\n\r\n", 1},
		{"hints before", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + two, 1},
		{"the server closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 0},
		{"old", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 0},
		{"words after the end", two + "HTTP/1.1 200 OK\r\n", 0},
	} {
		d, conns := newLine(t, nil, func(_ int, _ *http.Request, w io.Writer) bool { _, _ = io.WriteString(w, tt.answer); return true })
		for range 3 {
			if got := d.text(t, http.MethodPost); got != "ok" {
				t.Errorf("%s: %q", tt.name, got)
			}
		}
		if want := int64(3 - 2*tt.kept); conns.Load() != want || d.idling() != tt.kept {
			t.Errorf("%s: %d connections, %d idle, want %d, %d", tt.name, conns.Load(), d.idling(), want, tt.kept)
		}
	}
}

func TestNoBodyGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	d, conns := newLine(t, nil, func(_ int, _ *http.Request, w io.Writer) bool {
		_, _ = io.WriteString(w, "HTTP/1.1 204 No Content\r\n\r\n")
		return true
	})
	for range 2 {
		d.text(t, http.MethodPost)
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
}

// A server may close what is idle at any time. A prompt is sent twice only when
// the first cannot have been read.
func TestAClosedConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	d, conns := newLine(t, nil, func(n int, _ *http.Request, w io.Writer) bool { _, _ = io.WriteString(w, two); return n != 1 })
	if got := d.text(t, http.MethodPost); got != "ok" {
		t.Fatal(got)
	}
	for l := d.pop("example.com:443"); !l.stale(); { // until the end has come
		time.Sleep(time.Millisecond)
	}
	if got := d.text(t, http.MethodPost) + d.text(t, http.MethodPost); got != "okok" || conns.Load() != 2 {
		t.Errorf("%q over %d connections", got, conns.Load())
	}
}

func TestWhatMayBeSentTwice(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{http.MethodPost: "error", http.MethodGet: "ok"} {
		d, _ := newLine(t, nil, func(n int, _ *http.Request, w io.Writer) bool {
			if n == 2 {
				return false // read, and not answered
			}
			_, _ = io.WriteString(w, two)
			return true
		})
		if got := d.text(t, method); got != "ok" {
			t.Fatal(got)
		}
		if got := d.text(t, method); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 1)
	d, _ := newLine(t, func(c *UpstreamConfig) { c.IdleTimeout = 20 * time.Millisecond }, func(_ int, r *http.Request, w io.Writer) bool {
		_, _ = io.WriteString(w, two)
		return true
	})
	d.text(t, http.MethodPost)
	go func() {
		for d.idling() > 0 {
			time.Sleep(time.Millisecond)
		}
		gone <- struct{}{}
	}()
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("still there")
	}
}

func TestAnExchangeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	why := errors.New("why")
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"} {
		closed := make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		d, _ := newLine(t, nil, func(_ int, _ *http.Request, w io.Writer) bool {
			_, _ = io.WriteString(w, answer)
			cancel(why)
			_, _ = w.(io.Reader).Read(make([]byte, 1))
			close(closed)
			return false
		})
		resp, err := d.call(ctx, http.MethodPost)
		if answer == "" && err != why {
			t.Errorf("without an answer: %v", err)
		}
		if err == nil {
			if _, err := io.ReadAll(resp.Body); err == nil {
				t.Error("half a body ended as if it were whole")
			}
			_ = resp.Body.Close()
		}
		<-closed
		if d.idling() != 0 {
			t.Error("a broken connection was kept")
		}
	}
}

func TestAnEndlessAnswerHeaderIsGivenUp(t *testing.T) {
	t.Parallel()
	d, _ := newLine(t, nil, func(_ int, _ *http.Request, w io.Writer) bool {
		for {
			if _, err := io.WriteString(w, "HTTP/1.1 103 Early Hints\r\nLink: "+strings.Repeat("x", 4000)+"\r\n\r\n"); err != nil {
				return false
			}
		}
	})
	if got := d.text(t, http.MethodPost); got != "error" {
		t.Error(got)
	}
}

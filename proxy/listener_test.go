package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

// A listener that speaks TLS itself: the client's CONNECT is inside, and the
// opened TLS inside that. HTTP/2 is not spoken there, whatever a client offers.
func TestAListenerBehindTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) { c.Limits.ConnsPerClient = 8 })
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// The certificate is not the inspection authority's: the fake's will do.
	front, err := proxytest.Start(proxytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() })
	leaf, err := front.Certificate("proxy.corp")
	if err != nil {
		t.Fatal(err)
	}
	l := tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: []string{"http/1.1"}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	for _, http2 := range []bool{false, true} {
		c := w.client(http2)
		tr := c.Transport.(*http.Transport)
		tr.TLSClientConfig.RootCAs.AppendCertsFromPEM(front.CAPEM())
		tr.Protocols.SetHTTP1(true) // towards the proxy
		tr.Proxy = http.ProxyURL(&url.URL{Scheme: "https", Host: "proxy.corp"})
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", plain.Addr().String())
		}
		if resp, _ := w.do(c, http.MethodPost, chatURL, "{}", ""); resp.StatusCode != 200 || (resp.ProtoMajor == 2) != http2 {
			t.Errorf("%s over %s", resp.Status, resp.Proto)
		}
		c.CloseIdleConnections()
	}
	// Nobody's half handshake holds the listener up, not even over the limit.
	for range 12 {
		c, err := net.Dial("tcp", plain.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	w.eventually("clients over the limit are turned away", func() bool { return w.saw(func() bool { return w.limited >= 4 }) })
}

// The cost of a request that is held, decided and carried on: a 2 KB prompt, a
// short answer, one connection.
func BenchmarkExchange(b *testing.B) {
	prompt := string(proxytest.Chat(strings.Repeat("The harbour was quiet. ", 90)))
	for _, http2 := range []bool{false, true} {
		b.Run(fmt.Sprintf("http2=%v", http2), func(b *testing.B) {
			w := newWorld(b, nil, nil)
			w.up.Forget()
			c := w.client(http2)
			b.SetBytes(int64(len(prompt)))
			b.ReportAllocs()
			for b.Loop() {
				resp, err := c.Post(chatURL, "application/json", strings.NewReader(prompt))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
					b.Fatal(resp.Status, err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

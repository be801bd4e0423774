package proxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/refuse"
)

// What reaches an inspected host by any other way than the straight one ends.
func TestSideWaysAreClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, func(c *Config) {
		hosts := c.Upstream.ConnectTo
		c.Upstream.ConnectTo = append(hosts, ConnectTo{Host: "203.0.113.7", To: hosts[1].To}, ConnectTo{Host: "2001:db8::7", To: hosts[1].To})
		c.Unsniffable = []string{"example.org:22"}
	})
	for _, tt := range []struct{ name, target, sni string }{
		{"SNI inspected, CONNECT elsewhere", "example.org:443", "api.openai.com"},
		{"SNI elsewhere, CONNECT inspected", "api.openai.com:443", "example.org"},
		{"two inspected hosts", "api.openai.com:443", "chatgpt.com"},
		{"address carrying an inspected name", "203.0.113.7:443", "api.openai.com"},
		{"address carrying an inspected name, other port", "203.0.113.7:8443", "chatgpt.com"},
		{"IPv6 address carrying an inspected name", "[2001:db8::7]:443", "api.openai.com"},
		{"unheard-of subdomain", "example.org:443", "unheard-of.openai.com"},
		{"refused host's name in an address", "203.0.113.7:443", "mtls.api.openai.com"},
		{"trailing dot in the name", "example.org:443", "api.openai.com."},
		{"a port where anything goes", "example.org:22", "api.openai.com"},
	} {
		c, status := w.connect(tt.target)
		if status != 200 {
			t.Errorf("%s: CONNECT answered %d", tt.name, status)
			continue
		}
		config := w.trust(tt.sni)
		config.InsecureSkipVerify = true
		if strings.HasSuffix(tt.sni, ".") { // crypto/tls strips it before sending
			_, _ = c.Write(clientHello(tt.sni))
			if b := make([]byte, 7); true {
				_, err := io.ReadFull(c, b)
				if err != nil || b[0] != 21 {
					t.Errorf("%s: want an alert, got %x, %v", tt.name, b, err)
				}
			}
			continue
		}
		if err := tls.Client(c, config).Handshake(); err == nil {
			t.Errorf("%s: the handshake was completed", tt.name)
		}
		if !w.saw(func() bool { return w.conns[len(w.conns)-1].Cause == refuse.CauseFronting }) {
			t.Errorf("%s: told as %+v", tt.name, w.conns[len(w.conns)-1])
		}
	}
	if got := w.up.Requests(); len(got) != 0 {
		t.Errorf("upstream received %d requests", len(got))
	}
}

// clientHello is a small TLS 1.2 hello for a name that crypto/tls would not send.
func clientHello(name string) []byte {
	u16 := func(n int) string { return string([]byte{byte(n >> 8), byte(n)}) }
	sni := "\x00" + u16(len(name)) + name
	ext := u16(0) + u16(len(sni)+2) + u16(len(sni)) + sni
	body := "\x03\x03" + strings.Repeat("r", 32) + "\x00" + u16(2) + "\x13\x01" + "\x01\x00" + u16(len(ext)) + ext
	message := "\x01\x00" + u16(len(body)) + body
	return []byte("\x16\x03\x01" + u16(len(message)) + message)
}

func TestRequestsForAnotherHostThanTheTunnels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for name, request := range map[string]string{
		"Host":                          "POST /v1/x HTTP/1.1\r\nHost: chatgpt.com\r\nContent-Length: 0\r\n\r\n",
		"Host with another port":        "POST /v1/x HTTP/1.1\r\nHost: api.openai.com:8443\r\nContent-Length: 0\r\n\r\n",
		"absolute target":               "POST https://example.org/v1/x HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 0\r\n\r\n",
		"absolute target, other scheme": "POST http://api.openai.com/v1/x HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 0\r\n\r\n",
		"no Host":                       "POST /v1/x HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
	} {
		resp, _ := raw(t, w.open("api.openai.com:443", "api.openai.com", "http/1.1"), request)
		if resp.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d, want 421", name, resp.StatusCode)
		}
	}
	r, _ := http.NewRequest(http.MethodPost, "https://api.openai.com/v1/x", nil)
	r.Host = "chatgpt.com" // :authority
	resp, err := w.client(true).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest || resp.ProtoMajor != 2 {
		t.Errorf(":authority: %s over %s, want 421", resp.Status, resp.Proto)
	}
	for name, request := range map[string]string{
		"upper case and dot": "POST /v1/x HTTP/1.1\r\nHost: API.openai.com.:443\r\nContent-Length: 0\r\n\r\n",
		"absolute":           "POST https://api.openai.com/v1/x HTTP/1.1\r\nHost: other\r\nContent-Length: 0\r\n\r\n",
	} {
		w.up.Reset()
		resp, _ := raw(t, w.open("api.openai.com:443", "", "http/1.1"), request)
		if got := w.up.Requests(); resp.StatusCode != 200 || len(got) != 1 || got[0].Host != "api.openai.com" {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
}

func TestNestedConnectIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, target := range []string{"example.org:443", "api.openai.com:443", "127.0.0.1:22"} {
		resp, _ := raw(t, w.open("api.openai.com:443", "api.openai.com", "http/1.1"), "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("CONNECT %s: %d, want 405", target, resp.StatusCode)
		}
	}
	r := &http.Request{Method: http.MethodConnect, URL: mustURL("https://api.openai.com"), Host: "example.org:443", Header: http.Header{}}
	resp, err := w.client(true).Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("CONNECT over %s: %d, want 405", resp.Proto, resp.StatusCode)
	}
}

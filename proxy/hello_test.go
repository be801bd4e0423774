package proxy

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"
	"time"
)

// captured is the first flight of crypto/tls for a name.
func captured(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		_ = tls.Client(client, config).Handshake()
		_ = client.Close()
	}()
	defer server.Close()
	_, raw, err := readHello(server)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadHello(t *testing.T) {
	t.Parallel()
	real := captured(t, &tls.Config{ServerName: "Api.OpenAI.com"})
	long := string(bytes.Repeat([]byte("a."), 126)) + "a"
	for _, tt := range []struct {
		name string
		in   []byte
		want string
		err  error
	}{
		{"crypto/tls", real, "api.openai.com", nil},
		{"without SNI", captured(t, &tls.Config{InsecureSkipVerify: true}), "", nil},
		{"trailing dot", clientHello("api.openai.com."), "api.openai.com", nil},
		{"long name", clientHello(long), long, nil},
		{"bad name", clientHello("api.openai.com\x00.example.org"), "", errHello},
		{"empty name", clientHello(""), "", errHello},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), "", errNotTLS},
		{"SSH", []byte("SSH-2.0-OpenSSH_9.2\r\n"), "", errNotTLS},
		{"alert first", []byte{21, 3, 1, 0, 2, 2, 0}, "", errNotTLS},
		{"cut", real[:len(real)-1], "", io.ErrUnexpectedEOF},
		{"more in the record", grow(real), "", errHello},
		{"in small records", split(real, 7), "api.openai.com", nil},
	} {
		h, raw, err := readHello(iotest.OneByteReader(bytes.NewReader(tt.in)))
		if h.name != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, h.name, err, tt.want, tt.err)
		}
		if !bytes.HasPrefix(tt.in, raw) {
			t.Errorf("%s: the bytes read are not those that came", tt.name)
		}
	}
}

// grow adds a byte behind the hello, in the same record.
func grow(hello []byte) []byte {
	out := append(bytes.Clone(hello), 0)
	n := len(out) - 5
	out[3], out[4] = byte(n>>8), byte(n)
	return out
}

// split puts the message into records of n bytes.
func split(hello []byte, n int) []byte {
	var out []byte
	for message := hello[5:]; len(message) > 0; {
		k := min(n, len(message))
		out = append(append(out, 22, 3, 1, byte(k>>8), byte(k)), message[:k]...)
		message = message[k:]
	}
	return out
}

// recorded is a client that says what it has said before, and hears nothing.
type recorded struct {
	net.Conn // nil: nothing else is asked of it
	io.Reader
}

func (r recorded) Read(p []byte) (int, error)     { return r.Reader.Read(p) }
func (recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (recorded) SetWriteDeadline(time.Time) error { return nil }

// Whatever crypto/tls takes for a hello, it must find the same name in as we do:
// a name that only the server behind a tunnel sees is a way around inspection.
func FuzzHelloAgreesWithTLS(f *testing.F) {
	real := captured(f, &tls.Config{ServerName: "api.openai.com"})
	f.Add(real)
	f.Add(split(real, 50))
	f.Add(clientHello("chatgpt.com"))
	f.Add(clientHello("chatgpt.com.."))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, raw, err := readHello(bytes.NewReader(in))
		if !bytes.HasPrefix(in, raw) {
			t.Fatal("bytes were invented or lost")
		}
		seen, asked := "", false
		stop := errors.New("seen")
		_ = tls.Server(recorded{Reader: bytes.NewReader(in)}, &tls.Config{GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) {
			seen, asked = i.ServerName, true
			return nil, stop
		}}).Handshake()
		if !asked || err != nil {
			return // one of the two does not take it: nothing goes through
		}
		if clean, ok := cleanHost(seen); seen != "" && (!ok || clean != h.name) || seen == "" && h.name != "" {
			t.Errorf("we read %q, crypto/tls reads %q", h.name, seen)
		}
	})
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"API.OpenAI.com.:443": "api.openai.com:443", "[::1]:443": "[::1]:443", "[0:0::1]:1": "[::1]:1", "::ffff:1.2.3.4": "", "[::ffff:1.2.3.4]:1": "1.2.3.4:1",
		"a_b-c.example:65535": "a_b-c.example:65535", "[fe80::1%eth0]:1": "", "": "", ":443": "", "a:0": "", "a:65536": "", "a:x": "", "a..b:1": "", ".a:1": "", "a..:1": "", "a b:1": "", "a/b:1": "",
		"xn--bcher-kva.example:1": "xn--bcher-kva.example:1", "bücher.example:1": "",
	} {
		host, port, ok := splitTarget(in)
		got := ""
		if ok {
			got = joinTarget(host, port)
		}
		if got != want {
			t.Errorf("splitTarget(%q) = %q, want %q", in, got, want)
		}
	}
	for _, tt := range []struct {
		asked string
		same  bool
	}{
		{"api.openai.com", true}, {"API.openai.com.", true}, {"api.openai.com:443", true}, {"api.openai.com:8443", false}, {"api.openai.com:", false},
		{"", false}, {"api.openai.com:443:443", false}, {"[api.openai.com]", true}, {"openai.com", false}, {"api.openai.com/", false},
	} {
		if sameTarget(tt.asked, "api.openai.com", 443) != tt.same {
			t.Errorf("sameTarget(%q) is not %v", tt.asked, tt.same)
		}
	}
	if !sameTarget("[::1]:443", "::1", 443) || !sameTarget("[::1]", "::1", 443) {
		t.Error("an IPv6 address is not its own target")
	}
	for _, tt := range []struct {
		scheme, host string
		port         int
		want         string
	}{{"https", "a", 443, "a"}, {"https", "a", 80, "a:80"}, {"http", "a", 80, "a"}, {"https", "::1", 443, "[::1]"}, {"https", "::1", 1, "[::1]:1"}} {
		if got := authority(tt.scheme, tt.host, tt.port); got != tt.want {
			t.Errorf("authority(%s, %s, %d) = %s, want %s", tt.scheme, tt.host, tt.port, got, tt.want)
		}
	}
}

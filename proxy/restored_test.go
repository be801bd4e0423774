package proxy

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
)

// An upper writes what it is given in capitals, one write late.
type upper struct{ kept []byte }

func (u *upper) Write(p []byte) []byte {
	out := u.kept
	u.kept = bytes.ToUpper(p)
	return out
}
func (u *upper) Pending() bool { return len(u.kept) > 0 }
func (u *upper) Flush() []byte { return nil }
func (u *upper) Close() []byte { return u.kept }

// What is read of what the provider keeps goes through the restorer: JSON, packed or
// not, with another length, and nothing else.
func TestWhatIsReadGoesThroughTheRestorer(t *testing.T) {
	protocols(t, func(t *testing.T, http2 bool) {
		w := newWorld(t, nil, func(c *Config) {
			c.Reading = func(_ identity.Principal, path string) inspect.Rewriter {
				if strings.Contains(path, "nothing") {
					return nil
				}
				return &upper{}
			}
		})
		c := w.client(http2)
		for _, tt := range []struct {
			name, method, url, behave string
			want                      bool
		}{
			{"JSON", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "", true},
			{"packed", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "gzip", true},
			{"in chunks", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "chunked", true},
			{"with trailers", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "trailers", true},
			{"no JSON", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "bare", false},
			{"a failure", http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "status=404", false},
			{"nothing to restore", http.MethodGet, "https://chatgpt.com/backend-api/nothing", "", false},
			{"a page", http.MethodGet, "https://chatgpt.com/", "", false},
			{"a message", http.MethodPost, "https://chatgpt.com/v1/other", "", false},
		} {
			resp, body := w.do(c, tt.method, tt.url, "", tt.behave)
			if got := strings.Contains(body, `"OBJECT":"FAKE"`); got != tt.want || len(body) == 0 {
				t.Errorf("%s: %s: %q, restored %v, want %v", tt.name, resp.Status, body, got, tt.want)
			}
		}
		if resp, err := w.try(c, http.MethodGet, "https://chatgpt.com/backend-api/conversation/one", "", "short"); err == nil {
			var b bytes.Buffer
			if _, err := b.ReadFrom(resp.Body); err == nil {
				t.Error("half an answer looks like a whole one")
			}
			_ = resp.Body.Close()
		}
	})
}

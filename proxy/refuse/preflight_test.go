package refuse_test

import (
	"net/http"
	"testing"

	"github.com/promptgate/promptgate/proxy/refuse"
)

func TestPreflightsOfRefusedRequestsAreAnswered(t *testing.T) {
	ask := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	r, ok := refuse.Preflight("OPTIONS", ask("Origin", "https://chatgpt.com", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type,x-ms-blob-type"))
	if !ok || r.Status != 204 || r.Header.Get("Access-Control-Allow-Origin") != "https://chatgpt.com" || r.Header.Get("Access-Control-Allow-Methods") != "PUT" ||
		r.Header.Get("Access-Control-Allow-Headers") != "content-type,x-ms-blob-type" || r.Header.Get("Access-Control-Allow-Credentials") != "true" || r.Header.Get("Vary") != "Origin" {
		t.Errorf("%t %+v", ok, r)
	}
	for name, x := range map[string]struct {
		method string
		h      http.Header
	}{
		"no preflight":   {"OPTIONS", ask("Origin", "https://chatgpt.com")},
		"another method": {"POST", ask("Origin", "https://chatgpt.com", "Access-Control-Request-Method", "PUT")},
		"no origin":      {"OPTIONS", ask("Access-Control-Request-Method", "PUT")},
		"no token":       {"OPTIONS", ask("Origin", "https://chatgpt.com", "Access-Control-Request-Method", "PUT\r\nX: y")},
		"a wild origin":  {"OPTIONS", ask("Origin", "https://chatgpt.com\n", "Access-Control-Request-Method", "PUT")},
	} {
		if r, ok := refuse.Preflight(x.method, x.h); ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r, _ := refuse.Preflight("OPTIONS", ask("Origin", "https://chatgpt.com", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "a\x00b")); r.Header.Get("Access-Control-Allow-Headers") != "" {
		t.Errorf("%+v", r)
	}
}

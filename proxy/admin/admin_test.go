package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/admin"
	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/portal"
)

var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func config() admin.Config {
	return admin.Config{
		Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")},
		Names:    []string{"Gate.example.com"}, Version: "1.2.3", Started: start, Now: func() time.Time { return start.Add(90 * time.Second) },
		Status: func() admin.Status {
			return admin.Status{
				Policy: admin.Policy{Profile: "l2", Revision: "r1"}, RulesDigest: "d1", Audit: admin.Audit{Healthy: true},
				CA:         []admin.Certificate{{Name: "root", NotAfter: start.Add(9 * 365 * 24 * time.Hour)}, {Name: "issuing", NotAfter: start.Add(400 * 24 * time.Hour)}},
				Challenges: map[string]int64{"chatgpt.com": 3}, Unlisted: admin.Unlisted{Requests: 1, Of: 100},
			}
		},
		Ready:   func() error { return nil },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1\n") }),
	}
}

// ask sends a request that came from an address, on the listener's 10.1.0.9.
func ask(h http.Handler, method, path, remote, host string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr, r.Host = remote, host
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(10, 1, 0, 9), Port: 8081}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHealthTellsTheState(t *testing.T) {
	r := ask(admin.Handler(config()), "GET", "/healthz", "127.0.0.1:5", "localhost:8081")
	var got, want any
	if err := json.Unmarshal([]byte(body(t, r)), &got); err != nil || r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", r.StatusCode, err)
	}
	if err := json.Unmarshal([]byte(`{"status":"ok","problems":[],"version":"1.2.3","uptime_seconds":90,
		"policy":{"profile":"l2","revision":"r1"},"rules_digest":"d1","audit":{"healthy":true},"reload":{"refused":false},"draining":false,
		"ca":[{"name":"root","not_after":"2035-11-22T10:00:00Z"},{"name":"issuing","not_after":"2027-12-29T10:00:00Z"}],"challenges":{"chatgpt.com":3},"unlisted":{"requests":1,"of":100}}`), &want); err != nil {
		t.Fatal(err)
	}
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func TestHealthNamesProblems(t *testing.T) {
	c := config()
	c.Status = func() admin.Status {
		return admin.Status{Unlisted: admin.Unlisted{Requests: 2, Of: 150}, Audit: admin.Audit{Error: "no space left on device"}, CA: []admin.Certificate{{"root", start.Add(10 * 24 * time.Hour)}, {"issuing", start}}}
	}
	r := ask(admin.Handler(c), "GET", "/healthz", "127.0.0.1:5", "localhost")
	var got struct {
		Status     string
		Problems   []string
		Challenges map[string]int64
	}
	if err := json.Unmarshal([]byte(body(t, r)), &got); err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != 200 || got.Status != "degraded" || len(got.Problems) != 4 || got.Challenges == nil {
		t.Errorf("%d %+v: it is alive, and says what is wrong", r.StatusCode, got)
	}
}

func TestReadyFollowsTheProgram(t *testing.T) {
	c := config()
	var state error
	c.Ready = func() error { return state }
	h := admin.Handler(c)
	if r := ask(h, "GET", "/readyz", "127.0.0.1:5", "localhost"); r.StatusCode != 200 {
		t.Errorf("%d", r.StatusCode)
	}
	state = errors.New("draining")
	if r := ask(h, "GET", "/readyz", "127.0.0.1:5", "localhost"); r.StatusCode != 503 || body(t, r) != "not ready: draining\n" {
		t.Errorf("%d", r.StatusCode)
	}
	if r := ask(h, "GET", "/healthz", "127.0.0.1:5", "localhost"); r.StatusCode != 200 {
		t.Errorf("a program that drains is alive, not %d", r.StatusCode)
	}
}

func TestMetrics(t *testing.T) {
	if r := ask(admin.Handler(config()), "GET", "/metrics", "[::1]:5", "[::1]:8081"); r.StatusCode != 200 || body(t, r) != "up 1\n" {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestWhoMayAsk(t *testing.T) {
	h := admin.Handler(config())
	for _, path := range admin.Paths() {
		for remote, want := range map[string]int{
			"127.0.0.1:5": 200, "127.9.9.9:5": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]:5": 200, "10.1.2.3:5": 200, "[::ffff:10.1.2.3]:5": 200, "[2001:db8::1]:5": 200,
			"10.2.0.1:5": 403, "192.0.2.1:5": 403, "[2001:db9::1]:5": 403, "[fe80::1%eth0]:5": 403, "@": 403, "": 403,
		} {
			r := httptest.NewRequest("GET", path, nil)
			r.RemoteAddr, r.Host = remote, "localhost"
			r.Header.Set("X-Forwarded-For", "127.0.0.1") // a header proves nothing
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s from %q: %d, want %d", path, remote, w.Code, want)
			}
		}
	}
}

// A page at evil.example whose name points at 127.0.0.1 reads nothing.
func TestForeignNamesAreRefused(t *testing.T) {
	h := admin.Handler(config())
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8081": 200, "LOCALHOST.": 200, "127.0.0.1:8081": 200, "127.0.0.2": 200, "[::1]:8081": 200, "10.1.0.9:8081": 200,
		"gate.example.com:8081": 200, "": 200,
		"evil.example": 421, "evil.example:8081": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.1.0.8": 421, "gate.example.com.evil": 421, "0.0.0.0": 421,
	} {
		r := ask(h, "GET", "/healthz", "127.0.0.1:5", host)
		if r.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, r.StatusCode, want)
		}
		if want != 200 && strings.Contains(body(t, r), "1.2.3") {
			t.Errorf("Host %q was told the version", host)
		}
	}
}

func TestNothingIsChangedHere(t *testing.T) {
	h := admin.Handler(config())
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"} {
		for _, path := range admin.Paths() {
			if r := ask(h, method, path, "127.0.0.1:5", "localhost"); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d", method, path, r.StatusCode)
			}
		}
	}
	for _, path := range admin.Paths() {
		if r := ask(h, "HEAD", path, "127.0.0.1:5", "localhost"); r.StatusCode != 200 || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("HEAD %s: %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"/", "/proxy.pac", "/ca.crt", "/healthz/", "/debug/pprof/", "/metricsx"} {
		if r := ask(h, "GET", path, "127.0.0.1:5", "localhost"); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, r.StatusCode)
		}
	}
}

// On one address both answer, each under its own rules; on two, the portal knows
// nothing of the administration.
func TestOneAddressForAdminAndPortal(t *testing.T) {
	authority, err := ca.Open(ca.Config{Dir: t.TempDir() + "/ca", Constraints: []string{"example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	own, people := admin.Handler(config()), portal.Handler(portal.Config{
		PublicURL: "http://127.0.0.1:8081", Proxies: []string{"127.0.0.1:8080"}, CA: authority,
		Hosts: func() (exact, suffixes []string) { return []string{"chatgpt.com"}, nil },
	})
	both := http.NewServeMux()
	for _, p := range admin.Paths() {
		both.Handle(p, own)
	}
	for _, p := range portal.Paths() {
		both.Handle(p, people)
	}
	for path, want := range map[string]int{"/": 200, "/proxy.pac": 200, "/wpad.dat": 200, "/ca.crt": 200, "/ca.pem": 200, "/healthz": 403, "/readyz": 403, "/metrics": 403, "/x": 404} {
		if r := ask(both, "GET", path, "192.0.2.1:5", "portal.example.com"); r.StatusCode != want {
			t.Errorf("GET %s by a laptop: %d, want %d", path, r.StatusCode, want)
		}
	}
	for _, path := range admin.Paths() {
		if r := ask(both, "GET", path, "127.0.0.1:5", "localhost"); r.StatusCode != 200 {
			t.Errorf("GET %s by the operator: %d", path, r.StatusCode)
		}
		if r := ask(people, "GET", path, "127.0.0.1:5", "localhost"); r.StatusCode != 404 {
			t.Errorf("GET %s of the portal: %d", path, r.StatusCode)
		}
	}
}

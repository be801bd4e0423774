package portal_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/portal"
)

func authority(t *testing.T) *ca.Authority {
	t.Helper()
	a, err := ca.Open(ca.Config{Dir: t.TempDir() + "/ca", Constraints: []string{"example.com"}, PublicURL: "http://portal.example.com:8081"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func config(t *testing.T) portal.Config {
	return portal.Config{
		PublicURL: "http://portal.example.com:8081/", Proxies: []string{"p1.example.com:8080", "p2.example.com:8080"}, CA: authority(t),
		Hosts: func() (exact, suffixes []string) {
			return []string{"chatgpt.com"}, []string{"chatgpt.com", "openai.com"}
		},
	}
}

func do(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestResources(t *testing.T) {
	c := config(t)
	h := portal.Handler(c)
	for _, tt := range []struct{ path, contentType, keep string }{
		{"/", "text/html; charset=utf-8", "no-cache"},
		{"/proxy.pac", "application/x-ns-proxy-autoconfig", "max-age=300"},
		{"/wpad.dat", "application/x-ns-proxy-autoconfig", "max-age=300"},
		{"/ca.crt", "application/x-x509-ca-cert", "max-age=3600"},
		{"/ca.pem", "application/x-pem-file", "max-age=3600"},
		{ca.IssuingCRLPath, "application/pkix-crl", "max-age=3600"},
		{ca.RootCRLPath, "application/pkix-crl", "max-age=3600"},
	} {
		r := do(t, h, "GET", tt.path)
		body := text(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != tt.contentType || r.Header.Get("Cache-Control") != tt.keep || len(body) == 0 {
			t.Errorf("GET %s: %d, %q, %q, %d bytes", tt.path, r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"), len(body))
		}
		tag := r.Header.Get("ETag")
		if again := do(t, h, "GET", tt.path, "If-None-Match", tag); again.StatusCode != http.StatusNotModified || len(text(t, again)) != 0 {
			t.Errorf("GET %s with its own tag %s: %d", tt.path, tag, again.StatusCode)
		}
		head := do(t, h, "HEAD", tt.path)
		if head.StatusCode != 200 || len(text(t, head)) != 0 || head.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d, tag %s", tt.path, head.StatusCode, head.Header.Get("ETag"))
		}
		if post := do(t, h, "POST", tt.path); post.StatusCode != http.StatusMethodNotAllowed || post.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", tt.path, post.StatusCode)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("GET %s: header %v", tt.path, r.Header)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/ca.key", "/issuing.crt", "/x", "/proxy.pac/", "/%2e%2e/ca.key"} {
		if r := do(t, h, "GET", path); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, r.StatusCode)
		}
	}
}

func TestCertificatesAreTheRoot(t *testing.T) {
	c := config(t)
	h := portal.Handler(c)
	der := text(t, do(t, h, "GET", "/ca.crt"))
	root, err := x509.ParseCertificate(der)
	if err != nil || !root.IsCA || !root.Equal(c.CA.Root()) {
		t.Fatalf("/ca.crt is not the root: %v", err)
	}
	block, rest := pem.Decode(text(t, do(t, h, "GET", "/ca.pem")))
	if block == nil || !bytes.Equal(block.Bytes, der) || len(rest) != 0 {
		t.Error("/ca.pem is not the same certificate, alone")
	}
	crl, err := x509.ParseRevocationList(text(t, do(t, h, "GET", ca.RootCRLPath)))
	if err != nil || crl.CheckSignatureFrom(root) != nil {
		t.Errorf("the root's revocation list: %v", err)
	}
}

func TestPageStandsAlone(t *testing.T) {
	c := config(t)
	r := do(t, portal.Handler(c), "GET", "/")
	page := string(text(t, r))
	for _, want := range []string{
		`<html lang="en">`, "<main>", "<h1>", `name="viewport"`, "http://portal.example.com:8081/proxy.pac", `href="http://portal.example.com:8081/ca.crt"`,
		"http://portal.example.com:8081/ca.pem", "HTTPS_PROXY=http://p1.example.com:8080", c.CA.Show()[0].Fingerprint, "NODE_EXTRA_CA_CERTS", "incident",
		`id="help"`, "Windows", "macOS", "Debian", "Firefox",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if m := regexp.MustCompile(`(?i)<(script|img|iframe|link|form|object|embed)\b|@import|url\(|\son[a-z]+=|ZgotmplZ`).FindString(page); m != "" {
		t.Errorf("the page holds %q: it must work without any other resource", m)
	}
	for _, href := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(href[1], "#") && !strings.HasPrefix(href[1], "http://portal.example.com:8081/") {
			t.Errorf("the page links to %s", href[1])
		}
	}
	for _, anchor := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+anchor[1]+`"`) {
			t.Errorf("nothing on the page is #%s", anchor[1])
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the content policy %q forbids the page's own style", csp)
	}
}

func TestPageEscapesWhatItShows(t *testing.T) {
	c := config(t)
	c.PublicURL = `http://portal.example.com/"><script>alert(1)</script>`
	if page := string(text(t, do(t, portal.Handler(c), "GET", "/"))); strings.Contains(page, "<script") {
		t.Error("the page holds a script")
	}
}

func TestWithoutAProxyThereIsNoPACFile(t *testing.T) {
	c := config(t)
	c.Proxies = nil
	r := do(t, portal.Handler(c), "GET", "/proxy.pac")
	if body := text(t, r); r.StatusCode != http.StatusServiceUnavailable || strings.Contains(string(body), "DIRECT") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestAReloadShowsInThePACFile(t *testing.T) {
	c := config(t)
	hosts := []string{"chatgpt.com"}
	c.Hosts = func() ([]string, []string) { return hosts, nil }
	h := portal.Handler(c)
	before := do(t, h, "GET", "/proxy.pac").Header.Get("ETag")
	hosts = append(hosts, "api.openai.com")
	r := do(t, h, "GET", "/proxy.pac", "If-None-Match", before)
	if r.StatusCode != 200 || !strings.Contains(string(text(t, r)), "api.openai.com") {
		t.Errorf("%d", r.StatusCode)
	}
}

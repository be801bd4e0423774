// Package portal is what people's laptops reach: the PAC file that sends AI
// hosts to the proxy, the root certificate to trust, the revocation lists, and
// one page that explains all of it.
//
// A [Config] goes in, an http.Handler comes out. Everything served is public
// inside the company and holds nothing about anybody: no cookies, no sessions,
// no state. Nothing of the administration is here; a caller that wants both on
// one address combines the two handlers by [Paths].
package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/ca"
)

// Config is what the portal shows.
type Config struct {
	// PublicURL is the portal as laptops see it, "http://proxy.example.com:8081".
	PublicURL string
	// Proxies are what the PAC file names, as host:port, in the order in which
	// they are tried.
	Proxies []string
	// ProxyTLS: the proxies speak TLS themselves, so the PAC file says HTTPS.
	ProxyTLS bool
	// Hosts returns what must come to the proxy (provider.Catalogue.Proxied). It
	// is asked for every PAC file, so that a reload shows at once.
	Hosts func() (exact, suffixes []string)
	CA    *ca.Authority
}

// The paths that are served beside those of revocation lists.
const (
	pathPage = "/{$}"
	pathPAC  = "/proxy.pac"
	pathWPAD = "/wpad.dat" // for networks that discover their PAC file; a fixed address is safer
	pathDER  = "/ca.crt"
	pathPEM  = "/ca.pem"
)

// Paths are the patterns that the handler answers, for http.ServeMux.
func Paths() []string {
	return []string{pathPage, pathPAC, pathWPAD, pathDER, pathPEM, ca.IssuingCRLPath, ca.RootCRLPath}
}

// How long a client may keep what it got. A PAC file must follow a change of
// hosts within minutes; certificates never change under a running portal.
const (
	keepPAC  = "max-age=300"
	keepCert = "max-age=3600"
	keepPage = "no-cache"
)

// Handler serves the portal. It answers GET and HEAD. Safe for concurrent use.
func Handler(c Config) http.Handler {
	mux := http.NewServeMux()
	policy := contentPolicy()
	get := func(pattern, contentType, keep string, body func() ([]byte, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			answer(w, r, contentType, keep, body)
		})
	}
	pac := func() ([]byte, error) {
		exact, suffixes := c.Hosts()
		return PAC(exact, suffixes, c.Proxies, c.ProxyTLS)
	}
	get(pathPAC, "application/x-ns-proxy-autoconfig", keepPAC, pac)
	get(pathWPAD, "application/x-ns-proxy-autoconfig", keepPAC, pac)
	get(pathDER, "application/x-x509-ca-cert", keepCert, func() ([]byte, error) { return c.CA.RootDER(), nil })
	get(pathPEM, "application/x-pem-file", keepCert, func() ([]byte, error) { return c.CA.RootPEM(), nil })
	get(ca.IssuingCRLPath, "application/pkix-crl", keepCert, c.CA.CRL)
	get(ca.RootCRLPath, "application/pkix-crl", keepCert, c.CA.RootCRL)
	get(pathPage, "text/html; charset=utf-8", keepPage, func() ([]byte, error) { return page(c) })
	return mux
}

// answer sends one resource, or 304 to a client that has it.
func answer(w http.ResponseWriter, r *http.Request, contentType, keep string, body func() ([]byte, error)) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	b, err := body()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", keep)
	sum := sha256.Sum256(b)
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// sorted returns a sorted copy without repeats, in lower case.
func sorted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToLower(n)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

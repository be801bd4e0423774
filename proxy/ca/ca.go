// Package ca is the certificate authority that the proxy shows to its own
// clients for the hosts whose TLS it opens.
//
// On the first start it makes a root and an issuing intermediate (ECDSA P-256)
// in one directory. Both carry critical name constraints: whoever steals the
// keys can forge the provider hosts' names and nothing else. People install
// the root; the intermediate signs the leaves, so that the root need never be
// exchanged on laptops to shorten what one leaked key is worth.
//
// It promises that a leaf names exactly one host, lives at most [MaxLeafTTL],
// is made once per host however many connections ask at the same time, and is
// made again before it expires. It refuses to start with keys that others can
// read, with a certificate that has expired, and with a key and a certificate
// that do not belong together; each refusal names the file and the remedy.
//
// It knows nothing of the network; the portal serves what CRL and RootPEM
// return.
package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The lifetimes.
const (
	MaxLeafTTL  = 90 * 24 * time.Hour
	leafTTL     = 30 * 24 * time.Hour
	leafRenew   = 7 * 24 * time.Hour // a cached leaf with less than this left is made again
	rootTTL     = 10 * 365 * 24 * time.Hour
	issuingTTL  = 3 * 365 * 24 * time.Hour
	issuingLow  = MaxLeafTTL // an issuing certificate with less than this left is renewed
	backdate    = time.Hour  // clocks of clients run late
	crlTTL      = 7 * 24 * time.Hour
	defaultSize = 1024
)

// The paths below Config.PublicURL where clients look for revocation lists.
const (
	IssuingCRLPath = "/issuing.crl"
	RootCRLPath    = "/root.crl"
)

// Config says where the authority lives and what it may sign.
type Config struct {
	// Dir holds root.crt, root.key, issuing.crt and issuing.key; it is made,
	// with mode 0700, when it does not exist.
	Dir string
	// Constraints are the DNS suffixes it may sign for: "openai.com" permits
	// that name and every name below it. Needed on the first start; later only
	// [Authority.Uncovered] compares with what the certificates hold.
	Constraints []string
	// PublicURL is where the portal answers clients, over plain http: a client
	// that checks revocation cannot do so through the certificate it checks.
	// Empty means certificates without a revocation list address.
	PublicURL string
	// CacheSize bounds the leaves kept; 0 means 1024. The least recently used
	// one makes room.
	CacheSize int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// An Authority signs leaves. Safe for concurrent use.
type Authority struct {
	cfg  Config
	root *pair

	mu      sync.Mutex // guards issuing, crls
	issuing *pair
	crls    map[string]*crl

	// One key for all leaves of this process, never written to disk. A key per
	// host would protect nothing more, since whoever reads one from memory reads
	// them all, and costs 0.19 ms per new host instead of 0.15 ms.
	leafKey *ecdsa.PrivateKey
	leaves  *cache
}

// Open reads the authority in c.Dir, or makes one if the directory holds none.
func Open(c Config) (*Authority, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.CacheSize <= 0 {
		c.CacheSize = defaultSize
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return nil, err
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	a := &Authority{cfg: c, crls: map[string]*crl{}}
	var err error
	if a.leafKey, err = newKey(); err != nil {
		return nil, err
	}
	a.leaves = newCache(c.CacheSize, c.Now, a.mint)
	if err := a.open(); err != nil {
		return nil, err
	}
	return a, nil
}

// open loads both pairs, or makes them on the first start.
func (a *Authority) open() error {
	now := a.cfg.Now()
	files, err := present(a.cfg.Dir)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return a.create(now)
	}
	for _, f := range allFiles() {
		if !slices.Contains(files, f) {
			return &FileError{File: join(a.cfg.Dir, f), Problem: "is missing beside the other files of the authority",
				Remedy: "restore it from a backup, or move the directory away and restart: a new root is made, which clients must then trust"}
		}
	}
	if a.root, err = load(a.cfg.Dir, rootName, now); err != nil {
		return err
	}
	if a.issuing, err = load(a.cfg.Dir, issuingName, now); err != nil {
		return err
	}
	if err := a.issuing.cert.CheckSignatureFrom(a.root.cert); err != nil {
		return &FileError{File: join(a.cfg.Dir, issuingName+certExt), Problem: "was not signed by " + rootName + certExt,
			Remedy: "restore both from the same backup, or remove " + issuingName + certExt + " and " + issuingName + keyExt + " together with the root's files"}
	}
	if a.stale(now) {
		return a.renew(now)
	}
	return nil
}

// stale reports whether the issuing certificate should be replaced: it is near
// its end, or it sends clients to an old address for revocation.
func (a *Authority) stale(now time.Time) bool {
	c := a.issuing.cert
	ending := c.NotAfter.Sub(now) < issuingLow && c.NotAfter.Before(a.root.cert.NotAfter)
	return ending || !slices.Equal(c.CRLDistributionPoints, a.crlAt(RootCRLPath))
}

// Permits reports whether a leaf for host lies inside the name constraints.
func (a *Authority) Permits(host string) bool {
	return slices.ContainsFunc(a.root.cert.PermittedDNSDomains, func(suffix string) bool { return below(host, suffix) })
}

// Uncovered returns the suffixes that lie outside the root's name constraints:
// hosts under them cannot be signed until a new root is made.
func (a *Authority) Uncovered(suffixes []string) []string {
	var out []string
	for _, s := range suffixes {
		if !a.Permits(s) {
			out = append(out, s)
		}
	}
	return out
}

// below reports whether host is suffix or a name below it.
func below(host, suffix string) bool {
	return host == suffix || (strings.HasSuffix(host, suffix) && host[len(host)-len(suffix)-1] == '.')
}

func (a *Authority) crlAt(path string) []string {
	if a.cfg.PublicURL == "" {
		return nil
	}
	return []string{a.cfg.PublicURL + path}
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" || u.RawQuery != "" {
		return fmt.Errorf("ca: public url must be http://host[:port]: revocation lists are fetched over plain http")
	}
	return nil
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// a pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

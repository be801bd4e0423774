package ca

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// RootPEM returns the root certificate, which clients must trust, as PEM.
func (a *Authority) RootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.cert.Raw})
}

// RootDER returns the root certificate as DER.
func (a *Authority) RootDER() []byte { return append([]byte(nil), a.root.cert.Raw...) }

// Root returns the root certificate; do not modify it.
func (a *Authority) Root() *x509.Certificate { return a.root.cert }

// Info describes one certificate of the authority for people.
type Info struct {
	Name        string    `json:"name"` // "root" or "issuing"
	Subject     string    `json:"subject"`
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the certificate, as browsers show it: AB:CD:…
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Permitted   []string  `json:"permitted"` // name constraints
	File        string    `json:"file"`
}

// Show describes root and issuing certificate.
func (a *Authority) Show() []Info {
	a.mu.Lock()
	defer a.mu.Unlock()
	return []Info{a.info(rootName, a.root.cert), a.info(issuingName, a.issuing.cert)}
}

func (a *Authority) info(name string, c *x509.Certificate) Info {
	sum := sha256.Sum256(c.Raw)
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	parts := make([]string, 0, len(sum))
	for i := 0; i < len(digits); i += 2 {
		parts = append(parts, digits[i:i+2])
	}
	return Info{Name: name, Subject: c.Subject.String(), Fingerprint: strings.Join(parts, ":"), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Permitted: append([]string(nil), c.PermittedDNSDomains...), File: join(a.cfg.Dir, name+certExt)}
}

// a crl is a signed revocation list and when to sign the next.
type crl struct {
	der   []byte
	renew time.Time
}

// CRL returns the issuing certificate's revocation list as DER. It is empty:
// leaves live a month and their key dies with the process. It exists because
// some clients (schannel) refuse certificates whose revocation they cannot
// check. It is signed again at half its life.
func (a *Authority) CRL() ([]byte, error) { return a.crl(IssuingCRLPath) }

// RootCRL returns the root's revocation list as DER.
func (a *Authority) RootCRL() ([]byte, error) { return a.crl(RootCRLPath) }

func (a *Authority) crl(path string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.cfg.Now()
	if c := a.crls[path]; c != nil && now.Before(c.renew) {
		return c.der, nil
	}
	by := a.root
	if path == IssuingCRLPath {
		by = a.issuing
	}
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number:     big.NewInt(now.UnixMilli()), // grows, RFC 5280 §5.2.3
		ThisUpdate: now.Add(-backdate),
		NextUpdate: now.Add(crlTTL),
	}, by.cert, by.key)
	if err != nil {
		return nil, fmt.Errorf("ca: signing the revocation list: %w", err)
	}
	a.crls[path] = &crl{der: der, renew: now.Add(crlTTL / 2)}
	return der, nil
}

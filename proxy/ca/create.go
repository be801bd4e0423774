package ca

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"
)

// create makes root and issuing certificate and writes them.
func (a *Authority) create(now time.Time) error {
	suffixes, err := constraints(a.cfg.Constraints)
	if err != nil {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	tmpl := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "promptgate root " + tag(), Organization: []string{"promptgate"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(rootTTL),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            1,
	}
	constrain(tmpl, suffixes)
	cert, err := sign(tmpl, &pair{tmpl, key}, &key.PublicKey)
	if err != nil {
		return err
	}
	a.root = &pair{cert, key}
	if a.issuing, err = a.newIssuing(now); err != nil {
		return err
	}
	if err := makeDir(a.cfg.Dir); err != nil {
		return err
	}
	if err := store(a.cfg.Dir, rootName, a.root); err != nil {
		return err
	}
	return store(a.cfg.Dir, issuingName, a.issuing)
}

// newIssuing signs an intermediate with a new key.
func (a *Authority) newIssuing(now time.Time) (*pair, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	end := now.Add(issuingTTL)
	if end.After(a.root.cert.NotAfter) {
		end = a.root.cert.NotAfter
	}
	tmpl := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "promptgate issuing " + tag(), Organization: []string{"promptgate"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		CRLDistributionPoints: a.crlAt(RootCRLPath),
	}
	constrain(tmpl, a.root.cert.PermittedDNSDomains)
	cert, err := sign(tmpl, a.root, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	return &pair{cert, key}, nil
}

// renew replaces the issuing pair on disk and in memory, and forgets the leaves
// of the old one: the revocation list they name is signed by the new one now.
func (a *Authority) renew(now time.Time) error {
	p, err := a.newIssuing(now)
	if err != nil {
		return err
	}
	if err := store(a.cfg.Dir, issuingName, p); err != nil {
		return err
	}
	a.issuing = p
	a.leaves.clear()
	delete(a.crls, IssuingCRLPath)
	return nil
}

// constrain limits what the certificate may sign. IP addresses are excluded
// whole: a permitted DNS list alone says nothing about them (RFC 5280 §4.2.1.10).
func constrain(tmpl *x509.Certificate, suffixes []string) {
	tmpl.PermittedDNSDomainsCritical = true
	tmpl.PermittedDNSDomains = suffixes
	tmpl.ExcludedIPRanges = []*net.IPNet{
		{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
	}
}

// constraints checks and normalises the suffixes of a new root.
func constraints(in []string) ([]string, error) {
	if len(in) == 0 {
		return nil, errors.New("ca: no name constraints given: a root that may sign for every host is not made")
	}
	out := make([]string, len(in))
	for i, s := range in {
		s = strings.ToLower(strings.Trim(s, "."))
		if !strings.Contains(s, ".") || strings.ContainsAny(s, "*/: ") {
			return nil, fmt.Errorf("ca: name constraint %d is not a domain suffix like openai.com", i+1)
		}
		out[i] = s
	}
	return out, nil
}

// sign completes tmpl with serial and key identifiers and signs it.
func sign(tmpl *x509.Certificate, by *pair, public any) (*x509.Certificate, error) {
	serial := make([]byte, 16) // 127 bits; RFC 5280 wants it positive and at most 20 bytes
	if _, err := rand.Read(serial); err != nil {
		return nil, err
	}
	serial[0] &= 0x7f
	tmpl.SerialNumber = new(big.Int).SetBytes(serial)
	id, err := keyID(public)
	if err != nil {
		return nil, err
	}
	tmpl.SubjectKeyId = id
	der, err := x509.CreateCertificate(rand.Reader, tmpl, by.cert, public, by.key)
	if err != nil {
		return nil, fmt.Errorf("ca: signing: %w", err)
	}
	return x509.ParseCertificate(der)
}

// tag tells two authorities apart in a list of trusted roots.
func tag() string {
	b := make([]byte, 3)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

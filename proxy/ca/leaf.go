package ca

import (
	"container/list"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"sync"
	"time"
)

// Leaf returns the certificate chain (leaf, intermediate) for one host. host is
// lower case without trailing dot or port. It is cached; concurrent calls for
// one host share a single signature.
func (a *Authority) Leaf(host string) (*tls.Certificate, error) { return a.leaves.get(host) }

// mint signs a leaf.
func (a *Authority) mint(host string) (*tls.Certificate, error) {
	if len(host) > 253 || !a.Permits(host) {
		return nil, fmt.Errorf("ca: %q lies outside the name constraints", host)
	}
	now := a.cfg.Now()
	a.mu.Lock()
	if a.stale(now) {
		if err := a.renew(now); err != nil {
			a.mu.Unlock()
			return nil, err
		}
	}
	issuing := a.issuing
	a.mu.Unlock()
	end := now.Add(leafTTL)
	if end.After(issuing.cert.NotAfter) {
		end = issuing.cert.NotAfter
	}
	cert, err := sign(&x509.Certificate{
		// No common name: names longer than 64 bytes do not fit one, and clients
		// have read only the SAN for years. RFC 5280 §4.1.2.6 then wants the SAN
		// critical, which crypto/x509 does by itself.
		DNSNames:              []string{host},
		NotBefore:             now.Add(-backdate),
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		CRLDistributionPoints: a.crlAt(IssuingCRLPath),
	}, issuing, &a.leafKey.PublicKey)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, issuing.cert.Raw}, PrivateKey: a.leafKey, Leaf: cert}, nil
}

// cache keeps leaves by host: bounded, least recently used out first, one
// signature per host however many ask.
type cache struct {
	max  int
	now  func() time.Time
	mint func(host string) (*tls.Certificate, error)

	mu    sync.Mutex // guards the rest
	order *list.List // of *entry, most recently used first
	hosts map[string]*list.Element
}

// an entry is being made until ready is closed; then cert and err are final.
type entry struct {
	host  string
	ready chan struct{}
	cert  *tls.Certificate
	err   error
}

func newCache(max int, now func() time.Time, mint func(string) (*tls.Certificate, error)) *cache {
	return &cache{max: max, now: now, mint: mint, order: list.New(), hosts: map[string]*list.Element{}}
}

func (c *cache) get(host string) (*tls.Certificate, error) {
	c.mu.Lock()
	if el, ok := c.hosts[host]; ok {
		e := el.Value.(*entry)
		if !e.spent(c.now()) {
			c.order.MoveToFront(el)
			c.mu.Unlock()
			<-e.ready
			return e.cert, e.err
		}
		c.drop(el)
	}
	e := &entry{host: host, ready: make(chan struct{})}
	el := c.order.PushFront(e)
	c.hosts[host] = el
	if c.order.Len() > c.max {
		c.drop(c.order.Back())
	}
	c.mu.Unlock()

	defer func() { // also when mint panics: nobody must wait for ever
		if e.cert == nil && e.err == nil {
			e.err = fmt.Errorf("ca: signing for %q did not finish", host)
		}
		close(e.ready)
		if e.err != nil { // errors are not kept: a name outside the constraints must not push out good leaves for long
			c.mu.Lock()
			if c.hosts[host] == el {
				c.drop(el)
			}
			c.mu.Unlock()
		}
	}()
	e.cert, e.err = c.mint(host)
	return e.cert, e.err
}

// drop needs mu.
func (c *cache) drop(el *list.Element) {
	c.order.Remove(el)
	if host := el.Value.(*entry).host; c.hosts[host] == el {
		delete(c.hosts, host)
	}
}

// spent reports whether a finished leaf is too near its end to be used.
func (e *entry) spent(now time.Time) bool {
	select {
	case <-e.ready:
		return e.err == nil && e.cert.Leaf.NotAfter.Sub(now) < leafRenew
	default:
		return false
	}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.Init()
	clear(c.hosts)
}

func (c *cache) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}

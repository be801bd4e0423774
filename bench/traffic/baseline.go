package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
)

// baseline is what we are measured against: goproxy's own MITM without
// inspection, tuned as its users would (a transport with a pool, an ECDSA
// authority, a certificate store). It serves until its standard input ends.
//
// h2 is offered to clients, h2Up spoken to the upstream.
func baseline(listen, upstream, upstreamCA, caOut string, h2, h2Up bool) error {
	authority, err := newAuthority(caOut)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	pemRoots, err := os.ReadFile(upstreamCA)
	if err != nil {
		return err
	}
	roots.AppendCertsFromPEM(pemRoots)

	g := goproxy.NewProxyHttpServer()
	g.Logger = log.New(io.Discard, "", 0)
	g.KeepAcceptEncoding = true
	g.CertStore = &certStore{certs: map[string]*tls.Certificate{}}
	g.AllowHTTP2 = h2
	g.Tr = &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   h2Up,
		MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", upstream)
		},
	}
	if !h2Up {
		g.Tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	mitm := &goproxy.ConnectAction{Action: goproxy.ConnectMitm, TLSConfig: goproxy.TLSConfigFromCA(authority)}
	g.OnRequest().HandleConnect(goproxy.FuncHttpsHandler(func(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		return mitm, host
	}))
	// As any user of an inspecting proxy has to: the answer's hop-by-hop headers
	// must not reach an HTTP/2 client.
	g.OnResponse().DoFunc(func(r *http.Response, _ *goproxy.ProxyCtx) *http.Response {
		if r != nil {
			r.Header.Del("Connection")
			r.Header.Del("Keep-Alive")
			r.Close = false
		}
		return r
	})
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: g}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = srv.Close()
	}()
	fmt.Println("ready")
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

type certStore struct {
	mu    sync.Mutex // guards certs
	certs map[string]*tls.Certificate
}

func (s *certStore) Fetch(host string, gen func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.certs[host]; ok {
		return c, nil
	}
	c, err := gen()
	if err == nil {
		s.certs[host] = c
	}
	return c, err
}

func newAuthority(caOut string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "baseline"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
		os.WriteFile(caOut, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
}

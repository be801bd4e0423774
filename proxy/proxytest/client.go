package proxytest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// ClientOptions say what client to make.
type ClientOptions struct {
	Proxy string        // host:port
	User  *url.Userinfo // for the proxy; nil for none
	Roots []byte        // PEM: what the client trusts, and nothing else
	HTTP2 bool
}

// Client is a client behind a proxy, as on a laptop that trusts the company's
// root. The caller closes its idle connections.
func Client(o ClientOptions) (*http.Client, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(o.Roots) {
		return nil, errors.New("proxytest: the roots hold no certificate")
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!o.HTTP2)
	protocols.SetHTTP2(o.HTTP2)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyURL(&url.URL{Scheme: "http", Host: o.Proxy, User: o.User}),
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			Protocols:           protocols,
			DisableCompression:  true,
			MaxIdleConnsPerHost: 256,
			TLSHandshakeTimeout: 10 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

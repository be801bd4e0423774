package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/promptgate/promptgate/proxy"
	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/spool"
)

func newResolver(c *config.Config) (*identity.Resolver, error) {
	o := identity.Options{}
	if c.Identity.Anonymous == config.AnonymousDeny {
		o.Anonymous = identity.Deny
	}
	for _, n := range c.Identity.Networks {
		o.Networks = append(o.Networks, identity.NetworkRange{Name: n.Name, Prefix: n.CIDR.Prefix, Groups: n.Groups})
	}
	if c.Identity.TokenFile != "" {
		var err error
		if o.Tokens, err = identity.LoadTokens(c.Identity.TokenFile); err != nil {
			return nil, err
		}
	}
	return identity.NewResolver(o), nil
}

func upstreamConfig(c *config.Config, getenv func(string) string) (proxy.UpstreamConfig, error) {
	u := c.Upstream
	out := proxy.UpstreamConfig{
		Parent: u.ParentProxy, Allow: config.Prefixes(u.AllowAddresses), HTTP2: u.HTTP2,
		DialTimeout: u.DialTimeout, TLSTimeout: u.TLSTimeout, AnswerTimeout: u.AnswerTimeout, IdleTimeout: u.IdleTimeout,
	}
	var err error
	if out.CAPEM, err = upstreamRoots(u.CAFile); err != nil {
		return out, err
	}
	if out.ParentCredentials, err = u.ParentProxyCredentials.Load(getenv); err != nil {
		return out, err
	}
	for _, t := range u.ConnectTo {
		port := 0 // every port
		if t.Port != "" {
			if port, err = strconv.Atoi(t.Port); err != nil {
				return out, fmt.Errorf("connect_to: %w", err)
			}
		}
		out.ConnectTo = append(out.ConnectTo, proxy.ConnectTo{Host: t.Host, Port: port, To: net.JoinHostPort(t.ToHost, t.ToPort)})
	}
	return out, nil
}

func proxyLimits(c *config.Config) proxy.Limits {
	return proxy.Limits{
		HeaderBytes: c.Limits.MaxHeader, BodyBytes: c.Limits.MaxBody, MemoryBytes: c.Limits.MemoryBody(), HeldBytes: c.Limits.BodyMemory,
		Conns: c.Limits.Connections, ConnsPerClient: c.Limits.ConnectionsPerClient,
		Hello: c.Timeouts.Handshake, Handshake: c.Timeouts.Handshake, Header: c.Timeouts.Header,
		Body: c.Timeouts.Body, Idle: c.Timeouts.Idle, TunnelIdle: c.Tunnel.IdleTimeout, Drain: c.Timeouts.Drain,
	}
}

// withoutSpool is the largest body, in bytes, on systems that have no spool.
const withoutSpool = 32 << 20

// openSpool makes the directory of files that hold long bodies; nil where all are
// held in memory.
func openSpool(c *config.Config, state string, log *slog.Logger) (*spool.Spool, error) {
	if c.Limits.Spool == 0 {
		return nil, nil
	}
	s, err := spool.Open(filepath.Join(state, "spool"), c.Limits.Spool)
	if errors.Is(err, errors.ErrUnsupported) {
		log.Warn("bodies cannot be held in files here", "largest_bytes", withoutSpool)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("limits.spool: %w", plainPathError(err))
	}
	return s, nil
}

// firstExpiry is when the first certificate of the authority expires.
func firstExpiry(a *ca.Authority) time.Time {
	var first time.Time
	for _, i := range a.Show() {
		if first.IsZero() || i.NotAfter.Before(first) {
			first = i.NotAfter
		}
	}
	return first
}

// upstreamRoots reads the certificates trusted beside the system's; "" is none.
func upstreamRoots(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("upstream.ca_file: %w", plainPathError(err))
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("upstream.ca_file: %s holds no certificate in PEM form", file)
	}
	return pem, nil
}

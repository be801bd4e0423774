package main

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/promptgate/promptgate/proxy/admin"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/portal"
)

// readiness says whether traffic may be sent. Safe for concurrent use.
type readiness struct{ on atomic.Bool }

func (r *readiness) set(on bool) { r.on.Store(on) }

// err is why not.
func (r *readiness) err() error {
	if r.on.Load() {
		return nil
	}
	return errors.New("starting, or draining before it stops")
}

// serveSurfaces makes the portal and the admin surface: on one address when the
// settings name one, apart otherwise, and then neither answers for the other.
func (g *gate) serveSurfaces(version string) {
	people := portal.Handler(portal.Config{
		PublicURL: publicURL(g.cfg), Proxies: proxyAddresses(g.cfg), ProxyTLS: g.cfg.ListenTLS.Enabled(),
		Hosts: func() (exact, suffixes []string) { return g.rules().providers.Proxied() }, CA: g.authority,
	})
	operators := admin.Handler(admin.Config{
		Networks: config.Prefixes(g.cfg.AdminNetworks), Names: adminNames(g.cfg), Version: version, Started: time.Now(),
		Status: g.status, Ready: g.health, Metrics: g.metrics.Handler(),
	})
	if g.listeners.portal != nil {
		g.surfaces = []surface{{g.listeners.admin, operators, g.log}, {g.listeners.portal, people, g.log}}
		return
	}
	both := http.NewServeMux()
	for _, p := range admin.Paths() {
		both.Handle(p, operators)
	}
	for _, p := range portal.Paths() {
		both.Handle(p, people)
	}
	g.surfaces = []surface{{g.listeners.admin, both, g.log}}
}

// adminNames are the names under which the admin surface may be asked beside
// addresses: its own, when the settings name one, and the portal's.
func adminNames(c *config.Config) (names []string) {
	if host, _, err := net.SplitHostPort(c.AdminListen); err == nil && host != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			names = append(names, host)
		}
	}
	if u, err := url.Parse(c.Portal.PublicURL); err == nil && u.Hostname() != "" && c.PortalListen == "" {
		names = append(names, u.Hostname())
	}
	return names
}

// health is why no traffic should be sent, or nil.
func (g *gate) health() error {
	if err := g.ready.err(); err != nil {
		return err
	}
	if g.audit.Healthy() != nil {
		return errors.New("the audit log cannot be written")
	}
	return nil
}

func (g *gate) status() admin.Status {
	few, all := g.unlisted.Share(time.Now())
	s := admin.Status{
		Unlisted:    admin.Unlisted{Requests: few, Of: all},
		Policy:      admin.Policy{Profile: g.rules().Policy.Profile(), Revision: g.rules().Policy.Revision()},
		RulesDigest: g.rules().digest(), Challenges: g.challenges.counts(), Draining: g.ready.err() != nil,
		Audit: admin.Audit{Healthy: g.audit.Healthy() == nil},
	}
	if !s.Audit.Healthy {
		s.Audit.Error = "the audit log cannot be written; see the log for the file and the cause"
	}
	if last := g.reloading.last.Load(); last != nil {
		s.Reload.At, s.Reload.Refused = last.at, last.err != nil
	}
	if s.Reload.Refused {
		s.Reload.Error = "what stands in rules_dir has mistakes and is not in force; the log and promptgate check say where"
	}
	for _, i := range g.authority.Show() {
		s.CA = append(s.CA, admin.Certificate{Name: i.Name, NotAfter: i.NotAfter})
	}
	return s
}

package main

import (
	"context"
	"maps"
	"net/http"
	"sync"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// metricLabels are the closed sets of label values.
func metricLabels(c *config.Config, r *ruleset) telemetry.Labels {
	l := telemetry.Labels{Apps: r.providers.Apps(), Hosts: r.providers.Hosts(), Severities: []string{"low", "medium", "high", "critical"}}
	for _, t := range r.Catalogue.InfoTypes() {
		l.Types = append(l.Types, t.Name)
	}
	for _, cause := range detectors.Causes() {
		l.Causes = append(l.Causes, string(cause))
	}
	for _, n := range c.Identity.Networks {
		l.Networks = append(l.Networks, n.Name)
	}
	return l
}

// evidenceOf is the recorder of every decision.
func (g *gate) evidenceOf(key []byte) *inspect.Evidence {
	return inspect.NewEvidence(inspect.EvidenceConfig{Audit: g.audit, Shapes: g.shapes, Log: g.log, Metrics: g.metrics, Identity: g.cfg.Audit.Identity, Key: key})
}

// hooks turn what the proxy sees into metrics and log lines. Hosts appear as
// the provider row that knows them, never as the client wrote them.
func (g *gate) hooks(evidence *inspect.Evidence) proxy.Hooks {
	label := func(host string) string { return g.rules().providers.Host(host).Pattern }
	return proxy.Hooks{
		Conn: func(e proxy.ConnEvent) {
			class := e.Class.String()
			if e.Cause == refuse.CausePrivate {
				class = "private"
			}
			g.metrics.Connect(e.Action.String(), class)
			switch {
			case e.Cause == refuse.CauseAuth:
				// Every browser asks once without credentials: counted, not recorded.
				g.metrics.IdentityError(e.Reason)
			case e.Action == policy.Refuse:
				r := inspect.Refused{
					Principal: e.Principal, Host: label(e.Host), Class: e.Class, Cause: string(e.Cause), Rule: e.Rule, Reason: e.Reason,
					Policy: g.rules().Policy,
				}
				if !e.Plain {
					r.Method = http.MethodConnect
				}
				evidence.Refused(context.Background(), r)
			}
		},
		TLSClientReject: func(host, network string) {
			g.metrics.ClientReject(label(host), network)
			g.log.Warn("tls_client_reject: a client does not trust the inspection CA, or pins another certificate",
				telemetry.ServerAddress, label(host), telemetry.ClientNetwork, network)
		},
		Challenge: func(host string) {
			g.metrics.Challenge(label(host))
			g.challenges.add(label(host))
		},
		Upstream: func(host string, cause refuse.Cause) {
			g.metrics.UpstreamError(upstreamKind(cause))
			g.log.Warn("upstream failed", telemetry.ServerAddress, label(host), telemetry.ErrorType, string(cause))
		},
		Refused: func(m proxy.RefusedMessage) {
			g.metrics.Connect(policy.Refuse.String(), policy.HostInspect.String())
			evidence.Refused(context.Background(), inspect.Refused{
				Principal: m.Principal, Incident: m.Incident, Host: label(m.Host), Class: policy.HostInspect, Cause: string(m.Cause),
				Method: m.Method, Endpoint: m.Endpoint, Policy: g.rules().Policy,
			})
		},
		Added:  g.metrics.AddedLatency,
		Active: g.metrics.Active,
		Panic: func(where, site string) {
			g.metrics.Panic(where)
			g.log.Error("a panic was caught; the request was answered", telemetry.Component, where, "code.function.name", site)
		},
		Limit: func() { g.log.Warn("connection turned away: too many are open") },
	}
}

// upstreamKind is the metric's word for a cause.
func upstreamKind(c refuse.Cause) string {
	switch c {
	case refuse.CauseUpstreamDNS:
		return "dns"
	case refuse.CauseUpstreamRefused:
		return "connect"
	case refuse.CauseUpstreamTLS:
		return "tls"
	case refuse.CauseUpstreamTimeout:
		return "timeout"
	case refuse.CausePrivate:
		return "refused"
	case refuse.CauseParentAuth, refuse.CauseParentRefused:
		return "parent_proxy"
	}
	return "protocol"
}

// A tally counts by host. Safe for concurrent use.
type tally struct {
	mu sync.Mutex // guards n
	n  map[string]int64
}

func (t *tally) add(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int64{}
	}
	t.n[host]++
}

func (t *tally) counts() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

// Package admin answers those who run the program: is it alive (/healthz),
// does it take traffic (/readyz), and what has it counted (/metrics).
//
// A [Config] goes in, an http.Handler comes out. It answers loopback and the
// listed networks only, GET and HEAD only, and only under names of its own: a
// page in a browser that points a name of its own at this address is refused,
// since its requests carry that name. There is no authentication beyond that,
// and nothing here changes anything or holds content.
package admin

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Config is what the handler shows and to whom.
type Config struct {
	// Networks may use it beside loopback.
	Networks []netip.Prefix
	// Names are the host names under which it may be asked, beside localhost,
	// loopback addresses and the address that the connection came in on.
	Names   []string
	Version string
	Started time.Time
	Now     func() time.Time // nil means time.Now
	// Status is asked for each /healthz.
	Status func() Status
	// Ready returns why no traffic should be sent, nil when it should: a load
	// balancer asks it. While draining it returns an error.
	Ready   func() error
	Metrics http.Handler
}

// Status is the state of the parts of the program.
type Status struct {
	Policy      Policy           `json:"policy"`
	RulesDigest string           `json:"rules_digest"`
	CA          []Certificate    `json:"ca"`
	Audit       Audit            `json:"audit"`
	Reload      Reload           `json:"reload"`
	Challenges  map[string]int64 `json:"challenges"` // bot challenges by host since the start
	Unlisted    Unlisted         `json:"unlisted"`
	Draining    bool             `json:"draining"`
}

// Policy names the policy in force.
type Policy struct {
	Profile  string `json:"profile"`
	Revision string `json:"revision"`
}

// Unlisted counts requests that no row of the catalogue names, among all those of
// the last half hour to hour.
type Unlisted struct {
	Requests int64 `json:"requests"`
	Of       int64 `json:"of"`
}

// The share of unlisted requests above which the provider has probably changed
// something, and how many requests make a share.
const (
	manyUnlisted = 0.01
	manyRequests = 100
)

// A Certificate is one of the authority's.
type Certificate struct {
	Name     string    `json:"name"` // "root", "issuing"
	NotAfter time.Time `json:"not_after"`
}

// Audit says whether evidence can be written.
type Audit struct {
	Healthy bool   `json:"healthy"`
	Error   string `json:"error,omitempty"`
}

// Reload says whether the rules on disk are those in force.
type Reload struct {
	Refused bool      `json:"refused"`     // the last one: the rules from before stay in force
	At      time.Time `json:"at,omitzero"` // of the last one; absent before the first
	Error   string    `json:"error,omitempty"`
}

// report is the body of /healthz. Its keys are stable; new ones may come.
type report struct {
	Health   string   `json:"status"`   // "ok", or "degraded" when there are problems
	Problems []string `json:"problems"` // what an operator should look at, in words
	Version  string   `json:"version"`
	Uptime   int64    `json:"uptime_seconds"`
	Status
}

// The paths.
const (
	pathHealth  = "/healthz"
	pathReady   = "/readyz"
	pathMetrics = "/metrics"
)

// Paths are the patterns that the handler answers, for http.ServeMux.
func Paths() []string { return []string{pathHealth, pathReady, pathMetrics} }

// expiring is how long before its end a certificate is a problem: long enough to
// bring a new root to every laptop.
const expiring = 30 * 24 * time.Hour

// Handler serves the administration. Safe for concurrent use.
func Handler(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	mux := http.NewServeMux()
	mux.HandleFunc(pathHealth, c.health)
	mux.HandleFunc(pathReady, c.ready)
	mux.Handle(pathMetrics, c.Metrics)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case !c.near(r.RemoteAddr):
			http.Error(w, "this address may not use the administration: add its network to admin_networks", http.StatusForbidden)
		case !c.ownName(r):
			http.Error(w, "not a name of the administration: ask by the address of the listener, or by localhost", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// near reports whether a connection comes from loopback or a listed network.
// Headers that claim another address are not looked at.
func (c *Config) near(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	addr := a.Addr().Unmap().WithZone("")
	return addr.IsLoopback() || slices.ContainsFunc(c.Networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// ownName reports whether a request asks for a name of ours. A browser always
// says which name it means, and a page cannot change that. A request without
// Host is no browser's.
func (c *Config) ownName(r *http.Request) bool {
	host := r.Host
	if host == "" {
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "."))
	if host == "localhost" || slices.ContainsFunc(c.Names, func(n string) bool { return strings.EqualFold(n, host) }) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if addr.Unmap().IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err == nil && at.Addr().Unmap().WithZone("") == addr.Unmap().WithZone("")
}

func (c *Config) health(w http.ResponseWriter, _ *http.Request) {
	now := c.Now()
	s := c.Status()
	if s.Challenges == nil {
		s.Challenges = map[string]int64{}
	}
	body := report{Health: "ok", Problems: problems(s, now), Version: c.Version, Uptime: int64(now.Sub(c.Started) / time.Second), Status: s}
	if len(body.Problems) > 0 {
		body.Health = "degraded"
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(body)
}

// problems are what an operator should look at. They do not make the program
// unready: it goes on, and its policy says how.
func problems(s Status, now time.Time) []string {
	out := []string{}
	if !s.Audit.Healthy {
		out = append(out, "evidence cannot be written")
	}
	if s.Reload.Refused {
		out = append(out, "the rules on disk are not in force: the last reload was refused")
	}
	if u := s.Unlisted; u.Of >= manyRequests && float64(u.Requests) > manyUnlisted*float64(u.Of) {
		out = append(out, fmt.Sprintf("%d of the last %d requests went to endpoints that no row names: promptgate shapes lists them", u.Requests, u.Of))
	}
	for _, c := range s.CA {
		switch left := c.NotAfter.Sub(now); {
		case left <= 0:
			out = append(out, "the "+c.Name+" certificate has expired")
		case left < expiring:
			out = append(out, "the "+c.Name+" certificate expires within 30 days")
		}
	}
	return out
}

func (c *Config) ready(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := c.Ready(); err != nil {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("not ready: " + err.Error() + "\n"))
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

package telemetry

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Labels are the closed sets that metric labels come from, beside those fixed
// here. A value outside its set is counted as "other".
type Labels struct {
	Apps       []string
	Types      []string // infoTypes
	Severities []string
	Causes     []string // of gaps
	Hosts      []string // "api.openai.com" or "*.openai.com"
	Networks   []string // names of client networks
}

// other stands for every value outside its closed set.
const other = "other"

// Metrics are the time series of the program. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	labels   atomic.Pointer[labelSets]

	requests, findings, gaps, failOpen      *prometheus.CounterVec
	connects, rejects, challenges           *prometheus.CounterVec
	upstreamErrors, identityErrors, reloads *prometheus.CounterVec
	auditEvents, panics                     *prometheus.CounterVec
	inspect, added                          prometheus.Histogram
	audit                                   prometheus.Histogram
	active, policy                          *prometheus.GaugeVec
	caExpiry, stale                         prometheus.Gauge
}

// NewMetrics makes the series, those of the Go runtime included.
func NewMetrics(version string, l Labels) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.SetLabels(l)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		m.registry.MustRegister(h)
		return h
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(g)
		return g
	}
	fine := []float64{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1}

	m.requests = counter("dlp_requests_total", "Messages decided.", "action", "direction", "app")
	m.findings = counter("dlp_findings_total", "Findings in decided messages.", "type", "severity")
	m.gaps = counter("dlp_gaps_total", "What could not be inspected, by cause.", "cause")
	m.failOpen = counter("dlp_fail_open_total", "Messages that went on although something was not inspected.", "cause")
	m.connects = counter("dlp_connects_total", "Connections screened, by answer and class of host.", "action", "class")
	m.rejects = counter("dlp_tls_client_reject_total", "Clients that broke off the handshake after our certificate.", "host", "network")
	m.challenges = counter("dlp_upstream_challenges_total", "Bot challenges (cf-mitigated) among the answers.", "host")
	m.upstreamErrors = counter("dlp_upstream_errors_total", "Failed round trips to providers.", "kind")
	m.identityErrors = counter("dlp_identity_errors_total", "Clients that were not let in.", "reason")
	m.reloads = counter("dlp_policy_reload_total", "Reloads of configuration, rules and policies.", "result")
	m.auditEvents = counter("dlp_audit_events_total", "Audit events, by whether they could be written.", "result")
	m.panics = counter("dlp_panics_total", "Panics caught and turned into a decision.", "where")
	m.inspect = histogram("dlp_inspect_duration_seconds", "Time from the body to the decision.", fine)
	m.added = histogram("dlp_proxy_added_latency_seconds", "Time from the request's last byte to its first byte upstream.", fine)
	m.audit = histogram("dlp_audit_commit_seconds", "Time from an audit event to its being on disk.", fine)
	m.active = gauge("dlp_connections_active", "Open client connections.", "kind")
	m.policy = gauge("dlp_policy_info", "The policy in force; always 1.", "profile", "revision")
	m.caExpiry = prometheus.NewGauge(prometheus.GaugeOpts{Name: "dlp_ca_expiry_timestamp_seconds", Help: "When the first CA certificate expires."})
	m.stale = prometheus.NewGauge(prometheus.GaugeOpts{Name: "dlp_rules_stale", Help: "1 while the rules on disk are not in force: the last reload was refused."})
	build := gauge("promptgate_build_info", "The running version; always 1.", "version")
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.caExpiry, m.stale, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// SetLabels replaces the closed sets, after a reload of rules.
func (m *Metrics) SetLabels(l Labels) {
	m.labels.Store(&labelSets{apps: setOf(l.Apps), types: setOf(l.Types), severities: setOf(l.Severities),
		causes: setOf(l.Causes), hosts: setOf(l.Hosts), networks: setOf(l.Networks)})
}

// Handler serves the Prometheus exposition format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Request counts one decided message.
func (m *Metrics) Request(action, direction, app string) {
	m.requests.WithLabelValues(oneOf(action, "allow", "log", "redact", "coach", "justify", "approve", "block"),
		oneOf(direction, "request", "response"), m.labels.Load().apps.label(app)).Inc()
}

// Findings counts n findings of one type in a decided message.
func (m *Metrics) Findings(infoType, severity string, n int) {
	l := m.labels.Load()
	m.findings.WithLabelValues(l.types.label(infoType), l.severities.label(severity)).Add(float64(n))
}

// Gap counts one gap.
func (m *Metrics) Gap(cause string) {
	m.gaps.WithLabelValues(m.labels.Load().causes.label(cause)).Inc()
}

// FailOpen counts a message that went on with a gap.
func (m *Metrics) FailOpen(cause string) {
	m.failOpen.WithLabelValues(m.labels.Load().causes.label(cause)).Inc()
}

// Connect counts a screened connection. class is other, inspect, pass, refuse,
// other_ai or private.
func (m *Metrics) Connect(action, class string) {
	m.connects.WithLabelValues(oneOf(action, "inspect", "tunnel", "refuse"),
		oneOf(class, "inspect", "pass", "refuse", "other_ai", "telemetry", "private")).Inc()
}

// Active adds n to the open connections of a kind: client, inspect or tunnel.
func (m *Metrics) Active(kind string, n int) {
	m.active.WithLabelValues(oneOf(kind, "client", "inspect", "tunnel")).Add(float64(n))
}

// ClientReject counts a client that does not trust our certificate.
func (m *Metrics) ClientReject(host, network string) {
	l := m.labels.Load()
	m.rejects.WithLabelValues(l.hosts.host(host), l.networks.label(network)).Inc()
}

// Challenge counts a bot challenge.
func (m *Metrics) Challenge(host string) {
	m.challenges.WithLabelValues(m.labels.Load().hosts.host(host)).Inc()
}

// UpstreamError counts a failed round trip: dns, connect, tls, timeout, refused
// (a private address) or protocol.
func (m *Metrics) UpstreamError(kind string) {
	m.upstreamErrors.WithLabelValues(oneOf(kind, "dns", "connect", "tls", "timeout", "refused", "protocol", "parent_proxy")).Inc()
}

// IdentityError counts a client that was not let in, by identity.Reason.
func (m *Metrics) IdentityError(reason string) {
	m.identityErrors.WithLabelValues(oneOf(reason, "network", "missing", "scheme", "malformed", "unknown", "limited")).Inc()
}

// Panic counts a caught panic in client, inspect or upstream code.
func (m *Metrics) Panic(where string) {
	m.panics.WithLabelValues(oneOf(where, "connect", "exchange", "inspect", "tunnel")).Inc()
}

// Reload counts a reload; result is ok or error. After an error the rules on disk
// are not those in force.
func (m *Metrics) Reload(result string) {
	m.stale.Set(0)
	if result != "ok" {
		m.stale.Set(1)
	}
	m.reloads.WithLabelValues(oneOf(result, "ok", "error")).Inc()
}

// Audit counts one audit event: committed after d, or failed.
func (m *Metrics) Audit(d time.Duration, err error) {
	if err != nil {
		m.auditEvents.WithLabelValues("error").Inc()
		return
	}
	m.auditEvents.WithLabelValues("ok").Inc()
	m.audit.Observe(d.Seconds())
}

// Inspected observes the time of one inspection.
func (m *Metrics) Inspected(d time.Duration) { m.inspect.Observe(d.Seconds()) }

// AddedLatency observes what we added to one request.
func (m *Metrics) AddedLatency(d time.Duration) { m.added.Observe(d.Seconds()) }

// Policy sets the policy in force.
func (m *Metrics) Policy(profile, revision string) {
	m.policy.Reset()
	m.policy.WithLabelValues(profile, revision).Set(1)
}

// CAExpiry sets when the first certificate of the CA expires.
func (m *Metrics) CAExpiry(t time.Time) { m.caExpiry.Set(float64(t.Unix())) }

// Func registers a counter that is read when it is asked for, such as
// [Tracing.Dropped]. Register each name once.
func (m *Metrics) Func(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// Gauge registers a value that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

type labelSets struct{ apps, types, severities, causes, hosts, networks labelSet }

type labelSet map[string]bool

func setOf(values []string) labelSet {
	s := labelSet{}
	for _, v := range values {
		s[v] = true
	}
	return s
}

func (s labelSet) label(v string) string {
	if s[v] {
		return v
	}
	return other
}

// host is the label of a host: itself, or the pattern *.suffix that covers it.
func (s labelSet) host(h string) string {
	if s[h] {
		return h
	}
	for rest := h; ; {
		_, parent, ok := strings.Cut(rest, ".")
		if !ok {
			return other
		}
		if p := "*." + parent; s[p] {
			return p
		}
		rest = parent
	}
}

func oneOf(v string, allowed ...string) string {
	for _, a := range allowed {
		if v == a {
			return v
		}
	}
	return other
}

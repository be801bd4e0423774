package telemetry

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	return w.Body.String()
}

func TestMetricsCount(t *testing.T) {
	m := NewMetrics("v1", Labels{Apps: []string{"openai_api"}, Types: []string{"pci.payment_card"}, Severities: []string{"high"},
		Causes: []string{"oversize"}, Hosts: []string{"api.openai.com", "*.openai.com"}, Networks: []string{"office"}})
	m.Request("block", "request", "openai_api")
	m.Findings("pci.payment_card", "high", 3)
	m.Gap("oversize")
	m.FailOpen("oversize")
	m.Connect("tunnel", "pass")
	m.Active("client", 2)
	m.Active("client", -1)
	m.ClientReject("eu.api.openai.com", "office")
	m.ClientReject("api.openai.com", "office")
	m.Challenge("api.openai.com")
	m.UpstreamError("timeout")
	m.IdentityError("missing")
	m.Panic("exchange")
	m.Reload("ok")
	m.Audit(time.Millisecond, nil)
	m.Audit(0, errors.New("full"))
	m.Inspected(60 * time.Microsecond)
	m.AddedLatency(time.Millisecond)
	m.Policy("l1", "aaaa")
	m.Policy("l2", "bbbb")
	m.CAExpiry(time.Unix(1900000000, 0))
	m.Func("dlp_trace_spans_dropped_total", "h", func() float64 { return 7 })
	got := scrape(t, m)
	for _, want := range []string{
		`dlp_requests_total{action="block",app="openai_api",direction="request"} 1`,
		`dlp_findings_total{severity="high",type="pci.payment_card"} 3`,
		`dlp_gaps_total{cause="oversize"} 1`,
		`dlp_fail_open_total{cause="oversize"} 1`,
		`dlp_connects_total{action="tunnel",class="pass"} 1`,
		`dlp_connections_active{kind="client"} 1`,
		`dlp_tls_client_reject_total{host="*.openai.com",network="office"} 1`,
		`dlp_tls_client_reject_total{host="api.openai.com",network="office"} 1`,
		`dlp_upstream_challenges_total{host="api.openai.com"} 1`,
		`dlp_upstream_errors_total{kind="timeout"} 1`,
		`dlp_identity_errors_total{reason="missing"} 1`,
		`dlp_panics_total{where="exchange"} 1`,
		`dlp_policy_reload_total{result="ok"} 1`,
		`dlp_audit_events_total{result="error"} 1`,
		`dlp_audit_commit_seconds_count 1`,
		`dlp_inspect_duration_seconds_bucket{le="0.0001"} 1`,
		`dlp_proxy_added_latency_seconds_count 1`,
		`dlp_policy_info{profile="l2",revision="bbbb"} 1`,
		`dlp_ca_expiry_timestamp_seconds 1.9e+09`,
		`dlp_trace_spans_dropped_total 7`,
		`promptgate_build_info{version="v1"} 1`,
		`go_goroutines`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s", want)
		}
	}
	if strings.Contains(got, "aaaa") {
		t.Error("the old policy is still shown")
	}
}

// The law that keeps text and cardinality out: a label never holds what is
// outside its closed set.
func TestMetricLabelsAreClosedSets(t *testing.T) {
	m := NewMetrics("v1", Labels{Hosts: []string{"*.openai.com"}})
	const canary = "canary.example"
	m.Request(canary, canary, canary)
	m.Findings(canary, canary, 1)
	m.Gap(canary)
	m.FailOpen(canary)
	m.Connect(canary, canary)
	m.Active(canary, 1)
	m.ClientReject(canary, canary)
	m.ClientReject("evilopenai.com", canary)
	m.ClientReject("openai.com", canary)
	m.Challenge(canary)
	m.UpstreamError(canary)
	m.IdentityError(canary)
	m.Panic(canary)
	m.Reload(canary)
	got := scrape(t, m)
	if strings.Contains(got, "canary") || strings.Contains(got, "evil") {
		t.Error("a value outside the closed sets is a label")
	}
	if !strings.Contains(got, `dlp_tls_client_reject_total{host="other",network="other"} 3`) {
		t.Error("values outside are not counted as other")
	}
}

func TestLogger(t *testing.T) {
	var out strings.Builder
	l, err := NewLogger(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	l.Info("quiet")
	l.Warn("loud", slog.String(Incident, "x"))
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"dlp.incident.id":"x"`) {
		t.Error(got)
	}
	for _, bad := range [][2]string{{"loud", "json"}, {"info", "xml"}} {
		if _, err := NewLogger(&out, bad[0], bad[1]); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// Outputs are all places that evidence goes to, at their most verbose.
type outputs struct {
	t       testing.TB
	dir     string
	audit   *audit.Log
	log     bytes.Buffer
	spans   *tracetest.SpanRecorder
	tracer  *sdktrace.TracerProvider
	metrics *telemetry.Metrics
	cfg     EvidenceConfig
}

func newOutputs(t testing.TB) *outputs {
	t.Helper()
	o := &outputs{t: t, dir: filepath.Join(t.TempDir(), "audit"), spans: tracetest.NewSpanRecorder()}
	var err error
	if o.audit, err = audit.Open(audit.Config{Dir: o.dir}); err != nil {
		t.Fatal(err)
	}
	w := theWorld(t)
	labels := telemetry.Labels{Apps: []string{"openai_api", "chatgpt_web"}, Severities: []string{"low", "medium", "high", "critical"}, Hosts: w.providers.Hosts(), Networks: []string{"office"}}
	for _, i := range w.catalogue.InfoTypes() {
		labels.Types = append(labels.Types, i.Name)
	}
	for _, c := range detectors.Causes() {
		labels.Causes = append(labels.Causes, string(c))
	}
	o.metrics = telemetry.NewMetrics("test", labels)
	o.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(o.spans))
	o.cfg = EvidenceConfig{
		Audit: o.audit, Metrics: o.metrics, Key: []byte("a key for tests"), Identity: config.IdentityHash,
		Log: slog.New(slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})),
	}
	return o
}

// decide sends a message through everything, as the proxy does.
func (o *outputs) decide(rec Recorder, r Rules, q *Request) *Verdict {
	ctx, span := o.tracer.Tracer("test").Start(context.Background(), telemetry.SpanRequest)
	defer span.End()
	v := New(r, Config{Recorder: rec}).Request(ctx, q)
	if v.Durable != nil {
		if err := <-v.Durable; err != nil {
			o.t.Fatal(err)
		}
	}
	v.Done(ctx, 200, nil)
	return v
}

// everything is all that was put out, as bytes. It closes the audit log.
func (o *outputs) everything() string {
	o.t.Helper()
	if err := o.audit.Close(); err != nil {
		o.t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(o.log.String())
	segments, err := audit.Segments(o.dir)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, s := range segments {
		data, err := os.ReadFile(s)
		if err != nil {
			o.t.Fatal(err)
		}
		b.Write(data)
	}
	for _, s := range o.spans.Ended() {
		b.WriteString(s.Name() + "\n" + s.Status().Description + "\n")
		for _, a := range s.Attributes() {
			b.WriteString(string(a.Key) + "=" + a.Value.String() + "\n")
		}
		for _, e := range s.Events() {
			b.WriteString(e.Name + "\n")
			for _, a := range e.Attributes {
				b.WriteString(string(a.Key) + "=" + a.Value.String() + "\n")
			}
		}
	}
	w := httptest.NewRecorder()
	o.metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	b.WriteString(w.Body.String())
	return b.String()
}

// records are the audit events so far.
func (o *outputs) records() []map[string]any {
	o.t.Helper()
	if err := o.audit.Close(); err != nil {
		o.t.Fatal(err)
	}
	segments, _ := audit.Segments(o.dir)
	var out []map[string]any
	for _, s := range segments {
		data, err := os.ReadFile(s)
		if err != nil {
			o.t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				o.t.Fatal(err)
			}
			out = append(out, m)
		}
	}
	return out
}

func TestOneDecisionIsOneEventOneLineOneSpanAndMetrics(t *testing.T) {
	o := newOutputs(t)
	card := synthetic.Card()
	v := o.decide(NewEvidence(o.cfg), shippedRules(t, "l2"), chat(t, "card "+card, "again card "+card))
	want := map[string]any{
		"event.name": "dlp.message", "dlp.action": "redact", "dlp.verdict": "redact", "dlp.mode": "enforce", "dlp.direction": "request",
		"dlp.incident.id": v.ID, "security_rule.name": "card", "dlp.policy.id": "l2", "dlp.policy.digest": v.Revision,
		"dlp.finding.count": 2.0, "dlp.finding.max_severity": "high", "dlp.app": "openai_api", "dlp.activity": "chat",
		"dlp.endpoint": v.request.Endpoint.ID, "url.template": "/v1/chat/completions", "http.request.method": "POST", "server.address": "api.openai.com",
		"network.protocol.version": "1.1", "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5-mini",
		"gen_ai.request.stream": true, "dlp.client.network": "office", "dlp.identity.method": "basic", "dlp.inspect.complete": true,
	}
	records := o.records()
	if len(records) != 1 {
		t.Fatalf("%d events, want 1", len(records))
	}
	lines := strings.Split(strings.TrimSpace(o.log.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 2 || line["msg"] != "message decided" || line["level"] != "INFO" {
		t.Fatalf("%d lines, the first %v, %v", len(lines), line, err)
	}
	span := map[string]attribute.Value{}
	inspected := false
	for _, s := range o.spans.Ended() {
		inspected = inspected || s.Name() == telemetry.SpanInspect
		if s.Name() == telemetry.SpanRequest {
			for _, a := range s.Attributes() {
				span[string(a.Key)] = a.Value
			}
		}
	}
	if !inspected {
		t.Errorf("there is no span %s", telemetry.SpanInspect)
	}
	for k, w := range want {
		if records[0][k] != w {
			t.Errorf("event: %s = %v, want %v", k, records[0][k], w)
		}
		if k == "event.name" {
			continue
		}
		if line[k] != w {
			t.Errorf("line: %s = %v, want %v", k, line[k], w)
		}
		if got, ok := span[k]; !ok || got.String() != attributeText(w) {
			t.Errorf("span: %s = %v, want %v", k, got.String(), w)
		}
	}
	finding := records[0]["dlp.findings"].([]any)[0].(map[string]any)
	if finding["type"] != "pci.payment_card" || finding["locator"] != "messages[0].content" || finding["count"] != 1.0 || finding["role"] != "user" || len(finding["evidence"].([]any)) == 0 {
		t.Errorf("finding %v", finding)
	}
	total := records[0]["dlp.finding.totals"].([]any)[0].(map[string]any)
	if total["count"] != 2.0 || total["distinct"] != 1.0 {
		t.Errorf("total %v", total)
	}
	if records[0]["trace_id"] == nil || records[0]["trace_id"] != line["trace_id"] {
		t.Errorf("trace %v and %v", records[0]["trace_id"], line["trace_id"])
	}
	w := httptest.NewRecorder()
	o.metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, m := range []string{`dlp_requests_total{action="redact",app="openai_api",direction="request"} 1`, `dlp_findings_total{severity="high",type="pci.payment_card"} 2`, "dlp_inspect_duration_seconds_count 1"} {
		if !strings.Contains(w.Body.String(), m) {
			t.Errorf("metrics lack %s", m)
		}
	}
}

func attributeText(v any) string {
	data, _ := json.Marshal(v)
	return strings.Trim(string(data), `"`)
}

func TestPeopleAreHashedUnlessTheCompanyWantsNames(t *testing.T) {
	for _, identity := range []config.AuditIdentity{config.IdentityHash, config.IdentityClear} {
		t.Run(string(identity), func(t *testing.T) {
			o := newOutputs(t)
			o.cfg.Identity = identity
			rec := NewEvidence(o.cfg)
			other := o.cfg
			other.Key = []byte("another key")
			anonymous := chat(t, "hi")
			anonymous.Principal.Subject = ""
			for _, e := range []*Evidence{rec, rec, NewEvidence(other)} {
				o.decide(e, shippedRules(t, "l2"), chat(t, "hi"))
			}
			o.decide(rec, shippedRules(t, "l2"), anonymous)
			r := o.records()
			if identity == config.IdentityClear {
				if r[0]["user.name"] != "lena" || r[0]["client.address"] != "192.0.2.7" || r[0]["user.hash"] != nil {
					t.Errorf("clear: %v", r[0])
				}
				return
			}
			for _, m := range r {
				if m["user.name"] != nil || m["client.address"] != nil || len(m["user.hash"].(string)) != 32 {
					t.Errorf("hash: %v", m)
				}
			}
			if r[0]["user.hash"] != r[1]["user.hash"] || r[0]["user.hash"] == r[2]["user.hash"] || r[0]["user.hash"] == r[3]["user.hash"] {
				t.Errorf("hashes %v %v %v %v", r[0]["user.hash"], r[1]["user.hash"], r[2]["user.hash"], r[3]["user.hash"])
			}
		})
	}
}

func TestGapsAreInTheEvidenceWithTheWayTheyWent(t *testing.T) {
	for profile, mode := range map[string]string{"l1": "open", "l2": "closed"} {
		o := newOutputs(t)
		o.decide(NewEvidence(o.cfg), shippedRules(t, profile), post(t, chatURL, `{"messages":[`))
		r := o.records()[0]
		gap := r["dlp.gaps"].([]any)[0].(map[string]any)
		if r["dlp.fail_mode"] != mode || r["dlp.inspect.complete"] != false || gap["cause"] != "decode_error" {
			t.Errorf("%s: %v, complete %v, gap %v", profile, r["dlp.fail_mode"], r["dlp.inspect.complete"], gap)
		}
		if flagged := r["dlp.alert"] == true; flagged != (profile == "l1") {
			t.Errorf("%s: alert %v", profile, flagged)
		}
	}
}

func TestManyFindingsGiveABoundedEvent(t *testing.T) {
	o := newOutputs(t)
	texts := make([]string, 3*audit.MaxFindings)
	for i := range texts {
		texts[i] = "card " + synthetic.Card()
	}
	o.decide(NewEvidence(o.cfg), shippedRules(t, "l2"), chat(t, texts...))
	r := o.records()[0]
	if n := len(r["dlp.findings"].([]any)); n != audit.MaxFindings || r["dlp.finding.count"] != float64(len(texts)) {
		t.Errorf("%d findings listed of %v", n, r["dlp.finding.count"])
	}
	if first := r["dlp.findings"].([]any)[0].(map[string]any); first["deciding"] != true {
		t.Errorf("the first finding listed did not decide: %v", first)
	}
}

func TestModelsKeepOnlyKnownParts(t *testing.T) {
	for in, want := range map[string]string{
		"gpt-4o":                 "gpt-4o",
		"gpt-5.1-codex-mini":     "gpt-5.1-codex-mini",
		"gpt-4o-mini-2024-07-18": "gpt-4o-mini",
		"o3-mini":                "o3-mini",
		"text-embedding-3-large": "text-embedding-3-large",
		"text-embedding-ada-002": "text-embedding-ada-002",
		"gpt-oss-120b":           "gpt-oss-120b",
		"ft:gpt-4o-mini-2024-07-18:acme:merger:id": "ft:gpt-4o-mini",
		"gpt-" + "4539148803436467":                "gpt",
		"gpt-453-91-4880":                          "gpt",
		"lena.berg@kontor-weber.de":                "other",
		"mini":                                     "other",
		"":                                         "other",
		"unlisted":                                 "other",
	} {
		if got := model(in); got != want {
			t.Errorf("model(%q) = %q, want %q", in, got, want)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, bm := range []struct {
		name string
		cut  func(*EvidenceConfig)
	}{
		{"all", func(*EvidenceConfig) {}},
		{"no audit log", func(c *EvidenceConfig) { c.Audit = nil }},
		{"no line", func(c *EvidenceConfig) { c.Log = slog.New(slog.DiscardHandler) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			o := newOutputs(b)
			o.cfg.Log = slog.New(slog.NewJSONHandler(discard{}, nil))
			bm.cut(&o.cfg)
			rec := NewEvidence(o.cfg)
			q := chat(b, "Write a haiku about the sea.")
			v := decided(b, shippedRules(b, "l2"), Config{}, q)
			b.ReportAllocs()
			for b.Loop() {
				rec.Record(context.Background(), q, v)
			}
			if err := o.audit.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

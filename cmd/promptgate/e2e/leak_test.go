package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// canaries are values that detectors find, each planted in one place.
type canaries struct {
	n     int
	heads map[[headLen]byte][]canary // by their first bytes: a part of a value is a leak too
	count int
}

type canary struct{ place, value string }

// headLen is the length of the shortest canary, a social security number.
const headLen = 11

// mint makes the next canary; kinds take turns.
func (c *canaries) mint(place string) string {
	kinds := []func() string{
		synthetic.CardSpaced, synthetic.Email, synthetic.IBAN, synthetic.SSN, synthetic.AWSKey, synthetic.Card, synthetic.NHS, synthetic.GitHubToken,
	}
	v := kinds[c.n%len(kinds)]()
	c.n++
	c.add(place, v)
	return v
}

func (c *canaries) add(place, value string) {
	if c.heads == nil {
		c.heads = map[[headLen]byte][]canary{}
	}
	for _, form := range []string{value, url.QueryEscape(value)} {
		var h [headLen]byte
		copy(h[:], form)
		c.heads[h] = append(c.heads[h], canary{place, value})
		if form == url.QueryEscape(form) {
			break
		}
	}
	c.count++
}

// in names the places whose canaries stand in text, at most ten.
func (c *canaries) in(text string) []string {
	var out []string
	// Few positions begin like a canary; a filter over two bytes skips the rest.
	var first [1 << 16]bool
	for h := range c.heads {
		first[binary.LittleEndian.Uint16(h[:])] = true
	}
	var h [headLen]byte
	for i := 0; i+headLen <= len(text) && len(out) < 10; i++ {
		if !first[uint16(text[i])|uint16(text[i+1])<<8] {
			continue
		}
		copy(h[:], text[i:])
		for _, k := range c.heads[h] {
			out = append(out, k.place)
		}
	}
	return out
}

// outputs are everything that the process under test wrote, by name.
func (w *world) outputs(t *testing.T, r *receiver) map[string]string {
	t.Helper()
	raw, _ := r.received(t)
	out := map[string]string{"its stdout and stderr": w.stderr.String(), "the spans": raw}
	for _, page := range []string{"/", "/proxy.pac", "/wpad.dat", "/healthz", "/readyz", "/metrics"} {
		out["the page "+page] = string(w.get(t, page))
	}
	err := filepath.WalkDir(w.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(w.state, path)
		out["the state file "+rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Canaries stand in every field of every request that is inspected, in its
// query, and in its headers, while every kind of telemetry says all it can.
// None may come out anywhere but upstream, where the policy lets it.
func TestNothingWrittenDownHoldsAValue(t *testing.T) {
	rec := newReceiver(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", rec.url)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
	w := newWorld(t, "[log]\nlevel = \"debug\"\n[audit]\nidentity = \"clear\"\n")
	c := &canaries{}
	answers := map[string]string{}
	client := w.client(t, false)
	seen := map[string]int{}
	for _, profile := range []bool{false, true} {
		for _, f := range loadFixtures(t) {
			body := plant(t, f, profile, c.mint)
			resp, text := w.sendPlanted(t, client, f, body, c, profile)
			answers[fmt.Sprintf("the answer to %s (all fields: %v)", f.name, profile)] = headerText(resp.Header) + text
			seen[resp.Header.Get("X-Promptgate-Action")]++
		}
	}
	w.brokenBodies(t, client, c, answers)
	if c.count < 1000 || seen["redact"] == 0 || seen["block"] == 0 {
		t.Errorf("%d canaries, answers by action %v: the test proves too little", c.count, seen)
	}
	w.settle(t, rec)
	_, spans := rec.received(t)
	if spans["proxy request"] < 50 || spans["dlp.inspect"] < 50 {
		t.Errorf("spans received: %v", spans)
	}
	if n := len(w.events(t)); n < 100 {
		t.Errorf("%d audit events", n)
	}
	outputs := w.outputs(t, rec)
	for name, text := range answers {
		outputs[name] = text
	}
	for name, text := range outputs {
		if places := c.in(text); places != nil {
			t.Errorf("%s holds what was planted at %q", name, places)
		}
	}
	t.Logf("%d canaries, %d outputs, actions %v, spans %v", c.count, len(outputs), seen, spans)
}

// sendPlanted sends a fixture with canaries in its headers as well; with
// everywhere also where they are read and cannot be redacted, in its query and in
// headers that no protocol names.
func (w *world) sendPlanted(t *testing.T, client *http.Client, f fixture, body []byte, c *canaries, everywhere bool) (*http.Response, string) {
	t.Helper()
	e := f.exchange
	e.Body = body
	e.Header = map[string]string{
		"User-Agent": "agent " + c.mint(f.name+"#user-agent"),
		"Cookie":     "session=" + c.mint(f.name+"#cookie"), "Authorization": "Bearer " + c.mint(f.name+"#authorization"),
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Baggage": "k=" + url.QueryEscape(c.mint(f.name+"#baggage")),
	}
	for k, v := range f.Header {
		if k != "Authorization" {
			e.Header[k] = v
		}
	}
	if everywhere {
		e.Header["X-Note"], e.Header["Openai-Project"] = c.mint(f.name+"#header"), c.mint(f.name+"#project")
		sep := "?"
		if strings.Contains(e.Path, "?") {
			sep = "&"
		}
		e.Path += sep + "q=" + url.QueryEscape(c.mint(f.name+"#query"))
	}
	return do(t, client, e)
}

// brokenBodies are those whose parsers fail: their errors quote what they read.
func (w *world) brokenBodies(t *testing.T, client *http.Client, c *canaries, answers map[string]string) {
	t.Helper()
	for name, b := range map[string]struct{ contentType, encoding, body string }{
		"truncated JSON": {"application/json", "", `{"model":"gpt-5.5","messages":[{"role":"user","content":"` + c.mint("truncated JSON")},
		"not JSON":       {"application/json", "", c.mint("not JSON") + ` { ] "` + c.mint("not JSON, later")},
		"bad multipart":  {"multipart/form-data; boundary=x", "", "--x\r\nContent-Disposition: form-data; name=\"" + c.mint("part name") + "\"\r\n" + c.mint("part header") + "\r\n\r\n" + c.mint("part body")},
		"not gzip":       {"application/json", "gzip", c.mint("not gzip")},
		"unknown coding": {"application/json", "x-" + synthetic.Word(9), c.mint("unknown coding")},
		"bad form":       {"application/x-www-form-urlencoded", "", "a=%zz" + c.mint("bad form") + "&%=" + c.mint("bad form, later")},
	} {
		e := exchange{Method: "POST", Host: "api.openai.com", Path: "/v1/chat/completions", Body: []byte(b.body), Header: map[string]string{"Content-Type": b.contentType}}
		if b.encoding != "" {
			e.Header["Content-Encoding"] = b.encoding
		}
		for _, host := range []string{"api.openai.com", "chatgpt.com"} {
			e.Host = host
			if host == "chatgpt.com" {
				e.Path = "/backend-api/f/conversation"
			}
			resp, text := do(t, client, e)
			answers["the answer to "+name+" at "+host] = headerText(resp.Header) + text
		}
	}
	// A path that no row knows may hold a value as well.
	e := exchange{Method: "POST", Host: "chatgpt.com", Path: "/backend-api/new/" + url.PathEscape(c.mint("path")), Body: []byte(`{"x":"` + c.mint("unknown endpoint") + `"}`), Header: map[string]string{"Content-Type": "application/json"}}
	resp, text := do(t, client, e)
	answers["the answer to an unknown path"] = headerText(resp.Header) + text
}

// headerText is a header as text, without what came from upstream as it was.
func headerText(h http.Header) string {
	var b bytes.Buffer
	_ = h.Write(&b)
	return b.String()
}

// settle waits until spans and records of plain allows have been written.
func (w *world) settle(t *testing.T, r *receiver) {
	t.Helper()
	quiet := 0
	size := -1
	for range 200 {
		raw, _ := r.received(t)
		n := len(raw) + len(w.events(t))
		if n == size {
			quiet++
		} else {
			quiet = 0
		}
		if size = n; quiet == 6 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// The same check turns red for a sink that writes down one value: a log line, an
// audit record, a span attribute, a metric label or page, and a part of one.
func TestALeakingSinkIsSeen(t *testing.T) {
	rec := newReceiver(t)
	w := newWorld(t, "")
	c := &canaries{}
	for range 100 {
		c.mint("elsewhere")
	}
	if places := leaks(w.outputs(t, rec), c); len(places) != 0 {
		t.Fatalf("seen before anything leaked: %v", places)
	}
	for _, sink := range []struct {
		name string
		leak func(value string)
	}{
		{"log", func(v string) {
			slog.New(slog.NewJSONHandler(w.stderr, nil)).Error("parse failed", "error", "unexpected "+v+" in body")
		}},
		{"audit", func(v string) {
			write(t, filepath.Join(w.state, "audit", "leak.jsonl"), []byte(`{"dlp.findings":[{"locator":"messages[0].`+v+`"}]}`+"\n"))
		}},
		{"span", func(v string) {
			b, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{ScopeSpans: []*trace.ScopeSpans{{Spans: []*trace.Span{{
				Name: "proxy request", Attributes: []*common.KeyValue{{Key: "url.full", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "https://api.openai.com/?q=" + url.QueryEscape(v)}}}},
			}}}}}}})
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.Post(rec.url+"/v1/traces", "application/x-protobuf", bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}},
		{"part of a value", func(v string) {
			write(t, filepath.Join(w.state, "leftover"), []byte("prefix "+v[:headLen]+"…"))
		}},
	} {
		value := c.mint(sink.name)
		sink.leak(value)
		if places := leaks(w.outputs(t, rec), c); len(places) != 1 || places[0] != sink.name {
			t.Errorf("a leak into the %s was seen as %v", sink.name, places)
		}
		// What leaked once is known; the next sink must be seen by itself.
		c = &canaries{n: c.n}
	}
}

func leaks(outputs map[string]string, c *canaries) []string {
	var out []string
	for _, text := range outputs {
		out = append(out, c.in(text)...)
	}
	return out
}

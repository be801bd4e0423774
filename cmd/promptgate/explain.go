package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

func explainVerb() verb {
	return verb{
		name: "explain", args: "BODYFILE", short: "show what would happen to one captured request, and why",
		long: `Prints the documents in the body, the findings with their evidence, the decision with
its rule, and the body that would be sent on. Nothing is sent. BODYFILE may be "-".

--json prints {"action","rule","reason","findings","gaps","body"}: a finding has the
fields of scan and the locator of its document; body is null when it is stopped.`,
		examples: [3]string{
			"promptgate explain --url https://api.openai.com/v1/chat/completions body.json",
			"promptgate explain --url https://chatgpt.com/backend-api/f/conversation --profile l3 -",
			"promptgate explain --url https://api.openai.com/v1/files --header 'Content-Type: multipart/form-data; boundary=x' up.txt",
		},
		set: func(f *flags) runner {
			o := explainOptions{settings: settingsFlags(f)}
			o.url = f.text("url", "URL", "", "where the request goes")
			o.method = f.text("method", "M", "POST", "its method")
			o.header = f.list("header", "'K: V'", "a header of the request; may be repeated")
			o.profile = f.text("profile", "NAME", "", "policy, instead of profile of the settings")
			o.user = f.text("user", "U", "", "who sends it")
			o.asJSON = f.onOff("json", "print one JSON object")
			return func(ctx context.Context, p *program, args []string) error {
				if len(args) != 1 {
					return usagef("explain wants one body file, or - for stdin")
				}
				return p.explain(ctx, o, args[0])
			}
		},
	}
}

type explainOptions struct {
	settings
	url, method, profile, user *string
	header                     *[]string
	asJSON                     *bool
}

func (p *program) explain(ctx context.Context, o explainOptions, file string) error {
	c, err := o.load()
	if err != nil {
		return err
	}
	if *o.profile != "" {
		c.Profile = *o.profile
	}
	r, err := o.request()
	if err != nil {
		return err
	}
	set, err := loadRules(c.RulesDir, c.Profile, nil, p.company(c))
	if err != nil {
		return err
	}
	host := set.providers.Host(r.Host)
	if host.Class != policy.HostInspect {
		if host.Reason != "" {
			return fmt.Errorf("requests to %s are not inspected: its class is %s\n%s", r.Host, host.Class, host.Reason)
		}
		return fmt.Errorf("requests to %s are not inspected: its class is %s", r.Host, host.Class)
	}
	if r.Body, err = p.readBody(file, c); err != nil {
		return err
	}
	r.Endpoint = set.providers.Match(r.Method, r.Host, r.URL.EscapedPath())
	if r.Endpoint.Mode == provider.Pass && len(r.Body) > 0 { // as the proxy does: a GET with a body is no GET
		r.Endpoint = set.providers.Match(http.MethodPost, r.Host, r.URL.EscapedPath())
	}
	if r.Endpoint.Closed {
		return fmt.Errorf("requests to this path are refused, whatever is in them\n%s", r.Endpoint.Reason)
	}
	files, err := p.files(c, explainCache())
	if err != nil {
		return err
	}
	defer files.Close()
	if bytes.Contains(r.Body, []byte("%PDF-")) || bytes.Contains(r.Body, []byte(base64PDF)) {
		files.Warm(ctx)
	}
	remote, err := p.analyzer(c)
	if err != nil {
		return err
	}
	v := inspect.New(set.Rules, inspect.Config{Timeout: c.Timeouts.Inspect, Analyzer: remote, Files: files}).Request(ctx, r)
	if *o.asJSON {
		return p.explainJSON(v)
	}
	return p.explainText(r, v)
}

// base64PDF is "%PDF-" at the beginning of base64.
const base64PDF = "JVBERi"

// explainCache is where what reads PDF is kept compiled, "" for nowhere.
func explainCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "promptgate")
	if os.MkdirAll(dir, 0o700) != nil {
		return "" // slower, no more
	}
	return dir
}

// request is what the flags say, without its body and endpoint.
func (o explainOptions) request() (*inspect.Request, error) {
	u, err := url.Parse(*o.url)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, usagef("--url wants a URL such as https://api.openai.com/v1/chat/completions")
	}
	r := &inspect.Request{
		Method: strings.ToUpper(*o.method), URL: u, Header: http.Header{}, Protocol: "HTTP/1.1",
		Host: strings.TrimSuffix(strings.ToLower(u.Hostname()), "."),
	}
	if *o.user != "" {
		r.Principal = identity.Principal{Subject: *o.user, Method: identity.Basic, Assurance: identity.AssuranceToken}
	}
	for _, h := range *o.header {
		k, v, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(k) == "" {
			return nil, usagef("--header wants 'Name: value'")
		}
		r.Header.Add(strings.TrimSpace(k), strings.TrimSpace(v))
	}
	return r, nil
}

// readBody reads as much as the proxy would hold.
func (p *program) readBody(file string, c *config.Config) ([]byte, error) {
	in := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, plainPathError(err)
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, c.Limits.MaxBody+1))
	if err != nil {
		return nil, plainPathError(err)
	}
	if int64(len(body)) > c.Limits.MaxBody {
		return nil, fmt.Errorf("%s is larger than limits.max_body (%d bytes): the proxy would not inspect it", file, c.Limits.MaxBody)
	}
	return body, nil
}

type explainedGap struct {
	Cause   detectors.Cause `json:"cause"`
	Locator string          `json:"locator"`
	Size    int64           `json:"size"`
}

// explained is the stable form of --json.
type explained struct {
	Action       string            `json:"action"`
	Rule         string            `json:"rule"`
	Reason       string            `json:"reason"`
	Findings     []json.RawMessage `json:"findings"`
	Gaps         []explainedGap    `json:"gaps"`
	Body         *string           `json:"body"`
	BodyEncoding string            `json:"body_encoding,omitempty"` // "base64" when it is not UTF-8
}

func (p *program) explainJSON(v *inspect.Verdict) error {
	out := explained{
		Action: v.Action, Rule: v.Decision.Rule, Reason: v.Decision.Reason,
		Findings: []json.RawMessage{}, Gaps: []explainedGap{},
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		b := appendFinding([]byte("{"), &f.Finding)
		b = append(b, `,"locator":`...)
		b = appendJSONString(b, f.Locator)
		out.Findings = append(out.Findings, append(b, '}'))
	}
	for _, g := range v.Gaps {
		out.Gaps = append(out.Gaps, explainedGap{g.Cause, g.Locator, g.Size})
	}
	if v.Refusal == nil {
		body := string(v.Body)
		if !utf8.Valid(v.Body) {
			body, out.BodyEncoding = base64.StdEncoding.EncodeToString(v.Body), "base64"
		}
		out.Body = &body
	}
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func (p *program) explainText(r *inspect.Request, v *inspect.Verdict) error {
	paint := p.paint()
	var b strings.Builder
	line := func(name, format string, a ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, fmt.Sprintf(format, a...))
	}
	section := func(name string, n int) { fmt.Fprintf(&b, "\n%s\n", paint(bold, fmt.Sprintf("%s (%d)", name, n))) }

	line("endpoint", "%s, %s: %s", r.Endpoint.ID, r.Endpoint.Activity, r.Endpoint.Mode)
	line("policy", "%s %.19s", v.Profile, v.Revision)
	section("documents", len(v.Docs))
	for _, d := range v.Docs {
		fmt.Fprintf(&b, "  %-28s %-9s %s\n", d.Locator, d.Role, d.Media)
	}
	section("findings", len(v.Findings))
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "  %-28s %s at %d-%d, %s (%.2f), rule %s\n", f.Locator, f.Type, f.Span.Start, f.Span.End, f.Confidence.Level(), f.Confidence.Float(), f.Rule)
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "  %-28s   %+4d %s\n", "", e.Points, e.Name)
		}
	}
	if len(v.Gaps) > 0 {
		section("not inspected", len(v.Gaps))
		for _, g := range v.Gaps {
			fmt.Fprintf(&b, "  %-28s %s\n", g.Locator, g.Cause)
		}
	}
	b.WriteByte('\n')
	line("action", "%s", paint(actionColour(v.Action), v.Action))
	if v.Decision.Rule != "" {
		line("rule", "%s", v.Decision.Rule)
		line("reason", "%s", v.Decision.Reason)
	}
	if v.Decision.Guidance != "" {
		line("next", "%s", v.Decision.Guidance)
	}
	if len(v.Decision.Controls) > 0 {
		line("controls", "%s", strings.Join(v.Decision.Controls, ", "))
	}
	switch {
	case v.Refusal != nil:
		line("answer", "%d, and nothing is sent on", v.Refusal.Status)
		body := strings.TrimRight(string(v.Refusal.Body), "\n")
		fmt.Fprintf(&b, "\n%s\n", body)
	case v.Changed:
		line("sent on", "%d bytes, changed", len(v.Body))
		if utf8.Valid(v.Body) {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(string(v.Body), "\n"))
		}
	default:
		line("sent on", "%d bytes, as they came", len(v.Body))
	}
	_, err := io.WriteString(p.stdout, b.String())
	return err
}

// actionColour is the colour of a summary word.
func actionColour(action string) string {
	switch action {
	case "allow", "log":
		return green
	case "redact":
		return yellow
	}
	return red
}

package refuse

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/rules"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const incident = "01KAQ7Z3T8M5V0J2N4R6W8Y1XC"

func load(t testing.TB) *Messages {
	t.Helper()
	m, err := Load(rules.FS())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func finding(infoType, locator string) policy.Finding {
	return policy.Finding{Finding: detectors.Finding{Type: detectors.InfoType(infoType), Confidence: detectors.High}, Locator: locator}
}

func titles(t detectors.InfoType) string {
	return map[detectors.InfoType]string{"pci.payment_card": "payment card", "pii.iban": "bank account (IBAN)"}[t]
}

// cardStop is a message with cards in two places, stopped by a rule.
func cardStop() Stop {
	return Stop{
		Decision: policy.Decision{Gate: policy.Block, Intended: policy.Block, Rule: "card.bulk", Reason: "The message holds many payment cards.",
			Guidance: "Send a sample with made-up numbers.", Deciding: []int{0, 1, 3}},
		Findings: []policy.Finding{finding("pci.payment_card", "messages[2].content"), finding("pci.payment_card", "messages[4].content[0].text"),
			finding("pii.email", "metadata"), finding("pii.iban", "messages[2].content")},
		Titles: titles, Incident: incident, Method: http.MethodPost, Header: http.Header{},
	}
}

func page() http.Header {
	return http.Header{"Accept": {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, "Sec-Fetch-Mode": {"navigate"}}
}

func openAI() *provider.Endpoint  { return &provider.Endpoint{ID: "api", Format: provider.OpenAI} }
func chatGPT() *provider.Endpoint { return &provider.Endpoint{ID: "web", Format: provider.ChatGPT} }

func TestGolden(t *testing.T) {
	m := load(t)
	stop := func(change func(*Stop)) Refusal {
		s := cardStop()
		change(&s)
		return m.Stop(s)
	}
	for name, got := range map[string]Refusal{
		"block_openai_api":   stop(func(s *Stop) { s.Endpoint = openAI() }),
		"block_chatgpt_post": stop(func(s *Stop) { s.Endpoint = chatGPT() }),
		"block_chatgpt_closed": stop(func(s *Stop) {
			s.Endpoint = chatGPT()
			s.Endpoint.Closed = true
		}),
		"block_other_json": stop(func(*Stop) {}),
		"block_other_page": stop(func(s *Stop) { s.Header = page() }),
		"block_approve_intended": stop(func(s *Stop) {
			s.Endpoint, s.Decision.Intended, s.Decision.Guidance = openAI(), policy.Approve, ""
			s.Findings, s.Decision.Deciding = []policy.Finding{finding("confidential.unheard_of", "input")}, []int{0}
		}),
		"block_gap": stop(func(s *Stop) {
			s.Endpoint, s.Decision = openAI(), policy.Decision{Gate: policy.Block, Intended: policy.Block, Rule: "gap.decode_error", Gap: detectors.CauseDecodeError}
			s.Gaps = []detectors.Gap{{Cause: detectors.CauseReference, Locator: "input[0]"}, {Cause: detectors.CauseDecodeError, Locator: "messages[1].content[0].image_url"}}
		}),
		"block_many_kinds": stop(func(s *Stop) {
			s.Endpoint, s.Findings, s.Decision.Deciding = openAI(), nil, nil
			s.Titles = func(t detectors.InfoType) string { return strings.TrimPrefix(string(t), "pii.") }
			for i := range 12 {
				for j := range i + 1 {
					s.Findings = append(s.Findings, finding(fmt.Sprintf("pii.kind_%d", i), fmt.Sprintf("messages[%d].content", j)))
					s.Decision.Deciding = append(s.Decision.Deciding, len(s.Findings)-1)
				}
			}
		}),
		"auth_missing":      m.Problem(Problem{Cause: CauseAuth, Reason: "missing", Host: "api.openai.com", Method: http.MethodConnect, Header: http.Header{}}),
		"auth_unknown_page": m.Problem(Problem{Cause: CauseAuth, Reason: "unknown", Host: "chatgpt.com", Method: http.MethodGet, Header: page()}),
		"auth_network":      m.Problem(Problem{Cause: CauseAuth, Reason: "network", Host: "api.openai.com", Method: http.MethodConnect, Header: http.Header{}}),
		"auth_limited":      m.Problem(Problem{Cause: CauseAuth, Reason: "limited", Retry: 90 * time.Second, Method: http.MethodConnect, Header: http.Header{}}),
		"host_refused": m.Problem(Problem{Cause: CauseHostRefused, Host: "mtls.api.openai.com", Reason: "The connection cannot be opened: it asks for a client certificate.",
			Method: http.MethodConnect, Header: http.Header{}}),
		"misdirected":           m.Problem(Problem{Cause: CauseMisdirected, Host: "api.openai.com", Endpoint: openAI(), Method: http.MethodPost, Header: http.Header{}}),
		"upgrade":               m.Problem(Problem{Cause: CauseUpgrade, Host: "api.openai.com", Endpoint: openAI(), Method: http.MethodGet, Header: http.Header{}}),
		"overload":              m.Problem(Problem{Cause: CauseOverload, Host: "api.openai.com", Endpoint: openAI(), Method: http.MethodPost, Header: http.Header{}}),
		"upstream_tls_api":      m.Problem(Problem{Cause: CauseUpstreamTLS, Host: "api.openai.com", Incident: incident, Endpoint: openAI(), Method: http.MethodPost, Header: http.Header{}}),
		"upstream_dns_chatgpt":  m.Problem(Problem{Cause: CauseUpstreamDNS, Host: "chatgpt.com", Incident: incident, Endpoint: chatGPT(), Method: http.MethodPost, Header: http.Header{"Origin": {"https://chatgpt.com"}}}),
		"upstream_timeout_page": m.Problem(Problem{Cause: CauseUpstreamTimeout, Host: "chatgpt.com", Incident: incident, Endpoint: chatGPT(), Method: http.MethodGet, Header: page()}),
		"path_closed":           m.Problem(Problem{Cause: CausePathClosed, Host: "chatgpt.com", Endpoint: &provider.Endpoint{Format: provider.ChatGPT, Closed: true}, Method: http.MethodPost, Header: http.Header{}}),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", name+".golden")
			text := wire(got)
			if *update {
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, want) {
				t.Errorf("%s:\n%s\nwant\n%s", file, text, want)
			}
		})
	}
}

// wire is a refusal as it is sent, its header sorted.
func wire(f Refusal) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", f.Status, http.StatusText(f.Status))
	_ = f.Header.Write(&b)
	b.WriteString("\n")
	b.Write(f.Body)
	return bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), []byte("\n"))
}

func TestWordsAreAskedForEverythingThatCanHappen(t *testing.T) {
	var reasons []string
	for _, r := range []identity.Reason{identity.ReasonNetwork, identity.ReasonMissing, identity.ReasonScheme, identity.ReasonMalformed, identity.ReasonUnknown, identity.ReasonLimited} {
		reasons = append(reasons, string(r))
	}
	if got := authReasons(); !slices.Equal(got, reasons) {
		t.Errorf("authReasons() = %q, want those of package identity: %q", got, reasons)
	}
	if got, want := categories(), rules.Categories(); !slices.Equal(got, want) {
		t.Errorf("categories() = %q, want %q", got, want)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "cause.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		if v, ok := node.(*ast.ValueSpec); ok {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Cause" {
				n++
				value := strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)
				if !slices.Contains(Causes(), Cause(value)) {
					t.Errorf("Causes() lacks %s", v.Names[0])
				}
			}
		}
		return true
	})
	if n != len(Causes()) {
		t.Errorf("Causes() lists %d, cause.go declares %d", len(Causes()), n)
	}
}

func TestLoadMissesEveryTextThatIsTakenAway(t *testing.T) {
	data, err := rules.FS().Open("messages/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(data); err != nil {
		t.Fatal(err)
	}
	whole := b.String()
	tables := 0
	for _, block := range strings.Split(whole, "\n[")[1:] {
		name, _, _ := strings.Cut(block, "]")
		if name == "frame" {
			continue
		}
		tables++
		_, err := Load(fstest.MapFS{"messages/en.toml": {Data: []byte(strings.Replace(whole, "\n["+block, "\n", 1))}})
		if err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("without [%s]: Load = %v, want it missed", name, err)
		}
	}
	if want := len(Causes()) + len(authReasons()) + len(gates()) + len(categories()) + len(detectors.Causes()); tables != want {
		t.Errorf("%d tables tried, want %d", tables, want)
	}
}

func TestLoadReportsMistakesWithTheirPlace(t *testing.T) {
	good, err := rules.FS().Open("messages/en.toml")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown cause", "[gap.image]", "[gap.imgae]", "nothing is called gap.imgae (image?)"},
		{"unknown key", "\nand ", "\nadn ", "unknown key"},
		{"brace that nothing fills", "{host} does not take connections", "{hots} does not take connections", "in braces may stand: host"},
		{"open brace", "{n} more", "{n more", "in braces may stand: n"},
		{"empty text", `title = "an image"`, `title = " "`, "gap.image.title is missing"},
		{"language of another file", `language = "en"`, `language = "de"`, `language must be "en"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(b.String(), tt.old, tt.new, 1)
			if text == b.String() {
				t.Fatal("the mistake was not made")
			}
			_, err := Load(fstest.MapFS{"messages/en.toml": {Data: []byte(text)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "messages/en.toml:") {
				t.Fatalf("Load = %v, want messages/en.toml:line:col and %q", err, tt.want)
			}
		})
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("Load of nothing gave messages")
	}
}

func TestStatusAndHeadersMakeWellFormedHTTP(t *testing.T) {
	m := load(t)
	for _, tt := range []struct {
		cause  Cause
		reason string
		status int
		header map[string]string // "" means absent
	}{
		{CauseAuth, "missing", 407, map[string]string{"Proxy-Authenticate": `Basic realm="promptgate", charset="UTF-8"`, "Connection": "close", "X-Should-Retry": "false"}},
		{CauseAuth, "network", 403, map[string]string{"Proxy-Authenticate": ""}},
		{CauseAuth, "limited", 429, map[string]string{"Proxy-Authenticate": "", "Retry-After": "2", "X-Should-Retry": "false"}},
		{CauseHeader, "", 431, map[string]string{"X-Should-Retry": "false"}},
		{CauseMisdirected, "", 421, map[string]string{"X-Should-Retry": "false"}},
		{CauseUpgrade, "", 426, map[string]string{"Upgrade": "HTTP/1.1", "Connection": "upgrade"}},
		{CauseNested, "", 405, map[string]string{"Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}},
		{CauseOverload, "", 503, map[string]string{"Retry-After": "2", "X-Should-Retry": ""}},
		{CauseUpstreamTimeout, "", 504, map[string]string{"X-Should-Retry": ""}},
		{CauseUpstreamTLS, "", 502, map[string]string{"X-Should-Retry": "false", "Proxy-Status": "promptgate; error=tls_certificate_error"}},
		{CauseInternal, "", 500, map[string]string{"X-Should-Retry": "false"}},
		{"of the future", "", 500, map[string]string{"X-Should-Retry": "false"}},
	} {
		t.Run(fmt.Sprint(tt.cause, tt.reason), func(t *testing.T) {
			f := m.Problem(Problem{Cause: tt.cause, Reason: tt.reason, Host: "api.openai.com", Header: http.Header{}})
			if f.Status != tt.status {
				t.Errorf("status %d, want %d", f.Status, tt.status)
			}
			for k, want := range tt.header {
				if got := f.Header.Get(k); got != want {
					t.Errorf("%s: %q, want %q", k, got, want)
				}
			}
		})
	}
}

// Codes that make ChatGPT's pages sign the person out, switch the workspace or
// show a usage limit (OPENAI.md B.6).
func TestCodesAreNoneThatChatGPTActsOn(t *testing.T) {
	bad := []string{"token_expired", "expired_session_key", "invalid_api_key", "deactivated_workspace", "trigger_account_transfer",
		"request_account_access", "invalid_account_id_header", "rate_limit_info", "model_cap_exceeded"}
	m := load(t)
	for _, c := range Causes() {
		var body struct{ Detail detail }
		f := m.Problem(Problem{Cause: c, Endpoint: chatGPT(), Method: http.MethodPost, Header: http.Header{}})
		if err := json.Unmarshal(f.Body, &body); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(bad, body.Detail.Code) || body.Detail.Message == "" {
			t.Errorf("%s: code %q, message %q", c, body.Detail.Code, body.Detail.Message)
		}
	}
}

func TestFormatFollowsEndpointAndAccept(t *testing.T) {
	m := load(t)
	const html, jsonType = "text/html; charset=utf-8", "application/json; charset=utf-8"
	for _, tt := range []struct {
		name     string
		endpoint *provider.Endpoint
		method   string
		header   http.Header
		want     string
	}{
		{"program", nil, "GET", http.Header{"Accept": {"*/*"}}, jsonType},
		{"nothing said", nil, "GET", http.Header{}, jsonType},
		{"browser", nil, "GET", page(), html},
		{"JSON before HTML", nil, "GET", http.Header{"Accept": {"text/html;q=0.5, application/json"}}, jsonType},
		{"HTML refused", nil, "GET", http.Header{"Accept": {"text/html;q=0, */*"}}, jsonType},
		{"quality that is no number", nil, "GET", http.Header{"Accept": {"text/html;q=x"}}, jsonType},
		{"browser at the API", openAI(), "GET", page(), jsonType},
		{"script of ChatGPT", chatGPT(), "POST", http.Header{"Accept": {"text/event-stream"}, "Sec-Fetch-Mode": {"cors"}}, jsonType},
		{"script of ChatGPT that says HTML", chatGPT(), "GET", http.Header{"Accept": {"text/html"}, "Sec-Fetch-Mode": {"same-origin"}}, jsonType},
		{"page of ChatGPT", chatGPT(), "GET", page(), html},
		{"old browser at ChatGPT", chatGPT(), "GET", http.Header{"Accept": {"text/html,*/*;q=0.8"}}, html},
		{"form at ChatGPT", chatGPT(), "POST", http.Header{"Accept": {"text/html,*/*;q=0.8"}}, jsonType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := m.Problem(Problem{Cause: CauseUpstreamReset, Endpoint: tt.endpoint, Method: tt.method, Header: tt.header})
			if got := f.Header.Get("Content-Type"); got != tt.want {
				t.Errorf("Content-Type %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLanguageFollowsAcceptLanguage(t *testing.T) {
	m := load(t)
	german := *m.languages["en"]
	german.Language = "de"
	m.languages["de"] = &german
	for accept, want := range map[string]string{"": "en", "fr": "en", "de-CH, en;q=0.9": "de", "en, de;q=0.5": "en", "xx;q=0.9, DE;q=0.1": "de", "de;q=0": "en"} {
		if got := m.words(http.Header{"Accept-Language": {accept}}).Language; got != want {
			t.Errorf("Accept-Language %q: %s, want %s", accept, got, want)
		}
	}
}

func TestPageUsesNothingFromOutside(t *testing.T) {
	m := load(t)
	s := cardStop()
	s.Header = page()
	f := m.Stop(s)
	body := string(f.Body)
	for _, bad := range []string{"http:", "https:", "//", "src=", "href=", "url(", "@import", "<script", "<link", "<iframe"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	_, rest, _ := strings.Cut(body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if csp := f.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the page's style is not the one that its policy allows: %s", csp)
	}
	for _, want := range []string{`<html lang="en">`, "prefers-color-scheme: dark", "<main>", "<h1>", `name="viewport"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestScriptsOfOtherOriginsCanReadTheRefusal(t *testing.T) {
	m := load(t)
	s := cardStop()
	s.Endpoint, s.Header = openAI(), http.Header{"Origin": {"https://app.example.com"}}
	h := m.Stop(s).Header
	if h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "x-should-retry") || h.Get("Vary") != "Origin" {
		t.Errorf("header %v", h)
	}
	s.Header.Set("Origin", "https://x\r\nSet-Cookie: a=b")
	if got := m.Stop(s).Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("Access-Control-Allow-Origin %q for an origin with a line break", got)
	}
}

func FuzzRefusalIsWellFormed(f *testing.F) {
	m := load(f)
	f.Add("api.openai.com", "It cannot be opened.", "messages[0].content", "text/html", "https://a.example", uint8(0))
	f.Add("<script>alert(1)</script>", "a\r\nb", "</span><img src=x>", "text/html", "null", uint8(1))
	f.Add("{host}", "{incident}", "\xff\u2028", "*/*", "", uint8(2))
	f.Fuzz(func(t *testing.T, host, reason, locator, accept, origin string, kind uint8) {
		h := http.Header{"Accept": {accept}, "Origin": {origin}}
		endpoints := []*provider.Endpoint{nil, openAI(), chatGPT()}
		e := endpoints[int(kind)%len(endpoints)]
		s := cardStop()
		s.Endpoint, s.Header, s.Incident = e, h, host
		s.Decision.Reason, s.Decision.Rule = reason, locator
		s.Findings[0].Locator = locator
		cause := Causes()[int(kind)%len(Causes())]
		for _, r := range []Refusal{m.Stop(s), m.Problem(Problem{Cause: cause, Host: host, Reason: reason, Incident: locator, Endpoint: e, Method: http.MethodGet, Header: h})} {
			if r.Status < 400 || r.Status > 599 || len(r.Body) == 0 || len(r.Body) > 32<<10 {
				t.Fatalf("status %d, %d bytes", r.Status, len(r.Body))
			}
			for k, vs := range r.Header {
				for _, v := range vs {
					if strings.ContainsAny(v, "\r\n\x00") {
						t.Fatalf("%s holds a line break", k)
					}
				}
			}
			if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
				if !json.Valid(r.Body) {
					t.Fatalf("not JSON: %s", r.Body)
				}
				continue
			}
			for _, bad := range []string{"<script", "<img", "</span><img"} {
				if n := strings.Count(strings.ToLower(string(r.Body)), bad); n > 0 {
					t.Fatalf("the page holds %s", bad)
				}
			}
		}
	})
}

// A PUT of bytes has no page of its own to show a detail object in: 403 says that the upload failed.
func TestAStoppedUploadIsForbidden(t *testing.T) {
	m := load(t)
	for method, want := range map[string]int{http.MethodPut: 403, http.MethodPost: 400} {
		if got := m.Stop(Stop{Endpoint: chatGPT(), Method: method}); got.Status != want {
			t.Errorf("%s: status %d, want %d", method, got.Status, want)
		}
	}
}

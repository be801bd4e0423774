package refuse

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/promptgate/promptgate/proxy/provider"
)

// An apiError is the error object of the OpenAI API. Its SDKs decode code,
// param and type as strings.
type apiError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    string  `json:"code"`
}

// A detail is the error object of ChatGPT's pages, which show message and code.
type detail struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Type    string `json:"type"`
}

// render puts a notice into the client's format. h is added to.
func (m *Messages) render(w *words, n notice, e *provider.Endpoint, method string, asked, h http.Header) Refusal {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Proxy-Status", "promptgate; error="+n.proxyError) // RFC 9209
	if n.incident != "" {
		h.Set("X-Promptgate-Incident", clip(n.incident, maxLocator))
	}
	if e != nil {
		share(h, asked)
	}
	switch d := format(e); {
	case d == provider.OpenAI:
		return jsonRefusal(n, h, map[string]apiError{"error": w.apiError(n)})
	case d == provider.ChatGPT && !navigates(method, asked):
		return jsonRefusal(n, h, map[string]detail{"detail": {w.line(n), n.code, n.class}})
	case wantsPage(asked):
		return m.pageRefusal(w, n, h)
	}
	return jsonRefusal(n, h, map[string]apiError{"error": w.apiError(n)})
}

func (w *words) apiError(n notice) apiError {
	e := apiError{Message: w.line(n), Type: n.class, Code: n.code}
	if n.param != "" {
		e.Param = &n.param
	}
	return e
}

// share lets scripts of the page that made a cross-origin request read the
// refusal. Without it they are told of a failed network, and try again.
func share(h, asked http.Header) {
	origin := asked.Get("Origin")
	if origin == "" || len(origin) > 256 || strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "x-should-retry, x-promptgate-incident, x-promptgate-action")
	h.Add("Vary", "Origin")
}

func jsonRefusal(n notice, h http.Header, body any) Refusal {
	h.Set("Content-Type", "application/json; charset=utf-8")
	data, err := json.Marshal(body)
	if err != nil { // strings only: cannot happen
		panic("refuse: internal error: " + err.Error())
	}
	return Refusal{n.status, h, append(data, '\n')}
}

// A pageData is what page.html shows.
type pageData struct {
	Lang, Title, Lead, Text, Reason, Next string
	Kinds                                 []kindAt
	Rule, Incident, Host                  string
	Frame                                 frame
}

func (m *Messages) pageRefusal(w *words, n notice, h http.Header) Refusal {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", m.csp)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Language", w.Language)
	var b bytes.Buffer
	data := pageData{w.Language, n.title, stop(n.lead), n.text, n.reason, n.next, n.kinds, n.rule, n.incident, n.host, w.Frame}
	if err := m.page.Execute(&b, data); err != nil { // plain fields into memory: cannot happen once a test has run it
		panic("refuse: internal error: page template")
	}
	return Refusal{n.status, h, b.Bytes()}
}

// parsePage parses the page and makes the policy that lets it use its own style
// and nothing else.
func parsePage(source string) (*template.Template, string, error) {
	_, rest, open := strings.Cut(source, "<style>")
	style, _, closed := strings.Cut(rest, "</style>")
	if !open || !closed {
		return nil, "", errors.New("no style")
	}
	t, err := template.New("page").Parse(source)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(style))
	return t, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'", nil
}

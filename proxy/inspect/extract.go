package inspect

import (
	"context"
	"net/url"
	"runtime"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
)

// An extraction is what was found in one message.
type extraction struct {
	walk     *content.Walk // nil when there is none, or its state is not to be trusted
	docs     []content.Doc
	outside  int // documents from here on do not stand in the text of the body: properties of files, the URL
	facts    []content.Fact
	gaps     []detectors.Gap
	findings []policy.Finding
	totals   []policy.Total
	matched  map[int][]detectors.Span
	scanned  int64
}

// extract walks and scans the message. A panic on the way becomes the gap
// engine_error, and what was found before it still counts.
func (m *message) extract(ctx context.Context) {
	c := newCollector(ctx, m.rules.Engine)
	if m.i.cfg.Analyzer != nil {
		c.remote = &analyzed{}
	}
	defer func() {
		if recover() != nil {
			m.walk = nil // not to be trusted with an edit, nor to be pooled
			c.Gap(detectors.Gap{Cause: detectors.CauseEngineError, Locator: panicSite(), Size: int64(len(m.r.Body))})
		}
		m.docs, m.facts, m.findings, m.matched = c.docs, c.facts, c.findings, c.matched
		m.totals, m.scanned, m.gaps = c.totalsList(), c.scanned, c.gaps
		if c.spilled > 0 {
			m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseTooManyFindings})
		}
	}()
	c.gaps = append(append(c.gaps, m.r.Endpoint.Gaps...), m.r.Gaps...)
	if m.r.Endpoint.Mode == provider.Pass {
		return
	}
	media := content.Media{ContentType: m.r.Header.Get("Content-Type"), ContentEncoding: strings.Join(m.r.Header.Values("Content-Encoding"), ",")}
	m.walk = content.NewWalk(m.r.Endpoint.Shape, media, m.i.cfg.Limits, c).With(m.i.cfg.Files)
	err := m.walk.Run(ctx, m.r.Body)
	c.finish()
	m.outside = len(c.docs)
	c.labels()
	if m.r.URL != nil {
		c.url(m.r.URL, unknown(m.r.Endpoint))
	}
	m.analyze(ctx, c)
	if size := c.skipped; err != nil || size > 0 {
		c.Gap(detectors.Gap{Cause: detectors.CauseTimeout, Size: max(size, int64(len(m.r.Body))-c.scanned)})
	}
}

// unknown reports whether no row names the endpoint.
func unknown(e *provider.Endpoint) bool {
	for _, g := range e.Gaps {
		if g.Cause == detectors.CauseUnknownEndpoint {
			return true
		}
	}
	return false
}

// panicSite names the function that panicked, for a deferred function that has
// recovered. The panic's value is never read: it may quote the text.
func panicSite() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			return "panic in " + f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		}
		if !more {
			return "panic"
		}
	}
}

// maxQuery is how many values of a query are documents of their own; what
// stands behind them is read as one.
const maxQuery = 256

// url reads what the request line says: the values of the query, and of an
// endpoint that no row names also the path. Neither can be redacted: the
// address is the message's own. A signature or key of the provider in its own
// parameter is not read while it is one run of token characters.
func (c *collector) url(u *url.URL, unknown bool) {
	if unknown {
		c.text("path", "", unescape(u.EscapedPath(), false))
	}
	rest := u.RawQuery
	for n := 0; rest != ""; n++ {
		var pair string
		if n < maxQuery {
			pair, rest, _ = strings.Cut(rest, "&")
		} else {
			pair, rest = rest, ""
		}
		key, value, _ := strings.Cut(pair, "=")
		key, value = unescape(key, true), unescape(value, true)
		if value == "" {
			key, value = "", key
		}
		if value == "" || credential(key) && token(value) {
			continue
		}
		c.text("query["+strconv.Itoa(n)+"]", key, value)
	}
}

// text scans one document that no walk knows.
func (c *collector) text(locator, label, text string) {
	c.Begin(content.Doc{ID: len(c.docs), Locator: locator, Role: content.RoleMetadata, Media: "text/plain"})
	if label != "" {
		c.Label(label)
	}
	c.Text([]byte(text))
	c.End()
}

// unescape undoes percent-encoding, in a query also "+" for a space. A malformed
// escape stands for itself: one of them must not hide the rest.
func unescape(s string, query bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+' && query:
			b.WriteByte(' ')
		case c == '%' && i+2 < len(s):
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// credential reports whether a parameter is where providers put signatures and
// keys: Azure's shared access signatures, Azure OpenAI's api-key, sockets' verify.
func credential(key string) bool {
	switch strings.ToLower(key) {
	case "sig", "skoid", "sktid", "ske", "skt", "api-key", "subscription-key", "verify":
		return true
	}
	return false
}

// token reports whether v is one run of printable characters, as keys are.
func token(v string) bool {
	return len(v) <= 2048 && !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' })
}

package inspect

import (
	"context"
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
	edges    *edge // of a piece of a file; nil for other messages

	partial bool // of the beginning of a body: the message is extracted again

	last, lastSize int // the last document of the body, and bytes of its text
}

// extract walks and scans the message. A panic on the way becomes the gap
// engine_error, and what was found before it still counts.
func (m *message) extract(ctx context.Context) {
	c := newCollector(ctx, m.rules.Engine)
	if m.i.cfg.Analyzer != nil && m.before == nil {
		c.remote = &analyzed{}
	}
	if kind, _, _ := m.piece(); kind == provider.Part {
		c.edges = &edge{}
		m.edges = c.edges
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
	m.walk = content.NewWalk(m.r.Endpoint.Shape, m.media(), m.i.cfg.Limits, c).With(m.i.cfg.Files).Mapped(m.r.Lean, m.r.Scratch)
	err := m.walk.Run(ctx, m.r.Body)
	c.finish()
	m.outside = len(c.docs)
	m.last, m.lastSize = c.last, c.lastSize
	c.labels()
	m.borders(c)
	c.header(m.r.Header)
	if m.r.URL != nil {
		c.url(m.r.URL, unknown(m.r.Endpoint))
	}
	m.analyze(ctx, c)
	m.unlisted(c)
	m.columns(c)
	m.named(c)
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

// text scans one document that no walk knows.
func (c *collector) text(locator, label, text string) {
	c.Begin(content.Doc{ID: len(c.docs), Locator: locator, Role: content.RoleMetadata, Media: "text/plain"})
	if label != "" {
		c.Label(label)
	}
	c.Text([]byte(text))
	c.End()
}

// columns says of findings in tables in which column they stand.
func (m *message) columns(c *collector) {
	for i := range c.findings {
		f := &c.findings[i]
		if f.Doc >= m.outside {
			continue
		}
		if n, ok := m.walk.Column(f.Doc, f.Span.Start, c.doc(f.Doc).Media); ok {
			f.Locator += ".column[" + strconv.Itoa(n) + "]"
		}
	}
}

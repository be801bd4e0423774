package inspect

import (
	"context"
	"sort"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
)

const (
	// maxFindings is how many findings of one message keep their places; beyond
	// it totals go on counting and a redaction becomes a block.
	maxFindings = 10_000
	// maxDistinct bounds the set that counts different values of one type.
	maxDistinct = 10_000
	// writeSize is how much is scanned between two looks at the deadline.
	writeSize = 64 << 10
)

// A collector is the content.Sink of one message: it runs the engine over each
// document and keeps what was found, without text. Not safe for concurrent use.
type collector struct {
	ctx    context.Context
	engine *engine.Engine

	docs     []content.Doc
	facts    []content.Fact
	gaps     []detectors.Gap
	findings []policy.Finding
	matched  map[int][]detectors.Span
	totals   map[totalKey]*total
	scanned  int64 // bytes of text that were scanned
	skipped  int64 // bytes of text that were not, after the deadline
	spilled  int   // findings beyond maxFindings

	last, lastSize int // the document that ended last, and bytes of its text

	open      *scan // the scan of the document between Begin and End
	lines     *scan // of lines that may go on; nil for none
	linesJoin string
	joined    map[string]*scan // scans that a later document may continue
	live      []*scan          // every scan not yet closed, in order of opening

	remote *analyzed // what the remote analyzer is asked about; nil without one
	edges  *edge     // of a piece of a file; nil for other messages
}

// A scan is one text given to the engine: one document, or several joined.
type scan struct {
	scanner *engine.Scanner
	parts   []part
	written int
}

// A part says where a document begins in the text of its scan.
type part struct{ doc, start int }

type totalKey struct {
	infoType detectors.InfoType
	level    detectors.Confidence
}

type total struct {
	count    int
	distinct map[detectors.Digest]struct{}
}

func newCollector(ctx context.Context, e *engine.Engine) *collector {
	return &collector{ctx: ctx, engine: e, matched: map[int][]detectors.Span{}, totals: map[totalKey]*total{}, joined: map[string]*scan{}}
}

func (c *collector) Space(content.Space)    {}
func (c *collector) Fact(f content.Fact)    { c.facts = append(c.facts, f) }
func (c *collector) Gap(g detectors.Gap)    { c.gaps = append(c.gaps, g) }
func (c *collector) doc(id int) content.Doc { return c.docs[id] }

func (c *collector) Begin(d content.Doc) {
	for len(c.docs) <= d.ID {
		c.docs = append(c.docs, content.Doc{})
	}
	c.docs[d.ID] = d
	if c.remote != nil {
		c.remote.begin(d.ID)
	}
	if c.edges != nil {
		c.edges.begin(d)
	}
	lines := strings.HasPrefix(d.Join, "+")
	if lines {
		if c.lines != nil && c.linesJoin == d.Join {
			c.lines.parts = append(c.lines.parts, part{d.ID, c.lines.written})
			c.open = c.lines
			return
		}
		c.endLines()
	} else if d.Join != "" {
		if s := c.joined[d.Join]; s != nil {
			s.scanner.Break()
			s.parts = append(s.parts, part{d.ID, s.written})
			c.open = s
			return
		}
	}
	s := &scan{parts: []part{{d.ID, 0}}}
	s.scanner = c.engine.NewScanner(engine.Options{
		Found:   func(f detectors.Finding) { c.found(s, f) },
		Gap:     func(g detectors.Gap) { g.Locator = d.Locator; c.Gap(g) },
		Matched: func(m detectors.Span) { c.match(s, m) },
	})
	c.open = s
	if lines {
		c.lines, c.linesJoin = s, d.Join
		return
	}
	if d.Join != "" {
		c.joined[d.Join] = s
	}
	c.live = append(c.live, s)
}

func (c *collector) Label(l string) { c.open.scanner.Label(l) }

func (c *collector) Text(p []byte) {
	if c.edges != nil && c.edges.open {
		c.edges.add(p)
	}
	for len(p) > 0 {
		n := min(len(p), writeSize)
		if c.skipped > 0 || c.ctx.Err() != nil {
			c.skipped += int64(len(p))
			return
		}
		c.open.scanner.Write(p[:n])
		c.open.written += n
		if c.remote != nil {
			c.remote.add(p[:n])
		}
		c.scanned += int64(n)
		p = p[n:]
	}
}

func (c *collector) End() {
	s := c.open
	c.open = nil
	end := s.parts[len(s.parts)-1]
	c.last, c.lastSize = end.doc, s.written-end.start
	if s != c.lines && c.doc(s.parts[0].doc).Join == "" {
		c.close(s)
		c.live = c.live[:len(c.live)-1]
	}
}

// finish closes what documents of a join may still have continued.
func (c *collector) finish() {
	c.endLines()
	for _, s := range c.live {
		c.close(s)
	}
	c.live, c.joined = nil, map[string]*scan{}
}

// endLines closes the text whose last line has come.
func (c *collector) endLines() {
	if c.lines != nil {
		c.close(c.lines)
		c.lines, c.linesJoin = nil, ""
	}
}

func (c *collector) close(s *scan) {
	s.scanner.Close()
	s.scanner.Release()
}

// locate maps a span of a scan's text to the document it stands in. A finding
// never crosses the border of two documents: a Break stands between them.
func (s *scan) locate(sp detectors.Span) (doc int, local detectors.Span) {
	i := sort.Search(len(s.parts), func(i int) bool { return s.parts[i].start > sp.Start }) - 1
	p := s.parts[max(i, 0)]
	return p.doc, detectors.Span{Start: sp.Start - p.start, End: sp.End - p.start}
}

// located calls f with the part of a span of a scan's text in each document that
// it stands in: one, but for what goes over lines of one text. Where a Break stands
// between documents nothing does.
func (s *scan) located(sp detectors.Span, f func(doc int, local detectors.Span)) {
	i := max(sort.Search(len(s.parts), func(i int) bool { return s.parts[i].start > sp.Start })-1, 0)
	for {
		p := s.parts[i]
		local := detectors.Span{Start: sp.Start - p.start, End: sp.End - p.start}
		if i++; i == len(s.parts) || s.parts[i].start >= sp.End {
			f(p.doc, local)
			return
		}
		next := s.parts[i].start
		f(p.doc, detectors.Span{Start: local.Start, End: next - p.start})
		sp.Start = next
	}
}

func (c *collector) match(s *scan, sp detectors.Span) {
	if c.spilled > 0 {
		return // nothing is going to be redacted
	}
	s.located(sp, func(doc int, local detectors.Span) { c.matched[doc] = append(c.matched[doc], local) })
}

func (c *collector) found(s *scan, f detectors.Finding) {
	s.located(f.Span, func(doc int, local detectors.Span) {
		f.Span = local
		c.add(doc, f)
	})
}

// add counts a finding in a document and keeps its place.
func (c *collector) add(doc int, f detectors.Finding) {
	k := totalKey{f.Type, f.Confidence.Level()}
	t := c.totals[k]
	if t == nil {
		t = &total{distinct: map[detectors.Digest]struct{}{}}
		c.totals[k] = t
	}
	t.count++
	if len(t.distinct) < maxDistinct {
		t.distinct[f.Digest] = struct{}{}
	}
	if len(c.findings) == maxFindings {
		c.spilled++
		return
	}
	d := c.doc(doc)
	c.findings = append(c.findings, policy.Finding{Finding: f, Doc: doc, Locator: d.Locator, Role: d.Role})
}

// totalsList is the totals in a fixed order.
func (c *collector) totalsList() []policy.Total { return totalsOf(c.totals) }

func totalsOf(totals map[totalKey]*total) []policy.Total {
	out := make([]policy.Total, 0, len(totals))
	for k, t := range totals {
		out = append(out, policy.Total{Type: k.infoType, Level: k.level, Count: t.count, Distinct: len(t.distinct)})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Type != out[j].Type {
			return out[i].Type < out[j].Type
		}
		return out[i].Level > out[j].Level
	})
	return out
}

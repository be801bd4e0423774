package inspect

import (
	"context"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/analyzer"
)

// analyzed is the text of a message as the remote analyzer is asked about it: its
// documents, one after another, with an empty line between them.
type analyzed struct {
	text  []byte
	parts []part
	size  int // of all text, also of what is not kept because it is too long
}

const between = "\n\n"

// begin starts a document.
func (a *analyzed) begin(doc int) {
	if len(a.text) > 0 {
		a.text = append(a.text, between...)
	}
	a.parts = append(a.parts, part{doc, len(a.text)})
}

// add appends text of the document begun last.
func (a *analyzed) add(p []byte) {
	a.size += len(p)
	if a.size <= analyzer.MaxText {
		a.text = append(a.text, p...)
	}
}

// locate maps a span to its document; ok is false when it crosses a border.
func (a *analyzed) locate(sp detectors.Span) (doc int, local detectors.Span, ok bool) {
	s := scan{parts: a.parts}
	doc, local = s.locate(sp)
	last, _ := s.locate(detectors.Span{Start: sp.End - 1, End: sp.End})
	return doc, local, doc == last
}

// analyze asks the remote analyzer, if there is one, and adds what it finds to
// what the engine found. A failure is a gap: the policy says what becomes of it.
func (m *message) analyze(ctx context.Context, c *collector) {
	a := c.remote
	if a == nil || a.size == 0 {
		return
	}
	defer func() { clear(a.text) }()
	err := analyzer.ErrTooLong
	var found []detectors.Finding
	if a.size <= analyzer.MaxText {
		found, err = m.i.cfg.Analyzer.Analyze(ctx, a.text)
	}
	if err != nil {
		c.Gap(detectors.Gap{Cause: analyzer.Cause(err), Locator: "analyzer", Size: int64(a.size)})
		return
	}
	known := map[totalPlace][]detectors.Span{}
	for _, f := range c.findings {
		k := totalPlace{f.Type, f.Doc}
		known[k] = append(known[k], f.Span)
	}
	for _, f := range found {
		doc, local, ok := a.locate(f.Span)
		if !ok || overlaps(known[totalPlace{f.Type, doc}], local) {
			continue
		}
		f.Digest = m.rules.Engine.Digest(f.Type, a.text[f.Span.Start:f.Span.End])
		f.Span = local
		c.matched[doc] = append(c.matched[doc], local)
		c.add(doc, f)
	}
}

// A totalPlace is one type in one document.
type totalPlace struct {
	infoType detectors.InfoType
	doc      int
}

func overlaps(list []detectors.Span, sp detectors.Span) bool {
	for _, s := range list {
		if s.Overlaps(sp) {
			return true
		}
	}
	return false
}

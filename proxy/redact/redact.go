// Package redact turns findings into edits of a body.
//
// Findings with the text spans they matched go in; edits for content.Splice
// come out. The replacement names the kind and counts the distinct values of
// one message: "[PAYMENT_CARD_1]". Equal values get equal names, so that the
// text stays readable for the model. Package redact sees digests and offsets,
// never text.
package redact

import (
	"fmt"
	"sort"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// A Target is one finding to be replaced, in the text of one document.
type Target struct {
	Doc         int
	Span        detectors.Span
	Placeholder string // "PAYMENT_CARD", from the infoType list
	Digest      detectors.Digest
	Operator    Operator
}

// An Operator is what stands in the place of a value.
type Operator string

// The operators that exist. Any other is a Placeholder, which says less than
// those that keep a part of the value.
const (
	Placeholder Operator = "placeholder" // "[PAYMENT_CARD_1]": a number within the message
	Hash        Operator = "hash"        // "[PAYMENT_CARD_HASH_9f3a01c2d4e5]": equal in all messages of one installation
	Drop        Operator = "drop"        // nothing
)

// hashDigits is how many digits a hash shows: 48 bits tell a million values apart
// with a chance of two alike below one in 500.
const hashDigits = 12

// With is what is written for the target.
func (n *Names) With(t *Target) string {
	switch {
	case t.Operator == Drop:
		return ""
	case t.Operator == Hash && t.Digest != (detectors.Digest{}):
		return fmt.Sprintf("[%s_HASH_%x]", t.Placeholder, t.Digest[:hashDigits/2])
	}
	return n.Name(t.Placeholder, t.Digest)
}

// Names hands out the placeholders of one message. The zero value is ready.
// Not safe for concurrent use.
type Names struct {
	count map[string]int
	names map[name]string
}

type name struct {
	placeholder string
	digest      detectors.Digest
}

// Name returns the replacement for a value: the same one for equal digests.
func (n *Names) Name(placeholder string, d detectors.Digest) string {
	k := name{placeholder, d}
	if s, ok := n.names[k]; ok {
		return s
	}
	if n.names == nil {
		n.names, n.count = map[name]string{}, map[string]int{}
	}
	n.count[placeholder]++
	s := fmt.Sprintf("[%s_%d]", placeholder, n.count[placeholder])
	n.names[k] = s
	return s
}

// Edits replaces every target in its document. matched are all spans that any
// rule matched in that document, before overlaps were resolved: a replacement
// grows over every matched span it touches, so that no part of a value that
// lost against a longer one is left in clear. places maps a span of a
// document's text to where it stands; it returns nil for a span that cannot be
// mapped, and Edits then reports ok = false: the body must not be sent.
func Edits(targets []Target, matched map[int][]detectors.Span, names *Names, places func(doc int, s detectors.Span) []content.Place) (edits []content.Edit, ok bool) {
	sort.SliceStable(targets, func(i, j int) bool {
		a, b := targets[i], targets[j]
		if a.Doc != b.Doc {
			return a.Doc < b.Doc
		}
		if a.Span.Start != b.Span.Start {
			return a.Span.Start < b.Span.Start
		}
		return a.Span.End > b.Span.End
	})
	unions := map[int][]detectors.Span{}
	for doc, spans := range matched {
		unions[doc] = union(spans)
	}
	last, lastDoc := detectors.Span{Start: -1, End: -1}, -1
	for _, t := range targets {
		s := grow(t.Span, unions[t.Doc])
		if t.Doc == lastDoc && s.Start < last.End {
			if s.End <= last.End {
				continue // inside the run that was just replaced
			}
			s.Start = last.End
		}
		last, lastDoc = s, t.Doc
		ps := places(t.Doc, s)
		if len(ps) == 0 {
			return nil, false
		}
		with := names.With(&t)
		for i, p := range ps {
			e := content.Edit{Place: p}
			if i == 0 {
				e.With = []byte(with)
			}
			edits = append(edits, e)
		}
	}
	return edits, true
}

// union merges overlapping spans; spans that only touch stay apart.
func union(spans []detectors.Span) []detectors.Span {
	if len(spans) == 0 {
		return nil
	}
	s := append([]detectors.Span(nil), spans...)
	sort.Slice(s, func(i, j int) bool { return s[i].Start < s[j].Start })
	out := s[:1]
	for _, t := range s[1:] {
		if l := &out[len(out)-1]; t.Start < l.End {
			l.End = max(l.End, t.End)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// grow extends s over every span of the union that it overlaps.
func grow(s detectors.Span, union []detectors.Span) detectors.Span {
	i := sort.Search(len(union), func(i int) bool { return union[i].End > s.Start })
	for ; i < len(union) && union[i].Start < s.End; i++ {
		s.Start = min(s.Start, union[i].Start)
		s.End = max(s.End, union[i].End)
	}
	return s
}

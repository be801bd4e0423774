// Package redact turns findings into edits of a body, and puts back into answers
// what the edits took out.
//
// Findings with the text spans they matched go in; edits for content.Splice
// come out. What stands in the place of a value says of what kind it was, so that
// the text stays readable for the model, and by an [Operator] more: a number within
// the message ("[PAYMENT_CARD_1]"), a keyed hash, a [Token] that the answer is
// restored from ("[EMAIL_7Q2K9F3M4TXC]"), the last digits, the year, or nothing.
//
// Tokens are names, not ciphertext: sixty bits of a keyed hash of the value, equal
// for equal values wherever the key is, so that a conversation that is sent again
// is edited to the same bytes. What they stand for is in a [Table] as long as its
// exchange, and sealed in a [Vault] where the provider keeps the conversation. A
// [Restorer] puts values back into the text of an answer as it streams, wherever it
// is cut, and never into an address: see context.go.
//
// Values are bytes and strings of this package alone. None is in an error, in a
// format, or in the clear in a file.
package redact

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// A Target is one finding to be replaced, in the text of one document.
type Target struct {
	Doc         int
	Span        detectors.Span
	Type        detectors.InfoType
	Placeholder string // "PAYMENT_CARD", from the infoType list
	Digest      detectors.Digest
	Encoded     bool // the value stands in an encoded run: its text is not the value's
	Operator    Operator
}

// A Text is what is edited. *content.Walk is one.
type Text interface {
	// Places maps a span of a document's text to where it stands, or returns nil.
	Places(doc int, s detectors.Span) []content.Place
	// Replaced appends the text that an edit of the span takes out.
	Replaced(dst []byte, doc int, s detectors.Span) ([]byte, bool)
}

// Names hands out what stands in the place of values in one message. The zero
// value is ready. Not safe for concurrent use.
type Names struct {
	Table *Table // of tokens; nil: a placeholder takes their place

	count map[string]int
	names map[name]string
	taken map[string]bool // placeholders that stand for a value
}

type name struct {
	placeholder string
	digest      detectors.Digest
}

// Name returns the placeholder of a value: the same one for equal digests.
func (n *Names) Name(placeholder string, d detectors.Digest) string {
	k := name{placeholder, d}
	if s, ok := n.names[k]; ok {
		return s
	}
	return n.take(k, n.count[placeholder]+1)
}

func (n *Names) take(k name, number int) string {
	if n.names == nil {
		n.names, n.count, n.taken = map[name]string{}, map[string]int{}, map[string]bool{}
	}
	n.count[k.placeholder] = max(n.count[k.placeholder], number)
	s := numbered(k.placeholder, number)
	n.names[k], n.taken[s] = s, true
	return s
}

func numbered(placeholder string, number int) string {
	return fmt.Sprintf("[%s_%d]", placeholder, number)
}

// A Numbered is the number that a value had in its placeholder.
type Numbered struct {
	Placeholder string
	Digest      detectors.Digest
	Number      int
}

// Remember gives values the numbers that they had before. Of two values with one
// number the first keeps it.
func (n *Names) Remember(values []Numbered) {
	for _, v := range values {
		k := name{v.Placeholder, v.Digest}
		if _, ok := n.names[k]; !ok && !n.taken[numbered(v.Placeholder, v.Number)] {
			n.take(k, v.Number)
		}
	}
}

// Number is the number of a value that has a placeholder, or 0.
func (n *Names) Number(placeholder string, d detectors.Digest) (number int) {
	if s, ok := n.names[name{placeholder, d}]; ok {
		_, _ = fmt.Sscanf(s[len(placeholder)+2:], "%d]", &number)
	}
	return number
}

// A run is what one edit replaces: a finding, grown over every matched span that
// it touches, with the findings that lie in it.
type run struct {
	Target      // the first of them, with the strictest operator of all
	alone  bool // one finding, and nothing but it
}

// Edits replaces every target in its document. matched are all spans that any
// rule matched in that document, before overlaps were resolved: a replacement
// grows over every matched span it touches, so that no part of a value that
// lost against a longer one is left in clear. With ok = false something cannot be
// replaced, and the body must not be sent: a span without a place, or two values
// that have one token.
func Edits(targets []Target, matched map[int][]detectors.Span, names *Names, text Text) (edits []content.Edit, ok bool) {
	for _, r := range runs(targets, matched) {
		places := text.Places(r.Doc, r.Span)
		if len(places) == 0 {
			return nil, false
		}
		with, ok := names.with(&r, text)
		if !ok {
			return nil, false
		}
		for i, p := range places {
			e := content.Edit{Place: p}
			if i == 0 {
				e.With = []byte(with)
			}
			edits = append(edits, e)
		}
	}
	return edits, true
}

// runs puts the targets in order and joins those that overlap once grown.
func runs(targets []Target, matched map[int][]detectors.Span) []run {
	slices.SortStableFunc(targets, func(a, b Target) int {
		return cmp.Or(a.Doc-b.Doc, a.Span.Start-b.Span.Start, b.Span.End-a.Span.End)
	})
	unions := map[int][]detectors.Span{}
	for doc, spans := range matched {
		unions[doc] = union(spans)
	}
	var out []run
	for _, t := range targets {
		s := grow(t.Span, unions[t.Doc])
		if n := len(out) - 1; n >= 0 && out[n].Doc == t.Doc && s.Start < out[n].Span.End {
			last := &out[n]
			last.alone = last.alone && t.Digest == last.Digest && s == last.Span
			last.Operator = stricter(last.Operator, t.Operator)
			last.Span.End = max(last.Span.End, s.End)
			continue
		}
		r := run{Target: t, alone: s == t.Span && !t.Encoded}
		r.Span = s
		out = append(out, r)
	}
	return out
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

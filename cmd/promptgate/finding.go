package main

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/promptgate/promptgate/detectors"
)

// appendFinding appends the fields of a finding that every verb prints, without
// braces:
//
//	"type":"pii.email","category":"pii","start":3,"end":20,"confidence":0.85,"rule":"pii.email"
//
// Names of types and rules are of letters, digits, dots and underscores; they
// need no escapes.
func appendFinding(b []byte, f *detectors.Finding) []byte {
	b = append(b, `"type":"`...)
	b = append(b, f.Type...)
	b = append(b, `","category":"`...)
	b = append(b, f.Type.Category()...)
	b = append(b, `","start":`...)
	b = strconv.AppendInt(b, int64(f.Span.Start), 10)
	b = append(b, `,"end":`...)
	b = strconv.AppendInt(b, int64(f.Span.End), 10)
	b = append(b, `,"confidence":`...)
	b = appendConfidence(b, f.Confidence)
	b = append(b, `,"rule":"`...)
	b = append(b, f.Rule...)
	return append(b, '"')
}

// appendConfidence appends c as a JSON number from 0 to 1.
func appendConfidence(b []byte, c detectors.Confidence) []byte {
	return strconv.AppendFloat(b, c.Float(), 'f', -1, 64)
}

// sortFindings orders findings by place, then by name.
func sortFindings(found []detectors.Finding) {
	slices.SortFunc(found, func(a, b detectors.Finding) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.Rule, b.Rule))
	})
}

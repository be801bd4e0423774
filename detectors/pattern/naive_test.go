package pattern

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// naive is the engine in its simplest form: the whole text in hand, one anchor
// after the other. Package engine is compared with it.
func naive(ds []detectors.Detector, text []byte, label string) []detectors.Finding {
	return dominant(raw(ds, text, label))
}

// raw is every finding before dominance.
func raw(ds []detectors.Detector, text []byte, label string) []detectors.Finding {
	var out []detectors.Finding
	emit := func(f detectors.Finding) { out = append(out, f) }
	for _, d := range ds {
		n := d.Needs()
		p := d.NewPass()
		for _, h := range naiveHits(n, text) {
			granted := n.Right
			for {
				lo, hi := max(0, h.End-n.Left), min(len(text), h.End+granted)
				more := p.Check(detectors.View{Text: text[lo:hi], Off: lo, At: h.End - lo, BOF: lo == 0, EOF: hi == len(text), Label: label}, h, emit)
				if more <= granted || hi == len(text) || granted >= n.MaxRight {
					break
				}
				granted = min(more, n.MaxRight)
			}
		}
		p.Close(emit)
	}
	return out
}

// dominant drops each finding that an overlapping one outranks (law L6).
func dominant(out []detectors.Finding) []detectors.Finding {
	outranks := func(a, b detectors.Finding) bool {
		return cmp.Or(int(a.Confidence.Level()-b.Confidence.Level()), a.Span.Len()-b.Span.Len(), -cmp.Compare(a.Rule, b.Rule)) > 0
	}
	var kept []detectors.Finding
	for i, f := range out {
		dropped := false
		for j, g := range out {
			if i != j && f.Span.Overlaps(g.Span) && f.Late == g.Late && outranks(g, f) {
				dropped = true
			}
		}
		if !dropped {
			kept = append(kept, f)
		}
	}
	return kept
}

func naiveHits(n detectors.Needs, text []byte) []anchor.Hit {
	var hits []anchor.Hit
	lower := appendLower(nil, text)
	for id, l := range n.Literals {
		in, want := text, []byte(l.Text)
		if l.Fold {
			in, want = lower, appendLower(nil, want)
		}
		for i := 0; ; {
			k := bytes.Index(in[i:], want)
			if k < 0 {
				break
			}
			hits = append(hits, anchor.Hit{End: i + k + len(want), ID: uint32(id), Kind: anchor.KindLiteral})
			i += k + 1
		}
	}
	runs := func(kind anchor.Kind, least int, in func(i int) bool) {
		if !slices.Contains(n.Kinds, kind) {
			return
		}
		run := 0
		for i := range text {
			if !in(i) {
				run = 0
				continue
			}
			if run++; run == least || kind == anchor.KindDigits && run > least && (run-least)%detectors.DigitsAgain == 0 {
				hits = append(hits, anchor.Hit{End: i + 1, Kind: kind})
			}
		}
	}
	runs(anchor.KindDigits, 9, func(i int) bool {
		return isDigit(text[i]) || (text[i] == ' ' || text[i] == '-' || text[i] == '.') && i > 0 && isDigit(text[i-1])
	})
	runs(anchor.KindToken, 26, func(i int) bool { return isToken(text[i]) })
	for i := range text {
		e := i + 1
		if text[i] == '@' && slices.Contains(n.Kinds, anchor.KindAt) {
			hits = append(hits, anchor.Hit{End: e, Kind: anchor.KindAt})
		}
		if i >= 3 && isDigit(text[i]) && isDigit(text[i-1]) && isUpper(text[i-2]) && isUpper(text[i-3]) && slices.Contains(n.Kinds, anchor.KindIBAN) {
			hits = append(hits, anchor.Hit{End: e, Kind: anchor.KindIBAN})
		}
	}
	slices.SortStableFunc(hits, func(a, b anchor.Hit) int {
		return cmp.Or(a.End-b.End, int(a.Kind)-int(b.Kind), int(a.ID)-int(b.ID))
	})
	return hits
}

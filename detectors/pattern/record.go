package pattern

import (
	"bytes"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// A lexicon is the words of the signals of a rule, by their first word.
type lexicon map[string][]sign

// A sign is one entry of a lexicon: the words behind the first, and its signal.
type sign struct {
	rest   []string
	signal int
}

// figure stands in a signal's words for a number of four digits and more, or one
// with a unit of money, of a share or of size.
const figure = "#"

func newLexicon(r *rule) lexicon {
	x := make(lexicon)
	for i, s := range r.src.Signals {
		for _, w := range s.Words {
			if w == figure {
				x[figure] = append(x[figure], sign{signal: i})
				continue
			}
			var words []string
			for text, k := []byte(w), 0; k < len(text); {
				a, b := nextWord(text, k)
				if a == b {
					break
				}
				words = append(words, strings.ToLower(w[a:b]))
				k = b
			}
			if len(words) > 0 {
				x[words[0]] = append(x[words[0]], sign{words[1:], i})
			}
		}
	}
	return x
}

// findRecord looks around a keyword that begins few other texts for words of
// the rule's signals. Words that are common in prose are no keywords: they cost
// nothing where no keyword stands. A record is told once for each stretch that
// was read.
func findRecord(c *check, r *rule, n int) {
	text := c.v.Text
	s, e := c.at-n, c.at
	if !wholeLabel(text, s, e) || s > 0 && isWord(text[s-1]) || e < len(text) && isDigit(text[e]) || !c.has(e, r.src.Within) {
		return
	}
	if c.v.Off+s < c.recordEnd[r.index] || c.disclaimer(s, e) {
		return // of a record that was told, or in the small print of a mail
	}
	lo, hi := max(0, e-left), min(len(text), e+r.src.Within)
	if k := bytes.LastIndexByte(text[lo:s], border); k >= 0 {
		lo += k + 1
	}
	if k := bytes.IndexByte(text[e:hi], border); k >= 0 {
		hi = e + k
	}
	for lo > 0 && lo < s && letterAt(text, lo-1) && letterAt(text, lo) {
		lo++
	}
	for hi < len(text) && hi > e && letterAt(text, hi) && letterAt(text, hi-1) {
		hi--
	}
	var seen [16]bool
	var span detectors.Span // the first sign beside the keyword: a marking is a finding of its own
	c.work += (hi - lo) / readShare
	for i := lo; i < hi; {
		a, b := nextWord(text[:hi], i)
		if len(r.lexicon[figure]) > 0 && figureIn(text, i, a) {
			seen[r.lexicon[figure][0].signal] = true
		}
		if a == b {
			break
		}
		i = b
		if !r.lexiconPairs.has(text[a:b]) {
			continue
		}
		c.fold = lowerWord(c.fold[:0], text[a:b])
		signs := r.lexicon[string(c.fold)]
		if signs == nil && len(c.fold) > 3 && c.fold[len(c.fold)-1] == 's' {
			signs = r.lexicon[string(c.fold[:len(c.fold)-1])]
		}
		for _, g := range signs {
			if end, ok := c.phraseEnd(text[:hi], b, g.rest, 3); ok {
				seen[g.signal] = true
				if span.End == 0 && r.src.Signals[g.signal].Adjust >= 0 && (end <= s || a >= e) {
					span = detectors.Span{Start: a, End: end}
				}
			}
		}
	}
	if span.End > 0 {
		c.tellRecord(r, span, seen[:len(r.src.Signals)])
	}
}

// tellRecord reports a record of enough signals. A signal of negative points
// speaks against it and is none.
func (c *check) tellRecord(r *rule, span detectors.Span, seen []bool) {
	kinds, total := 0, r.base
	evidence := []detectors.Evidence{{Name: "signals", Points: r.base}}
	for i, there := range seen {
		if !there {
			continue
		}
		points := int16(r.src.Signals[i].Adjust)
		if points >= 0 {
			if kinds++; points == 0 && kinds > r.src.MinSignals {
				points = 6
			}
		}
		total += points
		evidence = append(evidence, detectors.Evidence{Name: "signal:" + r.src.Signals[i].Name, Points: points})
	}
	if kinds < r.src.MinSignals {
		return
	}
	if most := int16(r.src.Cap); most > 0 {
		total = min(total, most)
	}
	if detectors.Confidence(total) < detectors.Low {
		return
	}
	if c.recordEnd == nil {
		c.recordEnd = make(map[int]int)
	}
	c.recordEnd[r.index] = c.v.Off + c.at + r.src.Within
	c.emit(detectors.Finding{
		Type: r.typ, Rule: r.id, Span: detectors.Span{Start: c.v.Off + span.Start, End: c.v.Off + span.End},
		Confidence: detectors.Confidence(total), Evidence: evidence,
		Late: span.Start < c.at, // what stands before the keyword is released by then (law L7)
	})
}

// figureIn reports whether text[i:end], which has no letter, has a figure.
func figureIn(text []byte, i, end int) bool {
	digits := 0
	for ; i < end; i++ {
		switch b := text[i]; {
		case isDigit(b):
			digits++
		case digits > 0 && (b == ',' || b == '.' || b == ' ' || b == '\''):
			if digits >= 4 && !year(text[i-4:i]) || digits > 4 {
				return true
			}
		case b == '%' || b == '$' || b == 0xE2 && i+2 < end && text[i+1] == 0x82 && text[i+2] == 0xAC || b == 0xC2 && i+1 < end && text[i+1] == 0xA3:
			return true // a share, dollars, euros, pounds
		default:
			if digits >= 4 && !year(text[i-4:i]) || digits > 4 {
				return true
			}
			digits = 0
		}
	}
	return digits > 4 || digits == 4 && !year(text[end-4:end])
}

func year(b []byte) bool {
	return len(b) == 4 && (b[0] == '1' && b[1] == '9' || b[0] == '2' && b[1] == '0') && isDigit(b[2]) && isDigit(b[3])
}

package pattern

import (
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math/rand/v2"
	"regexp/syntax"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/validate"
	"github.com/promptgate/promptgate/rules"
)

// A TestResult is the outcome of one test inside a rule. Failure is "" when it
// passed; it never quotes the text.
type TestResult struct {
	Rule    string
	File    string
	Ordinal int // of the test in the rule
	Failure string
}

// RunTests runs the tests of rules through scan, which returns the findings of
// one text after dominance.
func RunTests(list []rules.Rule, scan func(text []byte, label string) []detectors.Finding) []TestResult {
	var out []TestResult
	for _, r := range list {
		for i, t := range r.Tests {
			res := TestResult{Rule: r.ID, File: r.File, Ordinal: i}
			text, want, err := Sample(t.Text, fmt.Sprintf("%s/%d", r.ID, i))
			if err != nil {
				res.Failure = err.Error()
			} else {
				res.Failure = verdict(r, t, want, scan(text, t.Label))
			}
			out = append(out, res)
		}
	}
	return out
}

// verdict compares findings of the rule's info type with what is wanted.
func verdict(r rules.Rule, t rules.Test, want []detectors.Span, got []detectors.Finding) string {
	level := func(name string, or detectors.Confidence) detectors.Confidence {
		switch name {
		case "low":
			return detectors.Low
		case "medium":
			return detectors.Medium
		case "high":
			return detectors.High
		}
		return or
	}
	least, most := level(t.Level, detectors.Low), level(t.Most, detectors.High)
	found := make([]bool, len(want))
next:
	for _, f := range got {
		if f.Type != detectors.InfoType(r.InfoType) {
			continue
		}
		for i, w := range want {
			if f.Span != w && !(f.Late && f.Span.Overlaps(w)) {
				continue
			}
			found[i] = true
			if l := f.Confidence.Level(); l < least || l > most {
				return fmt.Sprintf("found at [%d,%d) with %s confidence (%d), wanted %s to %s: %v", f.Span.Start, f.Span.End, f.Confidence, f.Confidence, least, most, f.Evidence)
			}
			continue next
		}
		return fmt.Sprintf("not wanted: %s at [%d,%d) by %s, %s confidence (%d): %v", f.Type, f.Span.Start, f.Span.End, f.Rule, f.Confidence, f.Confidence, f.Evidence)
	}
	for i, ok := range found {
		if !ok {
			return fmt.Sprintf("not found: [%d,%d)", want[i].Start, want[i].End)
		}
	}
	return ""
}

// Sample expands a test's text: {{gen:REGEXP}} becomes a generated match, the
// same for the same seed; {{gen:github:ghp_}} one with GitHub's checksum, {{gen:gitlab:glpat-}} one with GitLab's;
// {{same:REGEXP}} one in which each class is one character over and over, and
// {{cut:REGEXP}} the shortest one without its last character. ⟦ and
// ⟧ are removed and returned as spans.
func Sample(text, seed string) (out []byte, want []detectors.Span, err error) {
	h := fnv.New64a()
	h.Write([]byte(seed))
	rnd := rand.New(rand.NewPCG(h.Sum64(), 1))
	open := -1
	for len(text) > 0 {
		switch {
		case strings.HasPrefix(text, "⟦"):
			open = len(out)
			text = text[len("⟦"):]
		case strings.HasPrefix(text, "⟧"):
			if open < 0 {
				return nil, nil, fmt.Errorf("⟧ without ⟦")
			}
			want = append(want, detectors.Span{Start: open, End: len(out)})
			open = -1
			text = text[len("⟧"):]
		case strings.HasPrefix(text, "{{gen:"), strings.HasPrefix(text, "{{same:"), strings.HasPrefix(text, "{{cut:"):
			end := strings.Index(text, "}}")
			for end >= 0 && end+2 < len(text) && text[end+2] == '}' {
				end++ // the expression ends in }
			}
			if end < 0 {
				return nil, nil, fmt.Errorf("{{gen: without }}")
			}
			kind, spec, _ := strings.Cut(text[2:end], ":")
			if out, err = generate(out, kind, spec, rnd); err != nil {
				return nil, nil, err
			}
			text = text[end+2:]
		default:
			out = append(out, text[0])
			text = text[1:]
		}
	}
	if open >= 0 {
		return nil, nil, fmt.Errorf("⟦ without ⟧")
	}
	return out, want, nil
}

func generate(out []byte, kind, spec string, rnd *rand.Rand) ([]byte, error) {
	if prefix, ok := strings.CutPrefix(spec, "gitlab:"); ok {
		s := len(out)
		out = append(out, prefix...)
		for range 36 {
			out = append(out, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"[rnd.IntN(64)])
		}
		out = append(out, ".0110"...)
		return validate.AppendGitLabSum(out, out[s:]), nil
	}
	if spec == "canary:" {
		var random [16]byte
		for i := range random {
			random[i] = byte(rnd.IntN(256))
		}
		return append(out, validate.NewCanary(random)...), nil
	}
	if prefix, ok := strings.CutPrefix(spec, "github:"); ok {
		out = append(out, prefix...)
		s := len(out)
		for range 30 {
			out = append(out, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[rnd.IntN(62)])
		}
		return validate.AppendBase62(out, crc32.ChecksumIEEE(out[s:])), nil
	}
	re, err := syntax.Parse(spec, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("gen: expression does not parse")
	}
	switch kind {
	case "same":
		return grower{first: true}.grow(out, re), nil
	case "cut":
		n := len(out)
		out = grower{rnd: rnd, least: true}.grow(out, re)
		return out[:max(n, len(out)-1)], nil
	}
	return grower{rnd: rnd}.grow(out, re), nil
}

// A grower makes matches of an expression.
type grower struct {
	rnd   *rand.Rand
	first bool // the first of every class, of alternatives and of repeats
	least bool // the fewest repeats
}

// intN is a choice among n.
func (g grower) intN(n int) int {
	if g.first {
		return 0
	}
	return g.rnd.IntN(n)
}

// grow appends a match of re.
func (g grower) grow(out []byte, re *syntax.Regexp) []byte {
	switch re.Op {
	case syntax.OpLiteral:
		return append(out, string(re.Rune)...)
	case syntax.OpCharClass:
		n := 0
		for i := 0; i+1 < len(re.Rune); i += 2 {
			n += int(min(re.Rune[i+1], 126)-re.Rune[i]) + 1
		}
		k := g.intN(max(n, 1))
		for i := 0; i+1 < len(re.Rune); i += 2 {
			size := int(min(re.Rune[i+1], 126)-re.Rune[i]) + 1
			if k < size {
				return append(out, string(re.Rune[i]+rune(k))...)
			}
			k -= size
		}
		return out
	case syntax.OpAlternate:
		return g.grow(out, re.Sub[g.intN(len(re.Sub))])
	case syntax.OpRepeat, syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		lo, hi := re.Min, re.Max
		switch re.Op {
		case syntax.OpStar:
			lo, hi = 0, 8
		case syntax.OpPlus:
			lo, hi = 1, 8
		case syntax.OpQuest:
			lo, hi = 0, 1
		}
		if hi < 0 {
			hi = lo + 8
		}
		if g.least {
			hi = lo
		}
		for range lo + g.intN(hi-lo+1) {
			out = g.grow(out, re.Sub[0])
		}
		return out
	}
	for _, s := range re.Sub {
		out = g.grow(out, s)
	}
	return out
}

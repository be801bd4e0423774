package main

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/rules"
)

// An expression is what Hyperscan is given for a rule, or for a part of one.
type expression struct {
	rule string // the first that asked for it
	text string // PCRE over bytes
}

// A formulation is a way to write the rules as expressions.
type formulation struct {
	name  string
	parts func(rules.Rule) ([]string, error)
}

// formulations are the two that are published.
//
// Friendly is what someone who knows Hyperscan writes so that it is fast: no
// word boundaries, and optional and repeated ends cut to the least that matches
// (Hyperscan reports ends of matches: the set of places is the same or larger,
// and there are fewer reports). Naive is the rule as it stands: labels, every
// form, full repeats, between word boundaries.
//
// Neither has validators, entropy, exclusions, context, confidence, overlaps or
// where a match begins. What would have to follow a report is in our figures
// and not in theirs.
func formulations() []formulation {
	return []formulation{{nameFriendly, friendly}, {nameNaive, naive}}
}

// express writes every rule, no expression twice.
func (f formulation) express(list []rules.Rule) ([]expression, error) {
	var out []expression
	seen := make(map[string]bool)
	for _, r := range list {
		parts, err := f.parts(r)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		if len(parts) == 0 {
			return nil, fmt.Errorf("rule %s: no expression for shape %q", r.ID, r.Shape)
		}
		for _, p := range parts {
			if !seen[p] {
				seen[p] = true
				out = append(out, expression{r.ID, p})
			}
		}
	}
	return out, nil
}

// literals are the anchors' literals as expressions: what Hyperscan's matcher
// of literals costs alone.
func literals(list []anchor.Literal) []expression {
	var out []expression
	for _, l := range list {
		out = append(out, expression{"", quoteFold(l.Text, l.Fold)})
	}
	return out
}

// A printer writes a pattern of a rule for bytes.
type printer struct {
	strings.Builder
	boundaries bool
}

// pattern is a rule's pattern as PCRE over bytes. Runes outside ASCII are their
// UTF-8 bytes; a class that holds any of them takes every byte from 0x80.
func pattern8(expr string, boundaries bool, edit func(*syntax.Regexp) *syntax.Regexp) (string, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return "", err
	}
	if edit != nil {
		re = edit(re)
	}
	p := printer{boundaries: boundaries}
	if err := p.print(re); err != nil {
		return "", err
	}
	return p.String(), nil
}

func (p *printer) print(re *syntax.Regexp) error {
	switch re.Op {
	case syntax.OpEmptyMatch:
	case syntax.OpLiteral:
		p.WriteString(quoteFold(string(re.Rune), re.Flags&syntax.FoldCase != 0))
	case syntax.OpCharClass:
		p.class(re.Rune)
	case syntax.OpAnyChar:
		p.WriteString(`[\x00-\xff]`)
	case syntax.OpAnyCharNotNL:
		p.WriteString(`[^\n]`)
	case syntax.OpWordBoundary:
		if p.boundaries {
			p.WriteString(`\b`)
		}
	case syntax.OpCapture:
		return p.group(re.Sub[0])
	case syntax.OpConcat:
		for _, s := range re.Sub {
			if err := p.print(s); err != nil {
				return err
			}
		}
	case syntax.OpAlternate:
		p.WriteString("(?:")
		for i, s := range re.Sub {
			if i > 0 {
				p.WriteByte('|')
			}
			if err := p.print(s); err != nil {
				return err
			}
		}
		p.WriteByte(')')
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if err := p.group(re.Sub[0]); err != nil {
			return err
		}
		switch {
		case re.Op == syntax.OpStar:
			p.WriteByte('*')
		case re.Op == syntax.OpPlus:
			p.WriteByte('+')
		case re.Op == syntax.OpQuest:
			p.WriteByte('?')
		case re.Max < 0:
			fmt.Fprintf(p, "{%d,}", re.Min)
		case re.Max == re.Min:
			fmt.Fprintf(p, "{%d}", re.Min)
		default:
			fmt.Fprintf(p, "{%d,%d}", re.Min, re.Max)
		}
	default:
		return fmt.Errorf("no expression for %v", re.Op)
	}
	return nil
}

// group prints what a repeat can stand behind.
func (p *printer) group(re *syntax.Regexp) error {
	one := re.Op == syntax.OpCharClass || re.Op == syntax.OpAlternate || re.Op == syntax.OpAnyChar || re.Op == syntax.OpAnyCharNotNL ||
		re.Op == syntax.OpLiteral && len(re.Rune) == 1 && re.Rune[0] < 0x80 && re.Flags&syntax.FoldCase == 0
	if one {
		return p.print(re)
	}
	p.WriteString("(?:")
	if err := p.print(re); err != nil {
		return err
	}
	p.WriteByte(')')
	return nil
}

// class prints a class of bytes.
func (p *printer) class(runes []rune) {
	p.WriteByte('[')
	high := false
	for i := 0; i+1 < len(runes); i += 2 {
		lo, hi := runes[i], runes[i+1]
		if lo == hi && (lo == 0x17F || lo == 0x212A) {
			continue // what folding adds to s and k
		}
		high = high || hi >= 0x80
		if lo >= 0x80 {
			continue
		}
		if hi = min(hi, 0x7F); lo == hi {
			fmt.Fprintf(p, `\x%02x`, lo)
		} else {
			fmt.Fprintf(p, `\x%02x-\x%02x`, lo, hi)
		}
	}
	if high {
		p.WriteString(`\x80-\xff`)
	}
	p.WriteByte(']')
}

// quote writes text so that no byte of it means anything else.
func quote(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

func quoteFold(text string, fold bool) string {
	if !fold || strings.ToLower(text) == strings.ToUpper(text) {
		return quote(text)
	}
	return "(?i:" + quote(text) + ")"
}

// anyOf is one of some words.
func anyOf(words []string, fold bool) string {
	words = slices.Clone(words)
	for i := range words {
		words[i] = quote(words[i])
	}
	slices.Sort(words)
	if fold {
		return "(?i:" + strings.Join(words, "|") + ")"
	}
	return "(?:" + strings.Join(words, "|") + ")"
}

// least cuts the repeats at both ends of an expression to what must be there.
// Anything that ends where a match ends, or later, still does.
func least(re *syntax.Regexp) *syntax.Regexp {
	return cut(cut(re, true), false)
}

// cut is least for the last or the first part.
func cut(re *syntax.Regexp, last bool) *syntax.Regexp {
	empty := &syntax.Regexp{Op: syntax.OpEmptyMatch}
	out := *re
	switch re.Op {
	case syntax.OpCapture:
		return cut(re.Sub[0], last)
	case syntax.OpStar, syntax.OpQuest:
		return empty
	case syntax.OpPlus:
		return cut(re.Sub[0], last)
	case syntax.OpRepeat:
		switch re.Min {
		case 0:
			return empty
		case 1:
			return cut(re.Sub[0], last)
		}
		out.Max = re.Min
	case syntax.OpAlternate:
		out.Sub = slices.Clone(re.Sub)
		for i := range out.Sub {
			out.Sub[i] = cut(out.Sub[i], last)
		}
	case syntax.OpConcat:
		out.Sub = slices.Clone(re.Sub)
		for len(out.Sub) > 0 {
			i := 0
			if last {
				i = len(out.Sub) - 1
			}
			if out.Sub[i] = cut(out.Sub[i], last); out.Sub[i].Op != syntax.OpEmptyMatch {
				return &out
			}
			out.Sub = slices.Delete(out.Sub, i, i+1)
		}
		return empty
	case syntax.OpWordBoundary:
		return empty
	}
	return &out
}

// wordEdges is \b for each end of a pattern that is always a letter, digit or
// underscore: elsewhere a boundary would ask for another thing than the rule.
func wordEdges(expr string) (left, right string, err error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return "", "", err
	}
	if wordEdge(re, false) {
		left = `\b`
	}
	if wordEdge(re, true) {
		right = `\b`
	}
	return left, right, nil
}

func wordEdge(re *syntax.Regexp, last bool) bool {
	isWord := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	at := func(n int) int {
		if last {
			return n - 1
		}
		return 0
	}
	switch re.Op {
	case syntax.OpLiteral:
		return isWord(re.Rune[at(len(re.Rune))])
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if !isWord(r) && r != 0x17F && r != 0x212A {
					return false
				}
			}
		}
		return true
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(s *syntax.Regexp) bool { return !wordEdge(s, last) })
	case syntax.OpConcat:
		return wordEdge(re.Sub[at(len(re.Sub))], last)
	case syntax.OpCapture, syntax.OpPlus:
		return wordEdge(re.Sub[0], last)
	case syntax.OpRepeat:
		return re.Min > 0 && wordEdge(re.Sub[0], last)
	}
	return false
}

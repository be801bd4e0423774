// Package code finds source code inside chat text.
//
// Text goes in block by block; findings with span, language and amount come
// out, always Late: that it is code is known only after several lines. Code
// counts from three lines on, fenced or not; JSON, CSV, logs, YAML values,
// shell one-liners and talk about code do not.
//
// Code becomes proprietary when it says whose it is: a copyright without a
// public licence, "proprietary" or "confidential" in a comment, internal hosts,
// packages or ticket ids. The level says how much there is: Low from 3 lines,
// Medium from 6, High from 15.
//
// The detector is immutable and safe for concurrent use; a pass keeps at most
// one line of text between blocks.
package code

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// Rule ids and info types of the findings.
const (
	RuleSnippet     detectors.RuleID   = "source_code.snippet"
	RuleProprietary detectors.RuleID   = "source_code.proprietary"
	TypeSnippet     detectors.InfoType = "source_code.snippet"
	TypeProprietary detectors.InfoType = "source_code.proprietary"
)

const (
	maxLine  = 512 // bytes of a line that are looked at; what is longer is data
	minLines = 3   // lines of code that make a finding
	lowest   = 67  // points of minLines lines
	medium   = 6   // lines from which a finding is Medium
	high     = 15  // lines from which a finding is High
	maxProse = 1   // lines of prose that a region may hold between code
	maxBlank = 2
)

// New returns the detector.
func New() detectors.Detector { return detector{} }

type detector struct{}

// Needs implements [detectors.Detector].
func (detector) Needs() detectors.Needs { return detectors.Needs{Blocks: true} }

// NewPass implements [detectors.Detector].
func (detector) NewPass() detectors.Pass { return &pass{} }

// A pass reads lines; what it keeps of the text is the line that a block cut.
type pass struct {
	line   []byte // the beginning of the current line, at most maxLine bytes
	start  int    // where the current line begins in the text
	end    int    // how far the text was read
	fence  fence
	region region
	within bool // a comment of several lines is open
}

type fence uint8

const (
	outside   fence = iota
	fenced          // inside a fence of unknown or code language
	fencedAny       // inside a fence that says it is data: not code
)

// A region is a run of lines that may be code.
type region struct {
	open             bool
	start, end       int // text span; end is that of the last line of code
	code, strong     int // lines
	prose, blank     int // since the last line of code
	allProse         int
	lang             [langs]int
	owner            ownership
	comments, fenced int
}

// Reset implements [detectors.Pass].
func (p *pass) Reset() {
	clear(p.line[:cap(p.line)])
	*p = pass{line: p.line[:0]}
}

// Check implements [detectors.Pass]; code has no anchors.
func (p *pass) Check(detectors.View, anchor.Hit, func(detectors.Finding)) int { return 0 }

// Block implements [detectors.BlockPass].
func (p *pass) Block(v detectors.View, b anchor.Block, emit func(detectors.Finding)) {
	lo, hi := max(b.Off-v.Off, 0), min(b.Off+b.Len-v.Off, len(v.Text))
	if lo >= hi {
		return
	}
	text := v.Text[lo:hi]
	off := v.Off + lo
	if off != p.end {
		p.start = off // the first line of a text that does not begin at 0
	}
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\n')
		part := text
		if i >= 0 {
			part = text[:i]
		}
		off += len(part)
		p.end = off
		if i < 0 || len(p.line) > 0 { // a line that the block cuts is put together
			p.line = append(p.line, part[:min(len(part), maxLine-len(p.line))]...)
			part = p.line
		}
		if i < 0 {
			return
		}
		p.endLine(part[:min(len(part), maxLine)], off, emit)
		p.line = p.line[:0]
		off++
		p.start, p.end = off, off
		text = text[i+1:]
	}
}

// Close implements [detectors.Pass].
func (p *pass) Close(emit func(detectors.Finding)) {
	if p.end > p.start {
		p.endLine(p.line, p.end, emit)
	}
	p.flush(emit)
	clear(p.line[:cap(p.line)])
	p.line = p.line[:0]
}

// endLine judges the line that ends at an offset; raw is its first maxLine bytes.
func (p *pass) endLine(raw []byte, end int, emit func(detectors.Finding)) {
	line, trimmed := trim(raw)
	if len(trimmed) > 2 && (trimmed[0] == '`' || trimmed[0] == '~') && trimmed[0] == trimmed[1] && trimmed[1] == trimmed[2] {
		p.flush(emit)
		if p.fence != outside {
			p.fence = outside
		} else {
			p.fence = openFence(bytes.TrimSpace(trimmed[3:]))
		}
		return
	}
	if p.fence == fencedAny {
		return
	}
	k := classify(line, trimmed)
	r := &p.region
	if k = p.inComment(trimmed, k); k.kind == comment && r.comments > 60 {
		p.within = false // no head of a file is so long
	}
	switch k.kind {
	case blank:
		if r.open {
			if r.blank++; r.blank > maxBlank && p.fence == outside {
				p.flush(emit)
			}
		}
		return
	case codeLine, strongLine:
		p.open()
		r.code++
		if k.kind == strongLine {
			r.strong++
		}
		if k.lang != unknown {
			r.lang[k.lang]++
		}
		r.allProse += r.prose
		r.prose, r.blank = 0, 0
		r.end = end
		r.owner.read(line, false)
	case comment:
		p.open()
		r.comments++
		if r.code > 0 {
			r.end = end
		}
		r.owner.read(line, true)
		if r.code == 0 && r.comments > 60 {
			*r = region{}
		}
	case bracket:
		if r.open && r.code > 0 {
			r.end = end
			r.blank = 0
			if k.counts {
				r.code++
			}
		}
	default:
		if !r.open {
			return
		}
		if p.fence == fenced {
			r.prose++
			return
		}
		if r.prose++; r.prose > maxProse || r.code == 0 || r.code < 2 {
			p.flush(emit)
		}
	}
}

// inComment makes a comment of every line between "/*" and "*/": " * Copyright"
// reads like an item of a list otherwise.
func (p *pass) inComment(trimmed []byte, k class) class {
	opens := bytes.HasPrefix(trimmed, []byte("/*"))
	if opens || p.within {
		k.kind = comment
		p.within = !bytes.Contains(trimmed, []byte("*/"))
	}
	return k
}

func (p *pass) open() {
	if !p.region.open {
		p.region = region{open: true, start: p.start}
		if p.fence == fenced {
			p.region.fenced = 1
		}
	}
}

// flush ends the region and reports it if it is code.
func (p *pass) flush(emit func(detectors.Finding)) {
	r := p.region
	p.region = region{}
	if !r.open || r.code < minLines || r.strong < 1 || r.strong < 2 && r.fenced == 0 {
		return
	}
	if r.allProse*3 > r.code || r.strong*5 < r.code && r.fenced == 0 {
		return
	}
	points := int16(lowest)
	switch {
	case r.code >= high:
		points = 86
	case r.code >= medium:
		points = 76
	}
	lang := unknown
	for l := range r.lang {
		if r.lang[l] > r.lang[lang] || lang == unknown && r.lang[l] > 0 {
			lang = language(l)
		}
	}
	f := detectors.Finding{
		Type: TypeSnippet, Rule: RuleSnippet, Late: true,
		Span:       detectors.Span{Start: r.start, End: r.end},
		Confidence: detectors.Confidence(points),
		Evidence:   []detectors.Evidence{{Name: amount(r.code), Points: points}},
	}
	if lang != unknown {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "language:" + lang.String()})
	}
	if r.fenced > 0 {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "fenced"})
	}
	if why := r.owner.verdict(); why != "" {
		f.Type, f.Rule = TypeProprietary, RuleProprietary
		f.Confidence = max(f.Confidence, 78) + 8
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "owner:" + why, Points: 8})
	}
	emit(f)
}

// trim is a line without the blanks at its end, and without those at both ends.
func trim(raw []byte) (line, trimmed []byte) {
	i, j := 0, len(raw)
	for j > 0 && (raw[j-1] == ' ' || raw[j-1] == '\t' || raw[j-1] == '\r') {
		j--
	}
	for i < j && (raw[i] == ' ' || raw[i] == '\t') {
		i++
	}
	return raw[:j], raw[i:j]
}

// amount names a number of lines; evidence names are a fixed vocabulary.
func amount(lines int) string {
	switch {
	case lines >= 100:
		return "lines:100+"
	case lines >= 50:
		return "lines:50+"
	case lines >= high:
		return "lines:15+"
	case lines >= medium:
		return "lines:6+"
	}
	return "lines:3+"
}

// openFence reads the info string of a fence.
func openFence(info []byte) fence {
	word, _, _ := bytes.Cut(info, []byte(" "))
	switch string(bytes.ToLower(word)) {
	case "json", "jsonl", "csv", "tsv", "text", "txt", "plain", "plaintext", "log", "logs", "console", "output", "markdown", "md", "yaml", "yml", "toml", "ini", "xml", "http", "mermaid", "diff", "email":
		return fencedAny
	}
	return fenced
}

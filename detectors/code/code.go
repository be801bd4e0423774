// Package code finds source code inside chat text.
//
// Text goes in block by block; findings with span, language and amount come
// out, always Late: that it is code is known only after several lines. Code
// counts from three lines on, fenced or not; JSON, CSV, logs, YAML values, shell
// one-liners, pseudo-code and talk about code do not. languages.txt says how
// lines begin in some forty languages; diffs, stack traces, notebooks and
// manifests are told by their own marks.
//
// Code becomes proprietary when it says whose it is: a copyright without a
// public licence, "proprietary" or "confidential" in a comment, internal hosts,
// packages or ticket ids, and what an [Ownership] names. The level says how much
// there is: Low from 3 lines, Medium from 6, High from 15. A stack trace shows
// less than code and is Medium at most.
//
// The detector is immutable and safe for concurrent use; a pass keeps at most
// one line of text between blocks.
package code

import (
	"bytes"
	"slices"

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
	maxBlank = 2   // blank lines in a row that a region may hold
	maxHead  = 60  // lines of comment that the head of a file may have
	maxDoc   = 40  // lines that a string of documentation may have
)

// New returns the detector that knows what any company's code may say of itself.
func New() detectors.Detector { return Owned(Ownership{}) }

// Owned returns the detector that knows a company's own signs as well.
func Owned(o Ownership) detectors.Detector {
	d := &detector{signs: o.signs(), tickets: o.Tickets}
	for _, s := range d.signs {
		d.literals = append(d.literals, anchor.Literal{Text: s.text, Fold: true})
		d.reach = append(d.reach, detectors.Reach{Before: len(s.text)}) // no finding is of a sign
	}
	return d
}

type detector struct {
	signs    []sign
	literals []anchor.Literal
	reach    []detectors.Reach
	tickets  []string
}

// Needs implements [detectors.Detector].
func (d *detector) Needs() detectors.Needs {
	return detectors.Needs{Literals: d.literals, LiteralReach: d.reach, Left: signLeft, Right: signRight, Blocks: true, Open: late}
}

// late is [detectors.Needs.Open]: whatever is found is told late.
func late([]byte) int { return 0 }

// Peek implements [detectors.Peeker].
func (p *pass) Peek(detectors.View, anchor.Hit, detectors.Confidence) (start int, open bool) {
	return 0, false
}

// NewPass implements [detectors.Detector].
func (d *detector) NewPass() detectors.Pass { return &pass{detector: d} }

// A pass reads lines; what it keeps of the text is the line that a block cut.
type pass struct {
	*detector
	marks  []marked // signs in what was not read yet
	line   []byte   // the beginning of the current line, at most maxLine bytes
	start  int      // where the current line begins in the text
	end    int      // how far the text was read
	fence  fence
	tagged language // of the open fence
	within byte     // what ends the open comment: '*' for "*/", '"' or '\'' three times
	lines  int      // of the open comment
	region region
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
	fenced           bool
	start, end       int // text span; end is that of the last line of code
	code, strong     int // lines
	members          int // those of code that are none alone
	sure             int // those that show their language
	prose, blank     int // since the last line of code
	neutral          int // since the last line of code
	allProse, traces int
	comments         int
	statement        bool // of SQL, not ended by a semicolon
	inside           bool // the last line that opened a bracket at its end was not closed
	hunk             int  // lines that the open hunk of a diff still has, each side counted
	lang             [maxLanguages]uint16
	owner            ownership
}

// Reset implements [detectors.Pass].
func (p *pass) Reset() {
	clear(p.line[:cap(p.line)])
	*p = pass{detector: p.detector, marks: p.marks[:0], line: p.line[:0]}
}

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
		if len(p.marks) > 0 {
			p.unowned(off)
		}
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
	line, t := trim(raw)
	r := &p.region
	if len(t) == 0 {
		if r.hunk > 0 {
			r.hunk -= 2
		}
		if r.open && p.within == 0 {
			r.statement = false
			if r.blank++; r.blank > maxBlank && p.fence == outside {
				p.flush(emit)
			}
		}
		return
	}
	if len(t) > 2 && (t[0] == '`' || t[0] == '~') && t[0] == t[1] && t[1] == t[2] {
		p.flush(emit)
		if p.fence != outside {
			p.fence = outside
		} else {
			p.openFence(bytes.TrimSpace(t[3:]))
		}
		return
	}
	if p.fence == fencedAny {
		return
	}
	if len(line) >= maxLine {
		p.proseLine(emit)
		return
	}
	s := measure(t)
	if !r.open && p.within == 0 && units[t[0]] == letterUnit && sentence(t, s) && plain(t, s, r) {
		return // most lines of most texts
	}
	if p.inComment(t) {
		p.comment(line, end)
		return
	}
	var k class
	switch {
	case r.hunk > 0 && (line[0] == '+' || line[0] == '-' || line[0] == ' '):
		k = p.hunkLine(line)
	case diffLine(t):
		k = class{kind: strongLine, lang: diff, sure: true}
		r.hunk = hunkSize(t)
	case r.lang[notebook] > 0 && t[0] == '"':
		k = cellLine(t, r)
	default:
		if commentKind(t) == comment {
			p.comment(line, end)
			return
		}
		k = p.judge(line, t, s)
	}
	p.take(k, line, end, emit)
}

// judge classifies a line and adds what the lines around it say.
func (p *pass) judge(line, t []byte, s shape) class {
	r := &p.region
	if t[0] == '"' && (bytes.HasPrefix(t, []byte(`"cell_type": "code"`)) || bytes.HasPrefix(t, []byte(`"nbformat"`))) {
		return class{kind: strongLine, lang: notebook, sure: true}
	}
	k := classify(line, t, s, r)
	if k.kind >= weakLine || k.kind == bracket {
		return k
	}
	switch {
	case r.statement && !sentence(t, s):
		k = class{kind: weakLine}
		r.members-- // it may be a sentence
	case r.inside && len(t) < len(line) && !sentence(t, s):
		k = class{kind: weakLine} // a member of what was opened
	case p.fence == fenced && p.tagged != unknown:
		k = class{kind: codeLine, lang: p.tagged} // whoever fenced it says so
	case r.lang[yaml] > 0 && yamlLine(t):
		k = class{kind: codeLine, lang: yaml}
	}
	return k
}

// take counts a line of the class k.
func (p *pass) take(k class, line []byte, end int, emit func(detectors.Finding)) {
	r := &p.region
	switch k.kind {
	case weakLine, codeLine, strongLine:
		if !r.open && k.kind == weakLine {
			return
		}
		p.open()
		r.code++
		if k.kind == strongLine {
			r.strong++
		}
		if k.lang == trace {
			r.traces++
		}
		if k.kind == weakLine {
			r.members++
		}
		if k.sure {
			r.lang[k.lang] += 4
			r.sure++
		} else {
			r.lang[k.lang]++
		}
		r.allProse += r.prose
		r.prose, r.blank, r.neutral = 0, 0, 0
		r.end = end
		last := line[len(line)-1]
		if k.lang == sql || r.statement {
			r.statement = last != ';'
		}
		r.inside = r.inside || last == '{' || last == '(' || last == '[' || last == ':' && k.lang == python
		if len(p.marks) > 0 {
			p.owned(end, false)
		}
	case bracket:
		if r.open && r.code > 0 {
			r.end = end
			r.blank = 0
			r.inside = r.inside && (line[0] == ' ' || line[0] == '\t') // one without indent ends the whole
			r.code++
		}
	case neutral:
		if r.neutral++; r.neutral > 4 {
			p.proseLine(emit)
		}
	default:
		p.proseLine(emit)
	}
}

// proseLine counts a line that is no code. A region bears more of them the more
// code it has.
func (p *pass) proseLine(emit func(detectors.Finding)) {
	r := &p.region
	if !r.open {
		return
	}
	r.prose++
	if p.fence != fenced && (r.code < 2 || r.prose > 1+min(r.code/6, 2)) {
		p.flush(emit)
	}
}

// comment counts a line of comment: the head of a file may be nothing else.
func (p *pass) comment(line []byte, end int) {
	r := &p.region
	p.open()
	r.comments++
	r.blank = 0
	if r.code > 0 {
		r.end = end
	}
	if r.comments <= maxHead {
		p.owned(end, true)
		if key := ticket(line); key != "" {
			r.owner.count(internal, true)
			if slices.Contains(p.tickets, key) {
				r.owner.count(mark, true)
			}
		}
	} else if r.code == 0 {
		*r = region{}
	}
}

// inComment reports whether a line stands in "/* … */", in a string of
// documentation, or opens one.
func (p *pass) inComment(t []byte) bool {
	if p.within != 0 {
		p.lines++
		if closes(t, p.within) || p.lines > maxDoc && p.within != '*' || p.lines > maxHead {
			p.within = 0
		}
		return true
	}
	switch {
	case t[0] == '/' && len(t) > 1 && t[1] == '*':
		p.lines = 0
		if p.within = '*'; bytes.Contains(t, []byte("*/")) {
			p.within = 0
			return bytes.HasSuffix(t, []byte("*/"))
		}
		return true
	case (t[0] == '"' || t[0] == '\'') && len(t) > 2 && t[1] == t[0] && t[2] == t[0] && p.region.code > 0:
		p.lines = 0
		if !closes(t[3:], t[0]) {
			p.within = t[0]
		}
		return true
	}
	return false
}

func closes(t []byte, mark byte) bool {
	switch mark {
	case '*':
		return bytes.Contains(t, []byte("*/"))
	case '"':
		return bytes.Contains(t, []byte(`"""`))
	}
	return bytes.Contains(t, []byte(`'''`))
}

func (p *pass) open() {
	if !p.region.open {
		p.region = region{open: true, start: p.start, fenced: p.fence == fenced}
		if p.tagged != unknown {
			p.region.lang[p.tagged] = 1
		}
	}
}

// flush ends the region and reports it if it is code.
func (p *pass) flush(emit func(detectors.Finding)) {
	r := &p.region
	if !r.open {
		return
	}
	if r.isCode(p.tagged != unknown) {
		emit(r.finding())
	}
	*r = region{}
}

// isCode weighs the lines of a region.
func (r *region) isCode(tagged bool) bool {
	if r.code < minLines || r.allProse*3 > r.code {
		return false
	}
	if r.fenced {
		return r.strong > 0 || tagged
	}
	if r.strong < 2 && (r.strong < 1 || r.sure < 1 || r.members < 2 && r.code < 4) {
		return false
	}
	return r.strong*5 >= r.code-r.members || r.lang[yaml] > 0 || r.lang[diff] > 0
}

func (r *region) finding() detectors.Finding {
	points := int16(lowest)
	switch {
	case r.code >= high:
		points = 86
	case r.code >= medium:
		points = 76
	}
	if r.traces*2 > r.code { // what ran, not how it is written
		if points = lowest; r.code >= high {
			points = 76
		}
	}
	f := detectors.Finding{
		Type: TypeSnippet, Rule: RuleSnippet, Late: true,
		Span:       detectors.Span{Start: r.start, End: r.end},
		Confidence: detectors.Confidence(points),
		Evidence:   []detectors.Evidence{{Name: amount(r.code), Points: points}},
	}
	if lang := r.language(); lang != unknown {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "language:" + lexical.names[lang]})
	}
	if r.fenced {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "fenced"})
	}
	if why := r.owner.verdict(); why != "" {
		f.Type, f.Rule = TypeProprietary, RuleProprietary
		f.Confidence = max(f.Confidence, 78) + 8
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: "owner:" + why, Points: 8})
	}
	return f
}

// language is the one that most lines show. Code of a language that extends
// another is of both.
func (r *region) language() (best language) {
	count := r.lang
	for _, x := range [...]struct{ more, base language }{{typescript, javascript}, {cpp, clang}, {objc, clang}} {
		if count[x.more] >= 4 && count[x.more]*4 >= count[x.base] {
			count[x.more] += count[x.base]
		}
	}
	for l := 1; l < len(count); l++ {
		if count[l] > count[best] || best == unknown && count[l] > 0 {
			best = language(l)
		}
	}
	return best
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

// openFence reads the info string of a fence. Shell is not taken at its word:
// commands to type are fenced as bash.
func (p *pass) openFence(info []byte) {
	word, _, _ := bytes.Cut(info, []byte(" "))
	name := string(bytes.ToLower(word))
	p.fence, p.tagged = fenced, unknown
	switch name {
	case "json", "jsonl", "csv", "tsv", "text", "txt", "plain", "plaintext", "log", "logs", "console", "output", "markdown", "md", "toml", "ini", "xml", "http", "mermaid", "email", "pseudo", "pseudocode":
		p.fence = fencedAny
	case "yaml", "yml", "diff", "patch", "bash", "sh", "shell", "zsh":
	default:
		p.tagged = fencedLanguage(name)
	}
}

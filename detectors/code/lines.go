package code

import "bytes"

type kind uint8

const (
	prose kind = iota
	blank
	comment
	bracket  // only punctuation: goes with the code around it
	neutral  // may stand in code and elsewhere
	weakLine // code among code
	codeLine
	strongLine
)

// A class is what one line is taken for.
type class struct {
	kind kind
	lang language
	sure bool // it shows its language
}

// A shape counts the bytes of a line by what they are to code.
type shape uint64

// The fields of a shape, each wide enough for a line of maxLine bytes.
const (
	letterUnit = shape(1) << (10 * iota)
	spaceUnit
	signUnit // bytes that sentences have few of
	opUnit   // those of the operators that show code
	dotUnit  // dots, slashes and hyphens, of which names of hosts and paths are made
	digitUnit
)

func (s shape) letters() int { return int(s / letterUnit & 1023) }
func (s shape) spaces() int  { return int(s / spaceUnit & 1023) }
func (s shape) signs() int   { return int(s / signUnit & 1023) }
func (s shape) ops() int     { return int(s / opUnit & 1023) }
func (s shape) dots() int    { return int(s / dotUnit & 1023) }
func (s shape) digits() int  { return int(s / digitUnit & 1023) }

// units is built once; it never changes.
var units = countUnits()

func countUnits() (t [256]shape) {
	for b := range t {
		c := byte(b)
		switch {
		case c == ' ' || c == '\t':
			t[b] = spaceUnit
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			t[b] = letterUnit
		case c >= '0' && c <= '9':
			t[b] = digitUnit
		}
		if bytes.IndexByte([]byte("(){}[];=<>+*/&|_$@\\:#\"`"), c) >= 0 {
			t[b] += signUnit
		}
		if bytes.IndexByte([]byte("=>&|:)/"), c) >= 0 {
			t[b] += opUnit
		}
		if c >= '-' && c <= '/' {
			t[b] += dotUnit
		}
	}
	return t
}

// measure reads a line of at most maxLine bytes.
func measure(t []byte) shape {
	var a, b shape
	for len(t) >= 4 {
		a += units[t[0]] + units[t[1]]
		b += units[t[2]] + units[t[3]]
		t = t[4:]
	}
	for _, c := range t {
		a += units[c]
	}
	return a + b
}

// sentence reports whether a line reads as one: many words, few signs, and no
// columns, which have spaces and few letters.
func sentence(t []byte, s shape) bool {
	words, letters, signs, last := s.spaces()+1, s.letters(), s.signs(), t[len(t)-1]
	if words < 4 || letters < 3*words {
		return letters >= 2*words && words >= 8 && signs == 0
	}
	return words >= 5 && signs*12 < letters && last != ';' && last != '{' ||
		(last == '.' || last == '?' || last == '!') && signs*8 < letters
}

// plain reports whether a sentence is nothing else: no line of code is like this.
func plain(t []byte, s shape, r *region) bool {
	last := t[len(t)-1]
	if t[0] == 'f' && bytes.HasPrefix(t, []byte("from ")) && bytes.Contains(t, []byte(" import ")) || last == 'o' && bytes.HasSuffix(t, []byte(" do")) {
		return false
	}
	return (s.signs() == 0 || last >= 'a' && last <= 'z' || last == '.') && t[0] != '<' && t[0] != '@' && r.lang[sql] == 0 && !shouts(t)
}

// shouts reports whether a line may begin in SQL or a Dockerfile, whose
// capitals make code of what else reads as a sentence.
func shouts(t []byte) bool {
	return len(t) > 1 && t[0] >= 'A' && t[0] <= 'Z' && t[1] >= 'A' && t[1] <= 'Z'
}

// classify says what a line is that is neither blank nor a comment; t is the
// line without its indent, s its shape, r what was read before it.
func classify(line, t []byte, s shape, r *region) class {
	last := t[len(t)-1]
	says := sentence(t, s)
	if says && plain(t, s, r) {
		return class{kind: prose}
	}
	if s.letters()+s.digits() == 0 && s.dots() == 0 && onlyPunctuation(t) {
		return class{kind: bracket}
	}
	if traceLine(t, last) {
		return class{kind: strongLine, lang: trace, sure: true}
	}
	if dataLine(t, last) || s.digits() > 0 && logLine(t) {
		return class{kind: prose}
	}
	indent := len(line) - len(t)
	if o := lexical.find(t, &r.lang); o != nil {
		shouted := o.lang == sql || o.lang == docker
		switch {
		case o.later:
			return class{kind: weakLine, lang: o.lang}
		case !says, shouted && shouts(t), t[0] == '<', t[0] == '@':
			return class{kind: strongLine, lang: dialect(o.lang, t, s, r), sure: o.sure}
		case o.sure && (len(o.parts) > 0 || len(o.text) >= 10):
			return class{kind: codeLine, lang: o.lang, sure: true}
		case len(o.parts) > 0 && r.lang[o.lang] > 0:
			return class{kind: weakLine, lang: o.lang}
		}
	}
	if says {
		return class{kind: prose}
	}
	return byShape(t, last, indent, s, r)
}

// dialect tells languages apart whose lines begin alike: C# calls methods as Java
// calls classes, TypeScript is JavaScript that names its types.
func dialect(l language, t []byte, s shape, r *region) language {
	switch l {
	case java:
		if i := bytes.IndexByte(t, '('); i > 0 && bytes.Count(t[:i], []byte(" ")) >= 2 {
			name := t[bytes.LastIndexByte(t[:i], ' ')+1 : i]
			if len(name) > 1 && name[0] >= 'A' && name[0] <= 'Z' && name[1] >= 'a' {
				return csharp
			}
		}
	case javascript:
		if s.ops() > 0 && r.lang[typescript] < 8 {
			for i := bytes.Index(t, []byte(": ")); i > 0 && i+2 < len(t); {
				for _, name := range typeNames {
					if bytes.HasPrefix(t[i+2:], name) {
						return typescript
					}
				}
				k := bytes.Index(t[i+2:], []byte(": "))
				if k < 0 {
					break
				}
				i += 2 + k
			}
		}
	}
	return l
}

// typeNames are types of TypeScript, which no value begins like.
var typeNames = [][]byte{[]byte("string"), []byte("number"), []byte("boolean"), []byte("void"), []byte("any"), []byte("unknown"), []byte("Promise<"), []byte("Observable<")}

// byShape judges a line that begins like no language we know.
func byShape(t []byte, last byte, indent int, s shape, r *region) class {
	c := class{}
	if s.signs() == 0 && r.code < 2 && (indent == 0 || last != ',') {
		return c
	}
	score := 0
	switch last {
	case ';', '{':
		score += 2
	case '(', ',', '[', '}':
		if indent > 0 {
			score++
		}
	case '\\': // commands to type go on like this as well
		if r.code >= 2 {
			score++
		}
	case ')':
		if i := bytes.IndexByte(t, '('); i > 0 && t[i-1] != ' ' {
			score++
		}
	}
	if s.signs() > 1 {
		var found bool
		if found, c.lang = operator(t); found {
			score++
		}
	}
	if s.signs() > 0 && call(t) {
		score++
	}
	if s.signs() > 0 {
		if i := bytes.IndexByte(t, '$'); i >= 0 && i+1 < len(t) && (t[i+1] == '(' || t[i+1] == '{' || i > 0 && t[i-1] == '"') {
			c.lang = shell
			score++
		}
	}
	if indent >= 2 || indent == 1 && r.code > 0 {
		score++
	}
	if t[0] == '@' && s.spaces() == 0 && len(t) > 2 {
		score += 2 // a decorator
	}
	if last == '|' && bytes.Contains(t, []byte(" do |")) {
		c.lang = ruby
		score += 2
	}
	if last == ';' && declaration(t) {
		c.lang = css
		score++
	}
	assigned := 0
	if s.ops() > 0 {
		if i := bytes.IndexByte(t, '='); i > 0 {
			if assigned = assignment(t, i); assigned > 0 && i+2 < len(t) && call(t[i+2:]) {
				score++ // what a call gives
			}
		}
	}
	shown := score > 1 // settings are assigned and indented as well
	score += assigned
	switch {
	case score >= 3 && shown:
		c.kind = strongLine
	case score >= 2:
		c.kind = codeLine
	case score == 1 && r.code >= 2:
		c.kind = weakLine
	case r.code >= 2 && (s.spaces() < 3 || indent > 0):
		c.kind = neutral
	}
	return c
}

// assignment scores "name = …" and "name=…" at the sign at i.
func assignment(t []byte, i int) (score int) {
	if i+1 < len(t) && t[i+1] == '=' {
		return 0
	}
	name := t[:i]
	if n := len(name); n > 1 && name[n-1] == ' ' {
		if name = bytes.TrimRight(name, " "); bytes.IndexByte(name, ' ') >= 0 {
			return 0
		}
		score = 1
		if bytes.IndexByte(name, '[') > 0 {
			score++ // a member is assigned to
		}
		if i+2 < len(t) && bytes.IndexByte([]byte("\"'[{(0123456789$@"), t[i+2]) >= 0 {
			score++
		}
		return score
	}
	for _, b := range name {
		if b != '_' && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return 0
		}
	}
	if i+1 < len(t) && (t[i+1] == '"' || t[i+1] == '$' || t[i+1] == '`') {
		return 2
	}
	return 1
}

// declaration reports whether t is "name: value;", as in CSS.
func declaration(t []byte) bool {
	i := bytes.IndexByte(t, ':')
	if i < 2 || i+1 >= len(t) || t[i+1] == ':' {
		return false
	}
	for _, b := range t[:i] {
		if b != '-' && (b < 'a' || b > 'z') {
			return false
		}
	}
	return true
}

// commentKind tells comments from code and from headings and lists.
func commentKind(t []byte) kind {
	switch t[0] {
	case '/', '*', '<', '-', '"', '#', '\'':
	default:
		return prose
	}
	switch {
	case bytes.HasPrefix(t, []byte("//")), bytes.HasPrefix(t, []byte("/*")), bytes.HasPrefix(t, []byte("*/")), bytes.HasPrefix(t, []byte("<!--")), bytes.HasPrefix(t, []byte("-- ")), bytes.HasPrefix(t, []byte(`"""`)), bytes.HasPrefix(t, []byte(`'''`)):
		return comment
	case t[0] == '#' && (len(t) == 1 || t[1] == ' ') && !bytes.HasPrefix(t, []byte("## ")):
		return comment
	case bytes.HasPrefix(t, []byte("* ")) && bytes.HasSuffix(t, []byte("*/")), bytes.HasPrefix(t, []byte("* @")):
		return comment
	}
	return prose
}

func onlyPunctuation(t []byte) bool {
	for _, b := range t {
		if bytes.IndexByte([]byte("{}()[];, "), b) < 0 {
			return false
		}
	}
	return true
}

// dataLine knows JSON members, list items, table rows, mail headers and commands
// at a prompt.
func dataLine(t []byte, last byte) bool {
	switch t[0] {
	case '"':
		return last == '"' || bytes.Contains(t, []byte(`":`)) || bytes.HasSuffix(t, []byte(`",`))
	case '|':
		return last == '|' || len(t) < 2 || t[1] != '>' && t[1] != ' '
	case '-', '>', '$':
		return len(t) > 1 && t[1] == ' '
	case '#':
		return bytes.HasPrefix(t, []byte("## "))
	}
	return false
}

// logLine knows lines that begin with a time, a date or an address.
func logLine(t []byte) bool {
	n := 0
	for n < len(t) && n < 12 && (t[n] >= '0' && t[n] <= '9' || t[n] == '-' || t[n] == '.' || t[n] == ':' || t[n] == '/' || t[n] == '[') {
		n++
	}
	return n >= 8 || t[0] == '[' && n > 2
}

// traceLine knows the lines of stack traces.
func traceLine(t []byte, last byte) bool {
	has := func(s string) bool { return bytes.Contains(t, []byte(s)) }
	switch t[0] {
	case 'T':
		return bytes.HasPrefix(t, []byte("Traceback (most recent call last)"))
	case 'F':
		return bytes.HasPrefix(t, []byte(`File "`)) && has(`", line `)
	case 'E':
		return bytes.HasPrefix(t, []byte(`Exception in thread "`))
	case 'C':
		return bytes.HasPrefix(t, []byte("Caused by: ")) && has(".")
	case 'a':
		return bytes.HasPrefix(t, []byte("at ")) && (last == ')' && (has("(") && (has(":") || has("(Native Method)") || has("(Unknown Source)"))) || has(") in ") && has(":line "))
	case 'g':
		return bytes.HasPrefix(t, []byte("goroutine ")) && last == ':' && has(" [")
	case '/':
		return has(".go:") && has(" +0x")
	case '#':
		return len(t) > 3 && t[1] >= '0' && t[1] <= '9' && (has(" in ") && has(" at ") || has("0x"))
	case 't':
		return bytes.HasPrefix(t, []byte("thread '")) && has("panicked at")
	case 'f':
		return bytes.HasPrefix(t, []byte("from ")) && has(".rb:") && has(":in ")
	case '.':
		return bytes.HasPrefix(t, []byte("... ")) && bytes.HasSuffix(t, []byte(" more"))
	}
	return false
}

// operator reports whether t holds one of " := ", " == ", " != ", " => ", " += ",
// " <= ", " >= ", " && ", " || ", "->", "::", "();", "()." and "</", and the
// language that has one of them alone.
func operator(t []byte) (found bool, lang language) {
	at := func(i int) byte {
		if i < 0 || i >= len(t) {
			return 0
		}
		return t[i]
	}
	for i, b := range t {
		if units[b]/opUnit&1 == 0 {
			continue
		}
		switch b {
		case '=':
			switch p := at(i - 1); {
			case p == ':' && at(i+1) == ' ':
				return true, golang
			case p == '=' && at(i-2) == '=' || p == '=' && at(i-2) == '!':
				return true, javascript
			case at(i+1) == '~':
				return true, perl
			case at(i+1) == ' ' && at(i-2) == ' ' && bytes.IndexByte([]byte("=!+<>-|*"), p) >= 0:
				found = true
			}
		case '>':
			if p := at(i - 1); p == '-' || p == '=' && at(i-2) == ' ' && at(i+1) == ' ' {
				if p == '-' && at(i+1) == '{' {
					return true, perl
				}
				found = true
			}
		case '&', '|':
			if at(i-1) == b && at(i-2) == ' ' && at(i+1) == ' ' {
				found = true
			}
		case ':':
			if at(i-1) == ':' {
				found = true
			}
		case ')':
			if n := at(i + 1); at(i-1) == '(' && (n == ';' || n == '.') {
				found = true
			}
		case '/':
			if at(i-1) == '<' {
				found = true
			}
		}
	}
	return found, unknown
}

// call reports whether t begins with name( or name.name(.
func call(t []byte) bool {
	for i, b := range t {
		switch {
		case b == '(':
			return i > 1
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '.', b == '$', b == '@', b == ':':
		default:
			return false
		}
	}
	return false
}

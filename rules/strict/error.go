package strict

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// An Error is one mistake in a file.
type Error struct {
	File      string
	Line, Col int    // from 1, Col in characters; 0 when the place is unknown
	Key       string // path of the key it is about, or ""
	Msg       string // lower case, no full stop
	Text      string // the line, with secret values masked
	Hint      string // the name that was probably meant, or ""

	caret int // column of the caret when Text was cut by Hide; 0 is Col
}

// Error is "file:line:col: msg", with the hint as " (hint?)" behind it; without a
// file the message alone.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s?)", e.Hint)
	}
	return b.String()
}

// Hide takes the value out of the line that is shown, for values that must not
// appear on a screen or in a log. The place stays.
func (e *Error) Hide() {
	text := []rune(e.Text)
	keep := min(max(e.Col-1, 0), len(text))
	for i, r := range text[:keep] {
		if r == '=' || r == '[' && i > 0 || r == '"' || r == '\'' {
			keep = i
			break
		}
	}
	rest := text[keep:]
	if i := slices.Index(rest, '='); i >= 0 && !slices.Contains(rest[:i], '"') && !slices.Contains(rest[:i], '\'') {
		keep += i + 1
		e.Text = string(text[:keep]) + " ***"
	} else {
		e.Text = string(text[:keep]) + "***"
	}
	e.caret = min(e.Col, keep+1)
}

// Render is the message with the line, a caret under the column, and the hint
// on a line of its own. It ends with a newline.
func (e *Error) Render() string {
	var b strings.Builder
	plain := *e
	plain.Hint = ""
	b.WriteString(plain.Error())
	b.WriteByte('\n')
	if e.Line > 0 {
		text, col := window(e.Text, cmp.Or(e.caret, e.Col))
		number := fmt.Sprintf("%5d", e.Line)
		fmt.Fprintf(&b, "%s | %s\n", number, text)
		fmt.Fprintf(&b, "%s | %s^\n", strings.Repeat(" ", len(number)), padding(text, col))
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "        did you mean %q?\n", e.Hint)
	}
	return b.String()
}

// Errors are all mistakes of one or several files.
type Errors []*Error

// Error lists the errors, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Render renders every error, with an empty line between them.
func (es Errors) Render() string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = e.Render()
	}
	return strings.Join(parts, "\n")
}

// Unwrap lets errors.Is and errors.As look at each error.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Add appends err: an *Error, Errors, or any other error as one without a place.
// A nil error adds nothing.
func (es *Errors) Add(err error) {
	switch err := err.(type) {
	case nil:
	case *Error:
		if err != nil {
			*es = append(*es, err)
		}
	case Errors:
		*es = append(*es, err...)
	default:
		*es = append(*es, &Error{Msg: err.Error()})
	}
}

// Err sorts es by file and place and returns it, or nil when it is empty.
func (es Errors) Err() error {
	if len(es) == 0 {
		return nil
	}
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Msg, b.Msg))
	})
	return es
}

// position turns a byte offset into line and column, both from 1, and the line's text.
func position(data []byte, off int) (line, col int, text string) {
	off = min(max(off, 0), len(data))
	start := bytes.LastIndexByte(data[:off], '\n') + 1
	end := len(data)
	if i := bytes.IndexByte(data[off:], '\n'); i >= 0 {
		end = off + i
	}
	if start == 0 {
		start = min(bomLen(data), off)
	}
	text = strings.ToValidUTF8(strings.TrimSuffix(string(data[start:end]), "\r"), "�")
	return bytes.Count(data[:off], []byte{'\n'}) + 1, utf8.RuneCount(data[start:off]) + 1, text
}

func lineOf(data []byte, off int) int { return bytes.Count(data[:off], []byte{'\n'}) + 1 }

// endOfLine is the offset of the end of line n, counted from 1.
func endOfLine(data []byte, n int) int {
	off := 0
	for ; n > 1; n-- {
		i := bytes.IndexByte(data[off:], '\n')
		if i < 0 {
			return len(data)
		}
		off += i + 1
	}
	if i := bytes.IndexByte(data[off:], '\n'); i >= 0 {
		return off + i
	}
	return len(data)
}

// maxShown is how many characters of a line are rendered.
const maxShown = 120

// window cuts a long line down to maxShown characters around col.
func window(text string, col int) (string, int) {
	r := []rune(text)
	if len(r) <= maxShown {
		return text, col
	}
	from := min(max(col-1-maxShown/2, 0), len(r)-maxShown)
	out, shift := string(r[from:from+maxShown]), from
	if from > 0 {
		out, shift = "…"+out, from-1
	}
	if from+maxShown < len(r) {
		out += "…"
	}
	return out, col - shift
}

// padding is as wide as the characters before col; tabs stay tabs.
func padding(text string, col int) string {
	var b strings.Builder
	n := 1
	for _, r := range text {
		if n >= col {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
		n++
	}
	for ; n < col; n++ {
		b.WriteByte(' ')
	}
	return b.String()
}

func firstLower(s string) string {
	if s == "" || (len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z') {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

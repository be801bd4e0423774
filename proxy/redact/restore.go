package redact

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Syntax is what a text is written in, and a value that is put into it has to be.
type Syntax uint8

// The syntaxes.
const (
	Plain Syntax = iota // as it stands
	JSON                // a document of JSON: in its strings, escaped
	// Either is JSON when the text begins like an object or an array of something,
	// and Plain otherwise: what a model writes that was asked for structured output.
	Either
)

// A Restorer puts values back into the joined text of one output item of an answer.
// It holds back what may become a token, at most as long as one is, and lets
// everything else go at once; what comes out does not depend on how the text was
// cut. Not safe for concurrent use.
type Restorer struct {
	table  *Table
	kinds  *Kinds
	syntax Syntax
	place  place
	out    []byte

	// Text that is not decided yet, and how many bytes of raw each of its bytes
	// stands for.
	text []byte
	raw  []byte
	size []uint8

	json     jsonText
	begin    []byte // of Either, until it is known what it is
	restored int
}

// NewRestorer makes one. A nil table restores nothing.
func NewRestorer(t *Table, k *Kinds, s Syntax) *Restorer {
	return &Restorer{table: t, kinds: k, syntax: s}
}

// Format hides the text from every verb of package fmt.
func (r *Restorer) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d bytes held]", len(r.raw)) }

// Pending reports whether something is held.
func (r *Restorer) Pending() bool { return len(r.text)+len(r.begin)+len(r.json.escape) > 0 }

// Restored is how many tokens were replaced.
func (r *Restorer) Restored() int { return r.restored }

// Leave says that the values of some keys, and all that stands in them, stay as
// they are. It holds for JSON and is said before anything is written.
func (r *Restorer) Leave(keys func(key []byte) bool) { r.json.leave = keys }

// Write reads more of the text and returns what can be shown of it. out is valid
// until the next call.
func (r *Restorer) Write(p []byte) (out []byte) {
	if r.table == nil {
		return p
	}
	r.out = r.out[:0]
	if r.syntax == Either {
		r.begin = append(r.begin, p...)
		s, known := looksLike(r.begin)
		if !known {
			return nil
		}
		r.syntax, p, r.begin = s, r.begin, nil
	}
	r.write(p)
	return r.out
}

// Flush returns what was held, as it is: what was written of a token stays. The text
// goes on behind it.
func (r *Restorer) Flush() []byte {
	if r.table == nil {
		return nil
	}
	r.out = r.out[:0]
	if r.syntax != Either {
		r.decide(true)
	}
	return r.out
}

// Close returns what was held. Nothing is written any more.
func (r *Restorer) Close() []byte {
	if r.table == nil {
		return nil
	}
	r.out = r.out[:0]
	if r.syntax == Either {
		r.syntax = Plain
		r.write(r.begin)
		r.begin = nil
	}
	if r.syntax == JSON {
		r.flush()
		r.out = append(r.out, r.json.escape...) // of a string that was not ended
		r.json.escape = nil
		return r.out
	}
	r.decide(true)
	return r.out
}

// looksLike is the syntax of a text that begins so.
func looksLike(text []byte) (s Syntax, known bool) {
	rest := bytes.TrimLeft(text, " \t\r\n")
	if len(rest) == 0 {
		return Plain, len(text) > 64
	}
	switch {
	case rest[0] == '{':
		return JSON, true
	case rest[0] != '[':
		return Plain, true
	}
	if rest = bytes.TrimLeft(rest[1:], " \t\r\n"); len(rest) == 0 {
		return Plain, len(text) > 64
	}
	if strings.IndexByte(`{["`, rest[0]) >= 0 {
		return JSON, true
	}
	return Plain, true
}

// pieceSize is how much is looked at at a time: what is decided needs no room.
const pieceSize = 16 << 10

func (r *Restorer) write(p []byte) {
	for len(p) > 0 {
		piece := p[:min(len(p), pieceSize)]
		p = p[len(piece):]
		if r.syntax == JSON {
			r.writeJSON(piece)
			continue
		}
		for _, b := range piece {
			r.push(b, 1)
		}
		r.raw = append(r.raw, piece...)
		r.decide(false)
	}
}

// push adds a byte of text that stands for n bytes of raw.
func (r *Restorer) push(b byte, n uint8) {
	r.text, r.size = append(r.text, b), append(r.size, n)
}

// decide lets go what is decided of the text.
func (r *Restorer) decide(final bool) {
	i, at := 0, 0 // in text and raw
	plain := 0    // of raw, that is not yet in out
	for i < len(r.text) {
		b, n := r.text[i], 1
		if b == '[' || b == '\\' || letter(b) {
			got, m := r.kinds.token(r.text[i:], r.place.prev, final)
			if got == more {
				break
			}
			if got == yes {
				n = m.size // also one that stays, stays whole
				if value, ok := r.value(m); ok {
					r.out = append(r.out, r.raw[plain:at]...)
					for _, n := range r.size[i : i+m.size] {
						at += int(n)
					}
					plain, i = at, i+m.size
					r.put(value)
					continue
				}
			}
		}
		for range n {
			r.place.next(r.text[i])
			at += int(r.size[i])
			i++
		}
	}
	r.out = append(r.out, r.raw[plain:at]...)
	r.text, r.size, r.raw = drop(r.text, i), drop(r.size, i), drop(r.raw, at)
}

// value is what is to stand where a token does.
func (r *Restorer) value(m match) (string, bool) {
	if r.place.forbids() {
		return "", false
	}
	return r.table.value(m.kind, m.code)
}

// drop moves what is left to the front, so that the room is used again.
func drop[T any](s []T, n int) []T { return append(s[:0], s[n:]...) }

// put writes a value as the syntax wants it.
func (r *Restorer) put(value string) {
	r.restored++
	r.place.read(value)
	if r.syntax != JSON {
		r.out = append(r.out, value...)
		return
	}
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	for i := range len(value) {
		switch b := value[i]; {
		case b == '"' || b == '\\':
			r.out = append(r.out, '\\', b)
		case b == '\n':
			r.out = append(r.out, '\\', 'n')
		case b < ' ':
			r.out = fmt.Appendf(r.out, `\u%04x`, b)
		default:
			r.out = append(r.out, b)
		}
	}
}

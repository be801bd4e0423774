// Package strict reads TOML so that every mistake is reported at once, with its place.
//
// A file goes in; a [Document] or [Errors] come out. A Document is decoded into
// Go structs with nothing left over: an unknown key, a value of the wrong type,
// a duplicate and a syntax error are all errors, each with file, line and
// column, the line itself, a caret and, where a name is near, "did you mean".
// Checks that need more than types are reported by their owners through
// [Document.Errorf], so that they look the same.
//
// Paths name a key from the root, with ordinals from 0 for arrays:
// "rule[3].pattern". A key that is not bare is quoted: `headers."x.y"`.
//
// Values are never quoted in messages, and lines of keys that look secret
// (password, token, key, ...) are masked.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Document is a parsed file. It is immutable and safe for concurrent use.
type Document struct {
	file  string
	data  []byte
	tree  map[string]any
	index *index
}

// maxSyntaxErrors bounds the syntax errors reported for one file.
const maxSyntaxErrors = 20

// Parse parses data. The file name is only used in messages. The error is
// [Errors] and holds every syntax error that can be told apart.
func Parse(file string, data []byte) (*Document, error) {
	d := &Document{file: file, data: data, index: newIndex(data)}
	var errs Errors
	rest := data
	last := 0
	for len(errs) < maxSyntaxErrors {
		tree, perr := parseTOML(rest)
		if perr == nil {
			d.tree = tree
			break
		}
		e, off := d.syntaxError(perr)
		errs = append(errs, e)
		// Go on behind the mistake by blanking its statement, but only where it
		// fills one line of its own and so cannot have confused what follows.
		s, ok := d.index.statementAt(off)
		if !ok || s.start < last || bytes.IndexByte(data[s.start:s.end], '\n') >= 0 {
			break
		}
		last = s.end
		rest = bytes.Clone(rest)
		for i := s.start; i < len(rest) && rest[i] != '\n'; i++ {
			rest[i] = ' '
		}
	}
	if len(errs) > 0 {
		return nil, errs.Err()
	}
	return d, nil
}

// Decode parses data and decodes it into v, a pointer to a struct.
// The error is [Errors]; the Document is nil only when the syntax is wrong.
func Decode(file string, data []byte, v any) (*Document, error) {
	d, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	return d, d.Decode(v)
}

// File is the name given to [Parse].
func (d *Document) File() string { return d.file }

// Has reports whether the document sets path itself or anything below it.
func (d *Document) Has(path string) bool {
	_, ok := d.index.pos[path]
	return ok
}

// Errorf makes an error about the key at path, or about the nearest table or
// array that holds it when the key is absent. Unlike fmt.Errorf it does not
// wrap; the message must not hold secret values.
func (d *Document) Errorf(path string, format string, a ...any) *Error {
	return d.errorAt(d.index.find(path), path, fmt.Sprintf(format, a...))
}

// errorAt makes an error at a byte offset; off < 0 means the place is unknown.
func (d *Document) errorAt(off int, path, msg string) *Error {
	e := &Error{File: d.file, Key: path, Msg: msg}
	if off < 0 {
		return e
	}
	e.Line, e.Col, e.Text = position(d.data, off)
	e.Text, e.Col = d.mask(off, e.Text, e.Col)
	return e
}

// syntaxError turns an error of the TOML library into ours.
func (d *Document) syntaxError(err error) (*Error, int) {
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return d.errorAt(0, "", "not a TOML file"), 0
	}
	off := min(max(pe.Position.Start+bomLen(d.data), 0), len(d.data))
	if l := pe.Position.Line; l > 0 && lineOf(d.data, off) > l {
		off = endOfLine(d.data, l) // the lexer has already read the line break
	}
	msg := firstLower(strings.TrimSuffix(pe.Message, "."))
	if strings.Contains(msg, "already") {
		if dup, ok := d.index.duplicateAt(off); ok {
			line, _, _ := position(d.data, dup.first)
			return d.errorAt(dup.again, dup.path, fmt.Sprintf("%s is already defined in line %d", dup.path, line)), dup.again
		}
	}
	if s, ok := d.index.statementAt(off); ok && secretPath(s.path) {
		msg = "invalid value" // the library quotes what it cannot read
	}
	return d.errorAt(off, pe.LastKey, scrub(msg)), off
}

// parseTOML is the library's parser with its internal panics made errors.
func parseTOML(data []byte) (tree map[string]any, err error) {
	defer func() {
		if recover() != nil {
			tree, err = nil, errors.New("parser failed")
		}
	}()
	_, err = toml.Decode(string(data), &tree)
	return tree, err
}

package file

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"golang.org/x/net/html/charset"
)

// A dialect says which elements of an XML format hold text and where its lines
// end. Names are local: prefixes are the author's choice.
type dialect struct {
	text  map[string]bool   // character data counts inside these; nil for everywhere
	start map[string]string // written where an element begins
	end   map[string]string // written where it ends
	cell  string            // the element of a table's cell, in which lines end with a space
	attrs map[string]bool   // attributes whose values are text, each on a line of its own at the end
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// newXML reads XML as authors write it: HTML entities, any declared charset.
func newXML(b []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	return d
}

// A state is where a reading stands.
type state struct {
	inside, cells int
	ended         []byte // what comes last
}

// read returns the text of b. ok is false when b ends in the middle or is no
// XML; what came before is returned.
func (t *dialect) read(b []byte) (text []byte, ok bool) {
	d := newXML(b)
	var in state
	for {
		token, err := d.RawToken()
		if err != nil {
			return append(text, in.ended...), errors.Is(err, io.EOF)
		}
		text = append(text, t.piece(&in, token)...)
	}
}

// piece is what a token adds to the text.
func (t *dialect) piece(in *state, token xml.Token) []byte {
	switch x := token.(type) {
	case xml.StartElement:
		if t.text[x.Name.Local] {
			in.inside++
		}
		if x.Name.Local == t.cell {
			in.cells++
		}
		for _, a := range x.Attr {
			if t.attrs[a.Name.Local] && a.Value != "" {
				in.ended = append(append(in.ended, a.Value...), '\n')
			}
		}
		return []byte(t.start[x.Name.Local])
	case xml.EndElement:
		if t.text[x.Name.Local] {
			in.inside--
		}
		if x.Name.Local == t.cell {
			in.cells--
		}
		end := t.end[x.Name.Local]
		if end == "\n" && in.cells > 0 {
			end = " "
		}
		return []byte(end)
	case xml.CharData:
		if in.inside > 0 || t.text == nil {
			return x
		}
	}
	return nil
}

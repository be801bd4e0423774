// Package stream cuts answers that come event by event into events, and puts
// edited ones together again.
//
// Bytes go in as they come from the network; an [Event] comes out as soon as its
// last byte is there, with its bytes as received and with what it carries. Every
// byte that goes in comes out in exactly one event, in order, so that a stream
// without edits is sent on as it came. What is cut where does not matter.
//
// It knows two framings: server-sent events (the HTML standard, 9.2) and lines.
// It knows nothing of what events mean.
package stream

import (
	"bytes"
	"fmt"
)

// Framing is how events are told apart.
type Framing uint8

// The framings.
const (
	Events Framing = iota // text/event-stream
	Lines                 // one JSON value a line
)

// MaxEvent is the size, in bytes, from which on an event is not collected: a
// picture of an answer has about four million.
const MaxEvent = 16 << 20

// An Event is one event as it was received. Its slices are valid during the call
// that hands it out.
type Event struct {
	Raw  []byte // all of it, its end and comments included
	Name []byte // the field "event"
	Data []byte // the fields "data", joined by line feeds; nil for none
	// Whole is false for a piece of an event that is too large, or was still open
	// when the stream ended: it has neither name nor data.
	Whole bool

	framing Framing
	lines   []field // of data, in Raw
}

// Format hides the event from every verb of package fmt.
func (e Event) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[event of %d bytes]", len(e.Raw)) }

// A field is the value of one line: Raw[start:end]; the line begins at line.
type field struct{ line, start, end int }

// A Splitter cuts one stream. The zero value reads server-sent events. Not safe
// for concurrent use.
type Splitter struct {
	Framing Framing
	// Admit is asked before n more bytes are kept for a large event that has not
	// ended; false makes its pieces go unread. It is called with -n when they are
	// kept no more. Nil always admits.
	Admit func(n int) bool

	buf    []byte // of the event that has not ended
	taken  int    // what was admitted of it
	seen   int    // how far it was looked at
	begun  bool   // the first byte of the stream was seen
	giant  bool   // the event is too large: its bytes are handed out as they come
	filled bool   // its last line is not empty so far
	data   []byte
	fields []field
}

// Buffered is how many bytes are kept.
func (s *Splitter) Buffered() int { return len(s.buf) }

// Write takes what came and hands out every event that it ends. An error of emit
// ends the stream. A carriage return that ends what came waits for the next byte.
func (s *Splitter) Write(p []byte, emit func(Event) error) error {
	for len(p) > 0 {
		n, had, event := 0, len(s.buf), Event{}
		switch {
		case s.giant:
			n = s.rest(p)
			event = Event{Raw: p[:n]}
		case had == 0:
			if n = s.end(p); n < 0 {
				if s.keep(p) {
					return nil
				}
				n = s.rest(p)
				event = Event{Raw: p[:n]}
				break
			}
			event = s.parse(p[:n])
		case s.keep(p):
			if n = s.end(s.buf); n < 0 {
				return nil
			}
			event = s.parse(s.buf[:n])
		default: // what is kept goes out first
			event = Event{Raw: s.buf}
		}
		err := emit(event)
		if had > 0 {
			s.drop(s.giant)
			n = max(0, n-had)
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// Close hands out what remains: an event that has not ended.
func (s *Splitter) Close(emit func(Event) error) error {
	rest := s.buf
	if len(rest) == 0 {
		return nil
	}
	e := Event{Raw: rest, framing: s.Framing}
	if s.Framing == Lines || rest[len(rest)-1] == '\r' && s.end(append(rest, 0)) == len(rest) {
		e = s.parse(rest)
	}
	err := emit(e)
	s.drop(false)
	return err
}

// keep adds p to the event that has not ended. It reports false, and has kept
// nothing, when that is too much: the event goes out in pieces from here on.
func (s *Splitter) keep(p []byte) bool {
	if size := len(s.buf) + len(p); size <= MaxEvent && (size <= free || s.admit(len(p))) {
		s.buf = append(s.buf, p...)
		return true
	}
	s.giant = true
	return false
}

func (s *Splitter) admit(n int) bool {
	if s.Admit == nil {
		return true
	}
	ok := s.Admit(n)
	if ok {
		s.taken += n
	}
	return ok
}

const (
	// small is the largest buffer that is kept between events, in bytes.
	small = 4 << 10
	// free is how much of an event is kept unasked.
	free = 64 << 10
)

// drop forgets what is kept; with go on, not how far its last line has come.
func (s *Splitter) drop(goOn bool) {
	clear(s.buf)
	s.buf = s.buf[:0]
	if cap(s.buf) > small {
		s.buf = nil
	}
	if s.taken > 0 {
		s.Admit(-s.taken)
		s.taken = 0
	}
	s.seen = 0
	s.filled = s.filled && goOn
}

// rest is how much of p belongs to the giant event.
func (s *Splitter) rest(p []byte) int {
	s.seen = 0
	n := s.end(p)
	s.giant = n < 0
	s.seen = 0
	if n < 0 {
		return len(p)
	}
	return n
}

// end returns the offset behind the first event of b, or -1; b is what was looked
// at before and more.
func (s *Splitter) end(b []byte) int {
	i := s.seen
	if s.Framing == Lines {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			s.seen = len(b)
			return -1
		}
		s.seen = 0
		return i + n + 1
	}
	if !s.begun && i == 0 {
		for k := 0; k < len(bom) && k < len(b); k++ {
			if b[k] != bom[k] {
				s.begun = true
				break
			}
			if k == len(bom)-1 {
				s.begun, i = true, len(bom)
			}
		}
		if !s.begun {
			return -1
		}
	}
	for lf := -1; i < len(b); {
		n := lineEnd(b[i:], i, &lf)
		if n < 0 {
			s.filled = true
			s.seen = len(b)
			return -1
		}
		empty := n == 0 && !s.filled
		s.filled = s.filled || n > 0
		if b[i+n] == '\r' && i+n+1 == len(b) { // half of a line end, perhaps
			s.seen = i + n
			return -1
		}
		i += n + 1
		if b[i-1] == '\r' && b[i] == '\n' {
			i++
		}
		s.filled = false
		if empty {
			s.seen = 0
			return i
		}
	}
	s.seen = len(b)
	return -1
}

// lineEnd returns where the first line of b, which begins at offset at, ends, or
// -1. lf remembers where the next line feed is.
func lineEnd(b []byte, at int, lf *int) int {
	if *lf < at {
		*lf = at + len(b)
		if n := bytes.IndexByte(b, '\n'); n >= 0 {
			*lf = at + n
		}
	}
	n := *lf - at
	if cr := bytes.IndexByte(b[:n], '\r'); cr >= 0 {
		return cr
	}
	if n == len(b) {
		return -1
	}
	return n
}

const bom = "\xef\xbb\xbf"

// parse reads the fields of a whole event.
func (s *Splitter) parse(raw []byte) Event {
	e := Event{Raw: raw, Whole: true, framing: s.Framing}
	s.fields = s.fields[:0]
	if s.Framing == Lines {
		end := len(raw)
		for end > 0 && (raw[end-1] == '\n' || raw[end-1] == '\r') {
			end--
		}
		if end > 0 {
			s.fields = append(s.fields, field{0, 0, end})
			e.Data = raw[:end]
		}
		e.lines = s.fields
		return e
	}
	i := 0
	if bytes.HasPrefix(raw, []byte(bom)) {
		i = len(bom)
	}
	for lf := -1; i < len(raw); {
		n := lineEnd(raw[i:], i, &lf)
		if n < 0 {
			break
		}
		line, start := raw[i:i+n], i
		i += n + 1
		if raw[i-1] == '\r' && i < len(raw) && raw[i] == '\n' {
			i++
		}
		name, value := line, line[len(line):]
		if c := bytes.IndexByte(line, ':'); c >= 0 {
			name, value = line[:c], line[c+1:]
			if len(value) > 0 && value[0] == ' ' {
				value = value[1:]
			}
		}
		switch string(name) {
		case "event":
			e.Name = value
		case "data":
			at := start + len(line) - len(value)
			s.fields = append(s.fields, field{start, at, at + len(value)})
		}
	}
	e.lines = s.fields
	switch len(s.fields) {
	case 0:
	case 1:
		f := s.fields[0]
		e.Data = raw[f.start:f.end:f.end]
	default:
		s.data = s.data[:0]
		for k, f := range s.fields {
			if k > 0 {
				s.data = append(s.data, '\n')
			}
			s.data = append(s.data, raw[f.start:f.end]...)
		}
		e.Data = s.data
	}
	return e
}

// With appends the event with other data to out: every other byte stays.
func (e Event) With(out, data []byte) []byte {
	if len(e.lines) == 0 {
		return append(out, e.Raw...)
	}
	at := 0
	for k, f := range e.lines {
		last := k == len(e.lines)-1
		n := bytes.IndexByte(data, '\n')
		if last || n < 0 {
			n = len(data)
		}
		if k > 0 && len(data) == 0 { // fewer lines than there were
			out = append(out, e.Raw[at:f.line]...)
			if at = f.end; at < len(e.Raw) && e.Raw[at] == '\r' {
				at++
			}
			if at < len(e.Raw) && e.Raw[at] == '\n' {
				at++
			}
			continue
		}
		out = append(out, e.Raw[at:f.start]...)
		if last && e.framing == Events { // more lines than there were
			for line := range bytes.SplitSeq(data, []byte("\n")) {
				out = append(append(out, line...), "\ndata: "...)
			}
			out = out[:len(out)-len("\ndata: ")]
		} else {
			out = append(out, data[:n]...)
		}
		data = data[min(n+1, len(data)):]
		at = f.end
	}
	return append(out, e.Raw[at:]...)
}

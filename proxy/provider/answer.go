package provider

import (
	"slices"
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
)

// An Answer says how the answers of endpoints are read: whole ones, and streams
// event by event. Read-only.
type Answer struct {
	ID    string         // "" reads every string
	Shape *content.Shape // of a whole answer, and of the JSON of each event
	// Operations: events are changes to one document, ChatGPT's encoding "v1"; what
	// is no change holds its text from the beginning each time.
	Operations bool
	Stop       Stop
	ends       []string // types of events at which every text has ended
	handoffs   []string // after which the text comes over another channel
	arguments  []string // whose deltas are pieces of JSON
	sounds     []string // whose deltas are sound
}

// Stop is how a stream is ended so that its clients say why.
type Stop uint8

// The ways to end a stream.
const (
	StopError   Stop = iota // {"error":{…}}: chat completions and all else
	StopAPI                 // the same, for an answer whose events have types: "error" and "response.failed"
	StopMessage             // a last sentence of the assistant, as the ChatGPT page shows it
)

var stopNames = [...]string{StopError: "error", StopAPI: "failed", StopMessage: "message"}

// String is the name of a way to end a stream in provider files.
func (s Stop) String() string { return name(stopNames[:], int(s)) }

// FactCall names what the model used of its own accord.
const FactCall = "call"

// AnswerFacts are what answers say about their own events:
//
//	type   what an event is: "response.output_text.delta"; without ".delta" it is
//	       part of what tells texts apart, and with ".done" in its place it ends one
//	item   an id or number that tells texts apart
//	index  the number of the array element that it stands in
//	end    anything but null: the texts beside and below it have ended
//	call   what the model used, for policies: "web_search_call"
//
// and what an event that ends the stream must tell: the ids of the "conversation"
// and of the "response", and the "sequence" number.
func AnswerFacts() []string {
	return []string{FactCall, "conversation", "end", "index", "item", "response", "sequence", "type"}
}

// Ends reports whether every text of a stream has ended with an event of a type.
func (a *Answer) Ends(event string) bool { return slices.Contains(a.ends, event) }

// HandsOff reports whether the text goes on over another channel after an event.
func (a *Answer) HandsOff(event string) bool { return slices.Contains(a.handoffs, event) }

// Arguments reports whether the deltas of a type, without ".delta", are pieces of
// JSON in a string.
func (a *Answer) Arguments(base string) bool { return slices.Contains(a.arguments, base) }

// Sound reports whether they are sound.
func (a *Answer) Sound(base string) bool { return slices.Contains(a.sounds, base) }

// An answerRow says how answers are read; surfaces and endpoints name it.
type answerRow struct {
	ID         string      `toml:"id"`
	Stop       string      `toml:"stop"`       // error (default), failed, message
	Operations bool        `toml:"operations"` // ChatGPT's encoding "v1"
	Ends       []string    `toml:"ends"`
	Handoffs   []string    `toml:"handoffs"`
	Arguments  []string    `toml:"arguments"`
	Sounds     []string    `toml:"sounds"`
	Shape      string      `toml:"shape"`
	Rest       string      `toml:"rest"`
	Select     []selectRow `toml:"select"`
}

// answer makes the answer that a row at p names; "" is every string.
func (l *loader) answer(p place, id string) *Answer {
	if a := l.made[id]; a != nil {
		return a
	}
	if id == "" {
		l.made[id] = &Answer{Shape: l.every()}
		return l.made[id]
	}
	if !l.known(p, "answer", id, "answer", l.answers.names()) {
		return l.answer(place{}, "")
	}
	row := l.answers.rows[id]
	r := row.row
	if !surfaceID.MatchString(id) {
		l.errs.Add(row.errorf("id", "id is a word in lower case"))
	}
	a := &Answer{
		ID: id, Operations: r.Operations, Stop: choice[Stop](l, row.place, "stop", r.Stop, stopNames[:]),
		ends: r.Ends, handoffs: r.Handoffs, arguments: r.Arguments, sounds: r.Sounds,
		Shape: l.shape(row.place, shapeRow{Rest: r.Rest, Select: r.Select}, r.Shape),
	}
	for _, list := range []struct {
		key   string
		types []string
	}{{"arguments", r.Arguments}, {"sounds", r.Sounds}} {
		for _, t := range list.types {
			if strings.HasSuffix(t, ".delta") {
				l.errs.Add(row.errorf(list.key, "a type stands here without .delta at its end"))
			}
		}
	}
	for _, s := range a.Shape.Select {
		if s.Do == content.Strip {
			l.errs.Add(row.errorf("select", "nothing is stripped from answers"))
			break
		}
	}
	l.made[id] = a
	return a
}

package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Case is one text with what is in it.
type Case struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Class string `json:"class"` // layout of a positive, kind of a harmless text
	Lang  string `json:"lang,omitempty"`
	Cue   string `json:"cue,omitempty"`  // what the value was called
	Type  string `json:"type,omitempty"` // the info type under test; of a near miss the one that must not be found
	Want  []Span `json:"want,omitempty"`
	Maybe []Span `json:"maybe,omitempty"` // sensitive too, but not under test: neither hit nor false alarm
}

// A Span labels bytes [Start, End) of a text.
type Span struct {
	Type  string `json:"type"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// A builder writes a text and remembers what it wrote where.
type builder struct {
	b     strings.Builder
	want  []Span
	maybe []Span
}

func (w *builder) text(s string) { w.b.WriteString(s) }

func (w *builder) value(typ, s string) {
	w.want = append(w.want, Span{typ, w.b.Len(), w.b.Len() + len(s)})
	w.b.WriteString(s)
}

func (w *builder) other(typ, s string) {
	w.maybe = append(w.maybe, Span{typ, w.b.Len(), w.b.Len() + len(s)})
	w.b.WriteString(s)
}

func (w *builder) done(class string) Case {
	return Case{Text: w.b.String(), Class: class, Want: w.want, Maybe: w.maybe}
}

// A spec is what the generator knows of one info type.
type spec struct {
	name string // in cues.txt: its info type, and which number of it behind #
	typ  string
	gen  generator
	cues []cue
	keys []string
	bare bool // recognisable without being called anything
}

type cue struct{ lang, text string }

//go:embed cues.txt
var cueFile string

// specs returns every info type that has both a cue line and a generator.
func specs() ([]spec, error) {
	gens := nationalGenerators()
	maps.Copy(gens, contactGenerators())
	maps.Copy(gens, worldGenerators())
	var out []spec
	for i, line := range strings.Split(cueFile, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "|")
		s := spec{name: strings.TrimSpace(fields[0])}
		s.typ, _, _ = strings.Cut(s.name, "#")
		if s.gen = gens[s.name]; s.gen == nil {
			return nil, fmt.Errorf("cues.txt:%d: no generator for %s", i+1, s.name)
		}
		for _, f := range fields[1:] {
			name, list, ok := strings.Cut(strings.TrimSpace(f), ": ")
			if !ok {
				return nil, fmt.Errorf("cues.txt:%d: want name: a; b", i+1)
			}
			for _, item := range strings.Split(list, "; ") {
				switch name {
				case "keys":
					s.keys = append(s.keys, item)
				case "bare":
					s.bare = true
				default:
					s.cues = append(s.cues, cue{name, item})
				}
			}
		}
		if len(s.cues) == 0 || len(s.keys) == 0 {
			return nil, fmt.Errorf("cues.txt:%d: %s has no cue or no key", i+1, s.typ)
		}
		out = append(out, s)
		delete(gens, s.name)
	}
	if len(gens) > 0 {
		var left []string
		for typ := range gens {
			left = append(left, typ)
		}
		slices.Sort(left)
		return nil, fmt.Errorf("cues.txt: no line for %s", strings.Join(left, ", "))
	}
	slices.SortFunc(out, func(a, b spec) int { return cmp.Compare(a.name, b.name) })
	return out, nil
}

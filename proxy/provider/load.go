package provider

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules/strict"
)

// The rows of a provider file. CONTRIBUTING shows how one is added.
type (
	file struct {
		Surfaces  []surfaceRow  `toml:"surface"`
		Hosts     []hostRow     `toml:"host"`
		Shapes    []shapeRow    `toml:"shape"`
		Answers   []answerRow   `toml:"answer"`
		Endpoints []endpointRow `toml:"endpoint"`
	}

	// A surface is what a set of hosts serves: an API, a web application.
	surfaceRow struct {
		ID      string   `toml:"id"`
		App     string   `toml:"app"`     // what policies and evidence call it
		Dialect string   `toml:"dialect"` // openai, chatgpt, generic (default)
		Roots   []string `toml:"roots"`   // what stands before the paths of its endpoints; default ""
		RowsOf  string   `toml:"rows_of"` // it serves the endpoints of another surface below its own roots
		Answer  string   `toml:"answer"`  // how answers are read; default: every string, nothing goes on from event to event
	}

	hostRow struct {
		Names   []string `toml:"names"` // "api.openai.com", or "*.openai.com" for the names below it
		Class   string   `toml:"class"` // inspect, pass, refuse, other_ai, telemetry
		Surface string   `toml:"surface"`
		App     string   `toml:"app"`    // for other_ai: the assistant
		Reason  string   `toml:"reason"` // why it is not inspected, for people
	}

	// A shape says where texts stand; endpoints and other shapes use it.
	shapeRow struct {
		ID     string      `toml:"id"`
		Format string      `toml:"format"` // auto (default), json, ndjson, multipart, form, text, binary
		Rest   string      `toml:"rest"`   // the role of strings that no select names; default metadata
		Select []selectRow `toml:"select"`
	}

	// A select treats the values at its paths in one way, or lays another
	// shape's selects below them.
	selectRow struct {
		Paths    []string `toml:"paths"`
		Do       string   `toml:"do"`
		Role     string   `toml:"role"`
		RoleFrom string   `toml:"role_from"`
		Fact     string   `toml:"fact"`
		Join     string   `toml:"join"`
		Delta    bool     `toml:"delta"` // of an answer: the text goes on in the same place of later events
		Shape    string   `toml:"shape"` // instead of do: the shape whose selects hold below paths
	}

	endpointRow struct {
		ID        string      `toml:"id"`
		Surface   string      `toml:"surface"`
		App       string      `toml:"app"`     // default: the surface's
		Methods   []string    `toml:"methods"` // default POST
		Paths     []string    `toml:"paths"`   // below each root; {name} is any segment, {a|b} one of them, ** the rest
		Mode      string      `toml:"mode"`    // inspect (default), observe, pass
		Upgrade   string      `toml:"upgrade"` // refuse (default), pass_flagged
		Piece     string      `toml:"piece"`   // part, complete, announce, block: what it is to a file that leaves in several requests
		Activity  string      `toml:"activity"`
		Operation string      `toml:"operation"`
		Closed    bool        `toml:"closed"`
		Reason    string      `toml:"reason"`
		Answer    string      `toml:"answer"` // default: the surface's
		Shape     string      `toml:"shape"`  // default: every string
		Format    string      `toml:"format"` // default: the shape's
		Rest      string      `toml:"rest"`   // default: the shape's
		Select    []selectRow `toml:"select"` // tried before the shape's
	}
)

// a place is where a row stands.
type place struct {
	doc   *strict.Document
	table string // "endpoint[3]"
}

func (p place) errorf(key, format string, a ...any) *strict.Error {
	return p.doc.Errorf(p.table+"."+key, format, a...)
}

// placed is a row with its place.
type placed[T any] struct {
	row T
	place
}

// a loader collects the rows of all files and everything that is wrong with them.
type loader struct {
	surfaces  table[surfaceRow]
	hosts     table[hostRow] // by name
	shapes    table[shapeRow]
	answers   table[answerRow]
	endpoints table[endpointRow]
	used      map[string]bool           // shapes that something uses
	made      map[string]*Answer        // answers that something uses; "" reads every string
	compiled  map[string]*content.Shape // shapes that endpoints use as they are; "" reads every string
	errs      strict.Errors
}

// a table is rows by their key, in the order in which they came.
type table[T any] struct {
	rows  map[string]*placed[T]
	order []string
	layer map[string]int // the file system a key was last set by
}

// put adds a row; false when its layer has set the key before.
func (t *table[T]) put(key string, layer int, p *placed[T]) bool {
	if t.rows == nil {
		t.rows, t.layer = map[string]*placed[T]{}, map[string]int{}
	}
	if was, ok := t.layer[key]; ok && was == layer {
		return false
	} else if !ok {
		t.order = append(t.order, key)
	}
	t.rows[key], t.layer[key] = p, layer
	return true
}

// all are the rows in order.
func (t *table[T]) all(yield func(string, *placed[T]) bool) {
	for _, k := range t.order {
		if !yield(k, t.rows[k]) {
			return
		}
	}
}

// names are the keys, sorted, for suggestions.
func (t *table[T]) names() []string { return slices.Sorted(slices.Values(t.order)) }

// Load reads providers/*.toml below each file system. Rows of later ones are
// laid over those of earlier ones and replace the same id (for hosts: the same
// name). The error is [strict.Errors] and holds every mistake.
func Load(layers ...fs.FS) (*Catalogue, error) {
	l := &loader{used: map[string]bool{}, compiled: map[string]*content.Shape{}, made: map[string]*Answer{}}
	sum := sha256.New()
	files := 0
	for i, fsys := range layers {
		names, err := fs.Glob(fsys, "providers/*.toml")
		if err != nil {
			return nil, fmt.Errorf("provider: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("provider: %w", err)
			}
			files++
			_, _ = io.WriteString(sum, fmt.Sprintf("%d %d %s\n", i, len(data), name))
			_, _ = sum.Write(data)
			l.read(name, i, data)
		}
	}
	if files == 0 {
		return nil, errors.New("provider: no providers/*.toml")
	}
	c := l.build()
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	c.digest = hex.EncodeToString(sum.Sum(nil)[:16])
	return c, nil
}

// read adds the rows of one file.
func (l *loader) read(name string, layer int, data []byte) {
	var f file
	doc, err := strict.Decode(name, data, &f)
	l.errs.Add(err)
	if doc == nil {
		return
	}
	at := func(table string, i int) place { return place{doc, fmt.Sprintf("%s[%d]", table, i)} }
	twice := func(p place, key string) { l.errs.Add(p.errorf(key, "this %s is already taken", lastKey(key))) }
	for i, r := range f.Surfaces {
		if p := at("surface", i); !l.surfaces.put(r.ID, layer, &placed[surfaceRow]{r, p}) {
			twice(p, "id")
		}
	}
	for i, r := range f.Hosts {
		for j, n := range r.Names {
			if p := at("host", i); !l.hosts.put(n, layer, &placed[hostRow]{r, p}) {
				twice(p, fmt.Sprintf("names[%d]", j))
			}
		}
		if len(r.Names) == 0 {
			l.errs.Add(at("host", i).errorf("names", "names is missing"))
		}
	}
	for i, r := range f.Shapes {
		if p := at("shape", i); !l.shapes.put(r.ID, layer, &placed[shapeRow]{r, p}) {
			twice(p, "id")
		}
	}
	for i, r := range f.Answers {
		if p := at("answer", i); !l.answers.put(r.ID, layer, &placed[answerRow]{r, p}) {
			twice(p, "id")
		}
	}
	for i, r := range f.Endpoints {
		if p := at("endpoint", i); !l.endpoints.put(r.ID, layer, &placed[endpointRow]{r, p}) {
			twice(p, "id")
		}
	}
}

// lastKey is what a duplicate is called: "names[2]" is a name.
func lastKey(key string) string {
	if key == "id" {
		return key
	}
	return "name"
}

// choice looks a word up in a list of names; empty means the first one.
func choice[T ~uint8 | ~int](l *loader, p place, key, word string, names []string) T {
	if word == "" {
		return 0
	}
	i := slices.Index(names, word)
	if i < 0 {
		e := p.errorf(key, "unknown %s %q", cmp.Or(afterDot(key), key), word)
		e.Hint = strict.Suggest(word, names)
		l.once(e)
		return 0
	}
	return T(i)
}

// afterDot is the last key of a path: "select[2].do" → "do".
func afterDot(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '.' {
			return key[i+1:]
		}
	}
	return ""
}

// known reports a word that is not on a list.
func (l *loader) known(p place, key, word, kind string, names []string) bool {
	if slices.Contains(names, word) {
		return true
	}
	e := p.errorf(key, "unknown %s %q", kind, word)
	e.Hint = strict.Suggest(word, names)
	l.once(e)
	return false
}

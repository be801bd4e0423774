// Package unlisted keeps the outline of requests that no row of the catalogue
// names, so that a row can be written for them.
//
// A provider adds endpoints; on their first day every string in them is inspected,
// and nothing says whose words they are. A [Book] counts such requests beside all
// others ([Book.Share] is what health looks at), and remembers how they are made:
// method, a template of the path, the paths of keys, types and sizes. It holds no
// value, and no key or path segment that does not look like a word of a protocol.
package unlisted

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgate/promptgate/proxy/content"
)

const (
	maxRequests = 256 // different ones that are kept
	maxFields   = 256 // of one
	// writeEvery is how long a change may wait before it is on disk.
	writeEvery = 10 * time.Second
	// window is how long ago a request may be to count for the share.
	window = time.Hour
)

// A Request is the outline of requests of one kind.
type Request struct {
	Surface string    `json:"surface"` // of package provider: "openai", "chatgpt"
	Method  string    `json:"method"`
	Path    string    `json:"path"`   // template: "/v1/threads/{}/notes"
	Format  string    `json:"format"` // json, form, multipart, lines, text, binary, empty
	Count   int64     `json:"count"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Fields  []Field   `json:"fields,omitempty"` // in the order in which they were first seen
}

// A Field is one path of keys.
type Field struct {
	Path  string   `json:"path"`
	Types []string `json:"types"` // sorted
	Count int64    `json:"count"` // values seen
	Min   int      `json:"min"`   // sizes, as in content.Outlined
	Max   int      `json:"max"`
}

// A Book keeps outlines. Safe for concurrent use; nil counts nothing.
type Book struct {
	file string // "" keeps them in memory alone

	mu      sync.Mutex // guards the rest
	known   []*Request
	index   map[string]*Request
	full    bool // something was not kept
	dirty   bool
	written time.Time
	counts  [2]counts // of this half of the window, and the one before
	began   time.Time // of counts[0]
}

type counts struct{ all, unlisted int64 }

// name is the file of a state directory.
const name = "unlisted.json"

// Open reads what the state directory holds.
func Open(state string) (*Book, error) {
	b := &Book{file: filepath.Join(state, name), index: map[string]*Request{}}
	list, err := Read(state)
	if err != nil {
		return nil, err
	}
	for i := range list {
		b.keep(&list[i])
	}
	return b, nil
}

// Read returns the outlines that a state directory holds, the most frequent first.
func Read(state string) ([]Request, error) {
	data, err := os.ReadFile(filepath.Join(state, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("unlisted: %w", err)
	}
	var list []Request
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("unlisted: %s is not a list of outlines; remove it to begin anew", filepath.Join(state, name))
	}
	slices.SortStableFunc(list, func(a, b Request) int { return int(b.Count - a.Count) })
	return list, nil
}

func (r *Request) key() string { return r.Surface + " " + r.Method + " " + r.Path + " " + r.Format }

func (b *Book) keep(r *Request) {
	b.known = append(b.known, r)
	b.index[r.key()] = r
}

// Count counts a request, listed or not.
func (b *Book) Count(isUnlisted bool, now time.Time) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	b.counts[0].all++
	if isUnlisted {
		b.counts[0].unlisted++
	}
}

func (b *Book) turn(now time.Time) {
	switch age := now.Sub(b.began); {
	case age < window/2:
	case age < window:
		b.counts[1], b.counts[0], b.began = b.counts[0], counts{}, now
	default:
		b.counts, b.began = [2]counts{}, now
	}
}

// Share is how many requests of the last half hour to hour were unlisted, and of
// how many.
func (b *Book) Share(now time.Time) (unlisted, all int64) {
	if b == nil {
		return 0, 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn(now)
	return b.counts[0].unlisted + b.counts[1].unlisted, b.counts[0].all + b.counts[1].all
}

// Note adds the outline of one request. path is as it goes on the wire; plain
// reports whether no detector found anything in the path or in keys: then words
// there may be shown, else none is.
func (b *Book) Note(surface, method, path, format string, values []content.Outlined, plain bool, now time.Time) error {
	if b == nil {
		return nil
	}
	n := Request{Surface: surface, Method: method, Path: Template(path, plain), Format: format}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.index[n.key()]
	if r == nil {
		if len(b.known) >= maxRequests {
			b.full = true
			return nil
		}
		n.First = now.UTC()
		r = &n
		b.keep(r)
	}
	r.Count++
	r.Last = now.UTC()
	for _, v := range values {
		r.add(v)
	}
	b.dirty = true
	if now.Sub(b.written) >= writeEvery {
		return b.write(now)
	}
	return nil
}

func (r *Request) add(v content.Outlined) {
	i := slices.IndexFunc(r.Fields, func(f Field) bool { return f.Path == v.Path })
	if i < 0 {
		if len(r.Fields) >= maxFields {
			return
		}
		i = len(r.Fields)
		r.Fields = append(r.Fields, Field{Path: v.Path, Min: v.Size, Max: v.Size})
	}
	f := &r.Fields[i]
	f.Count++
	f.Min, f.Max = min(f.Min, v.Size), max(f.Max, v.Size)
	if at, ok := slices.BinarySearch(f.Types, v.Type); !ok {
		f.Types = slices.Insert(f.Types, at, v.Type)
	}
}

// Close writes what is not on disk.
func (b *Book) Close() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty {
		return nil
	}
	return b.write(b.written)
}

func (b *Book) write(now time.Time) error {
	b.written, b.dirty = now, false
	if b.file == "" {
		return nil
	}
	data, err := json.MarshalIndent(b.known, "", " ")
	if err != nil {
		return fmt.Errorf("unlisted: %w", err)
	}
	if err := os.WriteFile(b.file+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("unlisted: %w", err)
	}
	if err := os.Rename(b.file+".new", b.file); err != nil {
		return fmt.Errorf("unlisted: %w", err)
	}
	return nil
}

// Template is a path with "{}" for each segment that does not look like a word of
// a protocol, and for all of them when plain is false.
func Template(path string, plain bool) string {
	segments := strings.Split(path, "/")
	if len(segments) > 16 {
		segments = append(segments[:16], "{}")
	}
	for i, s := range segments {
		word := plain && Word([]byte(s)) && (!strings.ContainsAny(s, "0123456789") || s[0] == 'v' && len(s) <= 3) // a version
		if s != "" && !word {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

// Word reports whether s looks like a word of a protocol: at most 40 ASCII
// letters, "_", "-" and "[]", with at most two digits in all, as in "v1" or
// "b64_json", and none of what a person's name or a value has.
func Word(s []byte) bool {
	if len(s) == 0 || len(s) > 40 {
		return false
	}
	digits := 0
	for i, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z' && i > 0:
		case i > 0 && (c == '_' || c == '-' || c == '[' || c == ']'):
		case i > 0 && c >= '0' && c <= '9':
			digits++
		default:
			return false
		}
	}
	return digits <= 2
}

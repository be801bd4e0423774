package policy

import (
	"fmt"

	"github.com/promptgate/promptgate/rules/strict"
)

// A placed is an entry with its place.
type placed[T any] struct {
	doc  *strict.Document
	path string
	e    *T
}

// merge puts the entries of one kind together: an entry of a file takes the
// place of one with the same id in a file that it includes.
func merge[T any](l *loader, kind string, of func(*fileEntry) []T, id func(*T) string) []placed[T] {
	var out []placed[T]
	at := make(map[string]int)
	for _, s := range l.sources {
		here := make(map[string]string)
		list := of(s.entry)
		for i := range list {
			x := placed[T]{s.doc, fmt.Sprintf("%s[%d]", kind, i), &list[i]}
			name := id(x.e)
			if first := here[name]; first != "" && name != "" {
				l.errs.Add(s.doc.Errorf(x.path+".id", "the id %q is already taken by %s", name, first))
				out = append(out, x) // for its other mistakes
				continue
			}
			here[name] = x.path
			if j, known := at[name]; known && name != "" {
				out[j] = x
				continue
			}
			at[name] = len(out)
			out = append(out, x)
		}
	}
	return out
}

package rules

import "slices"

// A List is words that rules of the same file share. "@name" among keywords or
// words of signals stands for all of them.
type List struct {
	Name  string   `toml:"name"`
	Words []string `toml:"words"`
}

// spread puts the words of lists where a rule names them.
func (l *loader) spread(p parsed, r *Rule) {
	words := func(key string, in []string) []string {
		out := make([]string, 0, len(in))
		for _, w := range in {
			if len(w) < 2 || w[0] != '@' {
				out = append(out, w)
				continue
			}
			i := slices.IndexFunc(p.file.Lists, func(x List) bool { return x.Name == w[1:] })
			if i < 0 {
				l.errs = append(l.errs, p.doc.Errorf(r.place(key), "no list of this name is in the file: %s", w))
				continue
			}
			out = append(out, p.file.Lists[i].Words...)
		}
		return out
	}
	r.Keywords = words("keywords", r.Keywords)
	for i := range r.Signals {
		r.Signals[i].Words = words("signals", r.Signals[i].Words)
	}
}

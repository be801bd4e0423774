package provider

import (
	"fmt"
	"slices"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules/strict"
)

// formatNames are content's formats by their number.
func formatNames() []string {
	return []string{content.Auto: "auto", content.JSON: "json", content.NDJSON: "ndjson", content.Multipart: "multipart",
		content.Form: "form", content.Text: "text", content.Binary: "binary"}
}

// doNames are content's ways to treat a value by their number.
func doNames() []string {
	return []string{content.Read: "read", content.Skip: "skip", content.Setting: "setting", content.Nested: "nested", content.Data: "data",
		content.Picture: "picture", content.Sound: "sound", content.Opaque: "opaque", content.Reference: "reference",
		content.Tokens: "tokens", content.Credential: "credential", content.Strip: "strip", content.Twin: "twin"}
}

func roleNames() []string {
	return []string{"", string(content.RoleUser), string(content.RoleSystem), string(content.RoleAssistant), string(content.RoleTool),
		string(content.RoleMetadata), string(content.RoleFile)}
}

// maxNesting bounds how deep shapes may use each other.
const maxNesting = 8

// a placedSelect is a select with the place of its path, and the path as it was
// written there.
type placedSelect struct {
	content.Select
	at      place
	key     string
	written string
}

// every is the shape that reads every string.
func (l *loader) every() *content.Shape { return l.shape(place{}, shapeRow{}, "") }

// shape makes the shape of an endpoint: its own selects, then those of the
// shape it names. Endpoints that add nothing to a shape share it, and with it
// the memory that its walks leave behind.
func (l *loader) shape(p place, own shapeRow, base string) *content.Shape {
	plain := own.Format == "" && own.Rest == "" && len(own.Select) == 0
	if s := l.compiled[base]; plain && s != nil {
		return s
	}
	s := &content.Shape{Format: choice[content.Format](l, p, "format", own.Format, formatNames())}
	l.known(p, "rest", own.Rest, "role", roleNames())
	s.Rest = content.Role(own.Rest)
	selects := l.selects(p, own.Select, "", 0)
	if base != "" && !l.known(p, "shape", base, "shape", l.shapes.names()) {
		base, plain = "", false
	}
	if base != "" {
		l.used[base] = true
		b := l.shapes.rows[base]
		format := choice[content.Format](l, b.place, "format", b.row.Format, formatNames())
		l.known(b.place, "rest", b.row.Rest, "role", roleNames())
		if own.Format == "" {
			s.Format = format
		}
		if own.Rest == "" {
			s.Rest = content.Role(b.row.Rest)
		}
		selects = append(selects, l.selects(b.place, b.row.Select, "", 0)...)
	}
	for _, sel := range selects {
		s.Select = append(s.Select, sel.Select)
	}
	if err := s.Compile(); err != nil {
		l.uncompiled(p, selects, err)
	}
	if plain {
		l.compiled[base] = s
	}
	return s
}

// uncompiled reports the paths for which a shape did not compile, or the shape
// when each of its paths is right by itself.
func (l *loader) uncompiled(p place, selects []placedSelect, err error) {
	found := false
	for _, s := range selects {
		alone := s.Select
		alone.Path = s.written
		if err := (&content.Shape{Select: []content.Select{alone}}).Compile(); err != nil {
			l.once(s.at.errorf(s.key, "%v", err))
			found = true
		}
	}
	if !found {
		l.once(p.errorf("select", "%v", err))
	}
}

// selects makes content's selects of rows that stand at p, with a prefix before
// each path.
func (l *loader) selects(p place, rows []selectRow, prefix string, depth int) []placedSelect {
	var out []placedSelect
	for i, r := range rows {
		key := func(k string) string { return fmt.Sprintf("select[%d].%s", i, k) }
		if len(r.Paths) == 0 {
			l.once(p.errorf(key("paths"), "paths is missing"))
		}
		if r.Shape != "" {
			out = append(out, l.below(p, r, key, prefix, depth)...)
			continue
		}
		do := choice[content.Do](l, p, key("do"), r.Do, doNames())
		l.known(p, key("role"), r.Role, "role", roleNames())
		switch {
		case r.Do == "":
			l.once(p.errorf(key("paths"), "say do, or shape"))
		case do == content.Setting && r.Fact == "", do != content.Setting && do != content.Reference && r.Fact != "":
			l.once(p.errorf(key("do"), "a setting has a fact, a reference may have one, and nothing else has"))
		case r.Delta && do != content.Read:
			l.once(p.errorf(key("delta"), "only a text that is read goes on in later events"))
		case r.Fact != "":
			l.known(p, key("fact"), r.Fact, "fact", append(Facts(), AnswerFacts()...))
		}
		for j, path := range r.Paths {
			out = append(out, placedSelect{
				Select: content.Select{Path: join(prefix, path), Do: do, Role: content.Role(r.Role), RoleFrom: r.RoleFrom, Fact: r.Fact, Join: r.Join, Delta: r.Delta},
				at:     p, key: key(fmt.Sprintf("paths[%d]", j)), written: path,
			})
		}
	}
	return out
}

// below lays the selects of a shape below the paths of a row.
func (l *loader) below(p place, r selectRow, key func(string) string, prefix string, depth int) []placedSelect {
	if r.Do != "" || r.Role != "" || r.RoleFrom != "" || r.Fact != "" || r.Join != "" || r.Delta {
		l.once(p.errorf(key("shape"), "a select with a shape has nothing but paths"))
	}
	if !l.known(p, key("shape"), r.Shape, "shape", l.shapes.names()) {
		return nil
	}
	if depth == maxNesting {
		l.once(p.errorf(key("shape"), "shapes use each other without end"))
		return nil
	}
	l.used[r.Shape] = true
	s := l.shapes.rows[r.Shape]
	var out []placedSelect
	for _, path := range r.Paths {
		out = append(out, l.selects(s.place, s.row.Select, join(prefix, path), depth+1)...)
	}
	return out
}

func join(prefix, path string) string {
	switch {
	case prefix == "":
		return path
	case path == "":
		return prefix
	}
	return prefix + "." + path
}

// once adds an error that is not there yet: a shape is read once for each use.
func (l *loader) once(e *strict.Error) {
	if !slices.ContainsFunc(l.errs, func(o *strict.Error) bool {
		return o.File == e.File && o.Line == e.Line && o.Col == e.Col && o.Msg == e.Msg
	}) {
		l.errs.Add(e)
	}
}

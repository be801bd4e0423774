package rules

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules/strict"
)

// LoadEmbedded loads the rules that are part of the program.
func LoadEmbedded() (*Catalogue, error) { return Load(FS()) }

// Load reads infotypes.toml and the rule files of every family. The error is
// [strict.Errors] and holds every mistake.
func Load(fsys fs.FS) (*Catalogue, error) { return (&Catalogue{}).Overlay(fsys) }

// Overlay returns a catalogue in which the rules, info types and groups of fsys
// are added to c's and replace those of the same name. c is not changed.
func (c *Catalogue) Overlay(fsys fs.FS) (*Catalogue, error) {
	l := loader{
		rules:  make(map[string]Rule),
		types:  make(map[string]InfoType),
		groups: slices.Clone(c.groups),
		docs:   make(map[string]*strict.Document),
	}
	for _, r := range c.rules {
		l.rules[r.ID] = r
	}
	for _, t := range c.types {
		l.types[t.Name] = t
	}
	l.infoTypes(fsys)
	for _, family := range families() {
		names, err := fs.Glob(fsys, path.Join(family, "*.toml"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			l.file(fsys, name)
		}
	}
	l.check()
	if len(l.errs) > 0 {
		slices.SortStableFunc(l.errs, func(a, b *strict.Error) int {
			return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Col-b.Col)
		})
		return nil, l.errs
	}
	return l.catalogue(), nil
}

type loader struct {
	rules  map[string]Rule
	types  map[string]InfoType
	groups []Group
	docs   map[string]*strict.Document
	fresh  []Rule // read now, in file order
	errs   strict.Errors
}

type infoTypeFile struct {
	Groups    []Group    `toml:"group"`
	InfoTypes []InfoType `toml:"infotype"`
}

type ruleFile struct {
	Rules []Rule `toml:"rule"`
}

func (l *loader) fail(err error) bool {
	var list strict.Errors
	var one *strict.Error
	switch {
	case err == nil:
		return false
	case errors.As(err, &list):
		l.errs = append(l.errs, list...)
	case errors.As(err, &one):
		l.errs = append(l.errs, one)
	default:
		l.errs = append(l.errs, &strict.Error{Msg: err.Error()})
	}
	return true
}

func (l *loader) infoTypes(fsys fs.FS) {
	const name = "infotypes.toml"
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return // an overlay need not bring its own
	}
	if l.fail(err) {
		return
	}
	var f infoTypeFile
	doc, err := strict.Decode(name, data, &f)
	if l.fail(err) {
		return
	}
	for i, g := range f.Groups {
		if !slices.Contains(severities(), g.Severity) {
			l.errs = append(l.errs, doc.Errorf(at("group", i, "severity"), "severity is low, medium, high or critical"))
		}
		if j := slices.IndexFunc(l.groups, func(o Group) bool { return o.Name == g.Name }); j >= 0 {
			l.groups[j] = g
		} else {
			l.groups = append(l.groups, g)
		}
	}
	for i, t := range f.InfoTypes {
		if !infoTypeName.MatchString(t.Name) || !slices.Contains(Categories(), t.Category()) {
			l.errs = append(l.errs, doc.Errorf(at("infotype", i, "name"), "name is category.snake_case, category one of %s", strings.Join(Categories(), ", ")))
			continue
		}
		if t.Title == "" {
			l.errs = append(l.errs, doc.Errorf(at("infotype", i, "title"), "title is missing"))
		}
		j := slices.IndexFunc(l.groups, func(g Group) bool { return g.Name == t.Group })
		if j < 0 {
			l.errs = append(l.errs, doc.Errorf(at("infotype", i, "group"), "unknown group"))
			continue
		}
		if t.Placeholder == "" {
			_, tail, _ := strings.Cut(t.Name, ".")
			t.Placeholder = strings.ToUpper(tail)
		}
		if t.Severity == "" {
			t.Severity = l.groups[j].Severity
		}
		if !slices.Contains(severities(), t.Severity) {
			l.errs = append(l.errs, doc.Errorf(at("infotype", i, "severity"), "severity is low, medium, high or critical"))
		}
		if t.Controls == nil {
			t.Controls = l.groups[j].Controls
		}
		l.types[t.Name] = t
	}
}

func (l *loader) file(fsys fs.FS, name string) {
	data, err := fs.ReadFile(fsys, name)
	if l.fail(err) {
		return
	}
	var f ruleFile
	doc, err := strict.Decode(name, data, &f)
	l.fail(err)
	if doc == nil {
		return // the syntax is wrong; otherwise what was read is checked further
	}
	l.docs[name] = doc
	for i, r := range f.Rules {
		r.File, r.Index = name, i
		if slices.ContainsFunc(l.fresh, func(o Rule) bool { return o.ID == r.ID }) {
			l.errs = append(l.errs, doc.Errorf(at("rule", i, "id"), "this id is already taken"))
		}
		l.fresh = append(l.fresh, r)
		l.rules[r.ID] = r
	}
}

func (l *loader) catalogue() *Catalogue {
	c := &Catalogue{
		groups: l.groups,
		rule:   make(map[string]int), typ: make(map[string]int), group: make(map[string]int),
	}
	for _, r := range l.rules {
		t := l.types[r.InfoType]
		if r.Severity == "" {
			r.Severity = t.Severity
		}
		if r.Controls == nil {
			r.Controls = t.Controls
		}
		c.rules = append(c.rules, r)
	}
	for _, t := range l.types {
		c.types = append(c.types, t)
	}
	slices.SortFunc(c.rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(c.types, func(a, b InfoType) int { return strings.Compare(a.Name, b.Name) })
	for i, r := range c.rules {
		c.rule[r.ID] = i
	}
	for i, t := range c.types {
		c.typ[t.Name] = i
	}
	for i, g := range c.groups {
		c.group[g.Name] = i
	}
	return c
}

func severities() []string { return []string{"low", "medium", "high", "critical"} }

var (
	infoTypeName = regexp.MustCompile(`^[a-z_]+\.[a-z0-9]+(_[a-z0-9]+)*$`)
	ruleID       = regexp.MustCompile(`^[a-z_]+\.[a-z0-9_]+(\.[a-z0-9_]+)*$`)
)

package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/promptgate/promptgate/rules/strict"
)

// LoadEmbedded loads the rules that are part of the program. None is anybody's own.
func LoadEmbedded() (*Catalogue, error) {
	c, err := Load(FS())
	if err == nil {
		c.own = nil
	}
	return c, err
}

// Load reads infotypes.toml and the rule files of every family. The error is
// [strict.Errors] and holds every mistake.
func Load(fsys fs.FS) (*Catalogue, error) {
	return (&Catalogue{}).overlay(fsys, 3)
}

// Overlay returns a catalogue in which the rules, info types and groups of fsys
// are added to c's and replace those of the same name, and without the rules that
// fsys disables. c is not changed. Those who add rules of their own need fewer
// tests than the shipped ones have, but [Catalogue.Own] tells which must pass.
func (c *Catalogue) Overlay(fsys fs.FS) (*Catalogue, error) { return c.overlay(fsys, 1) }

func (c *Catalogue) overlay(fsys fs.FS, leastTests int) (*Catalogue, error) {
	l := loader{
		rules:      make(map[string]Rule),
		types:      make(map[string]InfoType),
		groups:     slices.Clone(c.groups),
		files:      maps.Clone(c.files),
		own:        make(map[string]bool),
		leastTests: leastTests,
		sum:        sha256.New(),
	}
	l.digest(c.digest, nil)
	if l.files == nil {
		l.files = make(map[string][]byte)
	}
	for _, r := range c.rules {
		l.rules[r.ID] = r
		l.terms += len(r.Terms)
	}
	for _, t := range c.types {
		l.types[t.Name] = t
	}
	l.infoTypes(fsys)
	names := l.names(fsys)
	for _, f := range l.parse(fsys, names) {
		l.file(fsys, f)
	}
	l.disable()
	for _, k := range l.fresh {
		k.check()
	}
	if len(l.errs) > 0 {
		return nil, l.errs.Err()
	}
	return l.catalogue(), nil
}

type loader struct {
	rules      map[string]Rule
	types      map[string]InfoType
	groups     []Group
	files      map[string][]byte
	own        map[string]bool // ids that were read now
	fresh      []*checker      // the same, in file order
	disabled   []disabled
	off        []string  // ids that were switched off
	terms      int       // of all dictionaries
	leastTests int       // of each kind that a rule must have
	sum        hash.Hash // over the layer below and the files read now
	errs       strict.Errors
}

// A disabled is an id that an overlay switches off.
type disabled struct {
	id  string
	doc *strict.Document
	key string
}

const infoTypesName = "infotypes.toml"

type infoTypeFile struct {
	Groups    []Group    `toml:"group"`
	InfoTypes []InfoType `toml:"infotype"`
}

type ruleFile struct {
	Disable    []string `toml:"disable"` // ids of rules of the layer below
	Rules      []Rule   `toml:"rule"`
	Lists      []List   `toml:"list"` // words that several rules of the file have
	Formats    []Format `toml:"format"`
	FormatType string   `toml:"format_type"` // info type of formats that name none
}

// digest adds a file to what the catalogue's digest is made of.
func (l *loader) digest(name string, data []byte) {
	fmt.Fprintf(l.sum, "%d %s %d ", len(name), name, len(data))
	l.sum.Write(data)
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
	const name = infoTypesName
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return // an overlay need not bring its own
	}
	if l.fail(err) {
		return
	}
	l.digest(name, data)
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
			names := make([]string, len(l.groups))
			for i, g := range l.groups {
				names[i] = g.Name
			}
			e := doc.Errorf(at("infotype", i, "group"), "unknown group")
			e.Hint = strict.Suggest(t.Group, names)
			l.errs = append(l.errs, e)
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

// names lists the rule files of fsys. What nobody would read is a mistake: a
// rule in the wrong folder protects nothing.
func (l *loader) names(fsys fs.FS) (names []string) {
	for _, family := range families() {
		list, err := fs.Glob(fsys, path.Join(family, "*.toml"))
		l.fail(err)
		names = append(names, list...)
	}
	others := []string{"providers", "policies", "messages"}
	l.fail(fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch dir := path.Dir(name); {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."), d.IsDir() && strings.Count(name, "/") > 1: // too deep for anybody
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir() || path.Ext(name) != ".toml" || name == infoTypesName || slices.Contains(others, dir) || strings.HasPrefix(dir, "policies/") || slices.Contains(families(), dir):
		case dir == ".":
			l.errs = append(l.errs, &strict.Error{File: name, Hint: strict.Suggest(name, []string{infoTypesName}),
				Msg: "no file of this name is read here: rules stand in the folders " + strings.Join(families(), ", ")})
		default:
			l.errs = append(l.errs, &strict.Error{File: name, Hint: strict.Suggest(dir, append(families(), others...)),
				Msg: "no folder of this name is read: rules stand in " + strings.Join(families(), ", ") + ", beside " + strings.Join(others, ", ")})
		}
		return nil
	}))
	return names
}

// A parsed is a rule file that was read.
type parsed struct {
	name string
	data []byte
	doc  *strict.Document // nil when the syntax is wrong
	file ruleFile
	err  error
}

// parse reads files, several at a time, and returns them in their order.
func (l *loader) parse(fsys fs.FS, names []string) []parsed {
	out := make([]parsed, len(names))
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				p := &out[i]
				p.name = names[i]
				if p.data, p.err = fs.ReadFile(fsys, p.name); p.err == nil {
					p.doc, p.err = strict.Decode(p.name, p.data, &p.file)
				}
			}
		})
	}
	workers.Wait()
	return out
}

func (l *loader) file(fsys fs.FS, p parsed) {
	l.fail(p.err)
	if p.doc == nil {
		return // otherwise what was read is checked further
	}
	l.files[p.name] = p.data
	l.digest(p.name, p.data)
	for i, id := range p.file.Disable {
		l.disabled = append(l.disabled, disabled{id, p.doc, fmt.Sprintf("disable[%d]", i)})
	}
	list := p.file.Rules
	for i := range list {
		list[i].File, list[i].Index = p.name, i
		l.spread(p, &list[i])
	}
	for i, f := range p.file.Formats {
		list = append(list, f.rule(p.name, i, l.types, p.file.FormatType))
	}
	for _, r := range list {
		if l.own[r.ID] {
			l.errs = append(l.errs, p.doc.Errorf(r.place("id"), "this id is already taken"))
		}
		if r.TermsFile != "" {
			l.readTerms(fsys, p.doc, &r)
		}
		if r.Shape == "dictionary" && r.MaxLength == 0 {
			for _, t := range r.Terms {
				r.MaxLength = max(r.MaxLength, len(t))
			}
		}
		l.fresh = append(l.fresh, &checker{Rule: r, l: l, doc: p.doc})
		l.own[r.ID] = true
		l.terms -= len(l.rules[r.ID].Terms) // replaced
		l.rules[r.ID] = r
	}
}

// disable takes out the rules that were named so.
func (l *loader) disable() {
	for _, d := range l.disabled {
		switch _, known := l.rules[d.id]; {
		case l.own[d.id]:
			l.errs = append(l.errs, d.doc.Errorf(d.key, "a rule of this id is added in the same directory: leave out one of the two"))
		case !known:
			ids := make([]string, 0, len(l.rules))
			for id := range l.rules {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			e := d.doc.Errorf(d.key, "no rule has this id")
			e.Hint = strict.Suggest(d.id, ids)
			l.errs = append(l.errs, e)
		default:
			l.terms -= len(l.rules[d.id].Terms)
			delete(l.rules, d.id)
			l.off = append(l.off, d.id)
		}
	}
}

func (l *loader) catalogue() *Catalogue {
	c := &Catalogue{
		digest: hex.EncodeToString(l.sum.Sum(nil)[:16]),
		groups: l.groups, files: l.files, own: l.own, disabled: l.off,
		rule: make(map[string]int), typ: make(map[string]int), group: make(map[string]int),
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

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// A loader turns the entries of files into a policy and collects mistakes.
type loader struct {
	sources []*source
	doc     *strict.Document // of the entry that is being read
	c       *rules.Catalogue
	errs    strict.Errors
	p       *Policy

	sets     map[string][]string
	ids      map[string]string // of everything that decides → its kind
	retired  map[string]bool
	controls map[string]int32
	redacts  bool // some rule has a redact

	types, categories, groups, causes []string
}

func newLoader(c *rules.Catalogue) *loader {
	l := &loader{c: c, p: &Policy{}, sets: make(map[string][]string), ids: make(map[string]string), retired: make(map[string]bool),
		categories: rules.Categories()}
	for _, t := range c.InfoTypes() {
		l.types = append(l.types, t.Name)
	}
	for _, g := range c.Groups() {
		l.groups = append(l.groups, g.Name)
	}
	for _, cause := range detectors.Causes() {
		l.causes = append(l.causes, string(cause))
	}
	return l
}

func (l *loader) bad(path, format string, a ...any) *strict.Error {
	e := l.doc.Errorf(path, format, a...)
	l.errs = append(l.errs, e)
	return e
}

func (l *loader) badAt(path string, i int, format string, a ...any) *strict.Error {
	return l.bad(fmt.Sprintf("%s[%d]", path, i), format, a...)
}

// wrong reports whether there is a mistake at path or below it.
func (l *loader) wrong(path string) bool {
	return slices.ContainsFunc(l.errs, func(e *strict.Error) bool {
		rest, ok := strings.CutPrefix(e.Key, path)
		return ok && e.File == l.doc.File() && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

func (l *loader) load() {
	own := l.own()
	l.doc = own.doc
	if own.entry.Format > Format {
		return
	}
	if own.entry.Title == "" {
		l.bad("title", "title is missing: say in a few words what the policy is for")
	}
	l.words()
	l.tenants()
	l.usable()
	l.rules()
	l.exceptions()
	l.overlays()
	l.exempts()
	l.stricters()
	l.reminders()
	l.p.index(l.c)
	l.p.restrictions()
	for _, x := range merge(l, "connection", func(f *fileEntry) []connectionEntry { return f.Connections }, func(e *connectionEntry) string { return e.ID }) {
		l.doc = x.doc
		l.p.conns = append(l.p.conns, l.connection(x.path, x.e))
	}
	l.shadowed()
	l.collect()
	l.doc = own.doc
	for i := range own.entry.Tests {
		l.p.tests = append(l.p.tests, l.test(i, &own.entry.Tests[i]))
	}
}

// words reads the sets, the retired ids and the settings of a word.
func (l *loader) words() {
	l.p.breakGlass = []string{"monitor", "tunnel"}
	for _, s := range l.sources {
		l.doc = s.doc
		if l.doc.Has("break_glass") { // an empty list allows nothing
			for i, m := range s.entry.BreakGlass {
				if m != "monitor" && m != "tunnel" {
					l.badAt("break_glass", i, `in an emergency there is "monitor" and "tunnel"`)
				}
			}
			l.p.breakGlass = s.entry.BreakGlass
		}
		if l.doc.Has("local_tools") {
			for i, g := range s.entry.LocalTools {
				if strings.Trim(g, "*") == "" {
					l.badAt("local_tools", i, "this is every tool, also those that send what they are given elsewhere: name the tools that work on files of this machine")
				}
			}
			l.p.localTools = s.entry.LocalTools
		}
		for name, members := range s.entry.Sets {
			path := "sets." + quoteKey(name)
			if !setName.MatchString(name) {
				l.bad(path, "the name of a set is a word in lower case")
			}
			if i := slices.IndexFunc(members, func(m string) bool { return m == "" || m[0] == '@' }); i >= 0 {
				l.badAt(path, i, "a set has names as members, and no other set")
			}
			l.sets[name] = members
		}
		for i, id := range s.entry.Retired {
			if !ruleID.MatchString(id) {
				l.badAt("retired", i, "an id is words in lower case joined by dots")
			}
			l.retired[id] = true
		}
		switch s.entry.Telemetry {
		case "":
		case "pass", "block":
			l.p.blockTelemetry = s.entry.Telemetry == "block"
		default:
			l.bad("third_party_telemetry", `third_party_telemetry is "pass" or "block"`)
		}
	}
}

// rules reads every [[rule]], those of overlays too.
func (l *loader) rules() {
	all := merge(l, "rule", func(f *fileEntry) []ruleEntry { return f.Rules }, func(e *ruleEntry) string { return e.ID })
	for _, o := range merge(l, "overlay", func(f *fileEntry) []overlayEntry { return f.Overlays }, func(e *overlayEntry) string { return e.ID }) {
		for i := range o.e.Rules {
			r := &o.e.Rules[i]
			path := fmt.Sprintf("%s.rule[%d]", o.path, i)
			if o.doc.Has(path + ".when.user_group") {
				l.errs.Add(o.doc.Errorf(path+".when.user_group", "the groups of an overlay's rule are those of the overlay"))
			}
			if !slices.Contains(o.e.UserGroup, "*") {
				r.When.UserGroup = o.e.UserGroup
			}
			all = append(all, placed[ruleEntry]{o.doc, path, r})
		}
	}
	l.redacts = slices.ContainsFunc(all, func(x placed[ruleEntry]) bool { return x.e.Redact != nil })
	l.controlTable(all)
	monitor := l.own().entry.Monitor
	for _, x := range all {
		l.doc = x.doc
		l.id("rule", x.path, x.e.ID)
		r := l.rule(x.path, x.e)
		r.monitor = r.monitor || monitor
		l.p.rules = append(l.p.rules, r)
	}
	for _, x := range all {
		l.doc = x.doc
		l.aliases(x.path, x.e)
	}
	l.p.addBuiltin(monitor)
}

// aliases are former names: they stay taken.
func (l *loader) aliases(path string, e *ruleEntry) {
	for i, a := range e.Aliases {
		switch {
		case !ruleID.MatchString(a):
			l.badAt(path+".aliases", i, "an id is words in lower case joined by dots")
		case l.ids[a] != "":
			l.badAt(path+".aliases", i, "%q is the id of another %s", a, l.ids[a])
		default:
			l.ids[a] = "alias"
		}
	}
}

// named are the rules by id and by former id.
func (l *loader) named() map[string]int32 {
	out := make(map[string]int32)
	for i := range l.p.rules {
		r := &l.p.rules[i]
		if l.p.isBuiltin(i) {
			continue
		}
		out[r.id] = int32(i)
		for _, a := range r.aliases {
			out[a] = int32(i)
		}
	}
	return out
}

func (l *loader) ruleIDs() []string {
	var out []string
	for id := range l.named() {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// controlTable numbers the controls, sorted by id.
func (l *loader) controlTable(all []placed[ruleEntry]) {
	for _, x := range all {
		l.doc = x.doc
		l.names(x.path+".controls", "a control id", x.e.Controls, controlID)
		l.p.controls = append(l.p.controls, x.e.Controls...)
	}
	slices.Sort(l.p.controls)
	l.p.controls = slices.Compact(l.p.controls)
	l.controls = make(map[string]int32, len(l.p.controls))
	for i, c := range l.p.controls {
		l.controls[c] = int32(i)
	}
}

var (
	ruleID    = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	controlID = regexp.MustCompile(`^[A-Z][A-Z0-9]*-[A-Z0-9.()-]+$`)
)

// id checks the id of something that decides.
func (l *loader) id(what, path, id string) {
	switch {
	case id == "":
		l.bad(path+".id", "id is missing")
	case !ruleID.MatchString(id):
		l.bad(path+".id", "an id is words in lower case joined by dots")
	case strings.HasPrefix(id, builtinPrefix):
		l.bad(path+".id", "ids that begin with %q are taken by the built-in rules", builtinPrefix)
	case l.wrong(path + ".id"):
	case l.ids[id] != "":
		article := "a"
		if strings.ContainsAny(l.ids[id][:1], "aeiou") {
			article = "an"
		}
		l.bad(path+".id", "the id %q is already taken by %s %s", id, article, l.ids[id])
	case l.retired[id]:
		l.bad(path+".id", "the id %q is retired: events of another rule bear it, so take a new one", id)
	default:
		l.ids[id] = what
	}
}

package policy

import (
	"fmt"
	"regexp"
	"slices"
)

// A rowGlob is a pattern of one feature.
type rowGlob struct {
	value string
	row   uint8
}

func (l *loader) risk(path string, e *riskEntry) (r Risk) {
	if e == nil {
		return r
	}
	level := func(key, word string) RiskLevel { return RiskLevel(l.word(path+"."+key, "risk", word, riskNames[:])) }
	return Risk{level("data_exposure", e.DataExposure), level("external_services", e.ExternalServices), level("persistence", e.Persistence)}
}

func (l *loader) states(path string, names []string) (out []ListState) {
	for _, n := range l.oneOf(path, "state", names, stateNames[:]) {
		if i := slices.Index(stateNames[:], n); i >= 0 {
			out = append(out, ListState(i))
		}
	}
	return out
}

func (l *loader) featureIDs() []string {
	out := make([]string, 0, len(l.p.features))
	for i := range l.p.features {
		out = append(out, l.p.features[i].id)
	}
	return out
}

var (
	wordForm = regexp.MustCompile(`^[a-z0-9_]+$`)
	gptForm  = regexp.MustCompile(`^g-[A-Za-z0-9*]+$`)
)

// usable reads the tables of apps, features and GPTs.
func (l *loader) usable() {
	p := l.p
	p.apps = make(map[string]Risk)
	for _, x := range merge(l, "app", func(f *fileEntry) []appEntry { return f.Apps }, func(e *appEntry) string { return e.ID }) {
		l.doc = x.doc
		l.form(x.path+".id", "the name of an application", x.e.ID, wordForm)
		p.apps[x.e.ID] = l.risk(x.path+".risk", &x.e.Risk)
	}
	rows := merge(l, "feature", func(f *fileEntry) []featureEntry { return f.Features }, func(e *featureEntry) string { return e.ID })
	p.factRows = make(map[string][]rowGlob)
	for i, x := range rows {
		l.doc = x.doc
		if i >= maxFeatures {
			l.bad(x.path, "at most %d features", maxFeatures)
			break
		}
		l.feature(i, x.path, x.e)
	}
	for _, name := range governed {
		if len(rows) > 0 && p.factRows[name] == nil {
			p.factRows[name] = []rowGlob{} // nothing of it is listed
		}
	}
	for _, x := range merge(l, "gpt", func(f *fileEntry) []gptEntry { return f.GPTs }, func(e *gptEntry) string { return e.ID }) {
		l.doc = x.doc
		l.form(x.path+".id", `the id of a GPT, "g-" and letters and digits`, x.e.ID, gptForm)
		if glob("g-p-*", x.e.ID) {
			l.bad(x.path+".id", "this is a project, which no list is about")
		}
		for key, value := range map[string]string{"justification": x.e.Justification, "approved_by": x.e.Approved} {
			if value == "" {
				l.bad(x.path+"."+key, "%s is missing: a GPT is approved by someone, for a reason", key)
			}
		}
		p.gpts = append(p.gpts, gpt{x.e.ID, l.expiry(x.path+".expires", x.e.Expires, "an approval is looked at again"), l.risk(x.path+".risk", &x.e.Risk)})
	}
}

func (l *loader) feature(i int, path string, e *featureEntry) {
	p := l.p
	l.form(path+".id", "the name of a feature", e.ID, wordForm)
	f := feature{id: e.ID, enabled: e.Enabled, facts: l.facts(path+".facts", e.Facts), activities: l.names(path+".activities", "a name", e.Activities, nil),
		endpoints: l.names(path+".endpoints", "a name", e.Endpoints, nil),
		risk:      l.risk(path+".risk", &e.Risk)}
	if l.doc.Has(path + ".expires") {
		f.expires = l.instant(path+".expires", e.Expires)
	}
	if len(f.facts)+len(f.activities)+len(f.endpoints) == 0 && !l.wrong(path) {
		l.bad(path, "which facts, activities or endpoints show that it is used?")
	}
	for j, x := range f.facts {
		if glob("*[*]*", x.name) || x.name == "*" {
			l.bad(fmt.Sprintf("%s.facts[%d]", path, j), "the name of a fact is written out here")
		}
		p.factRows[x.name] = append(p.factRows[x.name], rowGlob{x.value, uint8(i)})
	}
	for _, a := range f.activities {
		p.activityRows = append(p.activityRows, rowGlob{a, uint8(i)})
	}
	for _, name := range f.endpoints {
		p.endpointRows = append(p.endpointRows, rowGlob{name, uint8(i)})
	}
	p.features = append(p.features, f)
}

// form checks one word.
func (l *loader) form(path, what, value string, form *regexp.Regexp) {
	switch {
	case value == "" && !l.doc.Has(path):
		l.bad(path, "id is missing")
	case !form.MatchString(value):
		l.bad(path, "this is not %s", what)
	}
}

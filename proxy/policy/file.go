package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// fileEntry is a policy file.
type fileEntry struct {
	Title       string            `toml:"title"`
	Description string            `toml:"description"`
	Monitor     bool              `toml:"monitor"` // no rule acts; each is recorded
	Rules       []ruleEntry       `toml:"rule"`
	Connections []connectionEntry `toml:"connection"`
	Tests       []testEntry       `toml:"test"`
}

// ruleEntry is a [[rule]].
type ruleEntry struct {
	ID       string    `toml:"id"`
	When     whenEntry `toml:"when"`
	Gate     string    `toml:"gate"`    // default: log when there is a redact
	Redact   string    `toml:"redact"`  // operator on each finding the rule takes
	Monitor  bool      `toml:"monitor"` // the rule does not act, and is recorded
	Alert    bool      `toml:"alert"`   // with log: the answer "flag"
	Reason   string    `toml:"reason"`  // to the person, without any value
	Guidance string    `toml:"guidance"`
	Controls []string  `toml:"controls"` // what it is evidence for: "CIS-3.2", "NIST-PL-4", "SOC2-CC6.1"
	Source   string    `toml:"source"`   // what asks for the rule
	Note     string    `toml:"note"`     // for evidence: what the rule is to become
}

// whenEntry are the conditions of a rule. All that are given must hold; of a
// list, one element.
type whenEntry struct {
	Category   []string `toml:"category"`
	InfoType   []string `toml:"info_type"`
	Group      []string `toml:"group"`
	With       []string `toml:"with"`
	Confidence string   `toml:"confidence"`
	Severity   string   `toml:"severity"`
	Role       []string `toml:"role"`
	Evidence   []string `toml:"evidence"`
	Count      int      `toml:"count"`
	Distinct   int      `toml:"distinct"`
	Persons    int      `toml:"persons"`

	Gap     []string `toml:"gap"`
	EditDue bool     `toml:"edit_due"`

	App       []string `toml:"app"`
	Activity  []string `toml:"activity"`
	Endpoint  []string `toml:"endpoint"`
	User      []string `toml:"user"`
	UserGroup []string `toml:"user_group"`
	Network   []string `toml:"network"`
	Fact      []string `toml:"fact"`
	Direction []string `toml:"direction"`
}

// connectionEntry is a [[connection]].
type connectionEntry struct {
	ID       string        `toml:"id"`
	When     connWhenEntry `toml:"when"`
	Action   string        `toml:"action"`
	Count    bool          `toml:"count"`
	Reason   string        `toml:"reason"`
	Controls []string      `toml:"controls"`
	Source   string        `toml:"source"`
	Note     string        `toml:"note"`
}

type connWhenEntry struct {
	Class       []string `toml:"class"`
	Host        []string `toml:"host"`
	Port        []int    `toml:"port"`
	Private     bool     `toml:"private"`
	Unsniffable bool     `toml:"unsniffable"`
	User        []string `toml:"user"`
	UserGroup   []string `toml:"user_group"`
	Network     []string `toml:"network"`
}

var profileName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// Load reads policies/<name>.toml. The error is [strict.Errors] and holds every
// mistake of the file, or says which profiles there are.
func Load(fsys fs.FS, name string, c *rules.Catalogue) (*Policy, error) {
	if !profileName.MatchString(name) {
		return nil, unknownProfile(fsys, name)
	}
	file := path.Join("policies", name+".toml")
	data, err := fs.ReadFile(fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unknownProfile(fsys, name)
	case err != nil:
		return nil, fmt.Errorf("policy %s: %w", name, err)
	}
	return Parse(file, data, c)
}

func unknownProfile(fsys fs.FS, name string) error {
	names := Profiles(fsys)
	return strict.Errors{{File: "policies", Msg: fmt.Sprintf("there is no profile %q among %s", name, strings.Join(names, ", ")), Hint: strict.Suggest(name, names)}}
}

// Profiles are the names that Load knows, sorted.
func Profiles(fsys fs.FS) []string {
	files, _ := fs.Glob(fsys, "policies/*.toml") // the only error is of the pattern
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, profileOf(f))
	}
	slices.Sort(names)
	return names
}

func profileOf(file string) string { return strings.TrimSuffix(path.Base(file), ".toml") }

// Parse makes a policy of a file; its name without .toml is the profile. The
// error is [strict.Errors] and holds every mistake.
func Parse(file string, data []byte, c *rules.Catalogue) (*Policy, error) {
	var entry fileEntry
	doc, err := strict.Decode(file, data, &entry)
	if doc == nil {
		return nil, err
	}
	l := newLoader(doc, c)
	l.errs.Add(err)
	l.load(&entry)
	if err := l.errs.Err(); err != nil {
		return nil, err
	}
	p := l.p
	p.profile, p.title = profileOf(file), entry.Title
	p.revision = revision(data, c)
	return p, nil
}

// revision covers what a decision depends on besides the message.
func revision(data []byte, c *rules.Catalogue) string {
	h := sha256.New()
	h.Write(data)
	for _, t := range c.InfoTypes() {
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s", t.Name, t.Group, t.Severity)
	}
	for _, r := range c.Rules() {
		fmt.Fprintf(h, "\x01%s\x00%s\x00%s", r.ID, r.InfoType, r.Severity)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// index fills the tables by which Decide finds the rules on a finding or gap.
func (p *Policy) index(c *rules.Catalogue) {
	p.kinds = make(map[detectors.InfoType]*kind)
	p.categories = make(map[string]*kind)
	p.ranks = make(map[detectors.RuleID]severity)
	for _, t := range c.InfoTypes() {
		name := detectors.InfoType(t.Name)
		k := &kind{severity: parseSeverity(t.Severity)}
		for i := range p.rules {
			r := &p.rules[i]
			if r.finds && !p.isBuiltin(i) && r.takesType(name, t.Group) {
				k.rules = append(k.rules, int32(i))
			}
			if anyGlob(r.with, t.Name) {
				k.with = append(k.with, int32(i))
			}
		}
		if len(k.rules) == 0 {
			k.rules = []int32{p.builtin.unruled}
		}
		p.kinds[name] = k
		all := p.categories[t.Category()]
		if all == nil {
			all = &kind{}
			p.categories[t.Category()] = all
		}
		all.severity = max(all.severity, k.severity)
		all.rules = union(all.rules, k.rules)
		all.with = union(all.with, k.with)
	}
	p.foreign = &kind{severity: criticalSeverity, rules: []int32{p.builtin.foreign, p.builtin.foreignSure}}
	for _, r := range c.Rules() {
		if t, ok := c.InfoType(r.InfoType); ok && r.Severity != t.Severity {
			p.ranks[detectors.RuleID(r.ID)] = parseSeverity(r.Severity)
		}
	}
	for i := range p.rules {
		p.floors = append(p.floors, floorOf(&p.rules[i]))
	}
	p.causes = make(map[detectors.Cause][]int32)
	for i := range p.rules {
		for _, g := range p.rules[i].gaps {
			p.causes[g] = append(p.causes[g], int32(i))
		}
	}
	p.order = make(map[detectors.Cause]int)
	for i, cause := range detectors.Causes() {
		p.order[cause] = i
	}
	p.byID = make([]int32, len(p.rules))
	for i := range p.byID {
		p.byID[i] = int32(i)
	}
	slices.SortFunc(p.byID, func(a, b int32) int { return strings.Compare(p.rules[a].id, p.rules[b].id) })
}

func (p *Policy) isBuiltin(i int) bool { return strings.HasPrefix(p.rules[i].id, builtinPrefix) }

// union is the sorted set of both lists.
func union(a, b []int32) []int32 {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

package policy

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/rules/strict"
)

// testEntry is a [[test]]: a message or a connection, and what the policy must
// make of it.
type testEntry struct {
	Name       string         `toml:"name"`
	Row        string         `toml:"row"` // of the matrix the policy implements
	Who        whoEntry       `toml:"who"`
	Where      whereEntry     `toml:"where"`
	Findings   []findingEntry `toml:"findings"`
	Spent      []findingEntry `toml:"spent"` // on this day, with the message
	Gaps       []string       `toml:"gaps"`
	Time       time.Time      `toml:"time"` // default: Monday 2026-11-30, 10:00 UTC
	Connection *targetEntry   `toml:"connection"`
	Want       wantEntry      `toml:"want"`
}

type whoEntry struct {
	User      string   `toml:"user"`
	Groups    []string `toml:"groups"`
	Network   string   `toml:"network"`
	Device    string   `toml:"device"`
	Method    string   `toml:"method"`
	Assurance string   `toml:"assurance"`
}

type whereEntry struct {
	App       string   `toml:"app"`
	Activity  string   `toml:"activity"`
	Endpoint  string   `toml:"endpoint"`
	Direction string   `toml:"direction"`
	Content   []string `toml:"content"`
	Facts     []string `toml:"facts"` // name=value

	Workspace    string `toml:"workspace"`
	Organization string `toml:"organization"`
	Project      string `toml:"project"`
	Key          string `toml:"api_key"`
	Account      bool   `toml:"account"` // with a ChatGPT account
	Anonymous    bool   `toml:"anonymous"`
}

// findingEntry stands for Count findings of which Distinct differ.
type findingEntry struct {
	Type     string   `toml:"type"`
	Rule     string   `toml:"rule"`
	Level    string   `toml:"level"` // default high
	Role     string   `toml:"role"`  // default user
	Evidence []string `toml:"evidence"`
	Count    int      `toml:"count"`    // default 1
	Distinct int      `toml:"distinct"` // default Count
}

type targetEntry struct {
	Class       string `toml:"class"`
	Host        string `toml:"host"`
	Port        int    `toml:"port"` // default 443
	Private     bool   `toml:"private"`
	Unsniffable bool   `toml:"unsniffable"`
}

// wantEntry is what is checked; keys that are left out are not, but for Action.
type wantEntry struct {
	Action   string    `toml:"action"`   // the summary word, or the action on the connection
	Verdict  string    `toml:"verdict"`  // the summary word without monitor mode
	Intended string    `toml:"intended"` // the gate the rules ask for
	Rule     string    `toml:"rule"`
	Redacts  *[]string `toml:"redacts"` // the info types that are edited
	Gap      string    `toml:"gap"`
	Alert    *bool     `toml:"alert"`
	Count    *bool     `toml:"count"` // of a connection

	Rules      *[]string `toml:"rules"`    // all that matched
	Operator   string    `toml:"operator"` // of each edit
	Exceptions *[]string `toml:"exceptions"`
	Stricter   string    `toml:"stricter"`
	Tenancy    string    `toml:"tenancy"`
	Adds       *[]string `toml:"adds"` // kinds of obligations
}

// A TestResult is the outcome of one [[test]].
type TestResult struct {
	Policy  string // profile
	Name    string // with the row of the matrix before it
	File    string
	Line    int    // of the test
	Failure string // "" when it passed
}

// Test runs the tests that stand in the policy's file, in their order.
func (p *Policy) Test() []TestResult {
	out := make([]TestResult, 0, len(p.tests))
	for i := range p.tests {
		t := &p.tests[i]
		out = append(out, TestResult{Policy: p.profile, Name: t.name, File: t.file, Line: t.line, Failure: p.run(t)})
	}
	return out
}

// A policyTest is one [[test]], compiled.
type policyTest struct {
	name, file string
	line       int
	message    Message
	conn       *Conn
	want       wantEntry
}

func (p *Policy) run(t *policyTest) string {
	var wrong []string
	check := func(what, got, want string) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", what, quote(got), quote(want)))
		}
	}
	optional := func(what, got, want string) {
		if want != "" {
			check(what, got, want)
		}
	}
	w := &t.want
	if t.conn != nil {
		r := p.Screen(*t.conn)
		check("action", r.Action.String(), w.Action)
		optional("rule", r.Rule, w.Rule)
		if w.Count != nil {
			check("count", fmt.Sprint(r.Count), fmt.Sprint(*w.Count))
		}
		return strings.Join(wrong, "; ")
	}
	d := p.Decide(t.message)
	check("action", d.Summary(), w.Action)
	optional("verdict", d.Verdict(), w.Verdict)
	optional("intended", d.Intended.String(), w.Intended)
	optional("rule", d.Rule, w.Rule)
	optional("gap", string(d.Gap), w.Gap)
	if w.Redacts != nil {
		check("redacts", strings.Join(redacted(&t.message, d), " "), strings.Join(sorted(*w.Redacts), " "))
	}
	if w.Alert != nil {
		check("alert", fmt.Sprint(d.Alert), fmt.Sprint(*w.Alert))
	}
	if w.Rules != nil {
		check("rules", strings.Join(d.Rules, " "), strings.Join(sorted(*w.Rules), " "))
	}
	for _, r := range d.Redact {
		optional("operator", r.Operator, w.Operator)
	}
	if w.Exceptions != nil {
		check("exceptions", strings.Join(sorted(d.Exceptions), " "), strings.Join(sorted(*w.Exceptions), " "))
	}
	optional("stricter", d.Stricter, w.Stricter)
	optional("tenancy", d.Tenancy.String(), w.Tenancy)
	if w.Adds != nil {
		var adds []string
		for _, o := range d.Add {
			adds = append(adds, o.Kind)
		}
		check("adds", strings.Join(adds, " "), strings.Join(*w.Adds, " "))
	}
	if len(wrong) > 0 && w.Rule == "" && d.Rule != "" {
		wrong = append(wrong, "decided by "+d.Rule)
	}
	return strings.Join(wrong, "; ")
}

func quote(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// redacted are the info types that d edits, sorted, each once.
func redacted(m *Message, d Decision) []string {
	var out []string
	for _, r := range d.Redact {
		out = append(out, string(m.Findings[r.Finding].Type))
	}
	return sorted(out)
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// test compiles a [[test]].
func (l *loader) test(i int, e *testEntry) policyTest {
	path := fmt.Sprintf("test[%d]", i)
	t := policyTest{name: e.Name, file: l.doc.File(), line: l.doc.Errorf(path, "").Line, want: e.Want}
	if e.Name == "" {
		l.bad(path+".name", "name is missing")
	}
	if e.Row != "" {
		t.name = e.Row + ": " + e.Name
	}
	who := identity.Principal{Subject: e.Who.User, Groups: sorted(e.Who.Groups), Network: e.Who.Network, Device: e.Who.Device, Method: identity.Method(e.Who.Method)}
	who.Assurance = identity.Assurance(l.word(path+".who.assurance", "assurance", e.Who.Assurance, assuranceNames[:]))
	if e.Who.Method != "" {
		l.oneOf(path+".who.method", "method", []string{e.Who.Method}, methods())
	}
	now := defaultTime
	if l.doc.Has(path + ".time") {
		now = l.instant(path+".time", e.Time)
	}
	l.want(path+".want", e)
	if e.Connection != nil {
		t.conn = l.target(path+".connection", e.Connection, who)
		t.conn.Time = now
		return t
	}
	t.message = Message{Principal: who, App: e.Where.App, Activity: e.Where.Activity, Endpoint: e.Where.Endpoint, Time: now,
		Tenant: Tenant{Workspace: e.Where.Workspace, Organization: e.Where.Organization, Project: e.Where.Project, Key: e.Where.Key,
			Account: e.Where.Account, Anonymous: e.Where.Anonymous}}
	for _, name := range l.oneOf(path+".where.content", "content", e.Where.Content, contentNames[:]) {
		t.message.Contents |= 1 << max(0, slices.Index(contentNames[:], name))
	}
	switch e.Where.Direction {
	case "", Request.String():
	case Response.String():
		t.message.Direction = Response
	default:
		l.bad(path+".where.direction", "unknown direction %q", e.Where.Direction).Hint = strict.Suggest(e.Where.Direction, []string{"request", "response"})
	}
	for j, f := range e.Where.Facts {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			l.bad(fmt.Sprintf("%s.where.facts[%d]", path, j), "a fact is name=value")
		}
		t.message.Facts = append(t.message.Facts, content.Fact{Name: name, Value: value})
	}
	for j := range e.Findings {
		l.finding(fmt.Sprintf("%s.findings[%d]", path, j), &e.Findings[j], &t.message, uint64(j))
	}
	var spent Message
	for j := range e.Spent {
		l.finding(fmt.Sprintf("%s.spent[%d]", path, j), &e.Spent[j], &spent, uint64(j))
	}
	t.message.Spent = spent.Totals
	for _, g := range l.oneOf(path+".gaps", "gap", e.Gaps, l.causes) {
		t.message.Gaps = append(t.message.Gaps, detectors.Gap{Cause: detectors.Cause(g)})
	}
	return t
}

// defaultTime is when tests take place that do not say when.
var defaultTime = time.Date(2026, time.November, 30, 10, 0, 0, 0, time.UTC)

// finding adds what one entry stands for, with the totals that go with it.
func (l *loader) finding(path string, e *findingEntry, m *Message, serial uint64) {
	if !slices.Contains(l.types, e.Type) {
		l.bad(path+".type", "unknown info type %q", e.Type).Hint = strict.Suggest(e.Type, l.types)
	}
	level := detectors.High
	if e.Level != "" {
		var ok bool
		if level, ok = parseLevel(e.Level); !ok {
			l.bad(path+".level", "unknown level %q", e.Level).Hint = strict.Suggest(e.Level, levelNames())
		}
	}
	role := content.RoleUser
	if e.Role != "" {
		if role = content.Role(e.Role); !slices.Contains(roles(), e.Role) {
			l.bad(path+".role", "unknown role %q", e.Role).Hint = strict.Suggest(e.Role, roles())
		}
	}
	count, distinct := max(e.Count, 1), max(e.Distinct, 0)
	if distinct == 0 || distinct > count {
		distinct = count
	}
	if count > maxTestFindings {
		l.bad(path+".count", "a test has at most %d findings", maxTestFindings)
		return
	}
	f := Finding{Role: role, Finding: detectors.Finding{Type: detectors.InfoType(e.Type), Rule: detectors.RuleID(e.Rule), Confidence: level}}
	for _, name := range e.Evidence {
		f.Evidence = append(f.Evidence, detectors.Evidence{Name: name})
	}
	for n := range count {
		binary.BigEndian.PutUint64(f.Digest[:8], serial+1)
		binary.BigEndian.PutUint64(f.Digest[8:], uint64(n%distinct))
		m.Findings = append(m.Findings, f)
	}
	m.Totals = append(m.Totals, Total{Type: f.Type, Level: level, Count: count, Distinct: distinct})
}

// maxTestFindings bounds the findings that one entry of a test stands for.
const maxTestFindings = 100_000

func (l *loader) target(path string, e *targetEntry, who identity.Principal) *Conn {
	c := &Conn{Principal: who, Host: e.Host, Port: e.Port, Private: e.Private, Unsniffable: e.Unsniffable}
	if c.Port == 0 {
		c.Port = 443
	}
	n := slices.Index(classNames[:], e.Class)
	if n < 0 {
		l.bad(path+".class", "unknown class %q", e.Class).Hint = strict.Suggest(e.Class, classNames[:])
		n = 0
	}
	c.Class = HostClass(n)
	return c
}

// want checks the expectations of a test.
func (l *loader) want(path string, e *testEntry) {
	word := func(key, value string, vocabulary []string) {
		if value != "" && !slices.Contains(vocabulary, value) {
			l.bad(path+"."+key, "unknown %s %q", key, value).Hint = strict.Suggest(value, vocabulary)
		}
	}
	if e.Want.Action == "" {
		l.bad(path+".action", "a test says which action it wants")
	}
	if e.Connection != nil {
		word("action", e.Want.Action, actionNames[:])
	} else {
		words := append(slices.Clone(gateNames[:]), "redact")
		word("action", e.Want.Action, words)
		word("verdict", e.Want.Verdict, words)
	}
	word("intended", e.Want.Intended, gateNames[:])
	word("gap", e.Want.Gap, l.causes)
	word("operator", e.Want.Operator, operatorNames[:])
	word("tenancy", e.Want.Tenancy, tenancyNames[:])
	var ids []string
	for id := range l.ids {
		ids = append(ids, id)
	}
	for i := range l.p.rules {
		ids = append(ids, l.p.rules[i].id)
	}
	slices.Sort(ids)
	word("rule", e.Want.Rule, append(ids, builtinPrefix+"refuse"))
	if e.Want.Redacts != nil {
		for i, t := range *e.Want.Redacts {
			if !slices.Contains(l.types, t) {
				l.bad(fmt.Sprintf("%s.redacts[%d]", path, i), "unknown info type %q", t).Hint = strict.Suggest(t, l.types)
			}
		}
	}
}

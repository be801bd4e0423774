// Package shape keeps the shape of messages, so that a new policy can be tried on
// the past.
//
// A [Record] is what a decision depended on: who in general, where, what was
// found by type, level and count, gaps, settings, and the decision. It holds no
// text, no digest of a value and no locator: equal values have equal ordinals
// within one record, and mean nothing beyond it. Names of people, and values of
// settings that are not words of the protocol, are keyed hashes; who has the key
// can ask for the names that a policy spells out ([Names]), and for no other.
//
// [Of] makes a record, [Record.Message] makes the message again for
// policy.Decide: under the policy that decided, the decision is the same. What
// detectors would find differently today is not in a record, and is not
// simulated.
package shape

import (
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/pseudonym"
)

// A Record is the shape of one message and what was decided.
type Record struct {
	Incident string    `json:"i"`
	Time     time.Time `json:"t"`
	Person   string    `json:"p"` // keyed hash of the user, or of the address of who is anonymous

	User      string   `json:"u,omitempty"` // "#…", keyed hash
	Groups    []string `json:"g,omitempty"`
	Network   string   `json:"nw,omitempty"`
	Device    string   `json:"dv,omitempty"` // "#…"
	Method    string   `json:"m,omitempty"`
	Assurance int      `json:"as,omitempty"`

	App       string `json:"a,omitempty"`
	Activity  string `json:"ac,omitempty"`
	Endpoint  string `json:"e,omitempty"`
	Direction int    `json:"d,omitempty"`
	Contents  int    `json:"c,omitempty"`
	Observed  bool   `json:"ob,omitempty"` // whatever the policy says, it goes on
	Emergency bool   `json:"bg,omitempty"`

	Workspace    string `json:"ws,omitempty"` // "#…"
	Organization string `json:"or,omitempty"` // "#…"
	Project      string `json:"pr,omitempty"` // "#…"
	Key          string `json:"k,omitempty"`  // digest
	Anonymous    bool   `json:"an,omitempty"`
	Account      bool   `json:"at,omitempty"`

	Facts    [][2]string `json:"f,omitempty"`
	Findings []Finding   `json:"fi,omitempty"`
	Totals   []Total     `json:"to,omitempty"`
	Spent    []Total     `json:"sp,omitempty"`
	Gaps     []string    `json:"ga,omitempty"`

	Acknowledged []string `json:"ak,omitempty"`
	Versions     []string `json:"v,omitempty"`

	Decided Decided `json:"x"`
}

// A Finding is findings of one kind: Values are ordinals of their values, 0 for
// one without a digest.
type Finding struct {
	Type       string   `json:"t"`
	Rule       string   `json:"r,omitempty"`
	Confidence int      `json:"c"`
	Role       string   `json:"o,omitempty"`
	Evidence   []string `json:"e,omitempty"`
	Values     []int    `json:"v"`
}

// A Total counts beyond the list.
type Total struct {
	Type     string `json:"t"`
	Level    int    `json:"l"`
	Count    int    `json:"n,omitempty"`
	Distinct int    `json:"d"`
}

// Decided is the decision, as far as it is compared.
type Decided struct {
	Profile  string   `json:"p"`
	Revision string   `json:"v"`
	Action   string   `json:"a"` // the summary word
	Verdict  string   `json:"w"` // without monitor mode
	Intended string   `json:"i"`
	Rule     string   `json:"r,omitempty"`
	Rules    []string `json:"m,omitempty"`
	Redacted int      `json:"e,omitempty"` // edits
	Gap      string   `json:"g,omitempty"`
}

// A Namer hides names. Safe for concurrent use.
type Namer struct {
	word  func(name, value string) (shown string, ok bool)
	names *pseudonym.Maker
}

// NewNamer makes a namer. word says which values of settings are words of the
// protocol and may be shown, and how much of them; nil shows none.
func NewNamer(key []byte, word func(name, value string) (shown string, ok bool)) *Namer {
	return &Namer{word: word, names: pseudonym.New(key)}
}

// hash is "#" and 24 digits of a keyed hash; "" stays "".
func (n *Namer) hash(kind, value string) string {
	if value == "" {
		return ""
	}
	return "#" + n.names.Known("shape\x00"+kind, value, 12)
}

// stems are beginnings of values that say what kind of thing is meant, and are
// shown: of projects and GPTs, connectors, plugins, tools and calls of tools.
func stems() []string {
	return []string{
		"g-p-", "g-", "plugin:", "connector", "computer", "container", "web",
		"api_tool", "browser", "canmore", "code_interpreter", "dalle", "file_search", "image_gen", "myfiles_browser", "python",
	}
}

// fact hides a value but for its stem.
func (n *Namer) fact(name, value string) string {
	if n.word != nil {
		if shown, ok := n.word(name, value); ok {
			return shown
		}
	}
	for _, stem := range stems() {
		if strings.HasPrefix(value, stem) {
			return stem + n.hash("fact", value)
		}
	}
	return n.hash("fact", value)
}

// Of makes the record of a message and its decision.
func (n *Namer) Of(m *policy.Message, d *policy.Decision, incident, profile, revision string, observed bool) Record {
	r := Record{
		Incident: incident, Time: m.Time.UTC(),
		User: n.hash("user", m.Principal.Subject), Groups: m.Principal.Groups, Network: m.Principal.Network, Device: n.hash("device", m.Principal.Device),
		Method: string(m.Principal.Method), Assurance: int(m.Principal.Assurance),
		App: m.App, Activity: m.Activity, Endpoint: m.Endpoint, Direction: int(m.Direction), Contents: int(m.Contents), Observed: observed, Emergency: m.Emergency,
		Workspace: n.hash("workspace", m.Tenant.Workspace), Organization: n.hash("organization", m.Tenant.Organization), Project: n.hash("project", m.Tenant.Project),
		Key: m.Tenant.Key, Anonymous: m.Tenant.Anonymous, Account: m.Tenant.Account,
		Totals: totals(m.Totals), Spent: totals(m.Spent), Acknowledged: m.Acknowledged, Versions: m.Versions,
		Decided: Decided{Profile: profile, Revision: revision, Action: d.Summary(), Verdict: d.Verdict(), Intended: d.Intended.String(),
			Rule: d.Rule, Rules: d.Rules, Redacted: len(d.Redact), Gap: string(d.Gap)},
	}
	if r.Person = r.User; r.Person == "" {
		r.Person = n.hash("address", m.Principal.Address)
	}
	for _, f := range m.Facts {
		r.Facts = append(r.Facts, [2]string{f.Name, n.fact(f.Name, f.Value)})
	}
	for _, g := range m.Gaps {
		r.Gaps = append(r.Gaps, string(g.Cause))
	}
	r.Findings = findings(m.Findings)
	return r
}

func totals(in []policy.Total) (out []Total) {
	for _, t := range in {
		out = append(out, Total{string(t.Type), int(t.Level), t.Count, t.Distinct})
	}
	return out
}

// findings groups what differs in nothing but its value.
func findings(in []policy.Finding) (out []Finding) {
	ordinals := map[detectors.Digest]int{}
	type kind struct {
		of, rule, role, evidence string
		confidence               int
	}
	at := map[kind]int{}
	for i := range in {
		f := &in[i]
		var evidence []string
		for _, e := range f.Evidence {
			evidence = append(evidence, e.Name)
		}
		k := kind{string(f.Type), string(f.Rule), string(f.Role), strings.Join(evidence, "\x00"), int(f.Confidence)}
		j, known := at[k]
		if !known {
			j = len(out)
			at[k] = j
			out = append(out, Finding{Type: k.of, Rule: k.rule, Confidence: k.confidence, Role: k.role, Evidence: evidence})
		}
		n := 0
		if f.Digest != (detectors.Digest{}) {
			if n = ordinals[f.Digest]; n == 0 {
				n = len(ordinals) + 1
				ordinals[f.Digest] = n
			}
		}
		out[j].Values = append(out[j].Values, n)
	}
	return out
}

// Message is the message again, as far as a policy can tell. names puts back
// those that it knows.
func (r *Record) Message(names Names) policy.Message {
	m := policy.Message{
		Principal: identity.Principal{Subject: names.of(r.User), Groups: r.Groups, Network: r.Network, Device: names.of(r.Device),
			Method: identity.Method(r.Method), Assurance: identity.Assurance(r.Assurance)},
		App: r.App, Activity: r.Activity, Endpoint: r.Endpoint, Direction: policy.Direction(r.Direction), Contents: policy.Contents(r.Contents), Time: r.Time,
		Tenant: policy.Tenant{Workspace: names.of(r.Workspace), Organization: names.of(r.Organization), Project: names.of(r.Project), Key: r.Key,
			Anonymous: r.Anonymous, Account: r.Account},
		Acknowledged: r.Acknowledged, Versions: r.Versions, Emergency: r.Emergency,
	}
	for _, f := range r.Facts {
		m.Facts = append(m.Facts, content.Fact{Name: f[0], Value: names.of(f[1])})
	}
	for _, f := range r.Findings {
		for _, v := range f.Values {
			x := policy.Finding{Role: content.Role(f.Role), Finding: detectors.Finding{Type: detectors.InfoType(f.Type), Rule: detectors.RuleID(f.Rule), Confidence: detectors.Confidence(f.Confidence)}}
			for _, e := range f.Evidence {
				x.Evidence = append(x.Evidence, detectors.Evidence{Name: e})
			}
			if v > 0 {
				x.Digest = detectors.Digest{0xff, byte(v >> 16), byte(v >> 8), byte(v)}
			}
			m.Findings = append(m.Findings, x)
		}
	}
	for _, l := range []struct {
		from []Total
		to   *[]policy.Total
	}{{r.Totals, &m.Totals}, {r.Spent, &m.Spent}} {
		for _, t := range l.from {
			*l.to = append(*l.to, policy.Total{Type: detectors.InfoType(t.Type), Level: detectors.Confidence(t.Level), Count: t.Count, Distinct: t.Distinct})
		}
	}
	for _, g := range r.Gaps {
		m.Gaps = append(m.Gaps, detectors.Gap{Cause: detectors.Cause(g)})
	}
	return m
}

// Names are the names that policies spell out, by the hash that stands for them.
type Names map[string]string

func (n Names) of(hashed string) string {
	if name, known := n[hashed]; known {
		return name
	}
	return hashed
}

// answers reports whether records can answer a pattern: the beginning of words
// that they show.
func (n *Namer) answers(x policy.Spelled) bool {
	stem := strings.TrimSuffix(x.Value, "*")
	if x.Kind != "fact" || strings.Contains(stem, "*") {
		return false
	}
	if slices.Contains(stems(), stem) {
		return true
	}
	if n.word == nil {
		return false
	}
	_, ok := n.word(x.Name, stem)
	return ok || x.Name == "model"
}

// Names are those that policies spell out. globs counts the patterns among them
// that match a part of a hidden name: records cannot answer these.
func (n *Namer) Names(policies ...*policy.Policy) (names Names, globs []string) {
	names = Names{}
	for _, p := range policies {
		for _, x := range p.Spelled() {
			if strings.Contains(x.Value, "*") {
				if !n.answers(x) && !slices.Contains(globs, x.Value) {
					globs = append(globs, x.Value)
				}
				continue
			}
			if x.Kind == "fact" {
				names[n.fact(x.Name, x.Value)] = x.Value
			} else {
				names[n.hash(x.Kind, x.Value)] = x.Value
			}
		}
	}
	return names, globs
}

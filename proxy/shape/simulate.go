package shape

import (
	"cmp"
	"slices"

	"github.com/promptgate/promptgate/proxy/policy"
)

// A Simulation is what a policy would have made of recorded messages.
type Simulation struct {
	Messages int
	People   int

	// What would be different, by the new policy's rule, the most messages first.
	Blocked  []Effect // went on, and would not
	Passed   []Effect // did not go on, and would
	Redacted []Effect // went on whole, and would be edited
	Clear    []Effect // was edited, and would go on whole

	// Of the policy that decided then: messages whose decision it does not make
	// again, because records do not hold all that it asks for.
	Checked, Different int
}

// An Effect is what one rule would do.
type Effect struct {
	Rule     string // of the new policy; of Passed and Clear the rule of then
	Messages int
	People   int
	Example  string // an incident
}

// A Simulator gathers a simulation. then may be nil: what was decided is taken
// from the records alone.
type Simulator struct {
	then, fresh *policy.Policy
	names       Names

	out     Simulation
	people  map[string]bool
	effects [4]map[string]*tally
}

type tally struct {
	messages int
	people   map[string]bool
	example  string
}

// NewSimulator makes one. names are of both policies.
func NewSimulator(then, fresh *policy.Policy, names Names) *Simulator {
	s := &Simulator{then: then, fresh: fresh, names: names, people: map[string]bool{}}
	for i := range s.effects {
		s.effects[i] = map[string]*tally{}
	}
	return s
}

// Add simulates one record.
func (s *Simulator) Add(r *Record) {
	m := r.Message(s.names)
	s.out.Messages++
	s.people[r.Person] = true
	if s.then != nil && s.then.Revision() == r.Decided.Revision {
		s.out.Checked++
		if !Reproduced(s.then, r, m) {
			s.out.Different++
		}
	}
	d := s.fresh.Decide(m)
	if r.Observed { // whatever a policy says, it goes on as it is
		return
	}
	stopped := func(action string) bool {
		return action == policy.Block.String() || action == policy.Coach.String() || action == policy.Justify.String() || action == policy.Approve.String()
	}
	was, is := r.Decided.Action, d.Summary()
	switch {
	case stopped(is) && !stopped(was):
		s.count(0, d.Rule, r)
	case stopped(was) && !stopped(is):
		s.count(1, r.Decided.Rule, r)
	case stopped(was):
	case len(d.Redact) > 0 && r.Decided.Redacted == 0:
		s.count(2, d.Rule, r)
	case r.Decided.Redacted > 0 && len(d.Redact) == 0:
		s.count(3, r.Decided.Rule, r)
	}
}

func (s *Simulator) count(kind int, rule string, r *Record) {
	t := s.effects[kind][rule]
	if t == nil {
		t = &tally{people: map[string]bool{}, example: r.Incident}
		s.effects[kind][rule] = t
	}
	t.messages++
	t.people[r.Person] = true
}

// Result is the simulation so far.
func (s *Simulator) Result() Simulation {
	out := s.out
	out.People = len(s.people)
	for i, to := range []*[]Effect{&out.Blocked, &out.Passed, &out.Redacted, &out.Clear} {
		*to = []Effect{}
		for rule, t := range s.effects[i] {
			*to = append(*to, Effect{rule, t.messages, len(t.people), t.example})
		}
		slices.SortFunc(*to, func(a, b Effect) int { return cmp.Or(b.Messages-a.Messages, cmp.Compare(a.Rule, b.Rule)) })
	}
	return out
}

// Reproduced reports whether p makes the recorded decision of the message again.
// A message that could not be edited was decided twice; its record is of the
// second time, with the gap.
func Reproduced(p *policy.Policy, r *Record, m policy.Message) bool {
	d := p.Decide(m)
	x := &r.Decided
	if r.Observed { // enforced as log at most
		return d.Intended.String() == x.Intended && slices.Equal(d.Rules, x.Rules)
	}
	if d.Gate < policy.Coach && len(d.Redact) != x.Redacted {
		return false
	}
	return d.Summary() == x.Action && d.Verdict() == x.Verdict && d.Intended.String() == x.Intended && d.Rule == x.Rule && slices.Equal(d.Rules, x.Rules) && string(d.Gap) == x.Gap
}

// Readiness is what each rule has done, or would have, in recorded messages.
type Readiness struct {
	Rule      string
	Messages  int // in which it matched
	Acted     int // in which it decided and was carried out
	WouldAct  int // in which it decided, and monitor mode held it back
	People    int
	PerPeople float64 // messages by person
}

// A Review gathers readiness.
type Review struct {
	rules map[string]*review
}

type review struct {
	Readiness
	people map[string]bool
}

// NewReview makes one.
func NewReview() *Review { return &Review{rules: map[string]*review{}} }

// Add reads one record.
func (v *Review) Add(r *Record) {
	for _, id := range r.Decided.Rules {
		t := v.rules[id]
		if t == nil {
			t = &review{Readiness: Readiness{Rule: id}, people: map[string]bool{}}
			v.rules[id] = t
		}
		t.Messages++
		t.people[r.Person] = true
		if id != r.Decided.Rule {
			continue
		}
		switch {
		case r.Decided.Action != r.Decided.Verdict:
			t.WouldAct++
		case r.Decided.Action != policy.Allow.String() && r.Decided.Action != policy.Log.String():
			t.Acted++
		}
	}
}

// Result are the rules, those that matched most first.
func (v *Review) Result() (out []Readiness) {
	for _, t := range v.rules {
		t.People = len(t.people)
		t.PerPeople = float64(t.Messages) / float64(max(t.People, 1))
		out = append(out, t.Readiness)
	}
	slices.SortFunc(out, func(a, b Readiness) int { return cmp.Or(b.Messages-a.Messages, cmp.Compare(a.Rule, b.Rule)) })
	return out
}

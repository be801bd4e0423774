package policy

import (
	"slices"
	"time"

	"github.com/promptgate/promptgate/rules/strict"
)

// An exception lets through what rules would stop, in a scope, until it expires.
// With conditions on findings, the rules do not count those findings; without,
// the rules do not match at all. What is let through is recorded.
type exception struct {
	id      string
	scope   scope
	filter  filter
	finds   bool // has conditions on findings
	rules   []int32
	expires time.Time

	reason, approved string
}

// An overlay is a mode for the members of some groups.
type overlay struct {
	id     string
	groups []string // globs; "*" is everybody
	mode   mode
	until  time.Time // the mode holds until then; zero: always
}

// A mode is how far decisions are carried out. The strictest of several holds.
type mode uint8

const (
	monitorMode mode = iota
	coachMode
	enforceMode
)

var modeNames = [...]string{monitorMode: "monitor", coachMode: "coach", enforceMode: "enforce"}

// modeFor is the mode for the sender of a message.
func (p *Policy) modeFor(m *Message) mode {
	if m.Emergency && slices.Contains(p.breakGlass, modeNames[monitorMode]) {
		return monitorMode
	}
	out, any := monitorMode, false
	for i := range p.overlays {
		o := &p.overlays[i]
		if !memberOf(o.groups, m.Principal.Groups) {
			continue
		}
		own := o.mode
		if expired(o.until, m.Time) {
			own = enforceMode
		}
		out, any = max(out, own), true
	}
	if !any {
		return enforceMode
	}
	return out
}

func memberOf(patterns, groups []string) bool {
	return slices.Contains(patterns, "*") || anyOf(patterns, groups)
}

// An exempt is groups whose connections to providers are not opened.
type exempt struct {
	id      string
	groups  []string // globs
	action  Action   // Refuse or Tunnel
	reason  string
	expires time.Time
}

// exceptions reads the [[exception]] tables, once all rules are there.
func (l *loader) exceptions() {
	named := l.named()
	for _, x := range merge(l, "exception", func(f *fileEntry) []exceptionEntry { return f.Exceptions }, func(e *exceptionEntry) string { return e.ID }) {
		l.doc = x.doc
		l.id("exception", x.path, x.e.ID)
		when := x.path + ".when"
		e := exception{id: x.e.ID, scope: l.scope(when, &x.e.When.scopeEntry), filter: l.filter(when, &x.e.When.filterEntry), finds: l.hasAny(when, filterKeys),
			reason: x.e.Reason, approved: x.e.Approved,
			expires: l.expiry(x.path+".expires", x.e.Expires, "an exception ends by itself")}
		if x.e.When.Confidence != "" {
			e.filter.confidence = l.confidence(when+".confidence", x.e.When.Confidence, Allow)
		}
		if e.scope.empty {
			l.bad(when, "an exception for everybody everywhere is another policy: say for whom or where it is")
		}
		for key, value := range map[string]string{"reason": x.e.Reason, "approved_by": x.e.Approved} {
			if value == "" {
				l.bad(x.path+"."+key, "%s is missing: an exception is made by someone, for a reason", key)
			}
		}
		l.given(x.path+".rules", len(x.e.Rules))
		if !l.doc.Has(x.path + ".rules") {
			l.bad(x.path+".rules", "rules is missing: say which rules it is from")
		}
		for i, id := range x.e.Rules {
			r, known := named[id]
			if !known {
				l.badAt(x.path+".rules", i, "there is no rule %q", id).Hint = strict.Suggest(id, l.ruleIDs())
				continue
			}
			e.rules = append(e.rules, r)
			l.p.rules[r].exceptions = append(l.p.rules[r].exceptions, int32(len(l.p.exceptions)))
		}
		l.p.exceptions = append(l.p.exceptions, e)
	}
}

// overlays reads the modes of groups; their rules have been read with the others.
func (l *loader) overlays() {
	for _, x := range merge(l, "overlay", func(f *fileEntry) []overlayEntry { return f.Overlays }, func(e *overlayEntry) string { return e.ID }) {
		l.doc = x.doc
		l.id("overlay", x.path, x.e.ID)
		o := overlay{id: x.e.ID, groups: l.names(x.path+".user_group", "a name", x.e.UserGroup, nil)}
		if len(o.groups) == 0 && !l.wrong(x.path+".user_group") {
			l.bad(x.path+".user_group", `user_group is missing: ["*"] is everybody`)
		}
		if x.e.Mode == "" && len(x.e.Rules) > 0 {
			continue // rules of its own, and no mode
		} else {
			o.mode = mode(l.word(x.path+".mode", "mode", x.e.Mode, modeNames[:]))
			if x.e.Mode == "" {
				l.bad(x.path+".mode", "mode is missing: monitor, coach or enforce")
			}
		}
		if x.e.EnforceFrom != nil {
			o.until = l.instant(x.path+".enforce_from", *x.e.EnforceFrom)
			if o.mode == enforceMode {
				l.bad(x.path+".enforce_from", "it is enforced already: say which mode holds until then, monitor or coach")
			}
		}
		l.p.overlays = append(l.p.overlays, o)
	}
}

// exempts reads the [[exempt]] tables.
func (l *loader) exempts() {
	for _, x := range merge(l, "exempt", func(f *fileEntry) []exemptEntry { return f.Exempt }, func(e *exemptEntry) string { return e.ID }) {
		l.doc = x.doc
		l.id("exempt", x.path, x.e.ID)
		e := exempt{id: x.e.ID, groups: l.names(x.path+".user_group", "a name", x.e.UserGroup, nil), reason: x.e.Reason,
			expires: l.expiry(x.path+".expires", x.e.Expires, "what is not looked at is looked at again")}
		if len(e.groups) == 0 && !l.wrong(x.path+".user_group") || slices.Contains(e.groups, "*") {
			l.bad(x.path+".user_group", "say which groups are exempt; everybody cannot be")
		}
		switch x.e.Action {
		case Tunnel.String():
			e.action = Tunnel
		case Refuse.String():
		default:
			l.bad(x.path+".action", "what happens to their connections instead? %q or %q", Refuse.String(), Tunnel.String())
		}
		for key, value := range map[string]string{"reason": x.e.Reason, "approved_by": x.e.Approved} {
			if value == "" {
				l.bad(x.path+"."+key, "%s is missing: who is exempt is exempt by someone's decision, for a reason", key)
			}
		}
		l.p.exempts = append(l.p.exempts, e)
	}
}

// stricter reads the [[stricter]] tables.
func (l *loader) stricters() {
	for _, x := range merge(l, "stricter", func(f *fileEntry) []stricterEntry { return f.Stricter }, func(e *stricterEntry) string { return e.ID }) {
		l.doc = x.doc
		l.id("stricter", x.path, x.e.ID)
		s := stricter{x.e.ID, l.scope(x.path+".when", &x.e.When)}
		if s.scope.empty {
			l.bad(x.path+".when", "no condition: when is it one step stricter?")
		}
		l.p.stricters = append(l.p.stricters, s)
	}
}

// A stricter moves coach, justify and approve one gate up where it holds.
type stricter struct {
	id    string
	scope scope
}

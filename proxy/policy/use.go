package policy

import (
	"math/bits"
	"slices"
	"time"
)

// Risk says how much is at stake where a message goes, apart from what is in it.
type Risk struct{ DataExposure, ExternalServices, Persistence RiskLevel }

// RiskLevel orders risks. The zero value is none that is known.
type RiskLevel uint8

// The levels of risk.
const (
	RiskNone RiskLevel = iota
	RiskLow
	RiskMedium
	RiskHigh
)

var riskNames = [...]string{RiskNone: "none", RiskLow: "low", RiskMedium: "medium", RiskHigh: "high"}

// String is the name of a level in policy files.
func (r RiskLevel) String() string { return riskNames[min(int(r), len(riskNames)-1)] }

func (r Risk) atLeast(o Risk) bool {
	return r.DataExposure >= o.DataExposure && r.ExternalServices >= o.ExternalServices && r.Persistence >= o.Persistence
}

func (r Risk) union(o Risk) Risk {
	return Risk{max(r.DataExposure, o.DataExposure), max(r.ExternalServices, o.ExternalServices), max(r.Persistence, o.Persistence)}
}

// ListState is what an allow-list says of something that is used.
type ListState uint8

// The states.
const (
	Approved ListState = iota // on the list, and still valid
	Disabled                  // on the list, as not to be used
	Expired                   // was approved until a moment that has passed
	Unlisted                  // not on the list
)

var stateNames = [...]string{Approved: "approved", Disabled: "disabled", Expired: "expired", Unlisted: "unlisted"}

// A stateSet is a set of states.
type stateSet uint8

func (s stateSet) has(states []ListState) bool {
	for _, x := range states {
		if s&(1<<x) != 0 {
			return true
		}
	}
	return false
}

// A feature is a row of the table of tools, connectors and modes.
type feature struct {
	id         string
	facts      []factGlob
	activities []string
	endpoints  []string
	enabled    bool
	expires    time.Time // zero: never
	risk       Risk
}

// A gpt is a row of the allow-list of GPTs.
type gpt struct {
	id      string // glob
	expires time.Time
	risk    Risk
}

// maxFeatures is how many rows the table of features has at most.
const maxFeatures = 64

// governed are the facts whose values features list: another value of theirs is
// a feature that is not listed.
var governed = []string{"agent", "connector", "hint", "repository", "source", "tool"}

// A usage is what a message makes use of, seen once for all rules.
type usage struct {
	tenancy  Tenancy
	gpts     stateSet
	features [len(stateNames)]uint64 // rows in use, by state
	unlisted bool                    // something is in use that no row lists
	risk     Risk
}

// uses reports whether a feature of the mask, or any, is in use in one of the states.
func (u *usage) uses(mask uint64, any bool, states []ListState) bool {
	if any {
		mask = ^uint64(0)
	}
	if len(states) == 0 {
		return (u.features[Approved]|u.features[Disabled]|u.features[Expired])&mask != 0
	}
	for _, s := range states {
		if u.features[s]&mask != 0 || s == Unlisted && any && u.unlisted {
			return true
		}
	}
	return false
}

// usage looks at a message once.
func (p *Policy) usage(m *Message) (u usage) {
	u.tenancy = p.tenants.tenancy(m)
	u.risk = p.apps[m.App]
	var on uint64
	for i := range m.Facts {
		f := &m.Facts[i]
		if f.Name == "gizmo" {
			p.seeGPT(&u, f.Value, m.Time)
			continue
		}
		rows, known := p.factRows[f.Name]
		if !known {
			continue
		}
		listed := false
		for _, r := range rows {
			if glob(r.value, f.Value) {
				on |= 1 << r.row
				listed = true
			}
		}
		if !listed && slices.Contains(governed, f.Name) {
			u.unlisted = true
		}
	}
	for _, r := range p.activityRows {
		if m.Activity != "" && glob(r.value, m.Activity) {
			on |= 1 << r.row
		}
	}
	for _, r := range p.endpointRows {
		if m.Endpoint != "" && glob(r.value, m.Endpoint) {
			on |= 1 << r.row
		}
	}
	for left := on; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		f := &p.features[i]
		u.risk = u.risk.union(f.risk)
		u.features[f.state(m.Time)] |= 1 << i
	}
	return u
}

func (f *feature) state(now time.Time) ListState {
	switch {
	case !f.enabled:
		return Disabled
	case expired(f.expires, now):
		return Expired
	}
	return Approved
}

// expired reports whether something is over. Where the time is not known, it is.
func expired(at, now time.Time) bool { return !at.IsZero() && (now.IsZero() || !now.Before(at)) }

// seeGPT looks up a GPT. A project (g-p-…) is the person's own folder, not a GPT.
func (p *Policy) seeGPT(u *usage, id string, now time.Time) {
	if !IsGPT(id) {
		return
	}
	state := Unlisted
	for i := range p.gpts {
		g := &p.gpts[i]
		if !glob(g.id, id) {
			continue
		}
		u.risk = u.risk.union(g.risk)
		if !expired(g.expires, now) {
			state = Approved
			break
		}
		state = Expired
	}
	u.gpts |= 1 << state
}

// IsGPT reports whether the value of the fact gizmo names a GPT, and not a
// project. What is neither may be a GPT.
func IsGPT(gizmo string) bool { return gizmo != "" && gizmo != "null" && !glob("g-p-*", gizmo) }

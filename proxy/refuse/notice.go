package refuse

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
)

const (
	maxKinds   = 8   // kinds named in one refusal
	maxPlaces  = 3   // places named for each
	maxLocator = 160 // bytes shown of one locator
	maxReason  = 512 // bytes shown of a sentence that comes with the problem
)

// A notice is everything that a refusal says, before it has a format.
type notice struct {
	status       int
	class        string // "type" in JSON
	code, param  string
	proxyError   string // of the header Proxy-Status
	title        string
	lead         string // what happened, without its full stop when kinds follow
	kinds        []kindAt
	text, reason string // sentences; either may be empty
	next         string
	rule         string
	incident     string
	host         string
}

// A kindAt is a kind of content and where it stands.
type kindAt struct{ Kind, Places string }

// stopped collects what is said of a stopped message.
func (w *words) stopped(s Stop) notice {
	gate := s.Decision.Intended
	lead := w.Frame.Stopped
	switch {
	case s.Decision.Gate == policy.Coach:
		gate, lead = policy.Coach, w.Frame.Held
	case gate < policy.Coach:
		gate = policy.Block
	}
	g := w.Gates[gate.String()]
	n := notice{
		class: "invalid_request_error", code: codeBlocked, proxyError: "http_request_denied",
		title: g.Title, lead: lead, text: g.Text, reason: clip(s.Decision.Reason, maxReason), next: clip(s.Decision.Guidance, maxReason),
		rule: s.Decision.Rule, incident: s.Incident,
	}
	l := kindList{words: w}
	for _, i := range s.Decision.Deciding {
		if i < 0 || i >= len(s.Findings) {
			continue
		}
		f := s.Findings[i]
		title := ""
		if s.Titles != nil {
			title = s.Titles(f.Type)
		}
		category := w.Category[f.Type.Category()]
		if title == "" {
			title = category.Title
		}
		l.add(title, f.Locator)
		if n.next == "" {
			n.next = category.Next
		}
	}
	if gap := s.Decision.Gap; gap != "" {
		p := w.Gaps[string(gap)]
		l.add(p.Title, "")
		for _, x := range s.Gaps {
			if x.Cause == gap {
				l.add(p.Title, gapLocator(x))
			}
		}
		if n.reason == "" {
			n.reason = p.Text
		}
		if n.next == "" {
			n.next = p.Next
		}
	}
	switch {
	case s.Answer: // sentences of rules and categories are about what somebody sends
		n.title, n.lead, n.text, n.reason, n.next = w.Frame.WithheldTitle, w.Frame.Withheld, "", "", w.Frame.WithheldNext
	case n.next == "":
		n.next = g.Next
	case s.Decision.Gate == policy.Coach:
		n.next += " " + g.Next // how to go on stands nowhere else
	}
	n.kinds, n.param = l.kinds(), l.first
	return n
}

// gapLocator is where a gap stands, or "" when its locator is a place in our
// own code: of no use to the person.
func gapLocator(g detectors.Gap) string {
	if g.Cause == detectors.CauseEngineError || g.Cause == detectors.CauseParserCrash {
		return ""
	}
	return g.Locator
}

// A kindList collects the places of each kind in the order of first sight.
type kindList struct {
	words  *words
	order  []string
	places map[string][]string
	first  string // the first place of all
}

func (l *kindList) add(kind, place string) {
	if kind == "" {
		return
	}
	if l.places == nil {
		l.places = map[string][]string{}
	}
	if !slices.Contains(l.order, kind) {
		l.order = append(l.order, kind)
	}
	if place = clip(place, maxLocator); place == "" || slices.Contains(l.places[kind], place) {
		return
	}
	if l.first == "" {
		l.first = place
	}
	l.places[kind] = append(l.places[kind], place)
}

func (l *kindList) kinds() []kindAt {
	var out []kindAt
	for i, k := range l.order {
		if i == maxKinds {
			out = append(out, kindAt{Kind: l.words.more(len(l.order) - i)})
			break
		}
		out = append(out, kindAt{k, l.words.list(l.places[k], maxPlaces)})
	}
	return out
}

// list joins items as a sentence does, at most limit of them.
func (w *words) list(items []string, limit int) string {
	if len(items) > limit {
		items = append(slices.Clone(items[:limit]), w.more(len(items)-limit))
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + w.Frame.And + " " + items[last]
}

func (w *words) more(n int) string { return fill(w.Frame.More, "n", fmt.Sprint(n)) }

// problem collects what is said of a request that cannot be carried.
func (w *words) problem(p Problem) notice {
	said, ok := w.Problems[string(p.Cause)]
	if !ok {
		p.Cause, said = CauseInternal, w.Problems[string(CauseInternal)]
	}
	reason := p.Reason
	if p.Cause == CauseAuth {
		reason = ""
		if a, ok := w.Auth[p.Reason]; ok {
			said = a
		}
	}
	host := p.Host
	if host == "" {
		host = w.Frame.Host
	}
	class := "invalid_request_error"
	if p.Cause.Status() >= 500 {
		class = "server_error"
	}
	return notice{
		class: class, code: "promptgate_" + string(p.Cause), proxyError: p.Cause.proxyError(),
		title: said.Title, lead: fill(said.Text, "host", clip(host, maxLocator)), reason: clip(reason, maxReason),
		next: fill(said.Next, "host", clip(host, maxLocator)), incident: p.Incident, host: p.Host,
	}
}

// line is the whole notice as running text.
func (w *words) line(n notice) string {
	parts := make([]string, 0, 6)
	lead := n.lead
	if len(n.kinds) > 0 {
		named := make([]string, len(n.kinds))
		for i, k := range n.kinds {
			named[i] = k.Kind
			if k.Places != "" {
				named[i] = fill(fill(w.Frame.Kind, "kind", k.Kind), "places", k.Places)
			}
		}
		lead += ": " + strings.Join(named, "; ")
	}
	parts = append(parts, stop(lead))
	for _, s := range []string{n.reason, n.text, n.next} {
		if s != "" {
			parts = append(parts, stop(s))
		}
	}
	if n.rule != "" {
		parts = append(parts, fill(w.Frame.Rule, "rule", n.rule))
	}
	if n.incident != "" {
		parts = append(parts, fill(w.Frame.Incident, "incident", n.incident))
	}
	return strings.Join(parts, " ")
}

// fill puts value in the place of {name}.
func fill(text, name, value string) string { return strings.ReplaceAll(text, "{"+name+"}", value) }

// stop ends a sentence that has no end of its own.
func stop(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

// clip makes s fit for a line of text: no control characters, at most limit
// bytes, cut between characters.
func clip(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	cut := 0
	for i := range s {
		if i > limit-len("…") {
			break
		}
		cut = i
	}
	return s[:cut] + "…"
}

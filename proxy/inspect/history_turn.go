package inspect

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/redact"
)

// A past is what is known of the documents of one message.
type past struct {
	marks    map[int]mark // of documents with findings
	end      mark         // of the last word of the person; zero until it is asked for
	handled  map[int]bool // documents that were let through before, or are taken out now
	withheld map[int]bool // documents that are taken out as a whole
	fresh    int          // findings before it stand in documents that are not handled
	values   []redact.Numbered
	around   string // the circumstances; "" until they are asked for
	used     bool   // the message goes on because of it
}

// Withheld is what a document becomes that was stopped and is in the past of a
// conversation that goes on.
const Withheld = "[WITHHELD_BY_POLICY]"

// recall asks what was decided before about the documents with findings. A panic on
// the way leaves the message as it would be without a past.
func (m *message) recall() {
	h := m.i.history
	if len(m.findings) == 0 || len(m.findings) >= maxFindings || m.walk == nil || m.observed() {
		return
	}
	defer func() {
		if recover() != nil {
			m.past = past{}
		}
	}()
	m.past.marks, m.past.fresh = map[int]mark{}, len(m.findings)
	around := m.around()
	var stoppedDocs []int
	for i := range m.findings {
		doc := m.findings[i].Doc
		if _, ok := m.past.marks[doc]; ok || doc >= m.outside {
			continue
		}
		k, ok := m.mark(around, doc)
		if !ok {
			continue
		}
		m.past.marks[doc] = k
		switch as, values := h.recall(k, m.start); as {
		case passed:
			m.handle(doc)
			m.past.values = append(m.past.values, values...)
		case stopped:
			stoppedDocs = append(stoppedDocs, doc)
		}
	}
	m.withhold(stoppedDocs)
	if len(m.past.handled) == 0 {
		return
	}
	old := func(f *policy.Finding) int {
		if m.past.handled[f.Doc] {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(m.findings, func(a, b policy.Finding) int { return cmp.Compare(old(&a), old(&b)) })
	m.past.fresh = slices.IndexFunc(m.findings, func(f policy.Finding) bool { return m.past.handled[f.Doc] })
}

func (m *message) handle(doc int) {
	if m.past.handled == nil {
		m.past.handled = map[int]bool{}
	}
	m.past.handled[doc] = true
}

// mark is of a document in its circumstances.
func (m *message) mark(around string, doc int) (k mark, ok bool) {
	text, ok := m.walk.DocText(nil, doc, maxRememberedText)
	if !ok {
		return k, false
	}
	return m.i.history.digest(around+string(m.docs[doc].Role), text), true
}

// withhold says which documents that were stopped are taken out: those before the
// last word of a person, if that is not what the stopped message ended with. A
// program that sends the same again, and instructions, are stopped again.
func (m *message) withhold(docs []int) {
	if len(docs) == 0 {
		return
	}
	at := m.lastWord()
	if at < 0 {
		return
	}
	if as, _ := m.i.history.recall(m.past.end, m.start); as == last {
		return
	}
	for _, doc := range docs {
		if d := &m.docs[doc]; doc < at && (d.Role == content.RoleUser || d.Role == content.RoleTool || d.Role == content.RoleAssistant) {
			if m.past.withheld == nil {
				m.past.withheld = map[int]bool{}
			}
			m.past.withheld[doc] = true
			m.handle(doc)
		}
	}
}

// lastWord is the last document of a person, and notes its mark; -1 when there is
// none.
func (m *message) lastWord() int {
	for doc := m.outside - 1; doc >= 0; doc-- {
		if m.docs[doc].Role == content.RoleUser {
			if m.past.end == (mark{}) {
				m.past.end, _ = m.mark("last\x00"+m.around(), doc)
			}
			return doc
		}
	}
	return -1
}

// around are the circumstances of a message that policies ask about, but for what
// is found: what was let through to one place says nothing of another.
func (m *message) around() string {
	if m.past.around != "" {
		return m.past.around
	}
	t, p := m.tenant(), &m.r.Principal
	parts := []string{
		m.who(), string(p.Method), p.Network, p.Device, strings.Join(p.Groups, "\x01"), m.rules.Policy.Revision(), m.r.Endpoint.ID, m.r.Endpoint.App,
		t.Workspace, t.Organization, t.Project, t.Key,
	}
	if t.Anonymous {
		parts = append(parts, "anonymous")
	}
	var facts []string
	for _, f := range m.facts {
		switch f.Name {
		case "agent", "connector", "gizmo", "hint", "mode", "model", "repository", "search", "source", "temporary", "tool":
			facts = append(facts, f.Name+"="+f.Value)
		}
	}
	slices.Sort(facts)
	m.past.around = strings.Join(append(parts, slices.Compact(facts)...), "\x00") + "\x00"
	return m.past.around
}

// reconsider asks the policy again about what is new in a message that it would
// stop: what was let through before stops nothing more, and what was stopped before
// is taken out. What is to be edited stays so.
func (m *message) reconsider(ask policy.Message) policy.Message {
	if m.decision.Gate < policy.Coach || len(m.past.handled) == 0 {
		return ask
	}
	all := m.decision.Redact
	ask.Findings, ask.Totals = m.findings[:m.past.fresh], totalsIn(m.findings[:m.past.fresh])
	ask.Spent = nil
	whole := m.findings
	m.findings = ask.Findings
	m.spend(&ask)
	m.findings = whole
	m.decision, m.asked = decide(m.rules.Policy, ask), ask
	own := m.decision
	m.own = &own
	if m.decision.Gate >= policy.Coach {
		return ask
	}
	edits := slices.Clone(m.decision.Redact)
	for _, x := range all {
		if f := &m.findings[x.Finding]; x.Finding >= m.past.fresh && !m.past.withheld[f.Doc] {
			edits = append(edits, x)
		}
	}
	for i := m.past.fresh; i < len(m.findings); i++ {
		if m.past.withheld[m.findings[i].Doc] {
			edits = append(edits, policy.Redaction{Finding: i, Operator: string(redact.Drop)})
		}
	}
	m.decision.Redact, m.past.used = edits, true
	return ask
}

// takeOut are the edits that take documents out. ok is false when one has no place.
func (m *message) takeOut() (edits []content.Edit, ok bool) {
	if !m.past.used {
		return nil, true
	}
	for doc := range m.past.withheld {
		text, ok := m.walk.DocText(nil, doc, maxRememberedText)
		places := m.walk.Places(doc, detectors.Span{End: len(text)})
		if !ok || len(places) == 0 {
			return nil, false
		}
		for i, p := range places {
			e := content.Edit{Place: p}
			if i == 0 {
				e.With = []byte(Withheld)
			}
			edits = append(edits, e)
		}
	}
	return edits, true
}

// takenOut reports whether the document of a finding goes as a whole.
func (m *message) takenOut(f *policy.Finding) bool { return m.past.used && m.past.withheld[f.Doc] }

// settlePast notes, while the text is still there, how a message ends that is
// stopped, or should be.
func (m *message) settlePast() {
	if len(m.past.marks) == 0 || m.walk == nil {
		return
	}
	defer func() { _ = recover() }() // the message is stopped again, the next time
	if max(m.decision.Gate, m.decision.Would) >= policy.Justify {
		m.lastWord()
	}
}

// note remembers what became of the documents with findings.
func (m *message) note(v *Verdict) {
	if len(m.past.marks) == 0 {
		return
	}
	h := m.i.history
	if v.Refusal == nil {
		as := passed
		if v.Decision.Would >= policy.Coach { // broken glass or monitor mode let it through, which decides nothing of the next time
			as = stopped
			if m.past.end != (mark{}) {
				h.remember(m.past.end, last, nil, m.start)
			}
		}
		for doc, k := range m.past.marks {
			if !m.past.used || !m.past.withheld[doc] {
				h.remember(k, as, m.numbers(doc), m.start)
			}
		}
		return
	}
	if v.Decision.Gate < policy.Justify || m.past.end == (mark{}) { // a notice may still be acknowledged
		return
	}
	some := false
	for _, i := range v.Decision.Deciding {
		if k, ok := m.past.marks[m.findings[i].Doc]; ok {
			h.remember(k, stopped, nil, m.start)
			some = true
		}
	}
	if some {
		h.remember(m.past.end, last, nil, m.start)
	}
}

// numbers are those of the placeholders in a document.
func (m *message) numbers(doc int) (out []redact.Numbered) {
	if m.edited == nil {
		return nil
	}
	for _, x := range m.decision.Redact {
		f := &m.findings[x.Finding]
		if f.Doc != doc {
			continue
		}
		placeholder := m.placeholder(f.Type)
		if n := m.edited.Number(placeholder, f.Digest); n > 0 {
			out = append(out, redact.Numbered{Placeholder: placeholder, Digest: f.Digest, Number: n})
		}
	}
	return out
}

func (m *message) placeholder(t detectors.InfoType) string {
	if info, ok := m.rules.Catalogue.InfoType(string(t)); ok {
		return info.Placeholder
	}
	return unnamed
}

// totalsIn counts findings.
func totalsIn(list []policy.Finding) []policy.Total {
	totals := map[totalKey]*total{}
	for i := range list {
		f := &list[i]
		k := totalKey{f.Type, f.Confidence.Level()}
		t := totals[k]
		if t == nil {
			t = &total{distinct: map[detectors.Digest]struct{}{}}
			totals[k] = t
		}
		t.count++
		t.distinct[f.Digest] = struct{}{}
	}
	return totalsOf(totals)
}

// follow says of each thread that the message goes on with whether its messages were
// inspected, and takes its name out of the facts.
func (m *message) follow() {
	for i := range m.facts {
		if f := &m.facts[i]; f.Name == "thread" && f.Value != content.Unlisted {
			m.threads = append(m.threads, f.Value)
			f.Value = m.inspected(f.Value)
		}
	}
	if m.r.Method == http.MethodGet || m.r.URL == nil {
		return
	}
	for _, id := range threadsInPath(m.r.Endpoint.Route, m.r.URL.Path) {
		m.threads = append(m.threads, id)
		m.facts = append(m.facts, content.Fact{Name: "thread", Value: m.inspected(id), Locator: "path"})
	}
}

// threadsInPath are the names that stand where a route has a conversation or thread.
func threadsInPath(route, path string) (out []string) {
	if !strings.Contains(route, "{thread") && !strings.Contains(route, "{conversation") {
		return nil
	}
	have := strings.Split(path, "/")
	for i, part := range strings.Split(route, "/") {
		if i < len(have) && (strings.HasPrefix(part, "{thread") || strings.HasPrefix(part, "{conversation")) {
			out = append(out, have[i])
		}
	}
	return out
}

// The values of the fact "thread".
const (
	threadInspected   = "inspected"   // this proxy has seen it begin, in the last half day
	threadUninspected = "uninspected" // what stands in it is not known
)

func (m *message) inspected(id string) string {
	if as, _ := m.i.history.recall(m.i.history.digest("thread\x00"+m.who(), []byte(id)), m.start); as == thread {
		return threadInspected
	}
	return threadUninspected
}

// began notes that a thread has begun with a message that was inspected: the
// provider's names for its answer and for the conversation. A thread that goes on
// from one that was not inspected is none that was.
func (v *Verdict) began(names ...string) {
	if v.Refusal != nil {
		return
	}
	for _, f := range v.Facts {
		if f.Name == "thread" && f.Value == threadUninspected {
			return
		}
	}
	i := v.inspector
	m := message{r: v.request}
	for _, id := range names {
		if id != "" && len(id) <= 128 { // a stream may end before it says
			i.history.remember(i.history.digest("thread\x00"+m.who(), []byte(id)), thread, nil, i.cfg.Now())
		}
	}
}

package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/content/stream"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/proxy/refuse"
)

// ErrEnded is what Write and Close of a Stream return once the policy has ended
// the answer: its last event was sent, and nothing of upstream's is to follow.
var ErrEnded = errors.New("inspect: the policy ended the answer")

// A Stream is an answer that is inspected while it goes on to the client. Bytes
// of upstream go in; events come out, in their order, when the text in them is
// settled. Of clean prose only the word that has not ended is held, and nothing
// longer than Config.MaxHold. An event in which nothing is changed goes out as it
// came, byte for byte.
//
// Write and Close belong to one goroutine; a timer of the stream's own may write
// beside it.
type Stream struct {
	a   *Answer
	i   *Inspector
	out func([]byte) error

	mu    sync.Mutex // guards the rest
	split stream.Splitter
	delta content.Delta // state of ChatGPT's encoding
	items map[string]*item
	queue []*held
	ready []byte // what is to be sent
	timer *time.Timer
	armed bool

	findings []policy.Finding
	at       []*item // of findings, where they stand
	planned  []bool  // findings whose edit is made, or cannot be
	totals   map[totalKey]*total
	known    map[knownValue]int // first finding of a value
	gaps     []detectors.Gap
	calls    []content.Fact // of tools
	docs     int
	news     bool // since the last decision
	decision policy.Decision
	asked    policy.Message
	names    redact.Names
	called   tools // when texts are rewritten
	told     bool  // the line above the first text

	ending  refuse.Ending // where the stream stands
	bytes   int64
	scanned int64
	took    time.Duration
	started time.Time
	blind   bool // inspection failed: the rest goes on unread, if the policy lets it
	over    bool // nothing more is sent
	err     error
}

// Format hides what the stream holds from every verb of package fmt.
func (s *Stream) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[answer to %s]", s.a.v.ID) }

type knownValue struct {
	infoType detectors.InfoType
	level    detectors.Confidence
	digest   detectors.Digest
}

const (
	// maxItems is how many texts of one answer may be open at a time.
	maxItems = 64
	// maxStreamFindings is how many findings of a streamed answer keep their places.
	maxStreamFindings = 2000
	// maxStreamGaps is how many gaps are kept.
	maxStreamGaps = 64
)

// Stream begins the inspection of an answer that comes event by event. out sends
// to the client, at once; its error ends the stream. admit is asked before n more
// bytes are kept for a large event, and told with -n that they are not any more.
func (a *Answer) Stream(out func([]byte) error, admit func(n int) bool) *Stream {
	s := &Stream{a: a, i: a.v.inspector, out: out, started: a.v.inspector.cfg.Now()}
	s.split.Framing, s.split.Admit = a.framing, admit
	s.ending = refuse.Ending{How: a.row.Stop, Lines: a.framing == stream.Lines}
	s.decide() // a policy may have something against any answer
	return s
}

// Write takes what came from upstream. After an error nothing more is sent.
func (s *Stream) Write(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return s.send()
	}
	begun := s.i.cfg.Now()
	s.bytes += int64(len(p))
	s.guarded(func() { s.keep(s.split.Write(p, s.event)) })
	s.release()
	s.took += s.i.age(begun)
	return s.send()
}

// Close ends the stream: what is open is decided and sent, but for half an event
// when the answer was cut off. It returns the Verdict of the answer, whose
// evidence is kept.
func (s *Stream) Close(ctx context.Context, cut bool) (*Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		begun := s.i.cfg.Now()
		if !cut {
			s.guarded(func() { s.keep(s.split.Close(s.event)) })
		}
		s.guarded(s.endAll)
		s.decideNews()
		s.release()
		for !s.over && len(s.queue) > 0 { // nothing holds it any more
			s.pop()
		}
		s.took += s.i.age(begun)
	}
	_ = s.send()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, it := range s.items {
		it.drop()
	}
	s.items, s.queue = nil, nil
	v := s.verdict()
	s.a.v.began(s.ending.Response, s.ending.Conversation)
	m := &message{i: s.i, rules: s.a.v.rules, r: v.request, before: s.a.v}
	s.a.record(ctx, v, m.recordEnded)
	return v, s.err
}

// Abandon ends a stream that was not closed: nothing is sent any more.
func (s *Stream) Abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// recordEnded records an answer of which everything was sent that ever will be.
func (m *message) recordEnded(ctx context.Context, v *Verdict) {
	if durable := m.i.cfg.Recorder.Record(ctx, m.r, v); durable != nil && v.Refusal != nil {
		await(durable, recordLimit)
	}
}

// verdict is what came of the answer as a whole.
func (s *Stream) verdict() *Verdict {
	before, r := s.a.v, s.a.request()
	r.streamed = s.bytes
	v := &Verdict{
		ID: before.ID, Decision: s.decision, Action: s.decision.Summary(), Findings: s.findings, Totals: totalsOf(s.totals), Gaps: s.gaps, Facts: slices.Concat(before.Facts, s.calls),
		Revision: before.Revision, Profile: before.Profile, Scanned: s.scanned, Took: s.took, Mode: Enforced, asked: s.asked, emergency: before.emergency,
		rules: before.rules, started: s.started, inspector: s.i, request: r,
	}
	if s.decision.Verdict() != v.Action {
		v.Mode = Monitored
	}
	if s.ended() {
		v.Refusal = &refuse.Refusal{}
	}
	return v
}

func (s *Stream) ended() bool { return s.decision.Gate >= policy.Coach }

// keep remembers the first error.
func (s *Stream) keep(err error) {
	if err != nil && s.err == nil {
		s.err, s.over = err, true
	}
}

// guarded runs a step; what panics in it leaves the rest of the stream unread.
func (s *Stream) guarded(step func()) {
	defer func() {
		if recover() != nil {
			s.blind = true
			s.gap(detectors.Gap{Cause: detectors.CauseEngineError, Locator: panicSite()})
			for _, h := range s.queue {
				h.parts = nil
			}
			s.items = nil // their scanners are not to be trusted, nor to be pooled
			s.decide()
		}
	}()
	step()
}

// send sends what is ready.
func (s *Stream) send() error {
	if len(s.ready) > 0 {
		if err := s.out(s.ready); err != nil {
			s.keep(err)
		}
		clear(s.ready)
		if s.ready = s.ready[:0]; cap(s.ready) > keptReady {
			s.ready = nil
		}
	}
	return s.err
}

// keptReady is the largest buffer that stays with an idle stream, in bytes.
const keptReady = 2 << 10

// gap notes what was not inspected.
func (s *Stream) gap(g detectors.Gap) {
	for i := range s.gaps {
		if s.gaps[i].Cause == g.Cause && s.gaps[i].Locator == g.Locator {
			s.gaps[i].Size += g.Size
			return
		}
	}
	s.news = true
	if len(s.gaps) < maxStreamGaps {
		s.gaps = append(s.gaps, g)
	}
}

// found takes a finding in a text.
func (s *Stream) found(it *item, f detectors.Finding) {
	f.Span = it.span(f.Span)
	value := knownValue{f.Type, f.Confidence.Level(), f.Digest}
	k, seen := s.known[value]
	if seen && it.again { // the text was told before, in pieces
		it.aliases = append(it.aliases, alias{k, f.Span})
		return
	}
	s.count(f)
	if len(s.findings) == maxStreamFindings {
		s.gap(detectors.Gap{Cause: detectors.CauseTooManyFindings})
		return
	}
	if s.known == nil {
		s.known = map[knownValue]int{}
	}
	if !seen {
		s.known[value] = len(s.findings)
	}
	s.findings = append(s.findings, policy.Finding{Finding: f, Doc: it.doc, Locator: it.locator, Role: it.role})
	s.at, s.planned = append(s.at, it), append(s.planned, false)
	s.news = true
}

// count adds a finding to the totals.
func (s *Stream) count(f detectors.Finding) {
	k := totalKey{f.Type, f.Confidence.Level()}
	t := s.totals[k]
	if t == nil {
		if s.totals == nil {
			s.totals = map[totalKey]*total{}
		}
		t = &total{distinct: map[detectors.Digest]struct{}{}}
		s.totals[k] = t
	}
	t.count++
	if len(t.distinct) < maxDistinct {
		t.distinct[f.Digest] = struct{}{}
	}
}

// decideNews asks the policy when there is something that it has not heard.
func (s *Stream) decideNews() {
	if s.news && !s.over {
		s.decide()
	}
}

// decide asks the policy about everything so far. Decisions only become stricter,
// so what was sent under an earlier one may not be undone, but is not wrong.
func (s *Stream) decide() {
	s.news = false
	s.ask()
	if len(s.gaps)+len(s.findings) > 0 && s.i.cfg.Recorder != nil && s.i.cfg.Recorder.Healthy() != nil {
		s.gap(detectors.Gap{Cause: detectors.CauseAuditUnwritable})
		s.ask()
	}
	if !s.ended() && !s.plan() {
		s.gap(detectors.Gap{Cause: detectors.CauseNotRewritable})
		due := s.decision.Redact
		s.ask()
		if s.ended() && len(s.decision.Deciding) == 0 {
			for _, x := range due {
				s.decision.Deciding = append(s.decision.Deciding, x.Finding)
			}
		}
	}
	s.news = false
	if s.ended() {
		s.stop()
	}
}

func (s *Stream) ask() {
	ask := s.a.v.answerAsk(s.i.cfg.Now())
	ask.Contents, ask.Findings, ask.Totals, ask.Gaps, ask.Facts = policy.Text, s.findings, totalsOf(s.totals), s.gaps, s.calls
	s.decision, s.asked = decide(s.a.v.rules.Policy, ask), ask
}

// plan makes the edits that are due. It reports false when one cannot be made:
// what it is about has been sent.
func (s *Stream) plan() (all bool) {
	all = true
	for _, x := range s.decision.Redact {
		if s.planned[x.Finding] {
			continue
		}
		s.planned[x.Finding] = true
		f, it := &s.findings[x.Finding], s.at[x.Finding]
		if !it.edit(f.Span, s.names.With(s.target(x.Finding, x.Operator))) && f.Late {
			all = false
		}
	}
	return all
}

// target is a finding as package redact takes it.
func (s *Stream) target(k int, operator string) *redact.Target {
	f := &s.findings[k]
	placeholder := "REDACTED"
	if t, ok := s.a.v.rules.Catalogue.InfoType(string(f.Type)); ok {
		placeholder = t.Placeholder
	}
	return &redact.Target{Span: f.Span, Placeholder: placeholder, Digest: f.Digest, Operator: redact.Operator(operator)}
}

// aliases makes the edits of values in a text that was told before.
func (s *Stream) alias(it *item) {
	for _, al := range it.aliases {
		for _, x := range s.decision.Redact {
			if x.Finding == al.finding {
				it.edit(al.span, s.names.With(s.target(x.Finding, x.Operator)))
				break
			}
		}
	}
	it.aliases = nil
}

// stop ends the answer with an event of ours; what is held is never sent.
func (s *Stream) stop() {
	if s.over {
		return
	}
	e := s.ending
	e.Stop = refuse.Stop{
		Decision: s.decision, Findings: s.findings, Gaps: s.gaps, Titles: s.a.title, Incident: s.a.v.ID,
		Endpoint: s.a.v.request.Endpoint, Method: s.a.v.request.Method, Header: s.a.v.request.Header,
	}
	s.ready = append(s.ready, s.a.v.rules.Messages.End(e)...)
	s.queue = nil
	s.over, s.err = true, ErrEnded
}

func (a *Answer) title(t detectors.InfoType) string {
	info, _ := a.v.rules.Catalogue.InfoType(string(t))
	return info.Title
}

// fire is the timer: text was held for as long as it may be.
func (s *Stream) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	if s.over || len(s.queue) == 0 {
		return
	}
	begun := s.i.cfg.Now()
	if begun.Sub(s.queue[0].at) >= s.patience(s.queue[0]) {
		s.guarded(s.flush)
		s.decideNews()
	}
	s.release()
	s.took += s.i.age(begun)
	_ = s.send()
}

// pointer is a locator as a JSON pointer.
func pointer(locator string) string {
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(locator)
}

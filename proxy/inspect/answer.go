package inspect

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/content/stream"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// An Answer is what came back for a message that was let through, on its way
// through the same steps: extract → scan → decide → enforce → record. It has the
// rules and the incident number of its message.
type Answer struct {
	// Streams reports whether it comes event by event, and is inspected so
	// ([Answer.Stream]); else it is held whole and decided once ([Answer.Hold]).
	Streams bool
	// Unread is set when nothing can be read of it (sound, pictures): Hold decides
	// about that gap, without a body.
	Unread *detectors.Gap

	v       *Verdict
	header  http.Header // of the answer
	row     *provider.Answer
	framing stream.Framing
}

// A Rewriter changes the text of one output item after it was inspected, as it
// is released: tokens that stand for values become the values again.
type Rewriter interface {
	// Write takes the next piece of the text and returns what may be released. What
	// it and Close return is valid until the next call.
	Write(p []byte) []byte
	// Pending reports whether something that was written is still kept back.
	Pending() bool
	// Flush returns what was kept back: it was waited for long enough. The text goes
	// on.
	Flush() []byte
	// Close ends the text and returns what was kept back.
	Close() []byte
}

// A Text is one output item, for who makes its Rewriter.
type Text struct {
	Locator string
	Role    content.Role
	JSON    bool   // it is itself JSON, in pieces: what is put in stands in its strings
	First   bool   // the first text of the assistant in a stream
	Event   string // type of the event that it came in, without ".delta"; "" of a whole answer
	Tool    string // that is called with it; "" when that is not known, or it is no call
}

// Answer says how the answer with a header is to be inspected; nil when it is not:
// the endpoint is observed or passed, it is a read (pages, lists, what was said
// before), or there is nothing in it. status is upstream's.
func (v *Verdict) Answer(status int, h http.Header) *Answer {
	if v.inspector == nil { // nobody's decision: a test's
		return nil
	}
	e := v.request.Endpoint
	if v.Refusal != nil || e.Mode != provider.Inspect || e.Answer == nil || v.request.Method == http.MethodHead || v.request.Method == http.MethodGet || status < 200 || status == http.StatusNoContent || status == http.StatusNotModified {
		return nil
	}
	a := &Answer{v: v, header: h, row: e.Answer}
	media, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	switch media = strings.TrimSpace(media); media {
	case "application/json":
	case "text/event-stream":
		a.Streams = true
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines", "text/jsonl":
		a.Streams, a.framing = true, stream.Lines
	default:
		switch kind, _, _ := strings.Cut(media, "/"); {
		case kind == "audio", kind == "video", media == "application/sdp": // the last begins a call
			a.Unread = &detectors.Gap{Cause: detectors.CauseAudio, Locator: "body"}
		case kind == "image" && media != "image/svg+xml":
			a.Unread = &detectors.Gap{Cause: detectors.CauseImage, Locator: "body"}
		}
	}
	return a
}

// request is what the answer is, in the words of a request.
func (a *Answer) request() *Request {
	r := *a.v.request
	e := *r.Endpoint
	e.Shape, e.Gaps = a.row.Shape, nil
	r.Endpoint, r.Header, r.URL, r.Gaps, r.Body = &e, a.header, nil, nil, nil
	return &r
}

// media is what the answer says of itself.
func (a *Answer) media() content.Media {
	coding := ""
	if c := a.header["Content-Encoding"]; len(c) > 0 {
		coding = strings.Join(c, ",")
	}
	return content.Media{ContentType: a.header.Get("Content-Type"), ContentEncoding: coding}
}

// Hold decides about an answer that is there whole, or about the gap that kept it
// from being read. Nil means that it goes on as it came, and that there is nothing
// to say of it. Else the Verdict is as of a request: a Refusal to send in its
// place, or the Body to send on, in the content coding that it came in. Done of it
// is not called.
func (a *Answer) Hold(ctx context.Context, body []byte, gap *detectors.Gap) *Verdict {
	v := a.v
	i := v.inspector
	start := i.cfg.Now()
	if gap == nil && len(body) <= quickBytes && !v.rewrites() && a.clean(ctx, body) {
		if c, ok := i.cfg.Recorder.(counter); ok {
			c.Count(v, i.age(start))
		}
		return nil
	}
	scan, cancel := context.WithTimeout(ctx, i.cfg.Timeout)
	defer cancel()
	m := &message{i: i, rules: v.rules, r: a.request(), start: start, before: v}
	m.r.Body = body
	if gap != nil {
		m.r.Gaps = []detectors.Gap{*gap}
	}
	m.extract(scan)
	m.decideAnswer()
	m.enforce()
	if m.walk != nil {
		m.walk.Release()
		m.walk = nil
	}
	out := m.verdict()
	v.began(threadNames(m.facts)...)
	out.Facts = slices.Concat(v.Facts, v.callsOf(m.facts)) // settings are the request's
	if v.rewrites() && out.Refusal == nil {
		a.rewrite(scan, out)
	}
	a.record(ctx, out, m.record)
	return out
}

// quickBytes is the largest answer that is looked through before anything is made
// ready for what may be found in it.
const quickBytes = 64 << 10

// clean reports whether there is nothing in an answer, and nothing that the policy
// has to say of it: the usual case, which costs a small call next to nothing. A
// panic is left to the inspection that follows.
func (a *Answer) clean(ctx context.Context, body []byte) (clean bool) {
	defer func() {
		if recover() != nil {
			clean = false
		}
	}()
	t := a.v.inspector.newTexts()
	quiet, some := true, false
	scan := func(text []byte, label string) bool {
		some = true
		found, gaps := a.v.rules.Engine.Scan(text, engine.Options{Label: label})
		quiet = len(found)+len(gaps) == 0
		return quiet
	}
	media := a.media()
	read := media.ContentType == "application/json" && media.ContentEncoding == "" && a.row.Shape.Quick(body, scan, t.Fact)
	if !read && quiet {
		t.facts = t.facts[:0]
		read = a.look(ctx, body, media, t, scan)
	}
	if !read || !quiet {
		a.v.inspector.releaseTexts(t)
		return false
	}
	ask := a.v.answerAsk(a.v.inspector.cfg.Now())
	if some {
		ask.Contents = policy.Text
	}
	ask.Facts = a.v.callsOf(t.facts)
	d := decide(a.v.rules.Policy, ask)
	if clean = d.Gate == policy.Allow && d.Would == policy.Allow; clean {
		a.v.began(threadNames(t.facts)...)
	}
	a.v.inspector.releaseTexts(t)
	return clean
}

// look reads what Quick leaves to a walk; false means that there is more to it.
func (a *Answer) look(ctx context.Context, body []byte, media content.Media, t *texts, scan func([]byte, string) bool) bool {
	w := content.NewWalk(a.row.Shape, media, a.v.inspector.cfg.Limits, t)
	if w.Run(ctx, body) != nil || len(t.gaps) > 0 {
		return false
	}
	w.Release()
	for k := range t.docs {
		if d := &t.docs[k]; d.Join != "" || !scan(t.of(k), d.label) {
			return false
		}
	}
	return true
}

// decideAnswer asks the policy about an answer; with something to record it is
// also asked about a log that cannot be written.
func (m *message) decideAnswer() {
	m.decide()
	if m.plain() || m.i.cfg.Recorder == nil || m.i.cfg.Recorder.Healthy() == nil {
		return
	}
	m.gaps = append(m.gaps, detectors.Gap{Cause: detectors.CauseAuditUnwritable})
	m.decide()
}

// plain reports whether there is nothing to say of a message.
func (m *message) plain() bool {
	return len(m.findings) == 0 && len(m.gaps) == 0 && m.decision.Gate == policy.Allow && m.decision.Would == policy.Allow
}

// record keeps the evidence of an answer, in a span of its own below that of the
// message. Of one in which nothing was found, and of which everything was read,
// it is only counted.
func (a *Answer) record(ctx context.Context, v *Verdict, record func(context.Context, *Verdict)) {
	rec := v.inspector.cfg.Recorder
	if rec == nil {
		return
	}
	if len(v.Totals) == 0 && len(v.Gaps) == 0 && v.Decision.Gate == policy.Allow && v.Decision.Would == policy.Allow {
		if c, ok := rec.(counter); ok {
			c.Count(a.v, v.Took)
		}
		return
	}
	if parent := trace.SpanFromContext(ctx); parent.IsRecording() {
		var span trace.Span
		ctx, span = parent.TracerProvider().Tracer("promptgate").Start(ctx, telemetry.SpanAnswer, trace.WithTimestamp(v.started))
		defer span.End()
	}
	record(ctx, v)
}

// A counter counts answers that need no evidence of their own.
type counter interface {
	Count(before *Verdict, took time.Duration)
}

// rewrite hands the texts of a whole answer to the Rewriter.
func (a *Answer) rewrite(ctx context.Context, v *Verdict) {
	texts := v.inspector.newTexts()
	defer v.inspector.releaseTexts(texts)
	w := content.NewWalk(a.row.Shape, a.media(), v.inspector.cfg.Limits, texts)
	if w.Run(ctx, v.Body) != nil {
		return
	}
	var edits []content.Edit
	var called tools
	called.note(texts)
	for k := range texts.docs {
		d := &texts.docs[k]
		r := v.inspector.cfg.Rewrite(a.v, Text{Locator: d.Locator, Role: d.Role, Tool: called.of(texts, d.Locator, "")})
		if r == nil {
			continue
		}
		text := texts.of(k)
		with := slices.Clone(r.Write(text)) // what a Rewriter returns is its own until the next call
		with = append(with, r.Close()...)
		if string(with) == string(text) {
			continue
		}
		for _, p := range w.Places(k, detectors.Span{End: len(text)}) {
			edits = append(edits, content.Edit{Place: p, With: with})
		}
	}
	if len(edits) > 0 {
		if body, err := w.Splice(append(edits, w.Twins()...)); err == nil {
			v.Body, v.Changed = body, true
		}
	}
	w.Release()
}

// age is how long ago a moment of the inspector's clock was.
func (i *Inspector) age(t time.Time) time.Duration { return i.cfg.Now().Sub(t) }

// Format hides what the answer holds from every verb of package fmt.
func (a *Answer) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[answer to %s]", a.v.ID) }

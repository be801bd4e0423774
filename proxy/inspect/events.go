package inspect

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/content/stream"
	"github.com/promptgate/promptgate/proxy/provider"
)

// A held is an event that is not sent yet.
type held struct {
	raw    []byte
	before content.Delta // state of the encoding at its beginning
	parts  []piece
	at     time.Time
	done   bool // its edits are known
}

// Format hides the event from every verb of package fmt.
func (h *held) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[event of %d bytes]", len(h.raw)) }

// A piece is where an event holds text of an item.
type piece struct {
	it         *item
	doc        int // number of the document in the event
	start, end int // in the text of the item
	state      jsonState
	edits      []itemEdit // relative to start
	text       []byte     // of a rewritten piece: all of it
	rewritten  bool
}

// add puts text behind a piece that is still here.
func (p *piece) add(text []byte) {
	if len(text) > 0 {
		p.text, p.rewritten = append(p.text, text...), true
	}
}

// event takes the next event.
func (s *Stream) event(e stream.Event) error {
	if s.over {
		return s.err
	}
	var parts []piece
	before := s.delta
	switch {
	case s.blind:
	case !e.Whole:
		cause := detectors.CauseDecodeError // the end of the stream in the middle of an event
		if len(e.Raw) >= stream.MaxEvent || s.split.Buffered() == 0 {
			cause = detectors.CauseOversize
		}
		s.gap(detectors.Gap{Cause: cause, Locator: "event", Size: int64(len(e.Raw))})
		s.decideNews()
	case e.Data == nil:
	case string(e.Data) == "[DONE]":
		s.endAll()
		s.decideNews()
	default:
		s.guarded(func() { parts = s.read(e) })
	}
	if s.over {
		return s.err
	}
	if len(s.queue) == 0 && !s.touched(parts) {
		s.ready = append(s.ready, e.Raw...)
		for i := range parts {
			parts[i].it.sent(parts[i].end)
		}
		return nil
	}
	s.queue = append(s.queue, &held{raw: slices.Clone(e.Raw), before: before, parts: slices.Clone(parts), at: s.i.cfg.Now()})
	return nil
}

// touched reports whether an event with these pieces has to wait, or is changed.
func (s *Stream) touched(parts []piece) bool {
	for i := range parts {
		p := &parts[i]
		if p.end > p.it.settled || p.it.rewriter != nil || len(p.it.within(p.start, p.end)) > 0 {
			return true
		}
	}
	return false
}

// walk reads the JSON of an event into t.
func (s *Stream) walk(data []byte, d *content.Delta, t *texts) *content.Walk {
	media := content.Media{ContentType: "text/plain"}
	if len(data) > 0 && (data[0] == '{' || data[0] == '[') {
		media.ContentType = "application/json"
	}
	row := s.a.row
	w := content.NewWalk(row.Shape, media, s.i.cfg.Limits, t)
	// The context bounds nothing here: an event is as large as it is.
	if row.Operations {
		_ = w.RunDelta(context.Background(), data, d)
	} else {
		_ = w.Run(context.Background(), data)
	}
	return w
}

// read scans the texts of an event and decides about what is found.
func (s *Stream) read(e stream.Event) []piece {
	t := s.i.newTexts()
	s.walk(e.Data, &s.delta, t).Release()
	defer s.i.releaseTexts(t)
	for _, g := range t.gaps {
		s.gap(g)
	}
	row := s.a.row
	typ := s.note(e, t)
	base, done := strings.CutSuffix(typ, ".done")
	if !done {
		base = strings.TrimSuffix(typ, ".delta")
	}
	if row.HandsOff(typ) {
		s.gap(detectors.Gap{Cause: detectors.CauseWebSocketUninspected, Locator: "stream_handoff"})
	}
	root := s.root(t, base)
	if row.Ends(typ) || row.Ends(string(e.Name)) {
		s.endAll()
	}
	if done { // the text comes again, whole
		for key, it := range s.items {
			if strings.HasPrefix(key, root) {
				s.end(it)
			}
		}
	}
	if s.a.v.rewrites() {
		s.called.note(t)
	}
	parts := make([]piece, 0, len(t.docs))
	for k := range t.docs {
		d, text := &t.docs[k], t.of(k)
		if d.Delta && row.Sound(base) {
			s.gap(detectors.Gap{Cause: detectors.CauseAudio, Locator: d.Locator, Size: int64(len(text))})
			continue
		}
		it, more := s.itemOf(t, d, root, base, text)
		var state jsonState
		if it.json != nil {
			state = it.json.state
		}
		it.write(more)
		it.unread++
		s.scanned += int64(len(more))
		p := piece{it: it, doc: k, start: it.end - len(more), end: it.end, state: state}
		if it.repeats {
			p.start = 0
		}
		if !d.Delta {
			it.close()
		}
		parts = append(parts, p)
	}
	s.ends(t)
	s.decideNews()
	for i := range parts {
		if it := parts[i].it; len(it.aliases) > 0 {
			s.alias(it)
		}
	}
	return parts
}

// note keeps what an event of ours must know of those before, and returns the
// type of the event.
func (s *Stream) note(e stream.Event, t *texts) (typ string) {
	typ = string(e.Name)
	for _, f := range t.facts {
		switch f.Name {
		case "type":
			if f.Locator == "type" {
				typ = f.Value
			}
		case "response":
			s.ending.Response = f.Value
		case "conversation":
			s.ending.Conversation = f.Value
		case "sequence":
			s.ending.Sequence = number(f.Value) + 1
		case provider.FactCall:
			if calls := s.a.v.calls(s.calls, f); len(calls) > len(s.calls) {
				s.calls, s.news = calls, true
			}
		case content.FactOperation:
			s.ending.Operations = true
			if f.Value == "add" && f.Locator == "body" { // another document begins
				s.endAll()
				s.ending.Pointer = ""
			}
		}
	}
	if typ == "delta_encoding" {
		s.ending.Operations = true
	}
	if typ != "" {
		s.ending.Event = typ
	}
	return typ
}

func number(digits string) (n int) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' || n > 1<<40 {
			return n
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// root is what all texts of an event have in common that tells them from others.
func (s *Stream) root(t *texts, base string) string {
	if t.ops > 0 {
		return ""
	}
	out := base
	for _, f := range t.facts {
		if f.Name == "item" {
			out += "\x00" + f.Value
		}
	}
	return out + "\x00"
}

// placed is a locator with the numbers that array elements have by their own
// account: a chunk of choice 2 has one element.
func placed(t *texts, locator string) string {
	if !strings.Contains(locator, "[") {
		return locator
	}
	var b strings.Builder
	at := 0
	for i := 0; i < len(locator); i++ {
		if locator[i] != ']' {
			continue
		}
		for _, f := range t.facts {
			if parent, ok := strings.CutSuffix(f.Locator, ".index"); ok && f.Name == "index" && parent == locator[:i+1] {
				open := strings.LastIndexByte(locator[:i], '[')
				b.WriteString(locator[at : open+1])
				b.WriteString(f.Value)
				at = i
				break
			}
		}
	}
	if at == 0 {
		return locator
	}
	b.WriteString(locator[at:])
	return b.String()
}

// itemOf finds or begins the item of a document, and says what its text adds.
func (s *Stream) itemOf(t *texts, d *textDoc, root, base string, text []byte) (*item, []byte) {
	if !d.Delta {
		it := s.newItem(d, d.Locator, "")
		s.rewrites(it, t, base)
		it.repeats = it.rewriter != nil
		return it, text
	}
	locator := placed(t, d.Locator)
	key := root + locator
	it := s.items[key]
	row := s.a.row
	repeats := row.Operations && d.op == ""
	more := text
	switch {
	case it == nil:
	case repeats != it.repeats, d.op == "add", d.op == "replace":
		s.end(it)
		it = nil
	case repeats:
		var ok bool
		if more, ok = it.goesOn(text, s.seed()); !ok {
			s.end(it)
			it = nil
		}
	}
	if it == nil {
		it, more = s.newItem(d, locator, key), text
		it.repeats = repeats
		if locator == "delta" && row.Arguments(base) || strings.HasSuffix(locator, "arguments") {
			it.json = &unescaper{}
		}
		if repeats {
			it.goesOn(text, s.seed())
		}
		s.rewrites(it, t, base)
		if t.ops > 0 && d.Role == content.RoleAssistant && strings.HasPrefix(locator, "message.content.parts[") {
			s.ending.Pointer = pointer(locator)
		}
	}
	return it, more
}

func (s *Stream) seed() maphash.Seed { return s.i.seed }

// newItem begins a text; one with a key goes on in later events.
func (s *Stream) newItem(d *textDoc, locator, key string) *item {
	it := &item{key: key, doc: s.docs, locator: locator, role: d.Role, again: key == ""}
	s.docs++
	it.scanner = s.a.v.rules.Engine.NewScanner(engine.Options{
		Label:   d.label,
		Found:   func(f detectors.Finding) { s.found(it, f) },
		Gap:     func(g detectors.Gap) { g.Locator = locator; s.gap(g) },
		Matched: it.match,
	})
	if key == "" {
		return it
	}
	if len(s.items) >= maxItems {
		s.gap(detectors.Gap{Cause: detectors.CauseWorkBudget, Locator: "stream"})
		oldest := (*item)(nil)
		for _, o := range s.items {
			if oldest == nil || o.doc < oldest.doc {
				oldest = o
			}
		}
		s.end(oldest)
	}
	if s.items == nil {
		s.items = map[string]*item{}
	}
	s.items[key] = it
	return it
}

// ends ends the texts of which an event says so.
func (s *Stream) ends(t *texts) {
	for _, f := range t.facts {
		if f.Name != "end" {
			continue
		}
		parent := ""
		if i := strings.LastIndexByte(f.Locator, '.'); i >= 0 {
			parent = placed(t, f.Locator[:i])
		}
		for _, it := range s.items {
			if strings.HasPrefix(it.locator, parent) {
				s.end(it)
			}
		}
	}
}

func (s *Stream) end(it *item) {
	it.close()
	delete(s.items, it.key)
}

func (s *Stream) endAll() {
	for _, it := range s.items {
		s.end(it)
	}
}

// flush decides what holds the first event.
func (s *Stream) flush() {
	for i := range s.queue[0].parts {
		p := &s.queue[0].parts[i]
		p.it.flush()
		if it := p.it; it.tail == p && it.rewriter != nil && s.i.age(s.queue[0].at) >= s.patience(s.queue[0]) {
			p.add(it.rewriter.Flush()) // it has had its time, too
			it.tail = nil
		}
	}
}

// rewrites gives an item what changes its text.
func (s *Stream) rewrites(it *item, t *texts, base string) {
	if !s.a.v.rewrites() {
		return
	}
	it.about = Text{Locator: it.locator, Role: it.role, JSON: it.json != nil, First: s.first(it), Event: base, Tool: s.called.of(t, it.locator, base)}
	it.rewriter = s.i.cfg.Rewrite(s.a.v, it.about)
}

// tokenHold is how long what may be the beginning of a token is held: a model that
// thinks in the middle of one is waited for longer than a text that is not certain.
const tokenHold = 2 * time.Second

// patience is how long an event is held.
func (s *Stream) patience(h *held) time.Duration {
	if h.done && h.waits() {
		return max(tokenHold, s.i.cfg.MaxHold)
	}
	return s.i.cfg.MaxHold
}

// release makes ready what may go, in order, and sees to the rest being looked at
// in time.
func (s *Stream) release() {
	s.guarded(func() {
		for _, h := range s.queue {
			if s.over || !h.settled() {
				break
			}
			s.finish(h)
		}
		for !s.over && len(s.queue) > 0 && s.queue[0].done && !s.queue[0].waits() {
			s.pop()
		}
	})
	if s.blind {
		for !s.over && len(s.queue) > 0 {
			s.pop()
		}
	}
	if s.over || len(s.queue) == 0 || s.armed {
		return
	}
	s.armed = true
	wait := max(0, s.patience(s.queue[0])-s.i.age(s.queue[0].at))
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.fire)
	} else {
		s.timer.Reset(wait)
	}
}

func (h *held) settled() bool {
	for i := range h.parts {
		if h.parts[i].end > h.parts[i].it.settled {
			return false
		}
	}
	return true
}

// waits reports whether a rewriter keeps the end of a text of h.
func (h *held) waits() bool {
	for i := range h.parts {
		if p := &h.parts[i]; p.it.tail == p && p.it.scanner != nil && p.it.rewriter.Pending() {
			return true
		}
	}
	return false
}

// finish finds out what changes in an event whose texts are settled.
func (s *Stream) finish(h *held) {
	if h.done {
		return
	}
	h.done = true
	if !s.touched(h.parts) {
		return
	}
	t := s.i.newTexts()
	defer s.i.releaseTexts(t)
	before := h.before
	s.walk(s.data(h.raw), &before, t).Release()
	for i := range h.parts {
		p := &h.parts[i]
		text := t.of(p.doc)
		p.edits = p.it.within(p.start, p.end)
		if p.it.json != nil {
			p.edits = jsonEdits(text, p.state, p.edits)
		}
		if p.it.rewriter != nil {
			p.it.unread--
			s.rewrite(p, text)
		}
	}
}

// rewrite gives what is left of a piece to its rewriter.
func (s *Stream) rewrite(p *piece, text []byte) {
	left, at := make([]byte, 0, len(text)), 0
	for _, e := range p.edits {
		left = append(append(left, text[at:e.start]...), e.with...)
		at = e.end
	}
	left = append(left, text[at:]...)
	it := p.it
	if it.repeats { // all of the text: from its beginning each time
		p.text = slices.Clone(it.rewriter.Write(left))
		p.text = append(p.text, it.rewriter.Close()...)
		it.rewriter = s.i.cfg.Rewrite(s.a.v, it.about)
	} else {
		p.text = slices.Clone(it.rewriter.Write(left))
		it.tail = p
		if it.scanner == nil && it.unread == 0 {
			p.text = append(p.text, it.rewriter.Close()...)
			it.tail = nil
		}
	}
	p.rewritten = string(p.text) != string(text)
}

// data is what an event that was kept carries.
func (s *Stream) data(raw []byte) (out []byte) {
	s.again(raw, func(e stream.Event) { out = slices.Clone(e.Data) })
	return out
}

// again cuts one whole event again.
func (s *Stream) again(raw []byte, f func(stream.Event)) {
	one := stream.Splitter{Framing: s.split.Framing}
	take := func(e stream.Event) error { f(e); return nil }
	_ = one.Write(raw, take)
	_ = one.Close(take)
}

// pop makes the first event ready, with its edits.
func (s *Stream) pop() {
	h := s.queue[0]
	s.queue[0] = nil
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	}
	changed := false
	for i := range h.parts {
		p := &h.parts[i]
		p.it.sent(p.end)
		changed = changed || p.rewritten || len(p.edits) > 0
	}
	if !changed {
		s.ready = append(s.ready, h.raw...)
		return
	}
	s.again(h.raw, func(e stream.Event) {
		t := s.i.newTexts()
		before := h.before
		w := s.walk(e.Data, &before, t)
		var edits []content.Edit
		ok := true
		for i := range h.parts {
			p := &h.parts[i]
			list := p.edits
			if p.rewritten {
				list = []itemEdit{{end: len(t.of(p.doc)), with: string(p.text)}}
			}
			for _, x := range list {
				places := w.Places(p.doc, detectors.Span{Start: x.start, End: x.end})
				ok = ok && len(places) > 0
				for k, pl := range places {
					one := content.Edit{Place: pl}
					if k == 0 {
						one.With = []byte(x.with)
					}
					edits = append(edits, one)
				}
			}
		}
		data, err := w.Splice(append(edits, w.Twins()...))
		if ok && err == nil {
			s.ready = e.With(s.ready, data)
		}
		w.Release()
		s.i.releaseTexts(t)
		if !ok || err != nil {
			s.gap(detectors.Gap{Cause: detectors.CauseNotRewritable})
			s.ask()
			s.stop()
		}
	})
}

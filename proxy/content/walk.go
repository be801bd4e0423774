package content

import (
	"context"
	"fmt"
	"slices"

	"github.com/promptgate/promptgate/detectors"
)

// Media is what the headers say of a body. Neither is trusted: a body that
// looks like JSON is read as JSON.
type Media struct {
	ContentType     string
	ContentEncoding string // codings in the order they were applied, separated by commas
}

// Limits bound what one body may cost. Zero fields are the defaults.
type Limits struct {
	Decoded int64 // bytes that all decoding together may make; 128 MiB
	Ratio   int   // decoded bytes for each encoded one, looked at from the first MiB on; 200
	Nesting int   // open brackets of JSON; 256
	Levels  int   // spaces inside each other; 8
	Docs    int   // documents, beside one for each docEvery bytes of the body; what stands behind them is read as one; 65536
}

func (l Limits) filled() Limits {
	if l.Decoded <= 0 {
		l.Decoded = 128 << 20
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	if l.Nesting <= 0 {
		l.Nesting = 256
	}
	if l.Levels <= 0 {
		l.Levels = 8
	}
	if l.Docs <= 0 {
		l.Docs = 1 << 16
	}
	return l
}

const (
	// maxGaps is how many gaps of one cause are reported: a policy asks whether
	// there is one, people read a few.
	maxGaps = 64
	// maxFacts is how many different facts are reported; more of them is the gap work_budget.
	maxFacts = 1024
	// freeFacts is how many are reported without asking whether they were before:
	// a file of a thousand requests names one model.
	freeFacts = 64
	// docEvery is the length, in bytes, of the texts that long bodies may consist
	// of: a request in a batch has two or three in a few hundred.
	docEvery = 160
	// maxLocators is how many locators a pooled walk remembers. They hold schema
	// names and ordinals only.
	maxLocators = 4096

	// maxLocator bounds one locator in bytes. Nesting without end gives paths
	// without end; beyond it the middle is left out.
	maxLocator = 160
	// maxLabel is how much of a key serves as a label, in bytes.
	maxLabel = 128
	// maxKept is the largest buffer that goes back to the pool.
	maxKept = 1 << 20
	// maxFree is how many of them.
	maxFree = 4
)

// A Walk takes one body apart and knows the way back. Use it once: NewWalk,
// Run, then Places, Strip and Splice, then Release. The body must not change
// until then. Not safe for concurrent use.
type Walk struct {
	paths  *paths
	shape  *Shape
	media  Media
	limits Limits
	sink   Sink
	files  Files
	ctx    context.Context // of Run

	layers  []layer
	docs    []source
	strips  []Edit
	twins   []Edit
	frames  []frame
	loc     []byte // locator of the value at hand
	decoded int64  // bytes made by decoding
	looked  int64  // bytes read ahead for roles
	mixed   int    // open multipart bodies
	tokens  tokenIDs
	facts   int
	told    map[Fact]struct{} // names and values of facts behind the free ones
	gaps    map[detectors.Cause]int
	steps   int
	stopped bool

	// What stays from walk to walk.
	locators map[string]string
	labels   map[string]string
	readers  []*jsonReader // one for each level of nesting, taken by level
	level    int
	peek     jsonReader // look-ahead and validation
	scratch  []byte     // decoded text on its way to the sink
	short    []byte     // a key or an identifier
	free     [][]byte   // buffers of spaces
	text     func([]byte)
	decoders decoders
	mapped   mapping
}

// A layer is a Space with its bytes.
type layer struct {
	Space
	from   source // where it stands in its parent
	data   []byte
	recode recode
	edit   func([]Edit) ([]byte, error) // instead of recode: from edits, in order and apart
	own    bool                         // data is a buffer of the walk
}

// NewWalk makes a walk over one body of shape s; a nil shape is the zero Shape.
func NewWalk(s *Shape, m Media, l Limits, k Sink) *Walk {
	if s == nil {
		s = &Shape{}
	}
	p := s.paths
	if p == nil {
		var err error
		if p, err = compile(s.Select); err != nil {
			s = &Shape{Format: s.Format, Rest: s.Rest}
			if p, err = compile(nil); err != nil {
				panic("content: internal error: the empty shape does not compile")
			}
		}
	}
	w, ok := p.pool.Get().(*Walk)
	if !ok {
		w = &Walk{gaps: map[detectors.Cause]int{}, locators: map[string]string{}, labels: map[string]string{}}
		w.text = func(b []byte) { w.sink.Text(b) }
	}
	w.paths, w.shape, w.media, w.limits, w.sink = p, s, m, l.filled(), k
	return w
}

// Release gives the walk's memory back. The walk and what its documents'
// Places were asked of must not be used any more.
func (w *Walk) Release() {
	for i := range w.layers {
		if l := &w.layers[i]; l.own {
			w.free = append(w.free, l.data[:0])
		}
	}
	w.free = slices.DeleteFunc(w.free, func(b []byte) bool { return cap(b) > maxKept })
	w.free = w.free[:min(len(w.free), maxFree)]
	clear(w.layers)
	clear(w.docs)
	clear(w.strips)
	clear(w.twins)
	clear(w.frames)
	clear(w.gaps)
	clear(w.labels)
	if cap(w.docs) > maxLocators {
		w.docs = nil
	}
	w.peek.b = nil
	w.decoders.in.Reset(nil)
	for _, r := range w.readers {
		r.b = nil
	}
	*w = Walk{
		paths: w.paths, layers: w.layers[:0], docs: w.docs[:0], strips: w.strips[:0], twins: w.twins[:0], frames: w.frames[:0], loc: w.loc[:0], gaps: w.gaps,
		locators: w.locators, labels: w.labels, readers: w.readers, peek: w.peek, scratch: w.scratch[:0], short: w.short[:0], free: w.free, text: w.text,
		decoders: w.decoders, tokens: tokenIDs{ids: w.tokens.ids[:0]},
	}
	w.paths.pool.Put(w)
}

// Format hides the body from every verb of package fmt.
func (w *Walk) Format(f fmt.State, _ rune) {
	n := 0
	if len(w.layers) > 0 {
		n = len(w.layers[0].data)
	}
	fmt.Fprintf(f, "[%d bytes]", n)
}

// Run walks the body and tells the sink what it holds. The error is the
// context's: everything else is a gap. The sink is called on this goroutine.
func (w *Walk) Run(ctx context.Context, body []byte) error {
	w.ctx = ctx
	w.addLayer(layer{Space: Space{ID: 0, Parent: -1, In: detectors.Span{End: len(body)}, Codec: "identity"}, data: body})
	if len(body) == 0 {
		return ctx.Err()
	}
	src, media := w.undo(), w.media.ContentType
	if src.span.Len() > 0 {
		w.body(src, media)
	}
	if w.stopped {
		return ctx.Err()
	}
	return nil
}

// interrupted looks at the context once in a while.
func (w *Walk) interrupted() bool {
	w.steps++
	if w.steps&63 == 0 && !w.stopped {
		w.stopped = w.ctx.Err() != nil
	}
	return w.stopped
}

// A slot is what is known of a value before it is read.
type slot struct {
	state  int32  // of the automaton
	sel    int32  // the select that holds for it, -1 for none
	base   int    // index of the frame that its RoleFrom starts from, -1 for none
	direct bool   // sel names the value itself, not something around it
	label  string // the nearest key
	role   Role   // when neither sel nor RoleFrom says one
	lines  string // Join of the lines of one text that the value is one of
}

// start is the slot of a root.
func (w *Walk) start() slot {
	s := slot{sel: -1, base: -1, role: w.shape.Rest}
	if s.role == "" {
		s.role = RoleMetadata
	}
	return w.enter(s, w.paths.root)
}

// enter returns the slot of a value in state, inside the value of s.
func (w *Walk) enter(s slot, state int32) slot {
	s.state, s.direct = state, false
	if sel := w.paths.nodes[state].sel; sel >= 0 {
		s.sel, s.direct, s.base = sel, true, -1
		for i := len(w.frames) - 1; i >= 0; i-- {
			if w.frames[i].kind == '{' {
				s.base = i
				break
			}
		}
	}
	return s
}

// do is what happens with the value of s.
func (w *Walk) do(s slot) Do {
	if s.sel < 0 {
		return Read
	}
	d := w.paths.selects[s.sel].Do
	if d == Setting && !s.direct {
		return Skip
	}
	return d
}

// bytes returns the raw bytes of a source.
func (w *Walk) bytes(s source) []byte { return w.layers[s.space].data[s.span.Start:s.span.End] }

// here is the locator of the value at hand.
func (w *Walk) here() string {
	if len(w.loc) == 0 {
		return "body"
	}
	if s, ok := w.locators[string(w.loc)]; ok {
		return s
	}
	if len(w.loc) > maxLocator {
		return string(w.loc[:maxLocator/2]) + "…" + string(w.loc[len(w.loc)-maxLocator/2+len("…"):])
	}
	s := string(w.loc)
	if len(w.locators) < maxLocators {
		w.locators[s] = s
	}
	return s
}

// labelOf is a key as a label.
func (w *Walk) labelOf(id int32, key []byte) string {
	if id >= 0 {
		return w.paths.names[id]
	}
	key = key[:min(len(key), maxLabel)]
	if s, ok := w.labels[string(key)]; ok {
		return s
	}
	s := string(key)
	if len(w.labels) < maxLocators {
		w.labels[s] = s
	}
	return s
}

// doc makes a document of the text of src.
func (w *Walk) doc(src source, s slot, media string) {
	d := Doc{Role: w.roleOf(s), Media: media, Join: s.lines}
	if s.sel >= 0 && s.direct {
		if sel := &w.paths.selects[s.sel]; sel.Join != "" || sel.Delta {
			d.Join, d.Delta = sel.Join, sel.Delta
		}
	}
	bad := w.document(src, d, s.label)
	if bad && src.quote == JSONString {
		w.gap(detectors.CauseDecodeError, 0)
	}
}

// metadata makes a document of something beside the values: a key, a file name.
func (w *Walk) metadata(src source, suffix, label string) {
	n := len(w.loc)
	w.loc = append(w.loc, suffix...)
	w.document(src, Doc{Role: RoleMetadata}, label)
	w.loc = w.loc[:n]
}

func (w *Walk) document(src source, d Doc, label string) (bad bool) {
	if src.span.Len() == 0 {
		return false
	}
	if !src.escaped {
		d.Media = tabular(d.Media, d.Role, w.bytes(src))
	}
	d.ID, d.Locator = len(w.docs), w.here()
	if d.Media == "" {
		d.Media = "text/plain"
	}
	w.docs = append(w.docs, src)
	w.sink.Begin(d)
	if label != "" {
		w.sink.Label(label)
	}
	if raw := w.bytes(src); !src.escaped {
		w.mapped.strides(raw, func(piece []byte) bool { w.text(piece); return !w.interrupted() })
	} else {
		w.scratch, bad = src.emit(raw, w.scratch, w.text)
	}
	w.sink.End()
	return bad
}

// full reports whether no more documents are to be made.
func (w *Walk) full() bool {
	return len(w.docs) >= w.limits.Docs && len(w.docs) >= w.limits.Docs+len(w.layers[0].data)/docEvery
}

// remainder reads what stands between from and to in one space as one text,
// because its structure was lost (decode_error) or costs too much (work_budget).
func (w *Walk) remainder(sp, from, to int, q Quote, cause detectors.Cause, role Role) {
	w.gap(cause, int64(to-from))
	src := source{space: sp, span: detectors.Span{Start: from, End: to}, quote: q}
	raw := w.bytes(src)
	src.escaped = q.special(raw) < len(raw)
	n := len(w.loc)
	w.loc = append(w.loc, ":rest"...)
	w.document(src, Doc{Role: role}, "")
	w.loc = w.loc[:n]
}

func (w *Walk) gap(cause detectors.Cause, size int64) {
	w.gaps[cause]++
	if w.gaps[cause] <= maxGaps {
		w.sink.Gap(detectors.Gap{Cause: cause, Locator: w.here(), Size: size})
	}
}

func (w *Walk) fact(s slot, value string) {
	name := w.paths.selects[s.sel].Fact
	if name == "" {
		return
	}
	w.facts++
	if w.facts > freeFacts {
		f := Fact{Name: name, Value: value}
		if _, ok := w.told[f]; ok || len(w.told) > maxFacts {
			return
		}
		if w.told == nil {
			w.told = map[Fact]struct{}{}
		}
		w.told[f] = struct{}{}
		if len(w.told) > maxFacts {
			w.gap(detectors.CauseWorkBudget, 0)
			return
		}
	}
	w.sink.Fact(Fact{Name: name, Value: value, Locator: w.here()})
}

// addLayer opens a space. Its ID is the index of the layer.
func (w *Walk) addLayer(l layer) source {
	l.ID = len(w.layers)
	if l.ID > 0 {
		l.Parent, l.In = l.from.space, l.from.span
	}
	w.layers = append(w.layers, l)
	w.sink.Space(l.Space)
	return source{space: l.ID, span: detectors.Span{End: len(l.data)}}
}

// depth is how many spaces src stands in.
func (w *Walk) depth(src source) int {
	n := 0
	for i := src.space; i > 0; i = w.layers[i].Parent {
		n++
	}
	return n
}

// buffer returns an empty buffer for about n bytes.
func (w *Walk) buffer(n int) []byte {
	if n >= minScratch && w.mapped.scratch != nil {
		if b := w.mapped.scratch(n); b != nil {
			return b[:0]
		}
	}
	for i, b := range w.free {
		if cap(b) >= n {
			w.free[i] = w.free[len(w.free)-1]
			w.free = w.free[:len(w.free)-1]
			return b[:0]
		}
	}
	return make([]byte, 0, n)
}

// mayDecode reports whether another n bytes may be made by decoding src; if
// not, that is a gap.
func (w *Walk) mayDecode(src source, n int) bool {
	if w.decoded+int64(n) > w.limits.Decoded || w.depth(src) >= w.limits.Levels {
		w.gap(detectors.CauseDecodeBomb, int64(src.span.Len()))
		return false
	}
	w.decoded += int64(n)
	return true
}

// unwrap returns the source whose raw bytes are the text of src: src itself, or
// all of a child space when src is escaped, or always when force is set
// (something with a syntax of its own is to be edited inside). ok is false when
// the limits do not allow it.
func (w *Walk) unwrap(src source, force bool) (source, bool) {
	if !src.escaped && (src.quote == Plain || !force) {
		return src, true
	}
	raw := w.bytes(src)
	if !w.mayDecode(src, len(raw)) {
		return src, false
	}
	data, _ := src.quote.appendText(w.buffer(len(raw)), raw)
	return w.addText(src, data), true
}

// addText opens the space of the text of src.
func (w *Walk) addText(src source, data []byte) source {
	return w.addLayer(layer{Space: Space{Codec: src.quote.codec(), Rewrite: InPlace}, from: src, data: data, own: true})
}

// codec is the name of the syntax as the codec of a space.
func (q Quote) codec() string {
	switch q {
	case JSONString:
		return "json-string"
	case FormValue:
		return "form"
	case Percent:
		return "percent"
	case QuotedPrintable:
		return "quoted-printable"
	case HeaderString, HeaderToken:
		return "header"
	}
	return "identity"
}

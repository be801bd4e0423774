package content

import (
	"strconv"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content/tokens"
)

// What a walk knows of the numbers that stand for text in the field at hand.
type tokenIDs struct {
	ids    []uint32 // not read yet
	slot   slot     // of them
	seen   int      // numbers of the field so far
	unread bool     // some stand for no text that is known
	space  int      // that holds what they stand for; 0 for none
}

// token adds a number that stands for a piece of text.
func (j *jsonWalk) token(src source, s slot) {
	if len(j.frames) == j.floor {
		j.gap(detectors.CauseTokensAsNumbers, int64(src.span.Len()))
		return
	}
	if f := &j.frames[len(j.frames)-1]; f.tokens == noTokens {
		f.tokens = outerTokens
	}
	j.tokens.seen++
	id, err := strconv.ParseUint(string(j.bytes(src)), 10, 32)
	if err != nil {
		j.tokens.unread = true
		return
	}
	j.tokens.ids, j.tokens.slot = append(j.tokens.ids, uint32(id)), s
}

// readTokens makes a document of the numbers since the last one, at the place of
// the array that holds them. Their text has no way back into numbers: a redaction
// of it becomes a block.
func (j *jsonWalk) readTokens() {
	t := &j.tokens
	if len(t.ids) == 0 {
		return
	}
	ids := t.ids
	t.ids = t.ids[:0]
	if j.decoded+int64(len(ids)) > j.limits.Decoded || j.full() {
		t.unread = true
		return
	}
	f := j.frames[len(j.frames)-1]
	if t.space == 0 {
		in := detectors.Span{Start: f.start, End: f.start + 1}
		t.space = j.addLayer(layer{Space: Space{Codec: "tokens", Rewrite: Never}, from: source{space: j.sp, span: in}, own: true}).space
	}
	l := &j.layers[t.space]
	start := len(l.data)
	var ok bool
	l.data, ok = tokens.Append(l.data, ids)
	j.decoded += int64(len(l.data) - start)
	t.unread = t.unread || !ok
	n := len(j.loc)
	j.loc = j.loc[:f.loc]
	j.doc(source{space: t.space, span: detectors.Span{Start: start, End: len(l.data)}}, t.slot, "")
	j.loc = j.loc[:n]
}

// endTokens reports the numbers of a field of token ids, unless all of them were
// read by the vocabulary of a model that is known to use it.
func (j *jsonWalk) endTokens(size int) {
	t := &j.tokens
	if t.seen > 0 && (t.unread || !j.knownModel()) {
		j.gap(detectors.CauseTokensAsNumbers, int64(size))
	}
	t.seen, t.unread = 0, false
}

// knownModel reports whether the object around the field names a model whose
// vocabulary is known.
func (j *jsonWalk) knownModel() bool {
	for i := len(j.frames) - 1; i >= j.floor; i-- {
		if f := &j.frames[i]; f.kind == '{' {
			return tokens.Known(string(j.member(f.space, f.start, []string{"model"})))
		}
	}
	return false
}

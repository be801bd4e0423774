package inspect

import (
	"fmt"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// texts is a content.Sink that keeps the documents of one event, with their
// texts, until release. Not safe for concurrent use.
type texts struct {
	docs  []textDoc
	bytes []byte
	facts []content.Fact
	gaps  []detectors.Gap
	op    string // of the operation whose value is at hand
	ops   int
}

// A textDoc is a document and where its text lies.
type textDoc struct {
	content.Doc
	label      string
	op         string // of the operation that wrote it; "" for none
	nth        int    // number of that operation
	start, end int
}

func (i *Inspector) newTexts() *texts {
	if t, ok := i.texts.Get().(*texts); ok {
		return t
	}
	return &texts{}
}

// Format hides the texts from every verb of package fmt.
func (t *texts) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d texts]", len(t.docs)) }

// maxKeptText is the largest buffer that goes back to the pool, in bytes.
const maxKeptText = 64 << 10

// releaseTexts gives the memory back, without the texts.
func (i *Inspector) releaseTexts(t *texts) {
	clear(t.docs)
	clear(t.facts)
	clear(t.bytes)
	if cap(t.bytes) > maxKeptText {
		t.bytes = nil
	}
	*t = texts{docs: t.docs[:0], bytes: t.bytes[:0], facts: t.facts[:0], gaps: t.gaps[:0]}
	i.texts.Put(t)
}

// of is the text of document k.
func (t *texts) of(k int) []byte { return t.bytes[t.docs[k].start:t.docs[k].end] }

func (t *texts) Space(content.Space) {}
func (t *texts) Gap(g detectors.Gap) { t.gaps = append(t.gaps, g) }
func (t *texts) Text(p []byte)       { t.bytes = append(t.bytes, p...) }
func (t *texts) End()                { t.docs[len(t.docs)-1].end = len(t.bytes) }
func (t *texts) Label(l string)      { t.docs[len(t.docs)-1].label = l }

func (t *texts) Begin(d content.Doc) {
	t.docs = append(t.docs, textDoc{Doc: d, op: t.op, nth: t.ops, start: len(t.bytes)})
}

func (t *texts) Fact(f content.Fact) {
	if f.Name == content.FactOperation {
		t.op, t.ops = f.Value, t.ops+1
	}
	t.facts = append(t.facts, f)
}

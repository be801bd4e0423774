package content

import (
	"context"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// What an edit takes out is the text of the escapes that it covers, whole.
func TestReplacedIsWhatAnEditTakesOut(t *testing.T) {
	body := []byte(`{"a":"x\u00e9y \"q\" z","n":4111111111111111}`)
	var docs docsSink
	w := NewWalk(nil, Media{ContentType: "application/json"}, Limits{}, &docs)
	if err := w.Run(context.Background(), body); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		doc  int
		span detectors.Span
		want string
	}{
		{0, detectors.Span{Start: 0, End: 1}, "x"},
		{0, detectors.Span{Start: 1, End: 2}, "é"}, // half of it
		{0, detectors.Span{Start: 4, End: 8}, ` "q"`},
		{1, detectors.Span{Start: 2, End: 4}, "4111111111111111"}, // a number goes whole
	} {
		if got, ok := w.Replaced([]byte(">"), tt.doc, tt.span); !ok || string(got) != ">"+tt.want {
			t.Errorf("document %d, %v: %q, %v", tt.doc, tt.span, got, ok)
		}
	}
	if _, ok := w.Replaced(nil, 0, detectors.Span{Start: 3, End: 99}); ok {
		t.Error("a span beyond the text is replaced")
	}
	if got, ok := w.DocText(nil, 0, 100); !ok || string(got) != `xéy "q" z` {
		t.Errorf("the text is %q, %v", got, ok)
	}
	if _, ok := w.DocText(nil, 0, 5); ok {
		t.Error("a text beyond the limit is read")
	}
	if _, ok := w.DocText(nil, 7, 100); ok {
		t.Error("there is no document 7")
	}
}

type docsSink struct{ n int }

func (s *docsSink) Space(Space)       {}
func (s *docsSink) Begin(Doc)         { s.n++ }
func (s *docsSink) Text([]byte)       {}
func (s *docsSink) Label(string)      {}
func (s *docsSink) End()              {}
func (s *docsSink) Fact(Fact)         {}
func (s *docsSink) Gap(detectors.Gap) {}

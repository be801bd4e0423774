package redact

import (
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// A fake is a text whose places are made up.
type fake struct {
	text   string
	places func(doc int, s detectors.Span) []content.Place
}

func (f fake) Places(doc int, s detectors.Span) []content.Place { return f.places(doc, s) }

func (f fake) Replaced(dst []byte, doc int, s detectors.Span) ([]byte, bool) {
	if len(f.places(doc, s)) == 0 {
		return dst, false
	}
	text := f.text
	for len(text) < s.End {
		text += "x"
	}
	return append(dst, text[s.Start:s.End]...), true
}

func identity(_ int, s detectors.Span) []content.Place { return []content.Place{{Span: s}} }

// plain is a text that stands in the body as it is.
func plain(text string) fake { return fake{text, identity} }

func digest(b byte) detectors.Digest { return detectors.Digest{b} }

func TestNamesAreStablePerValueAndCountDistinctOnes(t *testing.T) {
	var n Names
	got := []string{n.Name("EMAIL", digest(1)), n.Name("EMAIL", digest(2)), n.Name("IBAN", digest(1)), n.Name("EMAIL", digest(1))}
	want := []string{"[EMAIL_1]", "[EMAIL_2]", "[IBAN_1]", "[EMAIL_1]"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("name %d = %s, want %s", i, got[i], want[i])
		}
	}
}

func TestEditsCoverTheUnionOfMatchedSpans(t *testing.T) {
	sp := func(a, b int) detectors.Span { return detectors.Span{Start: a, End: b} }
	tests := []struct {
		name    string
		targets []detectors.Span
		matched []detectors.Span
		want    []detectors.Span
	}{
		{"alone", []detectors.Span{sp(5, 9)}, []detectors.Span{sp(5, 9)}, []detectors.Span{sp(5, 9)}},
		// B beat A and C, D was beaten by C: what is left of A, C and D must go too.
		{"chain of overlaps", []detectors.Span{sp(10, 20)}, []detectors.Span{sp(5, 12), sp(10, 20), sp(18, 25), sp(24, 30)}, []detectors.Span{sp(5, 30)}},
		{"neighbours stay apart", []detectors.Span{sp(0, 4), sp(4, 8)}, []detectors.Span{sp(0, 4), sp(4, 8)}, []detectors.Span{sp(0, 4), sp(4, 8)}},
		{"two findings in one run are one edit", []detectors.Span{sp(0, 4), sp(6, 9)}, []detectors.Span{sp(0, 4), sp(3, 7), sp(6, 9)}, []detectors.Span{sp(0, 9)}},
		{"untouched matches stay", []detectors.Span{sp(10, 12)}, []detectors.Span{sp(0, 9), sp(10, 12), sp(12, 20)}, []detectors.Span{sp(10, 12)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var targets []Target
			for i, s := range tt.targets {
				targets = append(targets, Target{Span: s, Placeholder: "X", Digest: digest(byte(i))})
			}
			edits, ok := Edits(targets, map[int][]detectors.Span{0: tt.matched}, &Names{}, plain(""))
			if !ok || len(edits) != len(tt.want) {
				t.Fatalf("Edits = %d edits, ok %v, want %d", len(edits), ok, len(tt.want))
			}
			for i, e := range edits {
				if e.Span != tt.want[i] {
					t.Errorf("edit %d = %v, want %v", i, e.Span, tt.want[i])
				}
			}
		})
	}
}

func TestEditsOfASpanInSeveralPlacesWriteTheNameOnce(t *testing.T) {
	two := func(_ int, s detectors.Span) []content.Place {
		return []content.Place{{Span: detectors.Span{Start: 1, End: 3}}, {Span: detectors.Span{Start: 7, End: 9}}}
	}
	edits, ok := Edits([]Target{{Span: detectors.Span{Start: 0, End: 4}, Placeholder: "X"}}, nil, &Names{}, fake{places: two})
	if !ok || len(edits) != 2 || string(edits[0].With) != "[X_1]" || len(edits[1].With) != 0 {
		t.Fatalf("ok %v, %d edits; want the name in the first place and nothing in the second", ok, len(edits))
	}
}

func TestEditsRefuseWhatCannotBeMapped(t *testing.T) {
	none := func(int, detectors.Span) []content.Place { return nil }
	if _, ok := Edits([]Target{{Span: detectors.Span{Start: 0, End: 4}, Placeholder: "X"}}, nil, &Names{}, fake{places: none}); ok {
		t.Fatal("a finding without a place gave edits")
	}
}

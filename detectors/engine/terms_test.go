package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
)

// A lexicon finds its words in the text itself.
type lexicon []string

func (l lexicon) Needs() detectors.Needs {
	n := detectors.Needs{Left: 16, Right: 1, MaxRight: 1}
	for _, w := range l {
		n.Terms = append(n.Terms, detectors.Reach{Before: len(w)})
	}
	return n
}

func (l lexicon) NewPass() detectors.Pass { return lexiconPass{l} }

type lexiconPass struct{ words lexicon }

func (p lexiconPass) Terms(text []byte, from int, hits []anchor.Hit) []anchor.Hit {
	for end := from + 1; end <= len(text); end++ {
		for id, w := range p.words {
			if bytes.HasSuffix(text[:end], []byte(w)) {
				hits = append(hits, anchor.Hit{End: end, ID: uint32(id), Kind: detectors.KindTerm})
			}
		}
	}
	return hits
}

func (p lexiconPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) int {
	w := p.words[h.ID]
	if h.Kind != detectors.KindTerm || !bytes.HasSuffix(v.Text[:v.At], []byte(w)) {
		panic("a hit is shown as another than it was found as")
	}
	emit(detectors.Finding{Type: "confidential.test", Rule: detectors.RuleID(w), Confidence: 90, Span: detectors.Span{Start: v.Off + v.At - len(w), End: v.Off + v.At}})
	return 0
}

func (lexiconPass) Close(func(detectors.Finding)) {}
func (lexiconPass) Reset()                        {}

// Places that detectors find themselves are looked at beside anchors, each by the
// detector that found it, in one order for every cut.
func TestDetectorsFindPlacesOfTheirOwn(t *testing.T) {
	e, err := engine.New(engine.Config{Plain: true}, lexicon{"ab", "xyz"}, lexicon{"yz?", "ab!"},
		spanner{left: 8, right: 4, max: 4, rules: []spanRule{{literal: "key", back: 3, points: 80}}})
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("an ab and xyz? key, ab! xy")
	want := []string{"ab@3", "xyz@10", "r.key@15", "ab!@20"}
	for _, size := range []int{1, 3, len(text)} {
		var got []string
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) { got = append(got, fmt.Sprintf("%s@%d", f.Rule, f.Span.Start)) }})
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			s.Write(rest[:n])
			rest = rest[n:]
		}
		s.Break()
		s.Write([]byte("z")) // "xy" and "z" are two parts
		s.Close()
		s.Release()
		if !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: %v, want %v", size, got, want)
		}
	}
}

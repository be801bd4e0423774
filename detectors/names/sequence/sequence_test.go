package sequence

import (
	"strings"
	"testing"
)

func TestWordsAndTheirShapes(t *testing.T) {
	for _, k := range []struct {
		text, word string
		shape      Shape
	}{
		{"Maria's", "Maria", Cap},
		{"O’Brien,", "O’Brien", Cap},
		{"Jean-Luc ", "Jean-Luc", Cap},
		{"McDonald", "McDonald", Cap},
		{"Fitzgerald-McAllister.", "Fitzgerald-McAllister", Cap},
		{"Łukasz", "Łukasz", Cap},
		{"Özdemir", "Özdemir", Cap},
		{"SMITH", "SMITH", Caps},
		{"J. Smith", "J.", Initial},
		{"iPhone", "iPhone", Mixed},
		{"JavaScript", "JavaScript", Mixed},
		{"d'Angelo", "d'Angelo", Cap},
		{"al-Rashid", "al-Rashid", Cap},
		{"müller", "müller", Lower},
	} {
		w, ok := ReadWord([]byte(k.text), 0)
		if !ok || k.text[:w.End] != k.word || w.Shape != k.shape {
			t.Errorf("ReadWord(%q) = %q, shape %d, want %q, %d", k.text, k.text[:w.End], w.Shape, k.word, k.shape)
		}
	}
	for _, text := range []string{"x2", "user_name", "42nd", "", "…", strings.Repeat("a", maxWord+1)} {
		if w, ok := ReadWord([]byte(text), 0); ok {
			t.Errorf("ReadWord(%q) = %q", text, text[:w.End])
		}
	}
}

// A word read backwards is the word read forwards.
func TestWordBefore(t *testing.T) {
	for _, text := range []string{"Maria", "O’Brien", "Jean-Luc", "Łukasz", "al-Rashid", "Nguyễn"} {
		for _, before := range []string{"", "dear ", "“", "(", "—", "1 "} {
			s := []byte(before + text)
			w, ok := WordBefore(s, len(s))
			if !ok || w.Start != len(before) || w.End != len(s) {
				t.Errorf("WordBefore(%q) = [%d,%d), %v", s, w.Start, w.End, ok)
			}
		}
	}
}

// Chains are found once: at their first word, and nowhere else.
func TestChainsAndTheirStarts(t *testing.T) {
	for text, want := range map[string]string{
		"I met Maria Garcia Lopez in May":      "Maria Garcia Lopez",
		"Oliver van der Berg came":             "Oliver van der Berg",
		"Dr. J. R. Smith said":                 "J. R. Smith",
		"J.R.R. Tolkien wrote":                 "J.R.R. Tolkien",
		"Yann Le Goff est absent":              "Yann Le Goff",
		"Jill St. John played":                 "Jill St. John",
		"The Quick Fox\nRuns":                  "Quick Fox|Runs",
		"Dear Anna, this is Tom.":              "Anna|Tom",
		"call b.Loop and x::Max or user@Host":  "",
		"nothing here begins with a capital 1": "",
	} {
		var got []string
		b := []byte(text)
		for at := range b {
			if at > 0 && letterBehind(b[at-1]) {
				continue
			}
			var c Chain
			if w, ok := ReadWord(b, at); !ok || w.Shape == Lower || !Start(b, at) || !c.Read(b, at, true, true) || c.Code {
				continue
			}
			got = append(got, text[c.Begin():c.End()])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: chains %q, want %q", text, got, want)
		}
	}
}

// Every feature has its place, and what was encoded is decoded.
func TestFeaturesAndWeights(t *testing.T) {
	var buf [maxActive]int32
	for _, text := range []string{"Maria Garcia", "MARIA", "J. van der Berg-Smith Jr", "X B C D F G H K L", "New York", "Université de Montréal", "Östlund"} {
		var c Chain
		if !c.Read([]byte(text), 0, true, true) {
			t.Fatalf("%q is no chain", text)
		}
		for i := range c.N {
			f := Active(&c, i, buf[:0])
			if len(f) > maxActive {
				t.Errorf("%q: %d features, want at most %d", text, len(f), maxActive)
			}
			for _, x := range f {
				if x < 0 || int(x) >= Features {
					t.Errorf("%q: feature %d of %d", text, x, Features)
				}
			}
		}
	}
	var m Model
	if err := m.Decode(Shipped().Encode()); err != nil || m != *Shipped() {
		t.Errorf("the weights do not survive: %v", err)
	}
	if err := m.Decode([]byte("short")); err == nil {
		t.Error("short weights are taken")
	}
}

// A name does not go on where none began, and a margin is the price of leaving it out.
func TestTagsAreAName(t *testing.T) {
	var c Chain
	text := []byte("I talked to Maria Garcia Lopez about it")
	c.Read(text, strings.Index(string(text), "Maria"), true, true)
	var g Tagger
	g.Tag(Shipped(), &c)
	if g.Tags[0] != Begin || g.Tags[1] != In || g.Tags[2] != In || g.Name(c.N, 0) != 3 {
		t.Errorf("tags %v", g.Tags[:c.N])
	}
	if m := g.Margin(Shipped(), c.N, 0); m <= 0 {
		t.Errorf("the margin is %d", m)
	}
	m := Model{} // all weights 0 but one that asks for In
	m.After[Out][In], m.After[In][In] = 30000, 30000
	for f := range m.Weights {
		m.Weights[f][In] = 100
	}
	g.Tag(&m, &c)
	if g.Tags[0] == In {
		t.Error("a name goes on where none began")
	}
}

package upload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func newBook(t testing.TB) *Book {
	t.Helper()
	b, err := NewBook()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// cut is text as a piece.
func cut(text string) Piece {
	n := min(len(text), Edge)
	return Piece{Head: []byte(text[:n]), Tail: []byte(text[len(text)-n:]), Whole: len(text) <= Edge}
}

// However a text is cut, and in whatever order its pieces come, what stands within
// an edge of a border is in a run, as it stands in the text.
func TestRunsAreTheTextAroundItsBorders(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		text := make([]byte, r.IntN(60_000)+1)
		for i := range text {
			text[i] = byte('a' + r.IntN(26))
		}
		var borders []int
		var pieces []string
		for at := 0; at < len(text); {
			n := min(len(text)-at, 1+r.IntN([]int{3, 500, 20_000}[r.IntN(3)]))
			if at > 0 {
				borders = append(borders, at)
			}
			pieces = append(pieces, string(text[at:at+n]))
			at += n
		}
		if len(pieces) > 1500 {
			continue
		}
		b := newBook(t)
		ids := make([]string, len(pieces))
		for _, i := range r.Perm(len(pieces)) {
			ids[i] = fmt.Sprint("part_", i)
			b.Keep("lena", "u", "", cut(pieces[i]), noon)(ids[i])
		}
		o := b.Order("lena", "u", ids)
		if o.Missing || o.Refused {
			t.Fatalf("%+v", o)
		}
		covered := map[int]bool{}
		for _, run := range o.Runs {
			start := 0 // of the run in the text
			for _, p := range pieces[:run.First+1] {
				start += len(p)
			}
			start -= run.Borders[0]
			if !bytes.Equal(run.Text, text[start:start+len(run.Text)]) {
				t.Fatal("a run is not the text")
			}
			for _, x := range run.Borders {
				at := start + x
				covered[at] = true
				if from, to := max(0, at-Edge), min(len(text), at+Edge); len(pieces) == 2 && (start > from || start+len(run.Text) < to) {
					t.Fatalf("of the text around %d only [%d,%d) is kept", at, start, start+len(run.Text))
				}
			}
		}
		for _, x := range borders {
			if !covered[x] {
				t.Fatalf("the border at %d of %d bytes in %d pieces is in no run", x, len(text), len(pieces))
			}
		}
	}
}

func TestWhatIsNotKnownIsMissing(t *testing.T) {
	b := newBook(t)
	b.Keep("lena", "u", "", cut("one"), noon)("a")
	b.Keep("lena", "u", "", cut("two"), noon)("b")
	b.Keep("tom", "u", "", cut("three"), noon)("c")
	for _, c := range []struct {
		name, who, upload string
		ids               []string
		missing           bool
		runs              string
	}{
		{"known", "lena", "u", []string{"b", "a"}, false, "twoone"},
		{"one piece has no border", "lena", "u", []string{"a"}, false, ""},
		{"one unknown piece has none", "lena", "v", []string{"x"}, false, ""},
		{"a piece of somebody else", "lena", "u", []string{"a", "c"}, true, ""},
		{"a hole", "lena", "u", []string{"a", "x", "b"}, true, ""},
		{"another upload", "lena", "v", []string{"a", "b"}, true, ""},
		{"another person", "eve", "u", []string{"a", "b"}, true, ""},
	} {
		o := b.Order(c.who, c.upload, c.ids)
		var runs strings.Builder
		for _, r := range o.Runs {
			runs.Write(r.Text)
		}
		if o.Missing != c.missing || runs.String() != c.runs {
			t.Errorf("%s: missing %v, %q", c.name, o.Missing, runs.String())
		}
	}
	b.Drop("lena", "u")
	if o := b.Order("lena", "u", []string{"a", "b"}); !o.Missing {
		t.Error("a dropped upload is known")
	}
}

// Pieces whose names were not heard are taken in the order in which they came.
func TestPiecesWithoutNames(t *testing.T) {
	b := newBook(t)
	for _, s := range []string{"one", "two", "three"} {
		b.Keep("lena", "u", "", cut(s), noon)
	}
	if o := b.Order("lena", "u", []string{"x", "y", "z"}); o.Missing || len(o.Runs) != 1 || string(o.Runs[0].Text) != "onetwothree" {
		t.Errorf("%+v", o)
	}
	if o := b.Order("lena", "u", []string{"x", "y"}); !o.Missing {
		t.Error("two of three are taken for any two")
	}
}

func TestARefusedPieceIsRemembered(t *testing.T) {
	b := newBook(t)
	b.Keep("lena", "u", "", cut("one"), noon)("a")
	b.Keep("lena", "u", "", Piece{Refused: true}, noon)
	if !b.Order("lena", "u", []string{"a"}).Refused || b.Order("lena", "v", []string{"a"}).Refused {
		t.Error("not by upload")
	}
}

func TestABookIsBounded(t *testing.T) {
	b := newBook(t)
	for i := range maxPieces + 10 {
		b.Keep("lena", "u", fmt.Sprint(i), cut("x"), noon)
	}
	if b.pieces != maxPieces || !b.Order("lena", "u", []string{"0", "1"}).Missing {
		t.Errorf("%d pieces", b.pieces)
	}
	for i := range 2 * maxUploads {
		b.Keep("tom", fmt.Sprint(i), "a", cut("x"), noon)
	}
	if len(b.senders["tom"].uploads) != maxUploads {
		t.Errorf("%d uploads", len(b.senders["tom"].uploads))
	}
	b.Keep("tom", "later", "a", cut("x"), noon.Add(keep+time.Second))
	if n := len(b.senders["tom"].uploads); n != 1 || b.senders["lena"] != nil || b.pieces != 1 {
		t.Errorf("old uploads are kept: %d of %d pieces", n, b.pieces)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", cut("secret"), Run{Text: []byte("secret")}, cut("secret"), Run{Text: []byte("secret")}); strings.Contains(s, "secret") || strings.Contains(s, "115") {
		t.Errorf("printed as %s", s)
	}
}

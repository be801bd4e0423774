package shipped_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/pattern"
)

// A hidden is a value and the words before it that make it one of its type.
type hidden struct {
	typ           detectors.InfoType
	before, value string
	digits, key   bool
}

// hiddenValues are kinds of values that are hidden in every way. Keys are
// made at run time.
func hiddenValues(t testing.TB) []hidden {
	gen := func(expr string) string {
		b, _, err := pattern.Sample("{{gen:"+expr+"}}", "hidden "+expr)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return []hidden{
		{"pci.payment_card", "credit card ", "4539 1488 0343 6467", true, false},
		{"pci.payment_card", "card number: ", "4539148803436467", true, false},
		{"pii.us_ssn", "social security number ", "219-09-9998", true, false},
		{"pii.iban", "IBAN ", "GB33BUKB20201555555555", false, true},
		{"pii.email", "write to ", "maria.keller@kontor-nord.de", false, false},
		{"secret.aws_access_key", "the id is ", gen("AKIA[A-Z2-7]{14}[2-7][A-Z]"), false, true},
		{"secret.github_token", "use ", gen("github:ghp_"), false, true},
		{"secret.openai_key", "my key: ", gen("sk-proj-[A-Za-z0-9]{20}[0-9][A-Za-z0-9_]{40}[a-z]"), false, true},
		{"secret.password", "password: ", gen("[a-z]{4}[A-Z]{3}[0-9]{4}!x"), false, false},
	}
}

// hide writes the value, or as much of the text as a way may hide, in that way;
// ok is false when the way does not apply or changes nothing.
func (w way) on(h hidden) (text string, ok bool) {
	if w.digits && !h.digits || w.keys && !h.key || w.long && len(h.value) < 16 {
		return "", false
	}
	if w.digits || w.keys {
		out := w.hide(h.value)
		return h.before + out, out != h.value
	}
	text = w.hide(h.before + h.value)
	return text, text != h.before+h.value
}

// hides drops the first of layers when it hides only words beside the value.
func (h hidden) hides(text string, layers ...string) []string {
	if strings.Contains(text, h.value) || h.typ == "secret.password" { // any characters are a password
		return layers[1:]
	}
	return layers
}

const (
	beforeHidden = "Good morning, here is what you asked for. "
	behindHidden = " Please keep it to yourself, and thanks for the quick help with the printer."
)

// found scans a text in which a value is hidden and holds what must be true of
// it: the value is found, with the layers that hid it, and replacing the raw
// bytes of what was found takes it out of the text.
func (h hidden) found(t *testing.T, e *engine.Engine, name, text string, layers ...string) {
	t.Helper()
	if len(layers) == 1 {
		layers = h.hides(text, layers...)
	}
	raw := []byte(beforeHidden + text + behindHidden)
	found, gaps := e.Scan(raw, engine.Options{Floor: detectors.Medium})
	i := slices.IndexFunc(found, func(f detectors.Finding) bool { return f.Type == h.typ && len(f.Layers) >= len(layers) })
	if i < 0 || len(gaps) > 0 {
		t.Errorf("%s, %s: not found in %q: %v, gaps %v", h.typ, name, raw, found, gaps)
		return
	}
	for _, l := range layers {
		if !slices.Contains(found[i].Layers, l) {
			t.Errorf("%s, %s: by layers %v, want %s among them", h.typ, name, found[i].Layers, l)
		}
	}
	for _, f := range found {
		if f.Span.Start < len(beforeHidden) || f.Span.End > len(raw)-len(behindHidden) {
			t.Errorf("%s, %s: found at %v, beyond what was hidden in %q", h.typ, name, f.Span, raw)
		}
	}
	if got := edited(e, raw, h.typ); got != "" {
		t.Errorf("%s, %s: %s", h.typ, name, got)
	}
}

// edited says what of a type is still found when all findings are replaced.
func edited(e *engine.Engine, raw []byte, typ detectors.InfoType) string {
	var matched []detectors.Span
	e.Scan(raw, engine.Options{Matched: func(s detectors.Span) { matched = append(matched, s) }})
	out := redacted(raw, matched)
	again, _ := e.Scan(out, engine.Options{Floor: detectors.Medium})
	for _, f := range again {
		if f.Type == typ {
			return fmt.Sprintf("after the edit %q still holds %v", out, f)
		}
	}
	return ""
}

// redacted replaces the union of spans.
func redacted(raw []byte, spans []detectors.Span) []byte {
	slices.SortFunc(spans, func(a, b detectors.Span) int { return a.Start - b.Start })
	var out []byte
	at := 0
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].Start < s.End; i++ {
			s.End = max(s.End, spans[i].End)
		}
		out = append(append(out, raw[at:s.Start]...), "[GONE]"...)
		at = s.End
	}
	return append(out, raw[at:]...)
}

func TestValuesHiddenInOneWayAreFound(t *testing.T) {
	_, e := load(t)
	tried := 0
	for _, h := range hiddenValues(t) {
		for _, w := range ways {
			if text, ok := w.on(h); ok {
				tried++
				h.found(t, e, w.name, text, w.layer)
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d pairs of a value and a way", tried)
	}
}

// Each way inside each encoded run, and encoded runs written in each way.
func TestValuesHiddenInTwoWaysAreFound(t *testing.T) {
	_, e := load(t)
	tried := 0
	for _, h := range hiddenValues(t) {
		for _, inner := range ways {
			text, ok := inner.on(h)
			if !ok {
				continue
			}
			for _, outer := range ways {
				if !outer.run {
					continue
				}
				tried++
				h.found(t, e, inner.name+" in "+outer.name, outer.hide(text), h.hides(text, inner.layer, outer.layer)...)
			}
		}
		for _, inner := range ways {
			for _, outer := range ways {
				if !inner.run || outer.run || outer.digits || outer.keys {
					continue
				}
				if text, _ := inner.on(h); outer.hide(text) != text {
					tried++
					h.found(t, e, inner.name+" in "+outer.name, outer.hide(text), inner.layer)
				}
			}
		}
	}
	if tried < 5000 {
		t.Errorf("only %d pairs of ways", tried)
	}
}

// Three layers are read: a way in a run in a run.
func TestValuesHiddenInThreeWaysAreFound(t *testing.T) {
	_, e := load(t)
	rnd := rand.New(rand.NewPCG(21, 22))
	runs := slices.DeleteFunc(slices.Clone(ways), func(w way) bool { return !w.run })
	for _, h := range hiddenValues(t) {
		for _, inner := range ways {
			if text, ok := inner.on(h); ok && !inner.deep {
				middle, outer := runs[rnd.IntN(len(runs))], runs[rnd.IntN(len(runs))]
				h.found(t, e, inner.name+" in "+middle.name+" in "+outer.name, outer.hide(middle.hide(text)))
			}
		}
	}
}

// What is hidden is found alike however the text was cut.
func TestHiddenValuesAreFoundInPieces(t *testing.T) {
	_, e := load(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, h := range hiddenValues(t) {
		for _, w := range ways {
			text, ok := w.on(h)
			if !ok {
				continue
			}
			raw := []byte(beforeHidden + text + behindHidden)
			want := whole(e, engine.Options{}, raw)
			for range 6 {
				if got := listen(e, engine.Options{}, cut(raw, func() int { return 1 + rnd.IntN(60) })); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%s, %s: %s", h.typ, w.name, difference(got, want))
				}
			}
		}
	}
}

// Text with escapes, entities, other scripts and encoded runs in which nothing
// is hidden stays quiet.
func TestLayersOfHarmlessTextAreQuiet(t *testing.T) {
	_, e := load(t)
	for _, text := range []string{
		"Сегодня мы обсуждали планы на следующий квартал, встреча была в 15:00 в офисе 1234.",
		"Bonjour, le rapport fait 12 pages et coûte 1 250,50 €, à demain !",
		"今日の会議は１５時から２階の会議室で行います。資料は１２ページです。",
		html.EscapeString(`<a href="https://example.org/?q=a%20b&page=2">"it's" & more</a>`),
		`{"text":"line one\nline two\u2026 \u00e9t\u00e9 \ud83d\ude00"}`,
		"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 and 3b5d5c3712955042212316173ccf37be",
		base64.StdEncoding.EncodeToString([]byte("Just a harmless sentence about rivers and boats in the harbour.")),
		columns(rand.New(rand.NewPCG(31, 1)), 60, 9, 10), // more digits in a line or two than most numbers have
		columns(rand.New(rand.NewPCG(31, 2)), 60, 8, 4, 6),
		columns(rand.New(rand.NewPCG(31, 3)), 30, 1, 1, 1, 1, 1, 1, 1, 1, 1), // a sudoku
		"Row A: 1 0 0 1 1 0 1 0 1 1 0 0 1 0 1 1 0 1\nRow B: 0 1 1 0 0 1 0 1 0 0 1 1 0 1 0 0 1 0\n",
		"1.3.6.1.4.1.311.60.2.1.3 and 1.3.6.1.5.5.7.3.2 and 2.5.4.3.1.2.3.4.5.6.7.8.9.1.2.3 are identifiers",
		"C H A P T E R   O N E\n\nT h e   b e g i n n i n g   o f   i t   a l l\n",
		"+-+-+-+-+-+-+-+-+\n|a|b|c|d|e|f|g|h|\n+-+-+-+-+-+-+-+-+\n|1|2|3|4|5|6|7|8|\n+-+-+-+-+-+-+-+-+\n",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b  build-1.2.3.tar.gz\n3b5d5c3712955042212316173ccf37be12345678  build-1.2.4.tar.gz\n",
		"\t\"version\": \"1.0.2\",\n\t\"integrity\": \"sha512-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08Zz0011==\",\n\t\"dev\": true\n",
		"1924-04-30\t23:47:48\t+03\n1930-06-21\t01\t+04\nphone: no\n",
		"; [.54C4.0020.0002] # national insurance sign GE22\n1237C ; [.54C5.0020.0002]",
		"!function(e,t){var n=0,r=1,o=2,i=3,a=4,u=5,c=6,s=7,l=8,f=9;t.exports=[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9]}();",
	} {
		found, gaps := e.Scan([]byte(text), engine.Options{Floor: detectors.Medium})
		if len(found)+len(gaps) > 0 {
			t.Errorf("%q: %v %v", text, found, gaps)
		}
	}
}

// What decompresses to too much is a gap, however deep it lies and however the
// text was cut.
func TestABombEndsInAGap(t *testing.T) {
	_, e := load(t)
	bomb := base64.StdEncoding.EncodeToString(gzipped(strings.Repeat("0", 20<<20)))
	want := []detectors.Gap{{Cause: detectors.CauseDecodeBomb}}
	for name, text := range map[string]string{
		"base64":            bomb,
		"zlib in hex":       hex.EncodeToString(zlibbed(strings.Repeat("all the same ", 1<<20))),
		"percent of base64": each("%%%02X")(bomb[:3000]) + bomb[3000:],
		"base64 in base64":  base64.StdEncoding.EncodeToString([]byte("see: " + bomb)),
	} {
		raw := []byte(beforeHidden + text + behindHidden)
		for cutting, got := range map[string]heard{
			"whole":  whole(e, engine.Options{}, raw),
			"pieces": listen(e, engine.Options{}, cut(raw, every(1000))),
		} {
			if !slices.Equal(got.Gaps, want) {
				t.Errorf("%s, %s: gaps %v, want %v", name, cutting, got.Gaps, want)
			}
		}
	}
}

// columns makes lines of random numbers of so many digits.
func columns(rnd *rand.Rand, lines int, digits ...int) string {
	var b strings.Builder
	for range lines {
		for _, n := range digits {
			for range n {
				b.WriteByte(byte('0' + rnd.IntN(10)))
			}
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Keys on lines of their own are no wrapped key, nor is what stands below one.
func TestLinesBelowAKeyAreNotPartOfIt(t *testing.T) {
	_, e := load(t)
	key := func(seed string) string {
		b, _, err := pattern.Sample("{{gen:sk-proj-[A-Za-z0-9]{20}[0-9][A-Za-z0-9_]{40}[a-z]}}", seed)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	a, b := key("a"), key("b")
	for _, text := range []string{
		a + "\n" + b + "\n", "KEY=" + a + "\nS3_BUCKET_2=x4y5z6\n", a + "\nand some words, 12 of them", a + "\nv2: the next one",
		"- " + a + "\n- " + b, a + "\n\n" + b, "1. " + a + "\n2. " + b,
	} {
		found, _ := e.Scan([]byte(text), engine.Options{})
		for _, f := range found {
			if got := text[f.Span.Start:f.Span.End]; f.Type == "secret.openai_key" && got != a && got != b {
				t.Errorf("in %q the key is %q", text, got)
			}
		}
		if len(found) == 0 {
			t.Errorf("no key in %q", text)
		}
	}
}

package shipped_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// hiding are ways to write a text so that its bytes no longer say what it says.
var hiding = []struct {
	name string
	hide func(string) string
}{
	{"percent", func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return b.String()
	}},
	{"percent of percent", func(s string) string { return url.PathEscape(url.PathEscape(s)) }},
	{"json escapes", func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		return b.String()
	}},
	{"entities", func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "&#%d;", r)
		}
		return b.String()
	}},
	{"zero width", func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") }},
	{"full width", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7F {
				return r - 0x20 + 0xFF00
			}
			return r
		}, s)
	}},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("the note says: " + s + ".")) }},
	{"base64 of base64", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("the note says: " + s + "."))))
	}},
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte("the note says: " + s + ".")) }},
	{"hex", func(s string) string { return hex.EncodeToString([]byte("the note says: " + s + ".")) }},
	{"gzip in base64", func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte("the note says: " + s + "."))
		_ = z.Close()
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}},
}

func hidden() map[string]string {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[rnd.IntN(62)]
		}
		return string(b)
	}
	return map[string]string{
		"pci.payment_card": "credit card 4539 1488 0343 6467",
		"pii.iban":         "IBAN GB33BUKB20201555555555",
		"pii.us_ssn":       "social security number 219-09-9998",
		"secret.password":  "password: " + random(6) + "#7" + random(5),
	}
}

// What is hidden is found, whole texts and pieces alike, at a place whose
// replacement takes it out of the text.
func TestHiddenValuesAreFound(t *testing.T) {
	_, e := load(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	const before, behind = "Good morning, here is what you asked for. ", " Please keep it to yourself, and thanks for the quick help with the printer."
	for typ, value := range hidden() {
		for _, h := range hiding {
			t.Run(typ+"/"+h.name, func(t *testing.T) {
				text := []byte(before + h.hide(value) + behind)
				found, _ := e.Scan(text, engine.Options{Floor: detectors.Medium})
				i := slices.IndexFunc(found, func(f detectors.Finding) bool { return string(f.Type) == typ })
				if i < 0 {
					t.Fatalf("not found in %q: %v", text, found)
				}
				for range 30 {
					if got := inPieces(e, text, rnd); fmt.Sprint(got) != fmt.Sprint(found) {
						t.Fatalf("in pieces %v, whole %v", got, found)
					}
				}
				edited := slices.Clone(text)
				for k := len(found) - 1; k >= 0; k-- {
					edited = slices.Replace(edited, found[k].Span.Start, found[k].Span.End, []byte("[GONE]")...)
				}
				again, _ := e.Scan(edited, engine.Options{Floor: detectors.Medium})
				for _, f := range again {
					if string(f.Type) == typ {
						t.Errorf("after the edit %q still holds %v", edited, f)
					}
				}
			})
		}
	}
}

func inPieces(e *engine.Engine, text []byte, rnd *rand.Rand) (found []detectors.Finding) {
	s := e.NewScanner(engine.Options{Floor: detectors.Medium, Found: func(f detectors.Finding) { found = append(found, f) }})
	defer s.Release()
	for len(text) > 0 {
		n := min(len(text), 1+rnd.IntN(60))
		s.Write(text[:n])
		text = text[n:]
	}
	s.Close()
	slices.SortStableFunc(found, func(a, b detectors.Finding) int { return a.Span.Start - b.Span.Start })
	return found
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
	} {
		found, gaps := e.Scan([]byte(text), engine.Options{Floor: detectors.Medium})
		if len(found)+len(gaps) > 0 {
			t.Errorf("%q: %v %v", text, found, gaps)
		}
	}
}

package shipped_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

const projects = `
[[infotype]]
name = "confidential.project"
title = "project name"
group = "marking"

[[infotype]]
name = "confidential.customer"
title = "customer"
group = "marking"
`

// dictionaries are two rules of a tenant: names in the rule, case ignored, and
// names in a file, as written, which need context to be more than Low.
const dictionaries = `
[[rule]]
id = "confidential.project"
info_type = "confidential.project"
description = "Projects that are not announced."
source = "a list of ours"
shape = "dictionary"
terms = ["Kestrel", "Project Kestrel", "Weißer Schwan", "C++", "天鹅计划", "grün"]
confidence = 85
test = [{ text = "⟦Kestrel⟧" }, { text = "the bird" }]

[[rule]]
id = "confidential.customer"
info_type = "confidential.customer"
description = "Customers."
source = "a list of ours"
shape = "dictionary"
terms_file = "customers.txt"
keyword_case = true
confidence = 66
context = [{ words = ["customer", "client"], adjust = 20 }]
exclude.before = ["not "]
test = [{ text = "our customer ⟦ACME Rocket Parts⟧ is late", level = "high" }, { text = "acme rocket parts" }]
`

func withDictionaries(t testing.TB) *engine.Engine {
	t.Helper()
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	c, err := base.Overlay(fstest.MapFS{
		"infotypes.toml":             {Data: []byte(projects)},
		"confidential/ours.toml":     {Data: []byte(dictionaries)},
		"confidential/customers.txt": {Data: []byte("# customers\r\nACME Rocket Parts\r\n\r\nKontor\r\nkontor-abc\r\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := shipped.Engine(c, engine.Config{Key: []byte("a key of the tests")})
	if err != nil {
		t.Fatal(err)
	}
	if err := shipped.Prove(c, e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTermsOfADictionaryAreFound(t *testing.T) {
	e := withDictionaries(t)
	for _, c := range []struct{ name, text, want string }{
		{"any case", "KESTREL is late", "confidential.project@0-7 high"},
		{"the longest wins", "about project kestrel.", "confidential.project@6-21 high"},
		{"over a line", "about Project\nKestrel", "confidential.project@6-21 high"},
		{"in a name of code", "kestrel_backend", "confidential.project@0-7 high"},
		{"not in a word", "kestrels and Kestrelville", ""},
		{"not in a word of other letters", "grüner, begrünt, grün", "confidential.project@19-24 high"},
		{"a border that is no letter", "C++11 or C++", "confidential.project@0-3 high, confidential.project@9-12 high"},
		{"letters outside ASCII", "der WEIßER SCHWAN", "confidential.project@4-18 high"},
		{"a script without spaces", "关于天鹅计划的会议", "confidential.project@6-18 high"},
		{"beside a script without spaces", "关于Kestrel的会议", "confidential.project@6-13 high"},
		{"as written", "Kontor, not kontor", "confidential.customer@0-6 low"},
		{"context", "our client Kontor", "confidential.customer@11-17 high"},
		{"excluded by what stands before", "this is not Kontor", ""},
		{"look-alike letters", "about Kеstrеl today", "confidential.project@6-15 high"}, // two of them Cyrillic
		{"hidden in base64", "see UHJvamVjdCBLZXN0cmVsIGlzIGR1ZSBpbiBNYXksIHNheXMgdGhlIGJvYXJk please", "confidential.project@4-64 high"},
		{"beside another rule", "write to Kontor@kontor-abc.de", "pii.email@9-29 high"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, _ := e.Scan([]byte(c.text), engine.Options{})
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%s@%d-%d %s", f.Type, f.Span.Start, f.Span.End, f.Confidence))
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("found %s, want %s", s, c.want)
			}
		})
	}
}

// Laws L1 and L2 for texts in which terms stand close, overlap other rules, and
// are cut everywhere.
func FuzzDictionaryChunking(f *testing.F) {
	e := withDictionaries(f)
	f.Add([]byte("ask Project Kestrel, jo@kontor-abc.de or ACME Rocket Parts; Kеstrеl 4111 1111 1111 1111 grün"), uint64(1))
	f.Add([]byte("天鹅计划 C++C++ project project Kestrel Kestrel"), uint64(2))
	f.Add(bytes.Repeat([]byte("our client Kontor and "), 900), uint64(3)) // over chunks and blocks
	f.Add([]byte("UHJvamVjdCBLZXN0cmVsIGlzIGR1ZSBpbiBNYXksIHNheXMgdGhlIGJvYXJk"), uint64(4))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) > 64<<10 {
			return
		}
		type result struct {
			found []detectors.Finding
			gaps  int
		}
		scan := func(next func() int) (r result) {
			settled := 0
			s := e.NewScanner(engine.Options{
				Found: func(f detectors.Finding) {
					if !f.Late && f.Span.Start < settled {
						t.Errorf("%s@%d begins before Settled %d", f.Rule, f.Span.Start, settled)
					}
					r.found = append(r.found, f)
				},
				Gap: func(detectors.Gap) { r.gaps++ },
			})
			defer s.Release()
			for at := 0; at < len(text); {
				if at == len(text)/2 {
					s.Break()
				}
				n := min(max(1, next()), len(text)-at)
				if half := len(text) / 2; at < half {
					n = min(n, half-at)
				}
				s.Write(text[at : at+n])
				settled = s.Settled()
				at += n
			}
			s.Close()
			return r
		}
		whole := scan(func() int { return len(text) })
		rnd := rand.New(rand.NewPCG(seed, 1))
		for _, most := range []int{1, 9, 5000} {
			if got := scan(func() int { return 1 + rnd.IntN(most) }); !reflect.DeepEqual(got, whole) {
				t.Errorf("in pieces of up to %d bytes: %v, want %v", most, got, whole)
			}
		}
	})
}

func TestDictionariesCostNoLiterals(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&list, "customer %06x limited\n", i*7919)
	}
	c, err := base.Overlay(fstest.MapFS{
		"infotypes.toml":             {Data: []byte(projects)},
		"confidential/ours.toml":     {Data: []byte(dictionaries)},
		"confidential/customers.txt": {Data: []byte("ACME Rocket Parts\n" + list.String())},
	})
	if err != nil {
		t.Fatal(err)
	}
	literals := func(c *rules.Catalogue) (n int) {
		ds, err := shipped.Detectors(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			n += len(d.Needs().Literals)
		}
		return n
	}
	if with, without := literals(c), literals(base); with != without {
		t.Errorf("%d literals with dictionaries, %d without", with, without)
	}
}

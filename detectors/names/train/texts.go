package main

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A text is made up, with the spans of its names.
type text struct {
	b     []byte
	names [][2]int
}

//go:embed templates.txt
var templates string

// A template is a language and a text with slots.
type template struct{ lang, text string }

func readTemplates(s string) (out []template, err error) {
	for i, line := range strings.Split(s, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		lang, t, ok := strings.Cut(line, ": ")
		if !ok || len(lang) != 2 {
			return nil, fmt.Errorf("templates:%d: want a language, a colon and a text", i+1)
		}
		out = append(out, template{lang, strings.ReplaceAll(strings.ReplaceAll(t, `\n`, "\n"), `\t`, "\t")})
	}
	return out, nil
}

// fill makes a text from a template.
func (w *world) fill(r *rand.Rand, t template) (out text, err error) {
	s := t.text
	caps := r.IntN(25) == 0
	for {
		before, rest, ok := strings.Cut(s, "{")
		out.b = append(out.b, before...)
		if !ok {
			return out, nil
		}
		slot, after, ok := strings.Cut(rest, "}")
		if ok && len(slot) > 2 { // {"id": …}: JSON
			out.b = append(out.b, '{')
			s = rest
			continue
		}
		s = after
		v, name := w.slot(r, t.lang, slot)
		if v == "" {
			return out, fmt.Errorf("templates: unknown slot {%s} in %q", slot, t.text)
		}
		if name && caps {
			v = strings.ToUpper(v)
		}
		at := len(out.b)
		out.b = append(out.b, v...)
		if !name {
			continue
		}
		if last, first, ok := strings.Cut(v, ", "); ok {
			out.names = append(out.names, [2]int{at, at + len(last)}, [2]int{at + len(v) - len(first), at + len(v)})
		} else {
			out.names = append(out.names, [2]int{at, at + len(v)})
		}
	}
}

// slot fills one slot; name says that it is a person's name.
func (w *world) slot(r *rand.Rand, lang, slot string) (v string, name bool) {
	of := func(m map[string][]string) []string {
		if l, ok := m[lang]; ok {
			return l
		}
		return m["en"]
	}
	switch slot {
	case "N":
		return w.full(r, lang), true
	case "G":
		return w.first(r, origin(r, lang)), true
	case "S":
		return w.last(r, origin(r, lang)), true
	case "V":
		from := origin(r, lang)
		return head(r, w.surname[from]) + ", " + w.first(r, from), true
	case "F":
		return pick(r, w.figures), true
	case "T":
		return pick(r, of(titles)), false
	case "L":
		return pick(r, of(labels)), false
	case "M":
		return pick(r, of(months)), false
	case "D":
		if _, ok := days[lang]; !ok && lang != "en" {
			return "10.12.", false
		}
		return pick(r, of(days)), false
	case "P":
		if r.IntN(25) == 0 {
			return w.invented(r), false
		}
		return pick(r, w.places), false
	case "A":
		return w.street(r, lang), false
	case "O":
		return w.org(r, lang), false
	case "W":
		return pick(r, works), false
	case "K", "KK":
		n := 1 + r.IntN(3)
		if slot == "KK" {
			n = 3 + r.IntN(5)
		}
		var list []string
		for range n {
			list = append(list, w.capital(r, lang))
		}
		return strings.Join(list, " "), false
	case "k":
		return w.capital(r, lang), false
	case "H":
		return w.headline(r), false
	case "w":
		return pick(r, of(plains)), false
	case "c":
		return pick(r, of(companies)), false
	case "q":
		return pick(r, langs), false
	case "j":
		return pick(r, jobs), false
	case "r":
		return pick(r, kin), false
	case "s":
		return head(r, w.surname["en"]), false
	case "g":
		return head(r, w.given["en"]), false
	case "u":
		return strings.ToLower(head(r, w.given["en"])) + fmt.Sprint(r.IntN(99)), false
	case "E":
		return strings.ToLower(head(r, w.given["en"])) + "." + strings.ToLower(head(r, w.surname["en"])) + "@mail.example", false
	case "#":
		return fmt.Sprint(10 + r.IntN(89)), false
	}
	return "", false
}

// capital is a word with a capital that is no name where it stands.
func (w *world) capital(r *rand.Rand, lang string) string {
	switch n := r.IntN(20); {
	case n == 0:
		return strings.ToUpper(pick(r, capWords))
	case n == 1:
		return w.invented(r)
	case n == 2:
		return pick(r, works)
	case lang == "de":
		return pick(r, deNouns)
	}
	return pick(r, capWords)
}

// invented is a word that no list has: of a product, a company, a small town.
func (w *world) invented(r *rand.Rand) string {
	a := words("Vel Tor Nex Qua Zin Cor Lum Aer Bex Dyn Fal Gry Hel Ix Jov Kel Myr Nor Oph Pyx Rel Syl Tal Ul Vor Wyn Xan Yl Zeph Bri Cal Dra")
	b := words("a o i era ora ix on um is us ia eon tron tech soft ware ly ify data net sys media gen zen pay hub stack flow base burg ville ton field worth")
	s := pick(r, a) + strings.ToLower(pick(r, a))
	if r.IntN(2) == 0 {
		s = pick(r, a)
	}
	return s + pick(r, b)
}

func (w *world) headline(r *rand.Rand) string {
	small := words("of the and in for to with a on")
	var out []string
	for i := range 3 + r.IntN(5) {
		if i > 0 && r.IntN(3) == 0 {
			out = append(out, pick(r, small))
		}
		out = append(out, pick(r, capWords))
	}
	return strings.Join(out, " ")
}

func (w *world) org(r *rand.Rand, lang string) string {
	switch r.IntN(7) {
	case 0, 1:
		return pick(r, orgs)
	case 2:
		return head(r, w.surname["en"]) + " " + pick(r, orgTails)
	case 3:
		return pick(r, w.places) + " " + pick(r, orgTails)
	case 4:
		return w.invented(r) + " " + pick(r, orgTails)
	case 5:
		return head(r, w.surname["en"]) + " & " + head(r, w.surname["en"])
	}
	if lang == "de" {
		return head(r, w.surname["de"]) + " " + pick(r, words("GmbH AG KG"))
	}
	return pick(r, capWords) + " " + pick(r, capWords) + " " + pick(r, orgTails)
}

func (w *world) street(r *rand.Rand, lang string) string {
	n := 1 + r.IntN(250)
	name := pick(r, capWords)
	if r.IntN(2) == 0 {
		name = head(r, w.surname["en"])
	}
	switch lang {
	case "en":
		return fmt.Sprintf("%d %s %s", n, name, pick(r, roads["en"]))
	case "de":
		return fmt.Sprintf("%s%s %d", pick(r, deNouns), pick(r, words("straße weg platz gasse allee")), n)
	case "nl":
		return fmt.Sprintf("%s%s %d", pick(r, deNouns), pick(r, words("straat laan weg plein gracht")), n)
	case "fr":
		return fmt.Sprintf("%d %s %s", n, pick(r, roads["fr"]), head(r, w.surname["fr"]))
	case "es", "it", "pt":
		return fmt.Sprintf("%s %s %d", pick(r, roads[lang]), w.full(r, lang), n)
	}
	return fmt.Sprintf("%s %s %d", pick(r, roads["pl"]), head(r, w.surname["pl"]), n)
}

package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
)

// A world has the words that texts are made of.
type world struct {
	given, surname map[string][]string
	places         []string
	figures        []string
}

// readWorld reads the gazetteer's lists.
func readWorld(lists fs.FS) (*world, error) {
	w := &world{given: map[string][]string{}, surname: map[string][]string{}}
	for kind, into := range map[string]map[string][]string{"given": w.given, "surname": w.surname} {
		files, err := fs.Glob(lists, kind+".*.txt")
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			b, err := fs.ReadFile(lists, f)
			if err != nil {
				return nil, err
			}
			into[strings.TrimSuffix(strings.TrimPrefix(f, kind+"."), ".txt")] = strings.Fields(string(b))
		}
	}
	b, err := fs.ReadFile(lists, "places.txt")
	if err != nil {
		return nil, err
	}
	w.places = strings.Split(strings.TrimSpace(string(b)), "\n")
	if b, err = fs.ReadFile(lists, "figures.txt"); err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if line != "" && line[0] != '#' {
			w.figures = append(w.figures, phrases(line)...)
		}
	}
	if len(w.given["en"]) == 0 || len(w.surname["en"]) == 0 || len(w.places) == 0 || len(w.figures) == 0 {
		return nil, fmt.Errorf("train: a list is empty")
	}
	return w, nil
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// head picks from a list in order of frequency, its beginning more often.
func head(r *rand.Rand, list []string) string {
	u := r.Float64()
	return list[int(float64(u*u*u)*float64(len(list)))]
}

// origins are the languages of names beside the text's own.
var origins = words("en de fr es it pt nl pl in nordic east other zh ja ar ko")

// origin says from which language a name in a text comes.
func origin(r *rand.Rand, lang string) string {
	if lang == "en" && r.IntN(100) < 55 || lang != "en" && r.IntN(100) < 85 {
		return lang
	}
	return pick(r, origins)
}

func (w *world) first(r *rand.Rand, from string) string {
	g := head(r, w.given[from])
	if from == "fr" && r.IntN(8) == 0 && !strings.Contains(g, "-") {
		return g + "-" + head(r, w.given[from])
	}
	return g
}

// last is a surname as it is written in its language.
func (w *world) last(r *rand.Rand, from string) string {
	s := func() string { return head(r, w.surname[from]) }
	n := r.IntN(100)
	switch from {
	case "es":
		switch {
		case n < 45:
			return s() + " " + s()
		case n < 52:
			return "de la " + s()
		case n < 57:
			return "de " + s()
		}
	case "pt":
		switch {
		case n < 30:
			return s() + " " + s()
		case n < 50:
			return pick(r, words("da de dos do")) + " " + s()
		}
	case "nl":
		if n < 40 {
			return pick(r, phrases("van; de; van der; van den; van de; ten; ter; den")) + " " + s()
		}
	case "de":
		if n < 5 {
			return "von " + s()
		}
	case "it":
		if n < 5 {
			return pick(r, words("Di De Del")) + " " + s()
		}
	case "fr":
		if n < 6 {
			return pick(r, phrases("de; de la; du; Le")) + " " + s()
		}
	case "ar":
		switch {
		case n < 25:
			return pick(r, words("al- Al- El- al-")) + s()
		case n < 33:
			return pick(r, words("bin ibn Al El")) + " " + s()
		}
	}
	if n > 95 {
		return s() + "-" + s()
	}
	return s()
}

// full is a full name.
func (w *world) full(r *rand.Rand, lang string) string {
	from := origin(r, lang)
	g, s := w.first(r, from), w.last(r, from)
	if lang == "en" && r.IntN(12) == 0 {
		g = w.first(r, "en") // of two worlds
	}
	switch n := r.IntN(100); {
	case (from == "zh" || from == "ja" || from == "ko") && n < 35:
		return s + " " + g
	case n < 8:
		g += " " + string(rune('A'+r.IntN(26))) + "."
	case n < 10:
		g += " " + string(rune('A'+r.IntN(26)))
	case n < 18:
		g += " " + w.first(r, from)
	case n < 22:
		g = g[:1] + "."
		if g[0] >= 0x80 || g[0] < 'A' {
			g = "A."
		}
	case n < 24 && from == "en":
		return g + " " + s + " " + pick(r, words("Jr. III II"))
	}
	return g + " " + s
}

package rules

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// A Format is a rule on one line: a form that an issuer gave its keys. What the
// other keys of a rule would say follows from it, tests included.
//
//	format = [
//	  { id = "secret.groq_key", of = "Groq", form = 'gsk_[A-Za-z0-9]{52}' },
//	  { id = "secret.saas_token.asana", of = "Asana", form = '[0-9a-f]{32}', names = ["asana"] },
//	]
//
// A form that begins with letters of its own is found wherever it stands. One
// that many other values have too is found only where it is given to a name of
// a key, token or secret with one of names in it (ASANA_TOKEN=…), or such a name
// close behind one.
type Format struct {
	ID     string   `toml:"id"`     // category.name or category.name.form
	Type   string   `toml:"type"`   // info type; default: the file's format_type, or the id
	Of     string   `toml:"of"`     // the issuer, for people
	What   string   `toml:"what"`   // default "key or token"
	Source string   `toml:"source"` // default: the issuer's documentation
	Form   string   `toml:"form"`   // RE2
	Names  []string `toml:"names"`  // words of the issuer in names, small letters
	Points int      `toml:"points"` // confidence; default 90, with names 88
	Except []string `toml:"except"` // exclude.words of a rule, beside the usual ones
	Rarity int      `toml:"rarity"` // as in a rule; default by length
}

// usual are words of values that stand for a key in documentation.
func usual() []string {
	return []string{"example", "xxxxxx", "your_", "yourkey", "yourtoken", "placeholder", "redacted", "replace", "123456789", "abcdefgh", "......", "******"}
}

// minRun is the run of token bytes that package engine tells detectors of.
const minRun = 26

// rule makes the rule that a format is short for. A mistake in its form is found
// when the rule is checked.
func (f Format) rule(file string, index int, types map[string]InfoType, fallback string) Rule {
	r := Rule{
		ID: f.ID, InfoType: f.Type, Source: f.Source, Pattern: f.Form, KeywordCase: true,
		Confidence: f.Points, Rarity: f.Rarity,
		Exclude: Exclude{Words: append(usual(), f.Except...)},
		File:    file, Index: index, table: "format",
	}
	what := f.What
	if what == "" {
		what = "key or token"
	}
	r.Description = f.Of + " " + what + "."
	if r.Source == "" {
		r.Source = f.Of + ", documentation"
	}
	if _, own := types[f.ID]; r.InfoType == "" && own {
		r.InfoType = f.ID
	} else if r.InfoType == "" {
		r.InfoType = fallback
	}
	re, err := syntax.Parse(f.Form, syntax.Perl)
	if err != nil {
		return r
	}
	least, most := lengths(re)
	r.MaxLength = min(most, MaxLength)
	if r.Rarity == 0 { // what is drawn at random seldom scores so little, what is written seldom more
		r.Rarity = min(-least/2, -1)
	}
	if len(f.Names) > 0 {
		r.Shape, r.Names, r.KeywordCase = "named", f.Names, false
		r.Boundary = Boundary{Left: "token", Right: "token"}
		if r.Confidence == 0 {
			r.Confidence = 88
		}
		r.Tests = namedTests(f, level(r.Confidence))
		return r
	}
	if r.Confidence == 0 {
		r.Confidence = 90
	}
	heads, _ := literalHeads(re)
	if run, _ := tokenRun(re); run >= minRun && !slices.ContainsFunc(heads, func(h string) bool { return len(h) < 3 }) {
		r.Anchors, r.Heads, r.KeywordCase = []string{"token"}, heads, false
	} else {
		r.Keywords = heads
	}
	r.Tests = formTests(f, heads, level(r.Confidence))
	return r
}

// level is the least level of a finding of so many points.
func level(points int) string {
	if points >= 85 {
		return "high"
	}
	return "medium"
}

// formTests are texts with the form, and with what only looks like it.
func formTests(f Format, heads []string, level string) []Test {
	gen, same, cut := "{{gen:"+f.Form+"}}", "{{same:"+f.Form+"}}", "{{cut:"+f.Form+"}}"
	head := f.Of
	if len(heads) > 0 {
		head = heads[0]
	}
	return []Test{
		{Text: "key = \"⟦" + gen + "⟧\"", Level: level},
		{Text: "I use ⟦" + gen + "⟧ for now", Level: level},
		{Text: "KEY=⟦" + gen + "⟧ && ./run", Level: level},
		{Text: head + " is how they begin"},
		{Text: "not " + cut + " which is too short"},
		{Text: "the manual shows " + same + " here"},
		{Text: "x" + gen},
	}
}

// namedTests are texts with the form behind a name of the issuer, and without.
func namedTests(f Format, level string) []Test {
	gen, same := "{{gen:"+f.Form+"}}", "{{same:"+f.Form+"}}"
	name := strings.ReplaceAll(f.Names[0], " ", "_")
	return []Test{
		{Text: strings.ToUpper(name) + "_API_KEY=⟦" + gen + "⟧", Level: level},
		{Text: "\"" + name + "_token\": \"⟦" + gen + "⟧\"", Level: level},
		{Text: "var " + name + "Secret = '⟦" + gen + "⟧';", Level: level},
		{Text: strings.ToUpper(name) + "_API_KEY=" + same},
		{Text: strings.ToUpper(name) + "_PUBLIC_KEY=" + gen},
		{Text: "somebody says " + gen + " and no more"},
		{Text: strings.ToUpper(name) + "_API_KEY=${" + strings.ToUpper(name) + "_KEY}"},
	}
}

// maxHeads bounds the literals that one form may begin with.
const maxHeads = 64

// literalHeads are the texts one of which every match of re begins with: at
// most maxHeads, as long as can be told. exact says that they are whole matches.
func literalHeads(re *syntax.Regexp) (heads []string, exact bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return []string{""}, false
		}
		return []string{string(re.Rune)}, true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if heads = append(heads, string(r)); len(heads) > 8 {
					return []string{""}, false
				}
			}
		}
		return heads, true
	case syntax.OpCapture:
		return literalHeads(re.Sub[0])
	case syntax.OpAlternate:
		exact = true
		for _, s := range re.Sub {
			more, whole := literalHeads(s)
			heads, exact = append(heads, more...), exact && whole
		}
		return heads, exact && len(heads) <= maxHeads
	case syntax.OpConcat:
		heads, exact = []string{""}, true
		for _, s := range re.Sub {
			more, whole := literalHeads(s)
			if len(heads)*len(more) > maxHeads {
				return heads, false
			}
			var next []string
			for _, h := range heads {
				for _, m := range more {
					next = append(next, h+m)
				}
			}
			if heads = next; !whole {
				return heads, false
			}
		}
		return heads, exact
	}
	return []string{""}, false
}

// tokenRun is how many token bytes [A-Za-z0-9_+/=-] every match of re begins
// with at least; whole says that a match holds nothing else.
func tokenRun(re *syntax.Regexp) (run int, whole bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return 0, true
	case syntax.OpLiteral:
		for i, r := range re.Rune {
			if !isTokenRune(r) {
				return i, false
			}
		}
		return len(re.Rune), true
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if !isTokenRune(r) {
					return 0, false
				}
			}
		}
		return 1, true
	case syntax.OpCapture:
		return tokenRun(re.Sub[0])
	case syntax.OpAlternate:
		run, whole = 1<<20, true
		for _, s := range re.Sub {
			n, w := tokenRun(s)
			run, whole = min(run, n), whole && w
		}
		return run, whole
	case syntax.OpConcat:
		for _, s := range re.Sub {
			n, w := tokenRun(s)
			if run += n; !w {
				return run, false
			}
		}
		return run, true
	case syntax.OpRepeat, syntax.OpPlus, syntax.OpStar, syntax.OpQuest:
		n, w := tokenRun(re.Sub[0])
		least := re.Min
		if re.Op == syntax.OpPlus {
			least = 1
		}
		if !w {
			return 0, false
		}
		return n * least, true
	}
	return 0, false
}

func isTokenRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("_+/=-", r)
}

// formatKey is the key of a format that a rule's key was made from.
func formatKey(key string) string {
	switch name, _, _ := strings.Cut(key, "["); name {
	case "id", "source":
		return key
	case "info_type":
		return "type"
	case "names":
		return key
	case "confidence":
		return "points"
	}
	return "form"
}

// place is the table and key of a file from which a rule's key comes.
func (r Rule) place(key string) string {
	if r.table == "" {
		return at("rule", r.Index, key)
	}
	return fmt.Sprintf("%s[%d].%s", r.table, r.Index, formatKey(key))
}

package rules

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules/strict"
)

// Bounds on what a rule may say.
const (
	MaxLength  = 16 << 10 // bytes of the longest match: what the engine grants at most
	MaxTerm    = 80       // bytes of a term of a dictionary
	MaxTerms   = 100_000  // terms of all dictionaries together
	MaxWithin  = 4096     // bytes in which all signals of a rule must stand
	maxWithin  = 300      // bytes before a match that context may be read from
	lowest     = 65       // points from which a finding is reported
	mostLabels = 10       // points that a group of context may give beside its adjust
)

func at(table string, i int, key string) string { return fmt.Sprintf("%s[%d].%s", table, i, key) }

// Shapes are the hand-written matchers that a rule's shape may name, each with
// whether it needs a pattern; the others read none.
func Shapes() map[string]bool {
	return map[string]bool{
		"digits": false, "labelled": true, "street": true, "email": false, "phone": false, "mrz": false,
		"assignment": false, "pairs": false, "named": true, "prose": false, "dictionary": false,
		"record": false, "pem": false, "marking": false, "marking_line": false, "signals": false,
		"near": false,
	}
}

func shapeNames() []string {
	var names []string
	for n := range Shapes() {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func anchorNames() []string { return []string{"digits", "token", "at", "iban", "caps"} }

func boundaryNames() []string {
	return []string{"", "word", "alnum", "token", "digit", "number", "none"}
}

// A checker looks at what types cannot say of one rule.
type checker struct {
	Rule
	l   *loader
	doc *strict.Document
}

func (k *checker) bad(key, format string, a ...any) *strict.Error {
	e := hide(k.doc.Errorf(k.place(key), format, a...))
	k.l.errs = append(k.l.errs, e)
	return e
}

func (k *checker) check() {
	if !ruleID.MatchString(k.ID) {
		k.bad("id", "id is category.name or category.name.form in lower case")
	}
	if _, ok := k.l.types[k.InfoType]; !ok {
		names := make([]string, 0, len(k.l.types))
		for n := range k.l.types {
			names = append(names, n)
		}
		slices.Sort(names)
		k.bad("info_type", "unknown info type").Hint = strict.Suggest(k.InfoType, names)
	}
	k.shape()
	k.anchors()
	k.pattern()
	k.worth()
	k.surroundings()
	k.tests()
}

// shape checks the shape and the keys that belong to one.
func (k *checker) shape() {
	needsPattern, known := Shapes()[k.Shape]
	switch {
	case k.Shape != "" && !known:
		k.bad("shape", "unknown shape").Hint = strict.Suggest(k.Shape, shapeNames())
	case (k.Shape == "" || needsPattern) && k.Pattern == "":
		k.bad("pattern", "pattern is missing")
	case k.Shape != "" && !needsPattern && k.Pattern != "":
		k.bad("pattern", "shape %s reads no pattern", k.Shape)
	}
	signals := "signals"
	if k.Shape == "record" {
		signals = "record"
	}
	for key, use := range map[string]struct {
		set   bool
		shape string
	}{
		"formats": {k.Formats != nil, "digits"},
		"signals": {k.Signals != nil, signals}, "min_signals": {k.MinSignals != 0, signals},
		"within": {k.Within != 0, signals}, "person": {k.Person, "signals"},
		"names": {k.Names != nil, "named"},
		"terms": {k.Terms != nil && k.TermsFile == "", "dictionary"}, "terms_file": {k.TermsFile != "", "dictionary"},
	} {
		if use.set && k.Shape != use.shape && (k.Shape == "" || known) {
			k.bad(key, "only shape %s reads %s", use.shape, key)
		}
	}
	switch k.Shape {
	case "digits":
		if len(k.Formats) == 0 {
			k.bad("formats", "shape digits needs formats")
		}
	case "near":
		if len(k.Anchors) != 1 || k.Anchors[0] != "token" || len(k.Keywords) > 0 {
			k.bad("anchors", "shape near is tried at the anchor token and nowhere else")
		}
	case "dictionary":
		k.terms()
	case "signals", "record":
		if k.Shape == "record" && len(k.Signals) > 16 {
			k.bad("signals", "shape record reads at most 16 signals")
		}
		if k.MinSignals < 1 || k.MinSignals > len(k.Signals) {
			k.bad("min_signals", "min_signals is from 1 to the number of signals")
		}
		if k.Within <= 0 || k.Within > MaxWithin {
			k.bad("within", "within is from 1 to %d bytes", MaxWithin)
		}
		for i, g := range k.Signals {
			if len(g.Words) == 0 {
				k.bad(fmt.Sprintf("signals[%d].words", i), "words are missing")
			}
		}
	}
}

// anchors checks where the rule is tried.
func (k *checker) anchors() {
	free := k.Shape == "signals" || k.Shape == "dictionary" || k.Shape == "named" // they have words of their own
	switch none := len(k.Keywords) == 0 && len(k.Anchors) == 0; {
	case free && !none:
		k.bad(map[bool]string{true: "keywords", false: "anchors"}[k.Keywords != nil], "shape %s needs no keywords or anchors: its words are where it is tried", k.Shape)
	case !free && none:
		k.bad("keywords", "a rule needs keywords or anchors: it is tried where they stand and nowhere else")
	}
	for i, w := range k.Keywords {
		if len(w) < 2 || len(w) > 64 || strings.ContainsAny(w, "\n\x00") {
			k.bad(fmt.Sprintf("keywords[%d]", i), "a keyword has 2 to 64 bytes")
		}
	}
	for i, a := range k.Anchors {
		if !slices.Contains(anchorNames(), a) {
			k.bad(fmt.Sprintf("anchors[%d]", i), "unknown anchor").Hint = strict.Suggest(a, anchorNames())
		}
	}
	if len(k.Heads) > 0 && !slices.Contains(k.Anchors, "token") {
		k.bad("heads", "only rules with the anchor token have heads")
	}
	for i, h := range k.Heads {
		if len(h) < 3 {
			k.bad(fmt.Sprintf("heads[%d]", i), "a head has 3 bytes or more")
		}
	}
	if k.Shape == "named" && len(k.Names) == 0 {
		k.bad("names", "shape named needs names")
	}
	for i, n := range k.Lead {
		if n < 0 || n > 64 {
			k.bad(fmt.Sprintf("lead[%d]", i), "lead is from 0 to 64 bytes")
		}
	}
}

// pattern checks the expressions, and that they agree with the rest.
func (k *checker) pattern() {
	for i, p := range k.Exclude.Patterns {
		if _, err := syntax.Parse(p, syntax.Perl); err != nil {
			k.bad(fmt.Sprintf("exclude.patterns[%d]", i), "pattern does not compile: %v", err)
		}
	}
	longest := ""
	if k.Pattern != "" {
		x, why := parseExpression(k.Pattern)
		switch {
		case x == nil:
			k.bad("pattern", "%s", why)
		case x.anchored:
			k.bad("pattern", "^ and $ mean nothing here: a match begins at its keyword; say with boundary what may stand beside it")
		case x.stray != "":
			k.bad("pattern", "a group has the name %q, and only value means something: what is found", x.stray).Hint = strict.Suggest(x.stray, []string{"value"})
		case x.least == 0:
			k.bad("pattern", "pattern can match nothing at all")
		case k.MaxLength > 0 && x.least > k.MaxLength:
			k.bad("max_length", "max_length is too small: the shortest match has %d bytes", x.least)
		default:
			k.begins(x)
		}
		if x != nil && x.most < MaxLength {
			longest = fmt.Sprintf("; the longest match of the pattern has %d", x.most)
		} else if x != nil && x.most == unbounded {
			longest = "; the pattern has no longest match of its own"
		}
	}
	if k.Shape != "dictionary" && k.MaxLength == 0 || k.MaxLength < 0 || k.MaxLength > MaxLength {
		k.bad("max_length", "max_length is mandatory, from 1 to %d bytes%s", MaxLength, longest)
	}
}

// begins refuses keywords at which the pattern can never match.
func (k *checker) begins(x *expression) {
	if k.Shape != "" {
		return
	}
	leads := k.Lead
	if len(leads) == 0 {
		leads = []int{0}
	}
	for i, w := range k.Keywords {
		if len(w) > 0 && !slices.ContainsFunc(leads, func(n int) bool { return x.holds(w, !k.KeywordCase, n) }) {
			k.bad(fmt.Sprintf("keywords[%d]", i), "no match of the pattern begins with this keyword, so the rule could not find anything: "+
				`begin the pattern with it, say with lead how many bytes of the match stand before it, or use shape = "labelled" for a value behind a label`)
		}
	}
}

// worth checks what a match is worth.
func (k *checker) worth() {
	if k.Confidence == 0 && k.RandomPass == 0 {
		k.bad("confidence", "a rule needs confidence or random_pass")
	}
	if k.Confidence != 0 && k.RandomPass != 0 {
		k.bad("random_pass", "confidence goes before: a rule has one of the two")
	}
	if k.Confidence < 0 || k.Confidence > 100 {
		k.bad("confidence", "confidence is from 1 to 100 points")
	}
	if k.RandomPass < 0 || k.RandomPass > 1 {
		k.bad("random_pass", "random_pass is a share, from 0 to 1")
	}
	if k.Severity != "" && !slices.Contains(severities(), k.Severity) {
		k.bad("severity", "severity is low, medium, high or critical").Hint = strict.Suggest(k.Severity, severities())
	}
	if k.Cap != 0 && (k.Cap < lowest || k.Cap > 100) {
		k.bad("cap", "cap is from %d to 100 points: below that nothing is reported", lowest)
	}
	if k.Entropy < 0 || k.Entropy > 8 {
		k.bad("entropy", "entropy is from 0 to 8 bits for each byte")
	}
	if shape := k.Shape; shape != "" && shape != "dictionary" && shape != "labelled" || k.Confidence == 0 {
		return // they add points of their own
	}
	most := k.Confidence
	for _, c := range k.Context {
		if c.Adjust == 0 {
			c.Adjust = 20
		}
		if c.Adjust > 0 {
			most += c.Adjust + mostLabels
		}
	}
	if most < lowest {
		k.bad("confidence", "at most %d points can be reached, and nothing is reported below %d", most, lowest)
	}
}

// surroundings checks what stands around a match.
func (k *checker) surroundings() {
	for key, b := range map[string]string{"left": k.Boundary.Left, "right": k.Boundary.Right} {
		if !slices.Contains(boundaryNames(), b) {
			k.bad("boundary."+key, "unknown class").Hint = strict.Suggest(b, boundaryNames()[1:])
		}
	}
	if k.RequireContext && !slices.ContainsFunc(k.Context, func(c Context) bool { return c.Adjust >= 0 }) {
		k.bad("require_context", "there is no context to require")
	}
	for i, c := range k.Context {
		if len(c.Words) == 0 {
			k.bad(fmt.Sprintf("context[%d].words", i), "words are missing")
		}
		if c.Within < 0 || c.Within > maxWithin {
			k.bad(fmt.Sprintf("context[%d].within", i), "within is at most %d bytes", maxWithin)
		}
	}
}

// tests checks that there are some; package pattern runs them.
func (k *checker) tests() {
	var positive, negative int
	for i, t := range k.Tests {
		if strings.Contains(t.Text, "⟦") {
			positive++
		} else {
			negative++
		}
		for key, level := range map[string]string{"level": t.Level, "most": t.Most} {
			levels := []string{"low", "medium", "high"}
			if level != "" && !slices.Contains(levels, level) {
				k.bad(fmt.Sprintf("test[%d].%s", i, key), "level is low, medium or high").Hint = strict.Suggest(level, levels)
			}
		}
	}
	if n := k.l.leastTests; positive < n || negative < n {
		k.bad("test", "a rule needs at least %s that it finds, marked with ⟦ and ⟧, and %d that it does not; it has %d and %d", plural(n, "text"), n, positive, negative)
	}
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

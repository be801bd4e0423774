package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules/strict"
)

// Bounds on what a rule may say.
const (
	MaxLength = 16 << 10 // bytes of the longest match: what the engine grants at most
	maxWithin = 300      // bytes before a match that context may be read from
)

func at(table string, i int, key string) string { return fmt.Sprintf("%s[%d].%s", table, i, key) }

// Shapes are the hand-written matchers that a rule's shape may name, each with
// whether it needs a pattern.
func Shapes() map[string]bool {
	return map[string]bool{
		"digits": false, "labelled": true, "street": true, "email": false, "phone": false,
		"assignment": false, "prose": false,
		"pem": false, "marking": false, "marking_line": false, "signals": false,
	}
}

func anchorNames() []string { return []string{"digits", "token", "at", "iban", "caps"} }

func boundaryNames() []string {
	return []string{"", "word", "alnum", "token", "digit", "number", "none"}
}

// check looks at what types cannot say, for every rule read now.
func (l *loader) check() {
	for _, r := range l.fresh {
		l.checkRule(r)
	}
}

func (l *loader) checkRule(r Rule) {
	doc := l.docs[r.File]
	bad := func(key, format string, a ...any) *strict.Error {
		e := doc.Errorf(at("rule", r.Index, key), format, a...)
		l.errs = append(l.errs, e)
		return e
	}
	if !ruleID.MatchString(r.ID) {
		bad("id", "id is category.name or category.name.form in lower case")
	}
	if _, ok := l.types[r.InfoType]; !ok {
		names := make([]string, 0, len(l.types))
		for n := range l.types {
			names = append(names, n)
		}
		slices.Sort(names)
		bad("info_type", "unknown info type").Hint = strict.Suggest(r.InfoType, names)
	}
	needsPattern, shape := Shapes()[r.Shape]
	switch {
	case r.Shape != "" && !shape:
		names := make([]string, 0)
		for n := range Shapes() {
			names = append(names, n)
		}
		slices.Sort(names)
		bad("shape", "unknown shape").Hint = strict.Suggest(r.Shape, names)
	case (r.Shape == "" || needsPattern) && r.Pattern == "":
		bad("pattern", "pattern is missing")
	}
	if r.Pattern != "" {
		if _, err := regexp.Compile(r.Pattern); err != nil {
			bad("pattern", "pattern does not compile: %v", err)
		}
	}
	for i, p := range r.Exclude.Patterns {
		if _, err := regexp.Compile(p); err != nil {
			bad(fmt.Sprintf("exclude.patterns[%d]", i), "pattern does not compile: %v", err)
		}
	}
	if r.Shape == "signals" {
		if r.MinSignals < 1 || r.MinSignals > len(r.Signals) {
			bad("min_signals", "min_signals is from 1 to the number of signals")
		}
		if r.Within <= 0 || r.Within > 4096 {
			bad("within", "within is from 1 to 4096 bytes")
		}
		for i, g := range r.Signals {
			if len(g.Words) == 0 {
				bad(fmt.Sprintf("signals[%d].words", i), "words are missing")
			}
		}
	} else if len(r.Keywords) == 0 && len(r.Anchors) == 0 {
		bad("keywords", "a rule needs keywords or anchors")
	}
	for i, k := range r.Keywords {
		if len(k) < 2 || len(k) > 64 || strings.ContainsAny(k, "\n\x00") {
			bad(fmt.Sprintf("keywords[%d]", i), "a keyword has 2 to 64 bytes")
		}
	}
	for i, a := range r.Anchors {
		if !slices.Contains(anchorNames(), a) {
			bad(fmt.Sprintf("anchors[%d]", i), "unknown anchor").Hint = strict.Suggest(a, anchorNames())
		}
	}
	if r.Shape == "digits" && len(r.Formats) == 0 {
		bad("formats", "shape digits needs formats")
	}
	for key, b := range map[string]string{"left": r.Boundary.Left, "right": r.Boundary.Right} {
		if !slices.Contains(boundaryNames(), b) {
			bad("boundary."+key, "unknown class").Hint = strict.Suggest(b, boundaryNames()[1:])
		}
	}
	if r.MaxLength <= 0 || r.MaxLength > MaxLength {
		bad("max_length", "max_length is mandatory, from 1 to %d bytes", MaxLength)
	}
	if r.Confidence == 0 && r.RandomPass == 0 {
		bad("confidence", "a rule needs confidence or random_pass")
	}
	if r.Confidence < 0 || r.Confidence > 100 {
		bad("confidence", "confidence is from 1 to 100 points")
	}
	if r.RandomPass < 0 || r.RandomPass > 1 {
		bad("random_pass", "random_pass is a share, from 0 to 1")
	}
	if r.Severity != "" && !slices.Contains(severities(), r.Severity) {
		bad("severity", "severity is low, medium, high or critical")
	}
	if r.RequireContext && len(r.Context) == 0 {
		bad("require_context", "there is no context to require")
	}
	for i, c := range r.Context {
		if len(c.Words) == 0 {
			bad(fmt.Sprintf("context[%d].words", i), "words are missing")
		}
		if c.Within < 0 || c.Within > maxWithin {
			bad(fmt.Sprintf("context[%d].within", i), "within is at most %d bytes", maxWithin)
		}
	}
	var positive, negative int
	for i, t := range r.Tests {
		if strings.Contains(t.Text, "⟦") {
			positive++
		} else {
			negative++
		}
		for key, level := range map[string]string{"level": t.Level, "most": t.Most} {
			if level != "" && !slices.Contains([]string{"low", "medium", "high"}, level) {
				bad(fmt.Sprintf("test[%d].%s", i, key), "level is low, medium or high")
			}
		}
	}
	if positive < 3 || negative < 3 {
		bad("test", "a rule needs at least 3 texts that it finds and 3 that it does not; it has %d and %d", positive, negative)
	}
}

package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/rules/strict"
)

// oneOf checks that each value is in the vocabulary.
func (l *loader) oneOf(path, what string, values, vocabulary []string) []string {
	l.given(path, len(values))
	for i, v := range values {
		if !slices.Contains(vocabulary, v) {
			l.badAt(path, i, "unknown %s %q", what, v).Hint = strict.Suggest(v, vocabulary)
		}
	}
	return values
}

// typeGlobs checks that each pattern fits an info type.
func (l *loader) typeGlobs(path string, patterns []string) []string {
	l.given(path, len(patterns))
	patterns = l.expand(path, patterns)
	for i, p := range patterns {
		if !slices.ContainsFunc(l.types, func(t string) bool { return glob(p, t) }) {
			l.badAt(path, i, "unknown info type %q", p).Hint = strict.Suggest(p, l.types)
		}
	}
	return patterns
}

// names checks that no value is empty or of another form, and puts the members
// of sets in the place of their names.
func (l *loader) names(path, what string, values []string, form *regexp.Regexp) []string {
	l.given(path, len(values))
	values = l.expand(path, values)
	for i, v := range values {
		if v == "" || form != nil && !form.MatchString(v) {
			l.badAt(path, i, "this is not %s", what)
		}
	}
	return values
}

// given refuses a list that is written and empty: nothing is in it, so it could
// mean that the rule never matches, or always.
func (l *loader) given(path string, n int) {
	if n == 0 && l.doc.Has(path) && !l.wrong(path) {
		l.bad(path, "an empty list: leave the key out, or say what is meant")
	}
}

func (l *loader) atLeast(path string, n int) int {
	if n < 1 && l.doc.Has(path) && !l.wrong(path) {
		l.bad(path, "a count is from 1")
	}
	return n
}

// confidence is the level from which a rule counts findings. Unless it says
// otherwise, log and redact act from Medium, coach and stricter from High.
func (l *loader) confidence(path, name string, g Gate) detectors.Confidence {
	if name == "" {
		if g >= Coach {
			return detectors.High
		}
		return detectors.Medium
	}
	c, ok := parseLevel(name)
	if !ok {
		l.bad(path, "unknown confidence %q", name).Hint = strict.Suggest(name, levelNames())
	}
	return c
}

func levelNames() []string    { return []string{"low", "medium", "high"} }
func severityNames() []string { return []string{"low", "medium", "high", "critical"} }

func roles() []string {
	return []string{string(content.RoleUser), string(content.RoleSystem), string(content.RoleAssistant), string(content.RoleTool), string(content.RoleMetadata), string(content.RoleFile)}
}

// parseSeverity is anySeverity for a name that is none.
func parseSeverity(name string) severity {
	return severity(slices.Index(severityNames(), name) + 1)
}

func parseLevel(name string) (detectors.Confidence, bool) {
	switch name {
	case "low":
		return detectors.Low, true
	case "medium":
		return detectors.Medium, true
	case "high":
		return detectors.High, true
	}
	return detectors.High, false
}

func compare(a, b string) int { return strings.Compare(a, b) }

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// quoteKey is a key as paths of package strict write it.
func quoteKey(key string) string {
	if bareKey.MatchString(key) {
		return key
	}
	return strconv.Quote(key)
}

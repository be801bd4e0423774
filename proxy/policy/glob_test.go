package policy

import (
	"regexp"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a.b", true},
		{"a", "a", true}, {"a", "ab", false}, {"a*", "a", true}, {"a*", "ba", false},
		{"*a", "ba", true}, {"*a", "ab", false}, {"a*a", "a", false}, {"a*a", "aa", true},
		{"*aab", "aaab", true}, {"a*b*c", "axbybzc", true}, {"a*b*c", "acb", false},
		{"**", "x", true}, {"a.b", "axb", false},
	} {
		if got := glob(c.pattern, c.s); got != c.want {
			t.Errorf("glob(%q, %q) = %t, want %t", c.pattern, c.s, got, c.want)
		}
	}
}

// FuzzGlob holds glob to a regular expression that says the same.
func FuzzGlob(f *testing.F) {
	f.Add("a*b*c", "axbybzc")
	f.Add("*aab", "aaab")
	f.Add("pii.*", "pii.email")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		parts := strings.Split(pattern, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.ToValidUTF8(parts[i], "?"))
		}
		s = strings.ToValidUTF8(s, "?")
		want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(s)
		if got := glob(strings.ToValidUTF8(pattern, "?"), s); got != want {
			t.Errorf("glob(%q, %q) = %t, want %t", pattern, s, got, want)
		}
	})
}

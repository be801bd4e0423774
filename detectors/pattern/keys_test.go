package pattern

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/rules"
)

// Each row is a rule with one key more (or another), a text, and what is found in it
// with that key and without.
func TestEachKeyOfARuleDoesWhatTheManualSays(t *testing.T) {
	const rule = `
group = [{ name = "secret", severity = "high", controls = ["X-1"] }]
infotype = [{ name = "secret.acme", group = "secret", title = "Acme key" }]
`
	const base = `
[[rule]]
id = "secret.acme"
info_type = "secret.acme"
keywords = ["acme_"]
pattern = 'acme_[A-Za-z0-9]{8}'
max_length = 13
confidence = 80
test = [{ text = "⟦acme_abcdefgh⟧" }, { text = "⟦acme_abcdefgh⟧" }, { text = "⟦acme_abcdefgh⟧" }, { text = "a" }, { text = "b" }, { text = "c" }]
`
	found := func(t *testing.T, text, label string, more ...string) string {
		t.Helper()
		own := base
		for _, m := range more {
			key, _, _ := strings.Cut(m, " ")
			lines := strings.Split(own, "\n")
			for i, l := range lines {
				if strings.HasPrefix(l, key+" ") || key == "random_pass" && strings.HasPrefix(l, "confidence ") {
					lines[i] = "" // it is replaced
				}
			}
			own = strings.Join(lines, "\n") + m + "\n"
		}
		c, err := rules.Load(fstest.MapFS{"infotypes.toml": {Data: []byte(rule)}, "secrets/a.toml": {Data: []byte(own)}})
		if err != nil {
			t.Fatal(err)
		}
		ds, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		e, err := engine.New(engine.Config{Plain: true}, ds...)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		list, _ := e.Scan([]byte(text), engine.Options{Label: label})
		for _, f := range list {
			out = append(out, fmt.Sprintf("%d-%d %s", f.Span.Start, f.Span.End, f.Confidence))
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct{ key, text, label, with, without string }{
		{"keyword_case = true\npattern = '(?i)acme_[a-z]{8}'", "ACME_abcdefgh acme_abcdefgh", "", "14-27 medium", "14-27 medium"},
		{`pattern = '(?i)acme_[a-z]{8}'`, "ACME_abcdefgh acme_abcdefgh", "", "0-13 medium, 14-27 medium", "14-27 medium"},
		{`pattern = '(?i)acme_(?P<value>[a-z]{8})'`, "ACME_abcdefgh", "", "5-13 medium", ""},
		{`boundary = { left = "none" }`, "xacme_abcdefgh", "", "1-14 medium", ""},
		{`boundary = { right = "token" }`, "acme_abcdefgh+", "", "", "0-13 medium"},
		{`exclude.values = ["acme-abcd efgh"]`, "acme_abcdefgh acme_abcdefgi", "", "14-27 medium", "0-13 medium, 14-27 medium"},
		{`exclude.published = ["acme_abcdefgh"]`, "acme_abcdefgh", "", "0-13 low", "0-13 medium"},
		{`exclude.words = ["CDE"]`, "acme_abcdefgh", "", "", "0-13 medium"},
		{`exclude.patterns = ['acme_[a-z]+']`, "acme_abcdefgh acme_abcdefg1", "", "14-27 medium", "0-13 medium, 14-27 medium"},
		{`exclude.before = ["not "]`, "is not acme_abcdefgh", "", "", "7-20 medium"},
		{`entropy = 3.5`, "acme_aaaaaaaa acme_k3J9xQ2z", "", "14-27 medium", "0-13 medium, 14-27 medium"},
		{`rarity = 10`, "acme_password acme_k3J9xQ2z", "", "14-27 medium", "0-13 medium, 14-27 medium"},
		{`context = [{ words = ["build"] }]`, "build acme_abcdefgh", "", "6-19 high", "6-19 medium"},
		{`context = [{ words = ["build"], within = 9 }]`, "build and so on, acme_abcdefgh", "", "17-30 medium", "17-30 medium"},
		{`context = [{ words = ["build"], within = 30 }]`, "build and so on, acme_abcdefgh", "", "17-30 high", "17-30 medium"},
		{`context = [{ words = ["sample"], adjust = -30 }]`, "a sample acme_abcdefgh", "", "", "9-22 medium"},
		{`context = [{ words = ["build key"] }]`, "acme_abcdefgh", "buildKey", "0-13 high", "0-13 medium"},
		{"require_context = true\ncontext = [{ words = [\"build\"] }]", "acme_abcdefgh", "", "", "0-13 medium"},
		{"cap = 70", "acme_abcdefgh", "", "0-13 low", "0-13 medium"},
		{"confidence = 90", "acme_abcdefgh", "", "0-13 high", "0-13 medium"},
		{"random_pass = 0.001", "acme_abcdefgh", "", "0-13 low", "0-13 medium"},
		{"random_pass = 0.00001", "acme_abcdefgh", "", "0-13 high", "0-13 medium"},
		{`validators = ["us_ssn"]`, "acme_abcdefgh", "", "", "0-13 medium"},
		// Text that is not ASCII, or not text at all: neither mode of RE2 alone finds both.
		{"keywords = [\"müller\", \"mÜller\", \"muller\"]\npattern = '(?i)m[üu]ller'", "MÜLLER, Müller and muller", "", "0-7 medium, 9-16 medium, 21-27 medium", ""},
		{"pattern = 'acme_.{1,10}val'\nmax_length = 40", "acme_\xff\xfe val", "", "0-11 medium", ""},
		{"pattern = 'acme_[^ ]{1,10} val'\nmax_length = 40", "acme_\xff\xfe val", "", "0-11 medium", ""},
		{"lead = [2]\npattern = 'x-acme_[a-z]{8}'\nmax_length = 15", "x-acme_abcdefgh", "", "0-15 medium", "2-15 medium"},
		{"shape = \"labelled\"\npattern = '[0-9]{6}'", "acme_: 123456", "", "7-13 medium", ""},
	} {
		name, _, _ := strings.Cut(c.key, "\n")
		t.Run(name, func(t *testing.T) {
			if got := found(t, c.text, c.label, strings.Split(c.key, "\n")...); got != c.with {
				t.Errorf("with it %q is found, want %q", got, c.with)
			}
			if got := found(t, c.text, c.label); got != c.without {
				t.Errorf("without it %q is found, want %q", got, c.without)
			}
		})
	}
	if c, err := rules.Load(fstest.MapFS{"infotypes.toml": {Data: []byte(rule)}, "secrets/a.toml": {Data: []byte(base + "severity = \"low\"\ncontrols = [\"Y-2\"]\n")}}); err != nil {
		t.Error(err)
	} else if r, _ := c.Rule("secret.acme"); r.Severity != "low" || len(r.Controls) != 1 || r.Controls[0] != "Y-2" {
		t.Errorf("severity and controls of the rule are %s and %v", r.Severity, r.Controls)
	}
}

package pattern

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func TestEveryShippedExpressionIsProved(t *testing.T) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	prove := func(id, expr string) {
		m, err := newMatcher(expr)
		if err == nil {
			err = m.prove()
		}
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		n++
	}
	for _, r := range c.Rules() {
		if r.Pattern != "" {
			prove(r.ID, r.Pattern)
		}
		for _, p := range r.Exclude.Patterns {
			prove(r.ID, `(?:`+p+`)$`)
		}
	}
	if n < 100 {
		t.Errorf("only %d expressions were proved", n)
	}
}

// own is a rule of a user, with lines in which tests put mistakes.
const own = `
[[rule]]
id = "secret.acme"
info_type = "secret.acme"
keywords = ["acme_"]
pattern = 'acme_[a-z]{8}'
max_length = 9000
confidence = 80
test = [{ text = "⟦acme_abcdefgh⟧" }, { text = "acme_" }]
`

func TestARuleThatCannotRunIsAnErrorWithItsPlace(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	types := "infotype = [{ name = \"secret.acme\", group = \"secret\", title = \"Acme key\" }]\n"
	for _, c := range []struct{ name, from, to, want string }{
		{"blows up in RE2", `pattern = 'acme_[a-z]{8}'`, `pattern = 'acme_(?P<value>(?:\p{L}\p{N}?){400})'`, "secrets/own.toml:6:1: pattern cannot be used: it is too large for RE2"},
		{"exclusion blows up", "confidence = 80", `confidence = 80` + "\n" + `exclude.patterns = ['a', '(?:\pL\b){500}']`, "secrets/own.toml:9:26: pattern cannot be used: it is too large for RE2"},
		{"no such validator", "confidence = 80", "confidence = 80\nvalidators = [\"luhm\"]", "secrets/own.toml:9:15: unknown validator (luhn?)"},
		{"no such format", "pattern = 'acme_[a-z]{8}'", "shape = \"digits\"\nformats = [\"3-2\", \"3+2\"]", "secrets/own.toml:7:19: the separators of a format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(own, c.from, c.to, 1)
			over, err := base.Overlay(fstest.MapFS{"infotypes.toml": {Data: []byte(types)}, "secrets/own.toml": {Data: []byte(text)}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = New(over)
			var errs strict.Errors
			if !errors.As(err, &errs) || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), c.want) {
				t.Errorf("New = %v, want %s", err, c.want)
			}
		})
	}
}

package rules_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func TestEmbeddedRulesLoad(t *testing.T) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		var errs strict.Errors
		if errors.As(err, &errs) {
			for _, e := range errs {
				t.Error(e.Render())
			}
		}
		t.Fatal(err)
	}
	for _, it := range c.InfoTypes() {
		g, ok := c.Group(it.Group)
		if !ok || it.Title == "" || it.Placeholder == "" || it.Severity == "" || len(it.Controls) == 0 {
			t.Errorf("info type %s is incomplete: %+v of %+v", it.Name, it, g)
		}
	}
	placeholders := make(map[string]string)
	for _, it := range c.InfoTypes() {
		if other, dup := placeholders[it.Placeholder]; dup {
			t.Errorf("%s and %s have the same placeholder", it.Name, other)
		}
		placeholders[it.Placeholder] = it.Name
	}
	for _, r := range c.Rules() {
		if len(r.Controls) == 0 || r.Severity == "" {
			t.Errorf("rule %s has no controls or severity", r.ID)
		}
	}
}

const types = `
group = [{ name = "secret", severity = "high", controls = ["X-1"] }]
infotype = [{ name = "secret.acme", group = "secret", title = "Acme key" }]
`

const good = `
[[rule]]
id = "secret.acme"
info_type = "secret.acme"
keywords = ["acme_"]
pattern = 'acme_[a-z]{8}'
max_length = 13
confidence = 80
test = [{text = "⟦acme_abcdefgh⟧"}, {text = "⟦acme_abcdefgh⟧"}, {text = "⟦acme_abcdefgh⟧"}, {text = "a"}, {text = "b"}, {text = "c"}]
`

func TestLoadReportsEveryMistakeWithItsPlace(t *testing.T) {
	bad := strings.NewReplacer(
		`info_type = "secret.acme"`, `info_type = "secret.acne"`,
		"pattern = 'acme_[a-z]{8}'", "pattern = 'acme_[a-z'",
		"max_length = 13", "max_lenght = 13",
	).Replace(good)
	_, err := rules.Load(fstest.MapFS{
		"infotypes.toml": {Data: []byte(types)},
		"secrets/a.toml": {Data: []byte(bad)},
		"secrets/b.toml": {Data: []byte(strings.Replace(good, "max_length = 13", `boundary = { left = "wrod" }`, 1))},
	})
	var errs strict.Errors
	if !errors.As(err, &errs) {
		t.Fatalf("Load = %v, want strict.Errors", err)
	}
	want := []string{"secrets/a.toml:7:1", "max_length?", "secrets/a.toml:4:1", "secret.acme?", "secrets/a.toml:6:1", "secrets/b.toml:7:14", "word?", "secrets/b.toml:2:3"}
	text := err.Error()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("errors lack %q:\n%s", w, text)
		}
	}
	for _, e := range errs {
		if e.File == "" || e.Line == 0 {
			t.Errorf("error without a place: %v", e)
		}
	}
}

func TestOverlayAddsAndReplacesByID(t *testing.T) {
	base, err := rules.Load(fstest.MapFS{"infotypes.toml": {Data: []byte(types)}, "secrets/a.toml": {Data: []byte(good)}})
	if err != nil {
		t.Fatal(err)
	}
	over, err := base.Overlay(fstest.MapFS{
		"secrets/mine.toml": {Data: []byte(strings.Replace(good, "confidence = 80", "confidence = 70", 1) +
			strings.ReplaceAll(good, `id = "secret.acme"`, `id = "secret.acme.two"`))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := over.Rule("secret.acme"); r.Confidence != 70 {
		t.Errorf("overlaid confidence = %d, want 70", r.Confidence)
	}
	if _, ok := over.Rule("secret.acme.two"); !ok {
		t.Error("the added rule is missing")
	}
	if r, _ := base.Rule("secret.acme"); r.Confidence != 80 {
		t.Errorf("the base changed: confidence = %d, want 80", r.Confidence)
	}
}

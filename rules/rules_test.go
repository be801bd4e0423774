package rules_test

import (
	"bytes"
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

// Each row is one mistake in a rule that is right otherwise, and all that is said.
func TestEachMistakeIsSaidOnceAndWithItsPlace(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"no place to look", `keywords = ["acme_"]`, "", "2:3: a rule needs keywords or anchors"},
		{"keyword too short", `["acme_"]`, `["acme_", "a"]`, "5:22: a keyword has 2 to 64 bytes"},
		{"keyword that leads nowhere", `["acme_"]`, `["acme_", "acne_"]`, "5:22: no match of the pattern begins with this keyword"},
		{"keyword of the wrong case", `["acme_"]`, "[\"ACME_\"]\nkeyword_case = true", "5:13: no match of the pattern begins"},
		{"a lead that does not fit", `["acme_"]`, "[\"acme_\"]\nlead = [3]", "5:13: no match of the pattern begins"},
		{"unknown anchor", `keywords = ["acme_"]`, `anchors = ["tokn"]`, "5:12: unknown anchor (token?)"},
		{"does not compile", `'acme_[a-z]{8}'`, `'acme_[a-z'`, "6:1: pattern does not compile"},
		{"matches nothing", `'acme_[a-z]{8}'`, `'(?:acme_[a-z]{8})?'`, "6:1: pattern can match nothing at all"},
		{"bound to borders", `'acme_[a-z]{8}'`, `'^acme_[a-z]{8}$'`, "6:1: ^ and $ mean nothing here"},
		{"group of another name", `'acme_[a-z]{8}'`, `'acme_(?P<valeu>[a-z]{8})'`, "6:1: a group has the name \"valeu\", and only value means something: what is found (value?)"},
		{"counts multiply", `'acme_[a-z]{8}'`, `'acme_(?:a[0-9]b[0-9]c[0-9]d[0-9]e[0-9]f[0-9]g[0-9]h[0-9]i){1000}'`, "6:1: pattern is too large"},
		{"no bound", "max_length = 13", "", "2:3: max_length is mandatory, from 1 to 16384 bytes; the longest match of the pattern has 13"},
		{"no bound at all", "'acme_[a-z]{8}'\nmax_length = 13", `'acme_[a-z]+'`, "2:3: max_length is mandatory, from 1 to 16384 bytes; the pattern has no longest match of its own"},
		{"bound too small", "max_length = 13", "max_length = 12", "7:1: max_length is too small: the shortest match has 13 bytes"},
		{"worth nothing", "confidence = 80", "", "2:3: a rule needs confidence or random_pass"},
		{"worth two things", "confidence = 80", "confidence = 80\nrandom_pass = 0.1", "9:1: confidence goes before"},
		{"never reported", "confidence = 80", "confidence = 40", "8:1: at most 40 points can be reached, and nothing is reported below 65"},
		{"capped away", "confidence = 80", "confidence = 80\ncap = 50", "9:1: cap is from 65 to 100 points"},
		{"severity", "confidence = 80", "confidence = 80\nseverity = \"hihg\"", "9:1: severity is low, medium, high or critical (high?)"},
		{"shape without its pattern", `pattern = 'acme_[a-z]{8}'`, `shape = "labelled"`, "2:3: pattern is missing"},
		{"pattern that nobody reads", "confidence = 80", "confidence = 80\nshape = \"email\"", "6:1: shape email reads no pattern"},
		{"key of another shape", "confidence = 80", "confidence = 80\nformats = [\"3-2-4\"]", "9:1: only shape digits reads formats"},
		{"unknown shape", `pattern = 'acme_[a-z]{8}'`, `shape = "labeled"`, "6:1: unknown shape (labelled?)"},
		{"level of a test", `{text = "a"}`, `{text = "a", level = "hi"}`, "9:106: level is low, medium or high"},
		{"context to require", "confidence = 80", "confidence = 80\nrequire_context = true", "9:1: there is no context to require"},
		{"reach of context", "confidence = 80", "confidence = 80\ncontext = [{ words = [\"acme\"], within = 301 }]", "9:32: within is at most 300 bytes"},
		{"too few tests", `, {text = "c"}]`, "]", "9:1: a rule needs at least 3 texts"},
		{"dictionary without terms", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\n", "2:3: shape dictionary needs terms or terms_file"},
		{"dictionary with keywords", "pattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms = [\"acme\"]\n", "5:1: shape dictionary needs no keywords"},
		{"term", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms = [\"acme\", \" Kestrel\"]\n", "6:18: a term has no white space at its ends"},
		{"file of terms", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms_file = \"../../etc/passwd\"\n", "6:1: terms_file is a text file below the rules directory"},
		{"file that is too large", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms_file = \"large.txt\"\n", "6:1: secrets/large.txt has more than 16777216 bytes"},
		{"too many terms", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms_file = \"many.txt\"\n", "5:1: all dictionaries together have more than 100000 terms"},
		{"file that is not there", "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms_file = \"names.txt\"\n", "6:1: secrets/names.txt: file does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Fatal("the row changes nothing")
			}
			files := fstest.MapFS{"infotypes.toml": {Data: []byte(types)}, "secrets/a.toml": {Data: []byte(text)}}
			if strings.Contains(text, "large.txt") {
				files["secrets/large.txt"] = &fstest.MapFile{Data: make([]byte, 16<<20+1)}
			}
			if strings.Contains(text, "many.txt") {
				files["secrets/many.txt"] = &fstest.MapFile{Data: bytes.Repeat([]byte("kestrel\n"), rules.MaxTerms+1)}
			}
			_, err := rules.Load(files)
			var errs strict.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("Load = %v, want %s", err, c.want)
			}
			if strings.Contains(errs.Render(), `text = "a"`) {
				t.Errorf("the text of a test is shown:\n%s", errs.Render())
			}
			if c.name != "dictionary without terms" && len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "secrets/a.toml:"+c.want) {
				t.Errorf("Load = %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestWhatNobodyReadsIsAMistake(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	_, err = base.Overlay(fstest.MapFS{
		"acme.toml":            {Data: []byte(good)},
		"secret/acme.toml":     {Data: []byte(good)},
		"infotype.toml":        {Data: []byte(types)},
		"pii/more/acme.toml":   {Data: []byte(good)},
		"pii/a/b/c.toml":       {Data: []byte(good)}, // nobody looks so deep
		"policies/l2.toml":     {Data: []byte("")},
		"secrets/README.txt":   {Data: []byte("")},
		".git/x.toml":          {Data: []byte("")},
		"..2026_11/pii/a.toml": {Data: []byte("")},
	})
	const want = `acme.toml: no file of this name is read here: rules stand in the folders pii, phi, pci, secrets, code, confidential
infotype.toml: no file of this name is read here: rules stand in the folders pii, phi, pci, secrets, code, confidential (infotypes.toml?)
pii/more/acme.toml: no folder of this name is read: rules stand in pii, phi, pci, secrets, code, confidential, beside providers, policies, messages
secret/acme.toml: no folder of this name is read: rules stand in pii, phi, pci, secrets, code, confidential, beside providers, policies, messages (secrets?)`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestAnOverlayDisablesRulesOfTheLayerBelow(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	over, err := base.Overlay(fstest.MapFS{"pii/ours.toml": {Data: []byte("disable = [\"pii.us_ssn\"]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := over.Rule("pii.us_ssn"); ok {
		t.Error("the rule is still there")
	}
	if _, ok := base.Rule("pii.us_ssn"); !ok {
		t.Error("the base changed")
	}
	if off := over.Disabled(); len(off) != 1 || off[0] != "pii.us_ssn" {
		t.Errorf("switched off: %v", off)
	}
	_, err = base.Overlay(fstest.MapFS{"pii/ours.toml": {Data: []byte("disable = [\"pii.us_snn\", \"secret.acme\"]\n" + strings.ReplaceAll(good, "secret.acme", "pii.email"))}})
	const want = "pii/ours.toml:1:12: no rule has this id (pii.us_ssn?)\npii/ours.toml:1:26: no rule has this id (secret.jwt?)"
	if err == nil || !strings.HasPrefix(err.Error(), "pii/ours.toml:1:12: no rule has this id (pii.us_ssn?)\npii/ours.toml:1:26: no rule has this id") {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = base.Overlay(fstest.MapFS{"pii/ours.toml": {Data: []byte("disable = [\"pii.email\"]\n" + strings.ReplaceAll(good, "secret.acme", "pii.email"))}})
	if err == nil || err.Error() != "pii/ours.toml:1:12: a rule of this id is added in the same directory: leave out one of the two" {
		t.Errorf("got %v", err)
	}
}

// Terms of a dictionary and texts of tests are what a company must not show.
func TestMistakesDoNotShowTermsOrTexts(t *testing.T) {
	dictionary := strings.Replace(good, "keywords = [\"acme_\"]\npattern = 'acme_[a-z]{8}'\n", "shape = \"dictionary\"\nterms_file = \"names.txt\"\n", 1)
	_, err := rules.Load(fstest.MapFS{
		"infotypes.toml":    {Data: []byte(types)},
		"secrets/a.toml":    {Data: []byte(dictionary)},
		"secrets/names.txt": {Data: []byte("# a comment\n\nkestrel\nk\n" + strings.Repeat("kestrel ", 20))},
		"secrets/b.toml":    {Data: []byte(strings.Replace(strings.ReplaceAll(dictionary, "secret.acme\"\ninfo", "secret.b\"\ninfo"), `terms_file = "names.txt"`, `terms = ["kestrel", "k"]`, 1))},
	})
	var errs strict.Errors
	if !errors.As(err, &errs) {
		t.Fatal(err)
	}
	text := errs.Render()
	for _, want := range []string{"secrets/names.txt:4:1: a term has 2 to 80 bytes", "secrets/names.txt:5:1: a term has 2 to 80 bytes", "secrets/b.toml:6:21: a term has 2 to 80 bytes"} {
		if !strings.Contains(text, want) {
			t.Errorf("errors lack %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "kestrel") {
		t.Errorf("a term is shown:\n%s", text)
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

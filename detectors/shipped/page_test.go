package shipped_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
)

//go:generate go test -run TestDetectorsPageIsFresh . -update

var update = flag.Bool("update", false, "write docs/detectors.md")

const page = "../../docs/detectors.md"

// docs/detectors.md is what the rules say: every info type with an example, what
// counts as evidence and how sure that makes it.
func TestDetectorsPageIsFresh(t *testing.T) {
	c, e := load(t)
	want := detectorsPage(c, e)
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/detectors.md is not what the rules say: go generate ./detectors/shipped")
	}
}

func detectorsPage(c *rules.Catalogue, e *engine.Engine) []byte {
	var b bytes.Buffer
	byType := map[string][]rules.Rule{}
	for _, r := range c.Rules() {
		byType[r.InfoType] = append(byType[r.InfoType], r)
	}
	fmt.Fprintf(&b, `# What is detected

Generated from `+"`rules/`"+` by `+"`go generate ./detectors/shipped`"+`; do not edit.

%d info types, %d rules. A finding adds up points of evidence: its form, what
stands around it, how it is written. From 65 it is **low**, from 75 **medium**, from
85 **high**; below 65 it is not reported. "Alone" is what the form is worth without
any words near it (– if it then is not reported); the last column is the level of
the example. Examples are made up or published by the issuer.
`+"`promptgate explain`"+` shows the points of each finding.
`, len(c.InfoTypes()), len(c.Rules()))
	titles := map[string]string{"pii": "Personal data", "phi": "Health", "pci": "Payment cards", "secret": "Credentials", "source_code": "Source code", "confidential": "Confidential records"}
	for _, category := range rules.Categories() {
		fmt.Fprintf(&b, "\n## %s\n", titles[category])
		for _, it := range c.InfoTypes() {
			if it.Category() != category {
				continue
			}
			severity := it.Severity
			if g, ok := c.Group(it.Group); ok && severity == "" {
				severity = g.Severity
			}
			fmt.Fprintf(&b, "\n### `%s`\n\n%s. Severity %s, group %s.\n", it.Name, upperFirst(it.Title), severity, it.Group)
			list := byType[it.Name]
			if len(list) == 0 {
				b.WriteString("\nFound by a detector of its own, not by rules.\n")
				continue
			}
			b.WriteString("\n| rule | recognises | source | evidence | alone | example |\n|---|---|---|---|---|---|\n")
			for _, r := range list {
				example, level := exampleOf(r, e)
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.ID, cellText(r.Description), cellText(r.Source), evidenceOf(r), aloneOf(r), example+level)
			}
		}
	}
	return b.Bytes()
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func cellText(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }

// evidenceOf names what a rule asks of a value and what raises or lowers it.
func evidenceOf(r rules.Rule) string {
	var out []string
	if len(r.Validators) > 0 {
		out = append(out, "validator "+strings.Join(r.Validators, ", "))
	}
	switch r.Shape {
	case "labelled", "assignment", "prose", "named", "pairs":
		out = append(out, "a label before it")
	case "signals":
		out = append(out, fmt.Sprintf("%d of %d kinds of words", r.MinSignals, len(r.Signals)))
		if r.Person {
			out = append(out, "a person near them")
		}
	}
	for _, g := range r.Context {
		switch {
		case g.Adjust < 0:
			out = append(out, "words that speak against it")
		case r.RequireContext:
			out = append(out, "words near it, needed")
		default:
			out = append(out, "words near it")
		}
	}
	if r.Entropy > 0 {
		out = append(out, "entropy")
	}
	return strings.Join(slices.Compact(out), "; ")
}

func aloneOf(r rules.Rule) string {
	if r.RequireContext || r.Shape == "signals" || r.Confidence == 0 {
		return "–"
	}
	if l := detectors.Confidence(r.Confidence).Level(); l > 0 {
		return l.String()
	}
	return "–"
}

// exampleOf is the first test of a rule that it finds, with the level it
// reaches. Credentials have none: a page that looks like a leak is reported as one.
func exampleOf(r rules.Rule, e *engine.Engine) (example, level string) {
	for i, t := range r.Tests {
		if !strings.Contains(t.Text, "⟦") {
			continue
		}
		text, want, err := pattern.Sample(t.Text, fmt.Sprint(r.ID, "/", i))
		if err != nil {
			return "", ""
		}
		var best detectors.Confidence
		found, _ := e.Scan(text, engine.Options{Label: t.Label})
		for _, f := range found {
			if f.Type == detectors.InfoType(r.InfoType) && len(want) > 0 && f.Span.Overlaps(want[0]) {
				best = max(best, f.Confidence)
			}
		}
		if r.Category() == "secret" || strings.Contains(t.Text, "{{gen:") {
			return "", best.String()
		}
		shown := strings.NewReplacer("\n", " ⏎ ", "\r", "", "|", "\\|", "`", "'", "\t", " ", "⟦", "", "⟧", "").Replace(t.Text)
		return "`" + shown + "` ", best.String()
	}
	return "", ""
}

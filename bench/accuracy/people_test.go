package main

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

// bare is a text without its slots and punctuation.
func bare(s string) string {
	s = regexp.MustCompile(`\{[^{} ]{1,2}\}`).ReplaceAllString(s, " ")
	s = regexp.MustCompile(`[^\p{L}]+`).ReplaceAllString(strings.ToLower(s), " ")
	return strings.TrimSpace(s)
}

// No text of this bench is one that the trainer of names read.
func TestPeopleAreNotFromTheTrainingTexts(t *testing.T) {
	b, err := os.ReadFile("../../detectors/names/train/templates.txt")
	if err != nil {
		t.Fatal(err)
	}
	trained := map[string]bool{}
	for line := range strings.SplitSeq(string(b), "\n") {
		if _, text, ok := strings.Cut(line, ": "); ok && line[0] != '#' {
			trained[bare(strings.ReplaceAll(text, `\n`, " "))] = true
		}
	}
	if len(trained) < 200 {
		t.Fatalf("only %d training texts: the test has lost its subject", len(trained))
	}
	for _, k := range peopleTexts() {
		if x := bare(k.text); x != "" && strings.Contains(x, " ") && trained[x] {
			t.Errorf("%q stands in the training texts", k.text)
		}
	}
}

// Every case of names and addresses is labelled where its values stand, and the
// cases are the same for a seed.
func TestPeopleAreLabelledAndRepeat(t *testing.T) {
	a := peopleCases(rand.New(rand.NewPCG(7, 2)), 3)
	b := peopleCases(rand.New(rand.NewPCG(7, 2)), 3)
	classes := map[string]int{}
	for i, k := range a {
		if k.Text != b[i].Text {
			t.Fatalf("case %d differs between two runs of one seed", i)
		}
		classes[k.Class]++
		if (k.Class == "harmless") != (len(k.Want) == 0) {
			t.Errorf("%s has %d labels: %q", k.Class, len(k.Want), k.Text)
		}
		for _, w := range k.Want {
			if v := k.Text[w.Start:w.End]; strings.TrimSpace(v) != v || len(v) < 2 {
				t.Errorf("label %q in %q", v, k.Text)
			}
		}
		if strings.Contains(k.Text, "{N}") || strings.Contains(k.Text, "{A}") {
			t.Errorf("a slot was left: %q", k.Text)
		}
	}
	for _, c := range []string{"labelled", "letter", "prose", "address", "harmless"} {
		if classes[c] == 0 {
			t.Errorf("no case of class %s", c)
		}
	}
}

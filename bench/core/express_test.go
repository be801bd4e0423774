package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
)

// latin maps each byte to the rune of its value, so that Go's regexp reads an
// expression over bytes as Hyperscan does.
func latin(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// goRepeats lowers repeats that Go's regexp refuses; the samples are shorter.
var goRepeats = regexp.MustCompile(`\{(\d+),(\d{4,})\}`)

func compileGo(text string) (*regexp.Regexp, error) {
	return regexp.Compile(`(?s)` + goRepeats.ReplaceAllString(text, "{$1,1000}"))
}

func catalogue(t *testing.T) []rules.Rule {
	t.Helper()
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	return c.Rules()
}

// Each rule's expressions must match where its own tests say that the rule does:
// what Hyperscan is given is no easier than what we do.
func TestExpressionsMatchTheRulesOwnSamples(t *testing.T) {
	for _, f := range formulations() {
		t.Run(f.name, func(t *testing.T) {
			samples, missed := 0, 0
			for _, r := range catalogue(t) {
				parts, err := f.parts(r)
				if err != nil {
					t.Fatalf("%s: %v", r.ID, err)
				}
				var exprs []*regexp.Regexp
				for _, p := range parts {
					re, err := compileGo(p)
					if err != nil {
						t.Fatalf("%s: %v", r.ID, err)
					}
					exprs = append(exprs, re)
				}
				own, hit := 0, 0
				for i, test := range r.Tests {
					text, spans, err := pattern.Sample(test.Text, fmt.Sprint(r.ID, i))
					if err != nil {
						t.Fatalf("%s: %v", r.ID, err)
					}
					if len(spans) == 0 || test.Label != "" {
						continue // a label stands outside the text
					}
					own++
					in := latin([]byte(" " + string(text)))
					for _, re := range exprs {
						if re.MatchString(in) {
							hit++
							break
						}
					}
				}
				samples, missed = samples+own, missed+own-hit
				if own > 0 && hit == 0 {
					t.Errorf("%s: none of %d samples is matched by %q", r.ID, own, parts)
				} else if hit < own {
					t.Logf("%s: %d of %d samples", r.ID, hit, own)
				}
			}
			t.Logf("%d of %d samples", samples-missed, samples)
			if samples < 400 || missed*20 > samples {
				t.Errorf("%d of %d samples are not matched", missed, samples)
			}
		})
	}
}

func TestNoExpressionTwice(t *testing.T) {
	for _, f := range formulations() {
		list, err := f.express(catalogue(t))
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]string)
		for _, e := range list {
			if was, ok := seen[e.text]; ok {
				t.Errorf("%s and %s have one expression", was, e.rule)
			}
			seen[e.text] = e.rule
		}
	}
	if _, err := (formulation{"f", friendly}).express([]rules.Rule{{ID: "x.y", Shape: "unheard_of"}}); err == nil {
		t.Error("a shape without expressions is left out in silence")
	}
}

func TestPatternOverBytes(t *testing.T) {
	tests := []struct{ name, in, friendly, naive string }{
		{"token", `sk-[A-Z2-7]{16,40}`, `sk\x2d[\x32-\x37\x41-\x5a]{16}`, `sk\x2d[\x32-\x37\x41-\x5a]{16,40}`},
		{"ends", `a*b+[0-9]{2,}c?`, `b[\x30-\x39]{2}`, `a*b+[\x30-\x39]{2,}c?`},
		{"groups", `(?P<value>x{3})y`, `x{3}y`, `(?:x{3})y`},
		{"inner group", `(?:ab){2,3}`, `(?:ab){2}`, `(?:ab){2,3}`},
		{"boundary", `ab\b`, `ab`, `ab\b`},
		{"folded", `(?i)key=[a-f]{1,2}`, `(?i:KEY\x3d)[\x41-\x46\x61-\x66]`, `(?i:KEY\x3d)[\x41-\x46\x61-\x66]{1,2}`},
		{"outside ASCII", `é[à-ü]`, `\xc3\xa9[\x80-\xff]`, `\xc3\xa9[\x80-\xff]`},
		{"negated", `[^\s"]x`, `[\x00-\x08\x0b\x0e-\x1f\x21\x23-\x7f\x80-\xff]x`, `[\x00-\x08\x0b\x0e-\x1f\x21\x23-\x7f\x80-\xff]x`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := pattern8(tt.in, false, least); err != nil || got != tt.friendly {
				t.Errorf("friendly %q, %v, want %q", got, err, tt.friendly)
			}
			if got, err := pattern8(tt.in, true, nil); err != nil || got != tt.naive {
				t.Errorf("naive %q, %v, want %q", got, err, tt.naive)
			}
		})
	}
	if _, err := pattern8(`^a`, false, nil); err == nil {
		t.Error("an anchor has an expression: what would it mean in a stream?")
	}
}

func TestBoundariesStandAtWordsOnly(t *testing.T) {
	for in, want := range map[string]string{
		`sk-[a-z]{4}`:    `\b(?:sk\x2d[\x61-\x7a]{4})\b`,
		`\$2a\$[a-z]+=?`: `(?:\x242a\x24[\x61-\x7a]+\x3d?)`,
		`%x|y`:           `(?:(?:\x25x|y))\b`,
		`x?[a-z+]`:       `(?:x?[\x2b\x61-\x7a])`,
	} {
		if got, err := naive(rules.Rule{Pattern: in}); err != nil || got[0] != want {
			t.Errorf("naive(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestDigitsOf(t *testing.T) {
	for in, want := range map[string]string{
		"9":        `[0-9]{9}`,
		"3-2-4=14": `[0-9]{3}\x2d[0-9]{2}\x2d[0-9]{4}`,
		"4_6":      `[0-9]{4}[ ./-][0-9]{6}`,
	} {
		if got := digitsOf(in); got != want {
			t.Errorf("digitsOf(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestQuoteLeavesNoMeaning(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	re := regexp.MustCompile(`^(?:` + quote(string(all)) + `)$`)
	if !re.MatchString(latin(all)) {
		t.Error("a quoted text does not match itself")
	}
	if strings.ContainsAny(quote("a.b*c"), ".*") {
		t.Error("a sign kept its meaning")
	}
}

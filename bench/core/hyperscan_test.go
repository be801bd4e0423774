//go:build cgo && hyperscan

package main

import (
	"strings"
	"testing"
)

func TestHyperscanTakesEveryExpression(t *testing.T) {
	b, err := newBench()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range formulations() {
		list, err := f.express(b.rules)
		if err != nil {
			t.Fatal(err)
		}
		d, err := compile(list)
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if d.refused > 0 {
			t.Errorf("%s: %d expressions are refused", f.name, d.refused)
		}
	}
}

func TestHyperscanFindsAcrossWritesAndNotAcrossTexts(t *testing.T) {
	d, err := compile([]expression{{"x", "needle"}})
	if err != nil {
		t.Fatal(err)
	}
	const needle = "needle"
	tests := []struct {
		name string
		at   int
		want int
	}{
		{"inside a write", 100, 1},
		{"across writes", streamWrite - 3, 1},
		{"across texts", streamText - 3, 0},
		{"behind a reset", streamText + 10, 1},
	}
	for _, tt := range tests {
		text := []byte(strings.Repeat(".", streamText*2))
		copy(text[tt.at:], needle)
		if got, err := d.scan(text); err != nil || got != tt.want {
			t.Errorf("%s: %d, %v, want %d", tt.name, got, err, tt.want)
		}
	}
}

func TestHyperscanCountsRefusals(t *testing.T) {
	if _, err := compile([]expression{{"x", "("}, {"y", ")"}, {"z", "["}}); err == nil {
		t.Error("expressions that are all refused make a database")
	}
	d, err := compile([]expression{{"x", "a(?=b)"}, {"y", "abc"}})
	if err != nil || d.refused != 1 {
		t.Errorf("compile = %+v, %v, want one refusal", d, err)
	}
}

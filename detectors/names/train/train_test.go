package main

import (
	"bytes"
	"math"
	"os"
	"testing"
)

// Training anew gives the shipped weights, byte for byte.
func TestTrainingGivesTheShippedWeights(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a model")
	}
	w, err := readWorld(os.DirFS("../gazetteer/lists"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := w.fit(texts, rounds)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../sequence/weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Encode(), want) {
		t.Error("weights.bin is not what training gives: run go generate ./detectors/names/sequence")
	}
}

func TestExponentialsAreRight(t *testing.T) {
	for x := -40.0; x < 40; x += 0.173 {
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 1e-7 {
			t.Errorf("exp(%g) = %g, want %g", x, got, want)
		}
	}
	for x := 0.0; x <= 1; x += 0.01 {
		if got, want := ln1(x), math.Log1p(x); math.Abs(got-want) > 1e-8 {
			t.Errorf("ln1(%g) = %g, want %g", x, got, want)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"testing"
)

func TestCommittedKernelIsTheGenerated(t *testing.T) {
	committed, err := os.ReadFile("../kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, generate()) {
		t.Error("kernel_amd64.s differs: run go generate in detectors/anchor")
	}
}

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestLineIndexCountsAcrossWrites(t *testing.T) {
	text := "first\n\nthird line\nlast"
	for step := 1; step <= len(text); step++ {
		var x lineIndex
		for off := 0; off < len(text); off += step {
			x.write([]byte(text[off:min(off+step, len(text))]))
		}
		for off := range text {
			before := text[:off]
			wantLine := int64(strings.Count(before, "\n") + 1)
			wantColumn := int64(off - strings.LastIndexByte(before, '\n'))
			if line, column := x.place(int64(off)); line != wantLine || column != wantColumn {
				t.Fatalf("step %d: place(%d) = %d:%d, want %d:%d", step, off, line, column, wantLine, wantColumn)
			}
		}
	}
}

// Lines long past are forgotten, the others keep their numbers.
func TestLineIndexIsBounded(t *testing.T) {
	var x lineIndex
	const lines = 3 * maxLineStarts
	p := bytes.Repeat([]byte("x\n"), 1000)
	for range lines / 1000 {
		x.write(p)
	}
	if len(x.starts) > maxLineStarts {
		t.Errorf("%d lines are kept, want at most %d", len(x.starts), maxLineStarts)
	}
	if line, _ := x.place(0); line != 0 {
		t.Errorf("the first line is remembered as %d", line)
	}
	off := x.read - 2
	if line, column := x.place(off); line != off/2+1 || column != 1 {
		t.Errorf("place(%d) = %d:%d, want %d:1", off, line, column, off/2+1)
	}
}

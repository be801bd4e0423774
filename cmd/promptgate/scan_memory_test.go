package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
)

// An endless reader repeats a text with a number in it, so that no two passes are
// equal, and looks at the heap on its way.
type endless struct {
	text  []byte
	left  int // bytes
	pass  int
	rest  []byte
	every int // bytes between two looks
	next  int
	heap  []uint64
}

func (r *endless) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	if len(r.rest) == 0 {
		r.pass++
		r.rest = fmt.Appendf(nil, "%s\npass %d\n", r.text, r.pass)
	}
	n := copy(p, r.rest)
	r.rest, r.left = r.rest[n:], r.left-n
	if r.next -= n; r.next <= 0 {
		r.next = r.every
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		r.heap = append(r.heap, m.HeapAlloc)
	}
	return n, nil
}

// What a scan keeps does not grow with the file, apart from what it found and can
// tell only at the end.
func TestScanKeepsLittleOfALongFile(t *testing.T) {
	text, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "\nMy credit card 4111 1111 1111 1111, jo.smith@kontor-nord.de\n"...)
	e, err := loadEngine("")
	if err != nil {
		t.Fatal(err)
	}
	const size = 24 << 20
	r := &endless{text: text, left: size, every: size / 8, next: size / 8}
	var out bytes.Buffer
	s := &fileScan{engine: e, out: bufio.NewWriter(&out), progress: &progress{}, buf: make([]byte, 64<<10)}
	if err := s.scan(t.Context(), r, "endless", 0); err != nil {
		t.Fatal(err)
	}
	if err := s.out.Flush(); err != nil {
		t.Fatal(err)
	}
	if s.found < 2*r.pass-2 {
		t.Errorf("%d findings in %d passes", s.found, r.pass)
	}
	first, last := int64(r.heap[1]), int64(r.heap[len(r.heap)-1])
	t.Logf("heap in use after each %d MiB: %v; %d findings, %d bytes printed", size/8>>20, r.heap, s.found, out.Len())
	if grown := last - first - int64(out.Cap()); grown > 3<<20 {
		t.Errorf("the heap grew by %d KiB over %d MiB of text", grown>>10, size*6/8>>20)
	}
}

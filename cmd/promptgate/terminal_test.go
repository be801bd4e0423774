package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The progress line is rewritten in place, and is gone when something is printed or
// the file ends.
func TestProgressShowsHowFarALongScanIs(t *testing.T) {
	var out bytes.Buffer
	g := &progress{w: &out}
	g.start("big.txt", 64<<20)
	g.add(16 << 20)
	if out.Len() > 0 {
		t.Errorf("it is shown at once: %q", out.String())
	}
	g.next = time.Time{}
	g.add(16 << 20)
	if s := out.String(); !strings.HasPrefix(s, "\r\x1b[Kbig.txt: 32 MiB, 50 %, ") || !strings.HasSuffix(s, " MiB/s") {
		t.Errorf("it shows %q", s)
	}
	g.clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") || g.visible {
		t.Error("it does not go away")
	}
	out.Reset()
	g.end()
	if out.Len() > 0 {
		t.Errorf("what is not there is taken away: %q", out.String())
	}
	g.start("small.txt", 1<<20)
	g.next = time.Time{}
	g.add(1 << 20)
	if out.Len() > 0 {
		t.Errorf("a small file shows %q", out.String())
	}
	silent := &progress{}
	silent.start("big.txt", 64<<20)
	silent.next = time.Time{}
	silent.add(64 << 20) // no terminal: it must not be written to
	silent.end()
}

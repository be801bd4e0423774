//go:build linux

package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func open(t testing.TB, quota int64) (*Spool, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spool")
	s, err := Open(dir, quota)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func TestAFileHoldsWhatIsWritten(t *testing.T) {
	s, dir := open(t, 8<<20)
	f, err := s.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("%v stand in the directory", names)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info, err)
	}
	if info, err := f.f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for i := 0; i < len(want); i += 10_000 {
		if _, err := f.Write(want[i:min(i+10_000, len(want))]); err != nil {
			t.Fatal(err)
		}
		if i == 100_000 {
			if b, err := f.Bytes(); err != nil || !bytes.Equal(b, want[:len(b)]) || len(b) != 110_000 {
				t.Fatalf("the beginning: %d bytes, %v", len(b), err)
			}
		}
	}
	stop := f.Lean()
	b, err := f.Bytes()
	if err != nil || !bytes.Equal(b, want) {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	scratch := f.Scratch(3 << 20)
	copy(scratch, want)
	copy(scratch[2<<20:], want)
	time.Sleep(3 * leanEvery)
	if !bytes.Equal(scratch[2<<20:], want) || len(scratch) != 3<<20 {
		t.Error("what was given back is lost")
	}
	stop()
	if r, err := io.ReadAll(f.Reader()); err != nil || !bytes.Equal(r, want) {
		t.Errorf("the reader: %d bytes, %v", len(r), err)
	}
	if got := fmt.Sprintf("%v %+v %s", f, f, f); strings.Contains(got, "0123") {
		t.Errorf("printed as %s", got)
	}
	if s.Used() != 4<<20 {
		t.Errorf("%d bytes are used", s.Used())
	}
	f.Close()
	f.Close()
	if s.Used() != 0 {
		t.Errorf("%d bytes are still used", s.Used())
	}
}

func TestTheQuotaIsKept(t *testing.T) {
	s, _ := open(t, 3<<20)
	a, _ := s.File()
	b, _ := s.File()
	defer a.Close()
	defer b.Close()
	if _, err := a.Write(make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Write(make([]byte, 1<<20+1)); !errors.Is(err, ErrFull) || n != 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if b.Scratch(2<<20) != nil {
		t.Error("scratch beyond the quota")
	}
	a.Close()
	if _, err := b.Write(make([]byte, 3<<20)); err != nil {
		t.Error(err)
	}
}

func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	_, dir := open(t, 1)
	if err := os.WriteFile(filepath.Join(dir, "body-123"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, 1); err != nil {
		t.Fatal(err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("%v", names)
	}
}

// resident is how much of the process is in memory, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return n * os.Getpagesize()
}

// Reading a file of 256 MiB, and giving memory back as package content does, leaves
// a fraction of it in memory.
func TestLean(t *testing.T) {
	s, _ := open(t, 1<<30)
	f, _ := s.File()
	defer f.Close()
	block := make([]byte, 1<<20)
	for range 256 {
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	before, most := resident(t), 0
	stop := f.Lean()
	sum := 0
	for len(b) > 0 {
		n := min(len(b), 4<<20)
		sum += bytes.Count(b[:n], []byte{1})
		most = max(most, resident(t))
		f.GiveBack()
		b = b[n:]
	}
	stop()
	if grown := most - before; sum != 0 || grown > 32<<20 {
		t.Errorf("%d MiB more in memory", grown>>20)
	}
}

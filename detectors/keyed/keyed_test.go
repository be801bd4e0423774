package keyed

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Appendix A of the paper: the key 00 01 … 0f, the message 00 01 … 0e.
func TestBytesIsSipHash(t *testing.T) {
	var b [KeySize]byte
	for i := range b {
		b[i] = byte(i)
	}
	k, err := NewKey(b[:])
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Bytes(b[:15]); got != 0xa129ca6149be45e5 {
		t.Errorf("got %x", got)
	}
	if got, want := k.Number(0x0706050403020100), k.Bytes(b[:8]); got != want {
		t.Errorf("a number hashes to %x, its bytes to %x", got, want)
	}
	if _, err := NewKey(b[:16]); err == nil {
		t.Error("half a key is taken")
	}
}

func table(t *testing.T, entries []Entry, hashBits, valueBits uint) Table {
	t.Helper()
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	WriteTable(w, entries, hashBits, valueBits)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	b.WriteString("behind")
	x, rest, err := OpenTable(b.Bytes())
	if err != nil || string(rest) != "behind" {
		t.Fatalf("%v, %q is behind it", err, rest)
	}
	return x
}

func TestATableFindsWhatItHas(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 7, 8, 9, 5000} {
		var entries []Entry
		values := map[uint64][]uint32{}
		for range n {
			e := Entry{r.Uint64(), r.Uint32N(4)}
			entries = append(entries, e, e, Entry{e.Hash, e.Value + 4})
			values[e.Hash] = []uint32{e.Value, e.Value + 4}
		}
		x := table(t, entries, 48, 3)
		if x.Len() != 2*n {
			t.Errorf("%d entries of %d", x.Len(), 2*n)
		}
		for h, want := range values {
			var got []uint32
			x.Find(h, func(v uint32) { got = append(got, v) })
			if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || !x.Has(h) {
				t.Fatalf("n=%d: %v, want %v", n, got, want)
			}
			if x.Has(h ^ 1<<20) {
				t.Fatalf("n=%d: a hash that differs in one bit is found", n)
			}
		}
		seen := 0
		x.Each(func(e Entry) {
			seen++
			if !x.Has(e.Hash) {
				t.Fatal("an entry of Each is not found")
			}
		})
		if seen != 2*n {
			t.Errorf("Each shows %d of %d", seen, 2*n)
		}
	}
}

// A damaged table is refused, or answers; it never leads outside.
func TestDamagedTablesAreSafe(t *testing.T) {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	r := rand.New(rand.NewPCG(1, 2))
	var entries []Entry
	for range 100 {
		entries = append(entries, Entry{r.Uint64(), 1})
	}
	WriteTable(w, entries, 41, 2)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, _, err := OpenTable(b.Bytes()[:n]); err == nil {
			t.Fatalf("%d of %d bytes are a table", n, b.Len())
		}
	}
	for i := range b.Len() {
		for _, x := range []byte{0x01, 0x80, 0xFF} {
			bad := bytes.Clone(b.Bytes())
			bad[i] ^= x
			if got, _, err := OpenTable(bad); err == nil {
				for _, e := range entries {
					got.Has(e.Hash)
				}
				got.Each(func(Entry) {})
			}
		}
	}
}

func TestAFileIsWrittenWholeAndForItsOwnerOnly(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x")
	for _, text := range []string{"one", "another"} {
		if err := Create(name, func(w *bufio.Writer) { _, _ = w.WriteString(text) }); err != nil {
			t.Fatal(err)
		}
		f, err := Map(name)
		if err != nil || string(f.Data) != text {
			t.Fatalf("%s: %v", hex.EncodeToString(f.Data), err)
		}
		if err := f.Close(); err != nil || f.Data != nil {
			t.Errorf("closed: %v", err)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Map(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that does not exist is mapped")
	}
	if list, _ := os.ReadDir(filepath.Dir(name)); len(list) != 1 {
		t.Errorf("%d files are left", len(list))
	}
}

package keyed

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// An Entry is a hash, of which a table keeps the upper bits, and what stands
// beside it.
type Entry struct {
	Hash  uint64
	Value uint32
}

// A Table is a set of entries. It is immutable and safe for concurrent use; its
// zero value is empty. Its layout is 16 bytes of sizes, the first entry of each
// bucket as a uint32, and the entries, packed, of each bucket in order.
type Table struct {
	count      int
	hashBits   uint
	bucketBits uint
	valueBits  uint
	rest       uint // bits of a hash that an entry has
	width      uint // bits of an entry
	offsets    []byte
	entries    []byte
}

const (
	tableHead  = 16
	maxEntries = 1 << 31
	spare      = 8 // bytes behind the entries that a read may look at
)

// OpenTable reads the table at the beginning of data, which must not change, and
// returns what stands behind it.
func OpenTable(data []byte) (t Table, rest []byte, err error) {
	if len(data) < tableHead {
		return t, nil, ErrDamaged
	}
	t = Table{count: int(binary.LittleEndian.Uint64(data)), hashBits: uint(data[8]), bucketBits: uint(data[9]), valueBits: uint(data[10])}
	t.rest = t.hashBits - t.bucketBits
	t.width = t.rest + t.valueBits
	if t.count < 0 || t.count > maxEntries || t.hashBits > 60 || t.bucketBits > 30 || t.bucketBits > t.hashBits || t.valueBits > 16 || t.width > 56 {
		return t, nil, ErrDamaged
	}
	offsets, entries := (1<<t.bucketBits+1)*4, (t.count*int(t.width)+7)/8+spare
	if data = data[tableHead:]; len(data) < offsets+entries {
		return t, nil, ErrDamaged
	}
	t.offsets, t.entries = data[:offsets], data[offsets:offsets+entries]
	for b, last := 0, 0; b <= 1<<t.bucketBits; b++ { // a damaged table must not lead outside
		if n := t.offset(b); n < last || n > t.count {
			return t, nil, ErrDamaged
		} else {
			last = n
		}
	}
	return t, data[offsets+entries:], nil
}

// Len is the number of entries, Size that of bytes.
func (t *Table) Len() int { return t.count }

// Size is the length of the table in bytes.
func (t *Table) Size() int { return tableHead + len(t.offsets) + len(t.entries) }

func (t *Table) offset(bucket int) int { return int(binary.LittleEndian.Uint32(t.offsets[bucket*4:])) }

// at is the entry of an ordinal: the rest of its hash, and its value.
func (t *Table) at(i int) uint64 {
	bit := uint(i) * t.width
	return binary.LittleEndian.Uint64(t.entries[bit/8:]) >> (bit % 8) & (1<<t.width - 1)
}

// Find calls has with the value of each entry of a hash, in order.
func (t *Table) Find(hash uint64, has func(value uint32)) {
	if t.count == 0 {
		return
	}
	rest := t.rest
	h := hash >> (64 - t.hashBits)
	b, want := int(h>>rest), h&(1<<rest-1)
	for i, end := t.offset(b), t.offset(b+1); i < end; i++ {
		e := t.at(i)
		if got := e >> t.valueBits; got == want {
			has(uint32(e & (1<<t.valueBits - 1)))
		} else if got > want {
			return
		}
	}
}

// Has reports whether the table has a hash.
func (t *Table) Has(hash uint64) (found bool) {
	if t.count == 0 {
		return false
	}
	rest := t.rest
	h := hash >> (64 - t.hashBits)
	b, want := int(h>>rest), h&(1<<rest-1)
	for i, end := t.offset(b), t.offset(b+1); i < end; i++ {
		if got := t.at(i) >> t.valueBits; got >= want {
			return got == want
		}
	}
	return false
}

// Each calls f for every entry, with as much of its hash as the table keeps.
func (t *Table) Each(f func(Entry)) {
	if t.count == 0 {
		return
	}
	rest := t.rest
	for b := range 1 << t.bucketBits {
		for i, end := t.offset(b), t.offset(b+1); i < end; i++ {
			e := t.at(i)
			f(Entry{(uint64(b)<<rest | e>>t.valueBits) << (64 - t.hashBits), uint32(e & (1<<t.valueBits - 1))})
		}
	}
}

// WriteTable writes a table of entries, which it sorts; those that are equal are
// written once. hashBits are kept of each hash, valueBits of its value; together
// they must be less than 56. The error of w is for its Flush.
func WriteTable(w *bufio.Writer, entries []Entry, hashBits, valueBits uint) {
	cut := 64 - hashBits
	slices.SortFunc(entries, func(x, y Entry) int {
		if c := cmp.Compare(x.Hash>>cut, y.Hash>>cut); c != 0 {
			return c
		}
		return cmp.Compare(x.Value, y.Value)
	})
	entries = slices.CompactFunc(entries, func(x, y Entry) bool { return x.Hash>>cut == y.Hash>>cut && x.Value == y.Value })
	t := Table{count: len(entries), hashBits: hashBits, valueBits: valueBits, bucketBits: uint(max(bits.Len(uint(len(entries)/8)), 1))}
	head := make([]byte, tableHead)
	binary.LittleEndian.PutUint64(head, uint64(t.count))
	head[8], head[9], head[10] = byte(hashBits), byte(t.bucketBits), byte(valueBits)
	_, _ = w.Write(head)
	rest := hashBits - t.bucketBits
	width := rest + valueBits
	var four [4]byte
	i := 0
	for bucket := range 1<<t.bucketBits + 1 {
		for i < len(entries) && int(entries[i].Hash>>cut>>rest) < bucket {
			i++
		}
		binary.LittleEndian.PutUint32(four[:], uint32(i))
		_, _ = w.Write(four[:])
	}
	var acc uint64
	var used uint
	for _, e := range entries {
		acc |= (e.Hash>>cut&(1<<rest-1)<<valueBits | uint64(e.Value)) << used
		for used += width; used >= 8; used -= 8 {
			_ = w.WriteByte(byte(acc))
			acc >>= 8
		}
	}
	if used > 0 {
		_ = w.WriteByte(byte(acc))
	}
	_, _ = w.Write(make([]byte, spare))
}

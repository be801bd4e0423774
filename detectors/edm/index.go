package edm

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/promptgate/promptgate/detectors/keyed"
)

// Numbers of the format: a header, the label, the filter and the table of pairs.
const (
	magic      = keyed.Magic("PGEDM\x01\r\n")
	headerSize = 48
	hashBits   = 52 // of a pair's hash that are kept
	filterBits = 10 // a value of the filter
	probes     = 7
)

// A Shape is what a table is asked for.
type Shape struct {
	Label   string // of letters, digits and ".-_"; evidence names it
	Columns int
	Any     int // so many different columns of one row are a finding; at least 2
	Within  int // bytes from the beginning of the first value to the end of the last
	Rows    int
}

// An Index is a table of hashed rows. It is immutable and safe for concurrent use.
type Index struct {
	Shape
	key    keyed.Key
	looks  uint64 // what anchors look like: see look
	filter []byte
	pairs  keyed.Table
	file   keyed.File
}

// Open maps an index into memory. k is the key that it was made with, of
// keyed.KeySize bytes; keyed.ErrKey is the error when it was another.
func Open(file string, k []byte) (*Index, error) {
	x, f, err := keyed.Open("exact data", file, k, parse)
	if err != nil {
		return nil, err
	}
	x.file = f
	return x, nil
}

// Close unmaps the index. No detector may use it any more.
func (x *Index) Close() error {
	f := x.file
	*x = Index{}
	return f.Close()
}

// Size is the length of the index in bytes.
func (x *Index) Size() int { return len(x.file.Data) }

func parse(data []byte, key keyed.Key) (*Index, error) {
	if err := magic.Verify(data, headerSize, 8, key); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	x := &Index{key: key, Shape: Shape{Columns: int(data[16]), Any: int(data[17]), Within: int(le.Uint16(data[18:])), Rows: int(le.Uint64(data[24:]))}, looks: le.Uint64(data[40:])}
	label, filter, rest := int(data[20]), le.Uint64(data[32:]), data[headerSize:]
	if uint64(len(rest)) < uint64(label) || uint64(len(rest)-label) < filter {
		return nil, keyed.ErrDamaged
	}
	x.Label, x.filter, rest = string(rest[:label]), rest[label:label+int(filter)], rest[label+int(filter):]
	if x.Check() != nil {
		return nil, keyed.ErrDamaged
	}
	var err error
	if x.pairs, rest, err = keyed.OpenTable(rest); err == nil && len(rest) > 0 {
		err = keyed.ErrDamaged
	}
	return x, err
}

// Check holds a shape to its bounds.
func (s *Shape) Check() error {
	if err := keyed.CheckLabel(s.Label); err != nil {
		return err
	}
	switch {
	case s.Columns < 2 || s.Columns > maxColumns:
		return fmt.Errorf("2 to %d columns can be matched, not %d", maxColumns, s.Columns)
	case s.Any < 2 || s.Any > s.Columns:
		return fmt.Errorf("2 to %d of %d columns can be asked for, not %d", s.Columns, s.Columns, s.Any)
	case s.Within < 16 || s.Within > maxWithin:
		return fmt.Errorf("values can be looked for within 16 to %d bytes, not %d", maxWithin, s.Within)
	}
	return nil
}

// look is the bit of a form of anchors in a mask; of numbers, one for each length.
func look(f form, length int) uint64 {
	switch f {
	case date:
		return 1
	case address:
		return 2
	}
	return 1 << min(length, 63)
}

// value is the hash of a value in its form; it does not depend on the column.
func value(k keyed.Key, f form, canonical []byte) uint64 {
	return k.Bytes(canonical) + uint64(f)*0x9e3779b97f4a7c15
}

// row is the hash of two values in two columns of one row, the lower column first.
func row(k keyed.Key, a int, x uint64, b int, y uint64) uint64 {
	if a > b {
		a, x, b, y = b, y, a, x
	}
	return k.Number(x ^ bits.RotateLeft64(y, 31)*0xd1342543de82ef95 ^ uint64(a*maxColumns+b+1)*0xbf58476d1ce4e5b9)
}

// probe is the i-th bit of a value in a filter of a number of bytes.
func probe(h uint64, i, size int) uint64 {
	x := h + uint64(i)*(h>>32|h<<32|1)
	x ^= x >> 31
	x *= 0x94d049bb133111eb
	hi, _ := bits.Mul64(x, uint64(size)*8)
	return hi
}

// anchors reports whether a value may be an anchor of the table.
func (x *Index) anchors(h uint64) bool {
	if len(x.filter) == 0 {
		return false
	}
	for i := range probes {
		bit := probe(h, i, len(x.filter))
		if x.filter[bit/8]>>(bit%8)&1 == 0 {
			return false
		}
	}
	return true
}

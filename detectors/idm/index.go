package idm

import (
	"bufio"
	"encoding/binary"
	"time"

	"github.com/promptgate/promptgate/detectors/keyed"
)

// A Source is what was fingerprinted under one label.
type Source struct {
	Label  string // of letters, digits and ".-_"
	Files  int
	Bytes  int64 // of the files
	Hashes int   // that the index has of them
	Added  time.Time
}

// Numbers of the format: a header, the sources, and a table of hashes whose
// values are ordinals of sources.
const (
	magic      = keyed.Magic("PGIDM\x01\r\n")
	headerSize = 32
	hashBits   = 36 // of a keyed hash that are kept: beside a million hashes one in seventy thousand is taken for one of them
	sourceBits = 12
	maxSources = 1<<sourceBits - 1
)

// An Index answers which sources have a hash. It is immutable and safe for
// concurrent use. Its zero value is empty.
type Index struct {
	sources    []Source
	key        keyed.Key
	code, text bool // there are fingerprints of code, of documents
	table      keyed.Table
	file       keyed.File
}

// Open maps an index into memory. k is the key that it was made with, of
// keyed.KeySize bytes; keyed.ErrKey is the error when it was another.
func Open(file string, k []byte) (*Index, error) {
	x, f, err := keyed.Open("fingerprints", file, k, parse)
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

// Sources lists what is in the index.
func (x *Index) Sources() []Source { return x.sources }

// Hashes is how many hashes the index has, Size its length in bytes.
func (x *Index) Hashes() int { return x.table.Len() }

// Size is the length of the index in bytes.
func (x *Index) Size() int { return len(x.file.Data) }

func parse(data []byte, key keyed.Key) (*Index, error) {
	if err := magic.Verify(data, headerSize, 16, key); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	x := &Index{key: key, code: data[8]&1 != 0, text: data[8]&2 != 0}
	count, rest := int(le.Uint32(data[24:])), data[headerSize:]
	if count > maxSources {
		return nil, keyed.ErrDamaged
	}
	for range count {
		if len(rest) < 1 || len(rest) < 33+int(rest[0]) {
			return nil, keyed.ErrDamaged
		}
		n := int(rest[0])
		s := Source{Label: string(rest[1 : 1+n])}
		rest = rest[1+n:]
		s.Files, s.Bytes, s.Hashes = int(le.Uint64(rest)), int64(le.Uint64(rest[8:])), int(le.Uint64(rest[16:]))
		s.Added = time.Unix(int64(le.Uint64(rest[24:])), 0).UTC()
		if keyed.CheckLabel(s.Label) != nil {
			return nil, keyed.ErrDamaged
		}
		x.sources, rest = append(x.sources, s), rest[32:]
	}
	var err error
	if x.table, rest, err = keyed.OpenTable(rest); err == nil && len(rest) > 0 {
		err = keyed.ErrDamaged
	}
	return x, err
}

// find calls has for each source that has a hash.
func (x *Index) find(hash uint64, has func(source uint32)) {
	x.table.Find(x.key.Number(hash), func(s uint32) {
		if int(s) < len(x.sources) { // a damaged index has others
			has(s)
		}
	})
}

// Write writes the index to a file, whole or not at all.
func (b *Builder) Write(file string) error {
	le := binary.LittleEndian
	head := make([]byte, headerSize)
	copy(head, magic)
	if b.code {
		head[8] |= 1
	}
	if b.text {
		head[8] |= 2
	}
	le.PutUint64(head[16:], b.key.Check())
	le.PutUint32(head[24:], uint32(len(b.sources)))
	for _, s := range b.sources {
		head = append(append(head, byte(len(s.Label))), s.Label...)
		for _, n := range []int64{int64(s.Files), s.Bytes, int64(s.Hashes), s.Added.Unix()} {
			head = le.AppendUint64(head, uint64(n))
		}
	}
	values := uint(1)
	for len(b.sources) > 1<<values {
		values++
	}
	return keyed.Create(file, func(w *bufio.Writer) {
		_, _ = w.Write(head) // the error of a bufio.Writer stays for Flush
		keyed.WriteTable(w, b.entries, hashBits, values)
	})
}

// Package keyed keeps sets of hashes that nobody can make without a key: what
// fingerprints and exact data match are made of.
//
// A [Key] hashes bytes. A [Table] is a packed, sorted set of such hashes, each
// with a few bits beside it, that is read where it lies: in a file that [Map]
// maps into memory. Neither holds anything of what was hashed.
package keyed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrKey says that a file was made with another key.
var ErrKey = errors.New("it was made with another key")

// ErrDamaged says that a file is none of ours, or no longer.
var ErrDamaged = errors.New("it is damaged, or no file of promptgate: build it again")

// A Key hashes by SipHash-2-4 (Aumasson, Bernstein 2012) under the first half of
// its bytes; the second half is for what comes after it.
type Key struct{ k0, k1 uint64 }

// NewKey makes a key of KeySize bytes.
func NewKey(b []byte) (Key, error) {
	if len(b) != KeySize {
		return Key{}, fmt.Errorf("a key has %d bytes, want %d", len(b), KeySize)
	}
	return Key{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}, nil
}

// A sip is the state of SipHash.
type sip struct{ v0, v1, v2, v3 uint64 }

func (k Key) begin() sip {
	return sip{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
}

func (s *sip) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sip) block(m uint64) {
	s.v3 ^= m
	s.round()
	s.round()
	s.v0 ^= m
}

func (s *sip) end() uint64 {
	s.v2 ^= 0xff
	for range 4 {
		s.round()
	}
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

// Number hashes the eight bytes of a number, the lowest first.
func (k Key) Number(m uint64) uint64 {
	s := k.begin()
	s.block(m)
	s.block(8 << 56)
	return s.end()
}

// Bytes hashes bytes.
func (k Key) Bytes(b []byte) uint64 {
	s := k.begin()
	last := uint64(len(b)) << 56
	for ; len(b) >= 8; b = b[8:] {
		s.block(binary.LittleEndian.Uint64(b))
	}
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	s.block(last)
	return s.end()
}

// Check is what a file keeps of its key, to tell a wrong one.
func (k Key) Check() uint64 { return k.Number(0x70726f6d70746761) }

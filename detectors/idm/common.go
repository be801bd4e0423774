package idm

import (
	_ "embed"
	"math/bits"
)

// common.bin is a Bloom filter of the hashes that public code has in more than
// one directory. The program in gen made it of 25,500 files: the libraries of Go
// 1.26 and Python 3.12, C headers, packages of npm, crates of Rust, and Guava.
//
//go:embed common.bin
var commonFilter []byte

// probes is how many bits of the filter a hash has.
const probes = 6

// isCommon reports whether a hash is of what many people wrote. One in some
// hundred others is taken for one.
func isCommon(h uint64) bool {
	if len(commonFilter) == 0 {
		return false
	}
	for i := range uint64(probes) {
		bit := probe(h, i, len(commonFilter))
		if commonFilter[bit/8]>>(bit%8)&1 == 0 {
			return false
		}
	}
	return true
}

// probe is the i-th bit of a hash in a filter of a number of bytes.
func probe(h, i uint64, size int) uint64 {
	hi, _ := bits.Mul64(mix(h+i*base), uint64(size)*8)
	return hi
}

// Filter makes a filter of hashes, of nine bits for each.
func Filter(hashes []uint64) []byte {
	f := make([]byte, (len(hashes)*9+7)/8)
	for _, h := range hashes {
		for i := range uint64(probes) {
			bit := probe(h, i, len(f))
			f[bit/8] |= 1 << (bit % 8)
		}
	}
	return f
}

// Hashes are what winnowing chooses of a file, before they are keyed; nothing of
// a file that is not fingerprinted.
func Hashes(file string) []uint64 {
	r := reader{}
	r.file(file)
	return r.hashes
}

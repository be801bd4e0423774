package anchor

import "math/bits"

// sift leaves, in the masks of literals, the bits where the bytes around have
// the hash of a literal. text[at] is the first byte of the first block.
//
// Candidates are a few in a block, how many is anyone's guess, and most are
// none. So they are first written in a row, and then judged without a branch.
func (f *finder) sift(text []byte, at int, m []masks, row []uint16) {
	n := 0
	for i := range m {
		n = unpack(row, n, m[i].long, i*64)
		m[i].long = 0
	}
	k := 0
	for _, i := range row[:n] {
		row[k] = i
		k += int(f.lits.windows.has(hashFive(before(text, at+int(i)))))
	}
	for _, i := range row[:k] {
		v, w := before(text, at+int(i)), beginning(text, at+int(i))
		there := f.lits.five.has(hashFive(v)) | f.lits.left.has(hashEight(v)) | f.lits.right.has(hashEight(w))
		m[i>>6].long |= there << (i & 63)
	}
	n, k = 0, 0
	for i := range m {
		n = unpack(row, n, m[i].short, i*64)
		m[i].short = 0
	}
	for _, i := range row[:n] {
		row[k] = i
		k += int(f.lits.tails.has(hashThree(before(text, at+int(i)))))
	}
	for _, i := range row[:k] {
		v := before(text, at+int(i))
		there := f.lits.three.has(hashThree(v)) | f.lits.four.has(hashFour(v))
		m[i>>6].short |= there << (i & 63)
	}
}

// unpack writes the places of the ones in m, plus base, to row[n:] and returns
// the row's new length. It may write more than it counts, up to 64 in all.
func unpack(row []uint16, n int, m uint64, base int) int {
	count := bits.OnesCount64(m)
	for i := 0; i < count; i += 8 {
		out := (*[8]uint16)(row[n+i:])
		for j := range out {
			out[j] = uint16(base + first(m))
			m &= m - 1
		}
	}
	return n + count
}

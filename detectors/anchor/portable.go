package anchor

import "encoding/binary"

// Constants for eight bytes in one word.
const (
	lanes  = 0x0101010101010101
	gather = 0x0102040810204080 // moves bit 0 of each byte to one byte on top
)

// bitsOf returns bit k of each of the eight bytes of v, as one byte.
func bitsOf(v uint64, k uint) uint64 { return (v >> k & lanes) * gather >> 56 }

// classifyPortable fills m for len(m) blocks of 64 bytes that begin at text[at]. It
// reads one byte before at. Pairs that would begin before that byte count as
// members of every set.
func (t *tables) classifyPortable(text []byte, at int, m []masks) {
	const (
		free1 = lanes * pairTwo // sets that do not care what stood one, two, three bytes before
		free2 = lanes * pairTwo
		free3 = lanes * (pairTwo | pairShort0)
	)
	last := ^uint64(0)
	for i := range m {
		p := text[at-1+i*64 : at+64+i*64 : at+64+i*64]
		var k masks
		for j := 0; j < 64; j += 8 {
			v, z := binary.LittleEndian.Uint64(p[j:]), uint64(p[j+8])
			q := uint64(t.pair[uint16(v)]) | uint64(t.pair[uint16(v>>8)])<<8 |
				uint64(t.pair[uint16(v>>16)])<<16 | uint64(t.pair[uint16(v>>24)])<<24 |
				uint64(t.pair[uint16(v>>32)])<<32 | uint64(t.pair[uint16(v>>40)])<<40 |
				uint64(t.pair[uint16(v>>48)])<<48 | uint64(t.pair[uint16(v>>56|z<<8)])<<56
			w := q & ((q<<8|last>>56)<<1 | free1) & ((q<<16|last>>48)<<2 | free2) & ((q<<24|last>>40)<<3 | free3)
			last = q
			k.two |= bitsOf(w, 0) << j
			k.short |= bitsOf(w, 3) << j
			k.long |= bitsOf(w, 7) << j

			v = v>>8 | z<<56
			r := uint64(t.prop[byte(v)]) | uint64(t.prop[byte(v>>8)])<<8 |
				uint64(t.prop[byte(v>>16)])<<16 | uint64(t.prop[byte(v>>24)])<<24 |
				uint64(t.prop[byte(v>>32)])<<32 | uint64(t.prop[byte(v>>40)])<<40 |
				uint64(t.prop[byte(v>>48)])<<48 | uint64(t.prop[byte(v>>56)])<<56
			r = transpose(r)
			k.digit |= r & 0xff << j
			k.sep |= r >> 8 & 0xff << j
			k.token |= r >> 16 & 0xff << j
			k.at |= r >> 24 & 0xff << j
			k.upper |= r >> 32 & 0xff << j
			k.punct |= r >> 40 & 0xff << j
			k.ctl |= r >> 48 & 0xff << j
			k.word |= r >> 56 << j
			k.high |= bitsOf(v, 7) << j
		}
		k.newline = k.digit & k.at
		k.digit &^= k.newline
		k.at &^= k.newline
		m[i] = k
	}
}

// transpose turns a matrix of eight by eight bits: bit k of byte j becomes
// bit j of byte k.
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

package anchor

import "encoding/binary"

// Constants for eight bytes in one word.
const (
	lanes  = 0x0101010101010101
	gather = 0x0102040810204080 // moves bit 0 of each byte to one byte on top
)

// bitsOf returns bit k of each of the eight bytes of v, as one byte.
func bitsOf(v uint64, k uint) uint64 { return (v >> k & lanes) * gather >> 56 }

// A pairTable says, by the class of a byte and that of the one before it times
// 32, in which sets they are a pair.
type pairTable struct {
	class [256]byte
	sets  [32 * 32]uint32
}

// Sets that begin a window and those that end one.
const (
	beginSets = 1<<setTwo | 1<<setThree | 1<<setFour | 1<<setFree | 1<<setLong | 1<<(setLong+4) | 1<<(setLong+8)
	endTwo    = 1 << setTwo
	endThree  = 1 << (setThree + 1)
	endFour   = 1 << (setFour + 2)
	endFree   = 1 << (setFree + 2)
	endLong   = 1<<(setLong+3) | 1<<(setLong+7) | 1<<(setLong+11)
)

// classifyPortable fills m for len(m) blocks of 64 bytes that begin at text[at]. It
// reads one byte before at. Pairs that would begin before that byte count as
// members of every set.
func (t *tables) classifyPortable(text []byte, at int, m []masks) {
	row := uint(t.pair.class[text[at-1]]) << 5
	open := ^uint32(0) // windows whose pairs up to the last one fit
	for i := range m {
		p := text[at+i*64 : at+64+i*64 : at+64+i*64]
		var k masks
		for j := 0; j < 64; j++ {
			c := uint(t.pair.class[p[j]])
			open = (open<<1 | beginSets) & t.pair.sets[(row+c)&1023]
			row = c << 5
			if open&(endTwo|endThree|endFour|endFree|endLong) != 0 {
				k.ends(open, uint(j))
			}
		}
		for j := 0; j < 64; j += 8 {
			v := binary.LittleEndian.Uint64(p[j:])
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
		k.newline, k.escape = k.digit&k.at, k.digit&k.upper
		k.digit &^= k.newline | k.escape
		k.at &^= k.newline
		k.upper &^= k.escape
		m[i] = k
	}
}

// ends notes the windows that end at byte j.
func (m *masks) ends(open uint32, j uint) {
	m.two |= uint64(open>>setTwo&1) << j
	m.three |= uint64(open>>(setThree+1)&1) << j
	m.four |= uint64(open>>(setFour+2)&1) << j
	m.free |= uint64(open>>(setFree+2)&1) << j
	if open&endLong != 0 {
		m.long |= 1 << j
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

package validate

import (
	"encoding/binary"
	"math/bits"
)

// keccak256 is Keccak-256 as Ethereum uses it: the padding of the submission, not
// that of FIPS 202. v is shorter than the rate, 136 bytes.
func keccak256(v []byte) (sum [32]byte) {
	const rate = 136
	var block [rate]byte
	copy(block[:], v)
	block[len(v)] ^= 0x01
	block[rate-1] ^= 0x80
	var a [25]uint64
	for i := range rate / 8 {
		a[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	constant := byte(1) // the shift register that makes the round constants
	for range 24 {
		var c [5]uint64 // theta
		for x := range 5 {
			c[x] = a[x] ^ a[x+5] ^ a[x+10] ^ a[x+15] ^ a[x+20]
		}
		for x := range 5 {
			d := c[(x+4)%5] ^ bits.RotateLeft64(c[(x+1)%5], 1)
			for y := 0; y < 25; y += 5 {
				a[x+y] ^= d
			}
		}
		x, y, t := 1, 0, a[1] // rho and pi
		for i := range 24 {
			x, y = y, (2*x+3*y)%5
			t, a[x+5*y] = a[x+5*y], bits.RotateLeft64(t, (i+1)*(i+2)/2%64)
		}
		for y := 0; y < 25; y += 5 { // chi
			copy(c[:], a[y:y+5])
			for x := range 5 {
				a[x+y] = c[x] ^ ^c[(x+1)%5]&c[(x+2)%5]
			}
		}
		for j := range 7 { // iota
			if constant&1 == 1 {
				a[0] ^= 1 << (1<<j - 1)
			}
			high := constant >> 7
			if constant <<= 1; high == 1 {
				constant ^= 0x71
			}
		}
	}
	for i := range 4 {
		binary.LittleEndian.PutUint64(sum[8*i:], a[i])
	}
	return sum
}

// mixedCase checks EIP-55: a letter of an address is a capital where the hash of
// the address in small letters has a high bit. One case throughout has no check.
func mixedCase(hex []byte) bool {
	lower := make([]byte, len(hex))
	small, capital := false, false
	for i, b := range hex {
		lower[i] = b
		if isUpper(b) {
			lower[i], capital = b|0x20, true
		} else if !isDigit(b) {
			small = true
		}
	}
	if !small || !capital {
		return true
	}
	sum := keccak256(lower)
	for i, b := range hex {
		if high := sum[i/2]>>(4*(1-i%2))&8 != 0; !isDigit(b) && isUpper(b) != high {
			return false
		}
	}
	return true
}

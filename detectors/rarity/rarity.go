// Package rarity says how much more a value looks drawn at random than written
// by a person: a name, a word, a path, a version.
//
// Bytes go in, bits come out. Shannon's entropy, which scanners commonly use,
// does not tell "kubernetes_pod_name2" from a key, because it knows only how
// often each byte occurs. This model knows which letter follows which two, and
// how capitals, digits and signs alternate in written names. It was trained by
// the program in gen, on names that it makes from the words of Go's standard
// library; the weights are embedded (19 KB).
//
// Everything here is pure, allocates nothing, and is safe for concurrent use.
package rarity

import _ "embed"

// Classes of bytes. Edge stands before the first byte.
const (
	Lower = iota
	Upper
	Digit
	Sign
	Edge
	classes
)

const (
	letters = 26
	none    = letters     // no letter stands there
	history = letters + 1 // what may stand before a letter
	perBit  = 8           // weights are in eighths of a bit
)

// Sizes of the parts of the weights, in bytes: the cost in eighths of a bit of a
// class behind two classes, then of a letter behind two letters.
const (
	classWeights  = classes * classes * classes
	letterWeights = history * history * letters
)

//go:embed weights.bin
var weights string

// Class is the class of a byte.
func Class(b byte) int { return int(classOf[b]) }

var classOf = func() (t [256]uint8) {
	for i := range t {
		switch b := byte(i); {
		case b >= 'a' && b <= 'z':
			t[i] = Lower
		case b >= 'A' && b <= 'Z':
			t[i] = Upper
		case b >= '0' && b <= '9':
			t[i] = Digit
		default:
			t[i] = Sign
		}
	}
	return t
}()

// Cost of a byte drawn at random, in eighths of a bit: log2 of the size of the
// alphabet that its part of the value is made of.
const (
	hexCost    = 32 // 16 symbols
	digitCost  = 27 // 10
	yearCost   = 40 // 10, but so few that they are a year, a day, a version
	oneCost    = 38 // 26: letters of one case
	oneNumCost = 41 // 36: and digits
	twoCost    = 46 // 52: letters of both cases
	twoNumCost = 48 // 62: and digits
	signCost   = 48 // a sign: people join words by them
)

// chance is the cost of each byte of the part that v begins with, up to a sign.
func chance(v []byte) int {
	var seen [classes]bool
	hex, size := true, 0
	for ; size < len(v); size++ {
		b := v[size]
		c := Class(b)
		if c == Sign {
			break
		}
		seen[c] = true
		hex = hex && (c == Digit || b|0x20 <= 'f')
	}
	switch {
	case hex && seen[Lower] != seen[Upper] && seen[Digit]:
		return hexCost
	case seen[Lower] && seen[Upper] && seen[Digit]:
		return twoNumCost
	case seen[Lower] && seen[Upper]:
		return twoCost
	case seen[Digit] && (seen[Lower] || seen[Upper]):
		return oneNumCost
	case seen[Digit] && size <= 4:
		return yearCost
	case seen[Digit]:
		return digitCost
	}
	return oneCost
}

// Score is how many bits more v costs as something written than as something
// drawn at random: 0 is undecided, 10 is a thousand to one for chance, and less
// than 0 is for a person. It is sound from about 12 bytes on.
func Score(v []byte) int {
	sum := 0
	c1, c2 := Edge, Edge
	l1, l2 := none, none
	drawn := 0
	for i, b := range v {
		c := Class(b)
		if c == Sign {
			drawn = signCost
		} else if i == 0 || c2 == Sign {
			drawn = chance(v[i:])
		}
		cost := int(weights[(c1*classes+c2)*classes+c])
		switch c {
		case Lower, Upper:
			l := int(b|0x20) - 'a'
			cost += int(weights[classWeights+(l1*history+l2)*letters+l])
			l1, l2 = l2, l
		case Digit:
			if i == 0 || step(v[i-1], b) {
				cost += perBit
			} else {
				cost += digitCost
			}
			l1, l2 = none, none
		default:
			cost += 2 * perBit // which sign
			l1, l2 = none, none
		}
		if i > 1 && b == v[i-1] && b == v[i-2] {
			cost = perBit // people fill with one sign
		}
		sum += cost - drawn
		c1, c2 = c2, c
	}
	return sum / perBit
}

// step reports whether people write b behind a: the same digit, or one more or
// less.
func step(a, b byte) bool { return Class(a) == Digit && (a == b || a+1 == b || a == b+1) }

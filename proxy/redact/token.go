package redact

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// codeLength is how many characters of five bits a token has: sixty bits, of which
// a million values have a chance of 4·10⁻⁷ that any two are alike.
const codeLength = 12

// alphabet is Crockford's (https://www.crockford.com/base32.html): without I, L, O
// and U, which are read for others.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// a code is the sixty bits of a token.
type code uint64

func (c code) String() string {
	var b [codeLength]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = alphabet[c&31]
		c >>= 5
	}
	return string(b[:])
}

// codeDigit is the value of a character in either case.
func codeDigit(b byte) (code, bool) {
	if b >= 'a' && b <= 'z' {
		b -= 'a' - 'A'
	}
	i := strings.IndexByte(alphabet, b)
	return code(i), i >= 0
}

// tokenName is the token as it is written.
func tokenName(kind string, c code) string { return "[" + kind + "_" + c.String() + "]" }

// codeOf is the token of a value: a keyed hash over what it is and what it says.
func codeOf(key []byte, kind string, canonical []byte) code {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("token\x00" + kind + "\x00"))
	h.Write(canonical)
	return code(binary.BigEndian.Uint64(h.Sum(nil)) >> 4)
}

// canonical is the form in which a value is compared, so that spellings of one have
// one token. Only what surely says the same is folded: the case of an e-mail
// address, and the spaces and hyphens of long numbers. Secrets are never folded,
// nor are short numbers, of which some are dates.
func canonical(t detectors.InfoType, value []byte) []byte {
	switch {
	case t == "" || t.Category() == "secret":
		return value
	case bytes.IndexByte(value, '@') > 0:
		return bytes.ToLower(value)
	}
	var out []byte
	digits := 0
	for _, b := range value {
		switch {
		case b == ' ' || b == '-':
			continue
		case b >= '0' && b <= '9':
			digits++
		case b >= 'A' && b <= 'Z' || b == '+':
		default:
			return value
		}
		out = append(out, b)
	}
	if digits < 8 || len(out) < 12 {
		return value
	}
	return out
}

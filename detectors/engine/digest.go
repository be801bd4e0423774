package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"unicode"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
)

// A digester computes keyed digests. Not safe for concurrent use.
type digester struct {
	mac hash.Hash
	buf []byte
	sum [sha256.Size]byte
}

func newDigester(key []byte) digester { return digester{mac: hmac.New(sha256.New, key)} }

// digest is HMAC-SHA-256 of the info type and the value's letters and digits in
// lower case, so that "4111 1111…" and "4111-1111…" count as one. A value
// without any counts as it stands.
func (d *digester) digest(t detectors.InfoType, value []byte) detectors.Digest {
	d.buf = append(append(d.buf[:0], t...), 0)
	n := len(d.buf)
	for i := 0; i < len(value); {
		if b := value[i]; b < utf8.RuneSelf {
			switch {
			case b >= 'A' && b <= 'Z':
				d.buf = append(d.buf, b|0x20)
			case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
				d.buf = append(d.buf, b)
			}
			i++
			continue
		}
		r, w := utf8.DecodeRune(value[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			d.buf = utf8.AppendRune(d.buf, unicode.ToLower(r))
		}
		i += w
	}
	if len(d.buf) == n {
		d.buf = append(d.buf, value...)
	}
	d.mac.Reset()
	d.mac.Write(d.buf)
	clear(d.buf)
	return detectors.Digest(d.mac.Sum(d.sum[:0])[:len(detectors.Digest{})])
}

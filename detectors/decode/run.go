package decode

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxUnit is how many raw bytes of a run are decoded as one text; what
	// follows in the same run is a unit of its own.
	MaxUnit = 64 << 10
	// MinRun is the shortest run that is looked at, in raw bytes.
	MinRun   = 24
	head     = 64      // raw bytes by which a run is admitted
	maxPlain = 1 << 20 // bytes of one decompressed unit; more is a bomb
)

// ErrBomb is the error of a run that decompresses to more than is good.
var ErrBomb = errors.New("decode: decompresses to too much")

// A Decoded is what a run held. Text is only valid until the next call.
type Decoded struct {
	Start, End int // the run, as indexes of the text it stands in
	Text       []byte
	Layers     []Layer // outermost first
	Err        error   // ErrBomb, or nil
}

// A Runner decodes runs. It keeps its buffers between calls; the zero value is
// ready. Not safe for concurrent use.
type Runner struct {
	encoded, out, plain []byte
	used                bool // since the last Reset
}

// Reset zeroes the buffers if they hold text.
func (r *Runner) Reset() {
	if !r.used {
		return
	}
	r.used = false
	for _, b := range [][]byte{r.encoded, r.out, r.plain} {
		clear(b[:cap(b)])
	}
	if cap(r.plain) > MaxUnit {
		r.plain = nil
	}
}

// Decode looks at the run of token bytes that text[i] stands in, which begins
// at start or, behind a label such as "data=", a little later. more is true when
// the text must go on before it can be decided; ok when there is something
// inside. The answer depends on nothing but the run: at most MaxUnit bytes from
// its start.
func (r *Runner) Decode(text []byte, start int, eof bool) (d Decoded, ok, more bool) {
	if len(text)-start < head && !eof && plainRun(text[start:]) == len(text)-start {
		return d, false, true
	}
	for tries, i := 0, start; tries < 4; tries++ {
		if c := classify(text[i:min(len(text), i+head)]); c != "" {
			return r.unit(text, i, c, eof)
		}
		i = afterLabel(text, i)
		if i < 0 {
			break
		}
		if len(text)-i < head && !eof && plainRun(text[i:]) == len(text)-i {
			return d, false, true
		}
	}
	return d, false, false
}

// afterLabel is where the run may begin behind the next byte that is no letter
// or digit, near the start; -1 when there is none.
func afterLabel(text []byte, i int) int {
	for j, stop := i, min(len(text)-1, i+32); j < stop; j++ {
		c := class(text[j])
		if c&classAlnum != 0 {
			continue
		}
		if c == 0 {
			break
		}
		if class(text[j+1])&classAlnum != 0 {
			return j + 1
		}
	}
	return -1
}

// unit decodes text[i:] with one codec, at most MaxUnit bytes of it.
func (r *Runner) unit(text []byte, i int, c Layer, eof bool) (d Decoded, ok, more bool) {
	end, ended := wrappedRun(text, i, c)
	if !ended && !eof {
		return d, false, true
	}
	r.used = true
	r.encoded = r.encoded[:0]
	for _, b := range text[i:end] {
		if b > ' ' {
			r.encoded = append(r.encoded, b)
		}
	}
	r.out = decodeAll(r.out[:0], r.encoded, c)
	d = Decoded{Start: i, End: end, Text: r.out, Layers: []Layer{c}}
	if inner := packed(d.Text); inner != "" {
		d.Layers = append(d.Layers, inner)
		r.plain, d.Err = inflate(r.plain[:0], d.Text, inner)
		d.Text = r.plain
	}
	if plain, is := fromUTF16(d.Text); is {
		d.Layers, d.Text = append(d.Layers, UTF16), plain
	}
	return d, len(d.Text) > 0, false
}

// classify admits a run by its head.
func classify(p []byte) Layer {
	if refused(p) {
		return none
	}
	n, end, all, any := 0, 0, byte(0xFF), byte(0) // end: without padding
	for ; n < len(p); n++ {
		c := class(p[n])
		if c == 0 {
			break
		}
		if p[n] != '=' {
			if end < n {
				all = 0 // padding within
			}
			all &= c
			any |= c
			end = n + 1
		}
	}
	if n < MinRun {
		return none
	}
	if p = p[:end]; all&classHex != 0 && admits(p, Hex, 0) {
		return Hex
	}
	if all&classBase32 != 0 && admits(p, Base32, 0) {
		return Base32
	}
	if all&classBase64 != 0 && admits(p, Base64, any) {
		return Base64
	}
	return none
}

// refused reports whether the first bytes of p, a sixth of a head or so, show that
// classify will not admit it: so it is with nearly all names and paths.
func refused(p []byte) bool {
	if len(p) < MinRun {
		return true
	}
	all, any := byte(0xFF), byte(0)
	for _, b := range p[:16] {
		c := class(b)
		all &= c
		any |= c
	}
	switch {
	case all == 0:
		return true
	case all&classBase32 != 0, all&classBase64 == 0, any&(classURL|classStd) == classURL|classStd:
		return false
	case all&classHex != 0 && mayBegin(hexByte(p), hexByte(p[2:]), hexByte(p[4:])) && mayHold(hexHead(p)):
		return false
	}
	a, b, c := base64Bytes(p)
	return !mayBegin(a, b, c) || !mayHold(base64Head(p))
}

// mayBegin reports whether what begins with these bytes may be packed or text: of
// what was chosen at random, three in four may not. It lets through what mayHold
// refuses, never less.
func mayBegin(a, b, c byte) bool {
	switch {
	case a == 0x1F && b == 0x8B || a == 0x78: // packed
		return true
	case a == 0 || b == 0 || a >= 0xFE: // wide
		return true
	case a >= 0x80:
		return leads(a) && b&0xC0 == 0x80 && (a >= 0xE0 && c&0xC0 == 0x80 || a < 0xE0 && (c < 0x80 || leads(c)))
	case b >= 0x80:
		return leads(b) && c&0xC0 == 0x80
	}
	return c < 0x80 || leads(c)
}

// leads reports whether a character of several bytes may begin with b (RFC 3629).
func leads(b byte) bool { return b >= 0xC2 && b <= 0xF4 }

// mayHold reports whether what is longer and begins with these bytes may be packed
// or text.
func mayHold(first [12]byte) bool {
	return packed(first[:]) != "" || mayBeWide(first[:]) || mayRead(first[:])
}

// hexHead is what 24 digits of hex hold.
func hexHead(p []byte) (first [12]byte) {
	for i := range first {
		first[i] = hexByte(p[2*i:])
	}
	return first
}

func hexByte(p []byte) byte { return nibble(p[0])<<4 | nibble(p[1]) }

// base64Head is what 16 characters of base64 hold.
func base64Head(p []byte) (first [12]byte) {
	for i := 0; i < 4; i++ {
		first[3*i], first[3*i+1], first[3*i+2] = base64Bytes(p[4*i:])
	}
	return first
}

func base64Bytes(p []byte) (a, b, c byte) {
	v := uint32(sextets[p[0]&0x7F])<<18 | uint32(sextets[p[1]&0x7F])<<12 | uint32(sextets[p[2]&0x7F])<<6 | uint32(sextets[p[3]&0x7F])
	return byte(v >> 16), byte(v >> 8), byte(v)
}

// admits reports whether p, all of it in c's alphabet, holds text or what is
// packed. Most runs hold neither, and their first bytes say so. any is what
// classes occur.
func admits(p []byte, c Layer, any byte) bool {
	switch {
	case c == Hex && len(p) >= 24:
		return mayHold(hexHead(p)) && holds(p, c)
	case c == Base64 && len(p) >= 16 && any&(classURL|classStd) != classURL|classStd:
		return mayHold(base64Head(p)) && holds(p, c)
	}
	return holds(p, c)
}

// holds decodes p, which is a head.
func holds(p []byte, c Layer) bool {
	var buf [head]byte
	out := decodeAll(buf[:0], p, c)
	if len(out) >= 12 && (packed(out) != "" || readable(out)) {
		return true
	}
	_, is := fromUTF16(out)
	return is
}

// mayBeWide reports whether what begins with the twelve bytes of p, and is no
// longer than a head, may be UTF-16 of readable text.
func mayBeWide(p []byte) bool {
	zero := wideText(p)
	if zero < 0 {
		return false
	}
	bad := 0
	for i := 0; i < len(p); i += 2 {
		if p[i+zero] == 0 && !visible(p[i+1-zero]) {
			bad++
		}
	}
	return bad*20 <= head/2*3 // at most three bytes of UTF-8 for two
}

// mayRead reports whether what begins with p, and is no longer than a head, may
// be readable.
func mayRead(p []byte) bool {
	bad := 0
	for i := 0; i < len(p); {
		if b := p[i]; b < 0x80 {
			if !visible(b) {
				bad++
			}
			i++
			continue
		}
		if b := p[i]; b < 0xC2 || b > 0xF4 || i+1 < len(p) && p[i+1]&0xC0 != 0x80 {
			return false // begins no character: most of what is packed or chosen at random
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n <= 1 {
			return len(p)-i < utf8.UTFMax && !utf8.FullRune(p[i:])
		}
		i += n
	}
	return bad*20 <= head
}

// inAlphabet reports whether b is written in c's alphabet.
func inAlphabet(b byte, c Layer) bool {
	switch c {
	case Hex:
		return class(b)&classHex != 0
	case Base32:
		return class(b)&classBase32 != 0
	}
	return class(b)&classBase64 != 0
}

// decodeAll appends what p holds, as far as it is well-formed.
func decodeAll(dst, p []byte, c Layer) []byte {
	p = bytes.TrimRight(p, "=")
	switch c {
	case Hex:
		for i := 0; i+1 < len(p); i += 2 {
			b, ok := hexPair(p, i)
			if !ok {
				return dst
			}
			dst = append(dst, b)
		}
		return dst
	case Base32:
		enc := base32.StdEncoding.WithPadding(base32.NoPadding)
		return appendDecoded(dst, p[:len(p)/8*8+map[int]int{2: 2, 4: 4, 5: 5, 7: 7}[len(p)%8]], enc.DecodedLen, enc.Decode)
	}
	enc := base64.RawStdEncoding
	if bytes.ContainsAny(p, "-_") {
		enc = base64.RawURLEncoding
	}
	if len(p)%4 == 1 {
		p = p[:len(p)-1]
	}
	return appendDecoded(dst, p, enc.DecodedLen, enc.Decode)
}

func appendDecoded(dst, p []byte, size func(int) int, decode func(dst, src []byte) (int, error)) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, size(len(p)))...)
	m, _ := decode(dst[n:], p)
	return dst[:n+m]
}

// readable reports whether p is text: valid UTF-8 but for a character cut at
// the end, and hardly a control character.
func readable(p []byte) bool {
	bad := 0
	for i := 0; i < len(p); {
		if b := p[i]; b < 0x80 {
			if !visible(b) {
				bad++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n <= 1 {
			if len(p)-i < utf8.UTFMax && !utf8.FullRune(p[i:]) {
				break
			}
			return false
		}
		i += n
	}
	return bad*20 <= len(p)
}

// packed recognises compressed data by its first bytes.
func packed(p []byte) Layer {
	switch {
	case len(p) > 10 && p[0] == 0x1F && p[1] == 0x8B && p[2] == 8:
		return Gzip
	case len(p) > 6 && p[0] == 0x78 && (p[1] == 0x01 || p[1] == 0x5E || p[1] == 0x9C || p[1] == 0xDA):
		return Zlib
	}
	return none
}

// inflate appends the plain text of p, as far as p goes.
func inflate(dst, p []byte, c Layer) ([]byte, error) {
	var z io.Reader
	var err error
	if c == Gzip {
		z, err = gzip.NewReader(bytes.NewReader(p))
	} else {
		z, err = zlib.NewReader(bytes.NewReader(p))
	}
	if err != nil {
		return dst, nil
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := z.Read(dst[len(dst):min(cap(dst), maxPlain+1)])
		dst = dst[:len(dst)+n]
		if len(dst) > maxPlain {
			return dst[:maxPlain], ErrBomb
		}
		if err != nil {
			return dst, nil // the end, or as far as it is well-formed
		}
	}
}

// fromUTF16 turns UTF-16 of ASCII text into bytes: a byte order mark, or every
// second byte zero.
func fromUTF16(p []byte) ([]byte, bool) {
	if len(p) < 8 {
		return nil, false
	}
	zero := wideText(p)
	if zero < 0 {
		return nil, false
	}
	out := make([]byte, 0, len(p)/2)
	at := func(i int) rune { return rune(p[i+zero])<<8 | rune(p[i+1-zero]) }
	for i := 0; i+1 < len(p); i += 2 {
		unit := at(i)
		if i == 0 && unit == 0xFEFF {
			continue
		}
		if unit >= 0xD800 && unit < 0xDC00 && i+3 < len(p) {
			if r := utf16.DecodeRune(unit, at(i+2)); r != utf8.RuneError {
				unit = r
				i += 2
			}
		}
		out = utf8.AppendRune(out, unit)
	}
	return out, readable(out)
}

// wideText tells which byte of two is zero in UTF-16 of ASCII text that begins
// with the eight bytes of p: the second, the first, or -1 if it is no such text.
func wideText(p []byte) int {
	switch {
	case p[1] == 0 && p[3] == 0 && p[5] == 0 && p[7] == 0, p[0] == 0xFF && p[1] == 0xFE:
		return 1
	case p[0] == 0 && p[2] == 0 && p[4] == 0 && p[6] == 0, p[0] == 0xFE && p[1] == 0xFF:
		return 0
	}
	return -1
}

func tokenByte(b byte) bool { return class(b) != 0 }

// plainRun is the length of the run of token bytes at the start of p.
func plainRun(p []byte) int {
	n := 0
	for n < len(p) && tokenByte(p[n]) {
		n++
	}
	return n
}

// wrappedRun is where the run that begins at i ends, at most MaxUnit bytes on;
// ended is false when that depends on what follows the text. A run goes on over
// a line break when the line was full (RFC 2045 §6.8 and RFC 7468 wrap at 76 and
// 64) and the next line begins with a token byte.
func wrappedRun(text []byte, i int, c Layer) (end int, ended bool) {
	line := i
	j := i
	for j-i < MaxUnit {
		if j == len(text) {
			return j, false
		}
		if b := text[j]; tokenByte(b) && (b == '=' || inAlphabet(b, c)) {
			j++
			continue
		}
		if j-line < 60 {
			return j, true
		}
		k := j
		if text[k] == '\r' {
			k++
		}
		if k < len(text) && text[k] != '\n' {
			return j, true
		}
		k++
		if k >= len(text) {
			return j, false
		}
		if !tokenByte(text[k]) {
			return j, true
		}
		j, line = k, k
	}
	return min(j, i+MaxUnit), true
}

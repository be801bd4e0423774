// Package decode undoes what someone hid in a text.
//
// There are two ways to hide. In the first, single characters are written
// otherwise: "4%31%31%31", "&#52;", "\u0034", full-width digits, a Cyrillic а
// in a Latin word, a zero-width space inside a key, "4 5 3 9 1 …", a line break
// inside a number. [Finder] finds such places
// and [Unit] says what one of them stands for; each is a function of the text
// and at most [Context] bytes around the place, so where a stream was cut
// cannot matter. In the second, a whole run is in another alphabet (base64,
// base32, hex, compressed or not): [Classify] admits a run by its beginning and
// [Run] decodes it as a stream.
//
// Neither keeps text. A replacement comes with the raw bytes it stands for, so
// a finding in the decoded text has a place in the raw one.
//
// Text that hides nothing costs a mark for each pair of bytes that could begin an
// escape, and for each character outside ASCII.
package decode

// A Layer names one way of hiding, as findings show it.
type Layer string

// The layers.
const (
	Percent   Layer = "percent"   // %34, RFC 3986 §2.1
	Escape    Layer = "escape"    // \u0034, \x34, \u{34}
	Entity    Layer = "entity"    // &#52; &#x34; &commat;
	Quoted    Layer = "quoted"    // =34 and soft line breaks, RFC 2045 §6.7
	Invisible Layer = "invisible" // zero-width, bidi, soft hyphen, variation selectors, stacked marks
	Width     Layer = "width"     // full-width, mathematical, circled, superscript forms; other scripts' digits
	Homoglyph Layer = "homoglyph" // a look-alike of another script inside a Latin word
	Separator Layer = "separator" // Unicode spaces and hyphens beside a digit
	Spaced    Layer = "spaced"    // single characters with the same byte between all of them
	Wrapped   Layer = "wrapped"   // a line break inside a number or a key
	Base64    Layer = "base64"    // RFC 4648 §4 and §5
	Base32    Layer = "base32"    // RFC 4648 §6
	Hex       Layer = "hex"       // pairs of hex digits
	Gzip      Layer = "gzip"      // RFC 1952, inside one of the three above
	Zlib      Layer = "zlib"      // RFC 1950, likewise
	UTF16     Layer = "utf16"     // likewise
	none      Layer = ""          //
	maxUnit         = 16          // bytes of the longest unit
	Context         = 64          // bytes on either side that Unit may look at
)

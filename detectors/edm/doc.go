// Package edm finds values of a company's own records: exact data match.
//
// [Build] reads a table of rows and makes a file of keyed hashes, without a
// clear value; [Open] maps it and [New] makes a detector of it. A finding says
// that values of at least so many different columns of one row stand within so
// many bytes of each other: the account and the birth date of one customer, but
// not a name here and somebody else's account there.
//
// # How
//
// A search begins where a value of the table could stand that is worth it: an
// anchor, which is a number of five digits and more, an identifier with digits, a
// date, or an e-mail address. A Bloom filter of all anchors refuses nearly every
// number that is none. Around an anchor that it knows, words and numbers are
// paired with it, and the pairs are looked up in a table that has one hash for
// each two columns of each row: two values have an entry only if they stand in
// the same row.
//
// Values are compared without their form: a number without its spaces, points
// and hyphens, a date in any common way to write it, a name by its first and last
// word in any order.
//
// Findings are Late, and the same for every way of cutting the text.
package edm

import "github.com/promptgate/promptgate/detectors"

// Rule and info type of the findings.
const (
	Rule detectors.RuleID   = "pii.record"
	Type detectors.InfoType = "pii.record"
)

const (
	maxColumns = 8   // of a table
	maxWithin  = 512 // bytes between the first value and the last
	minDigits  = 5   // of a number that is an anchor
	maxValue   = 64  // bytes of a value, as it is compared
)

package redact

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
)

// An Operator is what stands in the place of a value.
type Operator string

// The operators, the loosest first. Of several findings in one run the strictest
// replaces all of it. Any other name is a Placeholder.
const (
	Mask        Operator = "mask"        // "**** **** **** 1111"
	Generalize  Operator = "generalize"  // the year of a date, the network of an address
	Token       Operator = "token"       // "[EMAIL_7Q2K9F3M4TXC]": restored in answers
	Hash        Operator = "hash"        // "[EMAIL_HASH_9f3a01c2d4e5]": equal in all messages of one installation
	Placeholder Operator = "placeholder" // "[EMAIL_1]": a number within the message
	Drop        Operator = "drop"        // nothing
)

var strictness = [...]Operator{Mask, Generalize, Token, Hash, Placeholder, Drop}

func rank(o Operator) int {
	if i := slices.Index(strictness[:], o); i >= 0 {
		return i
	}
	return slices.Index(strictness[:], Placeholder)
}

func stricter(a, b Operator) Operator {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// hashDigits is how many digits a hash shows: 48 bits tell a million values apart
// with a chance of two alike below one in 500.
const hashDigits = 12

// With is what is written for a target whose text is not at hand, in an answer that
// streams: nothing can be kept of it, and nothing restored.
func (n *Names) With(t *Target) string {
	switch {
	case t.Operator == Drop:
		return ""
	case t.Operator == Hash && t.Digest != (detectors.Digest{}):
		return hashed(t)
	}
	return n.Name(t.Placeholder, t.Digest)
}

func hashed(t *Target) string {
	return fmt.Sprintf("[%s_HASH_%x]", t.Placeholder, t.Digest[:hashDigits/2])
}

// with is what is written for a run. ok is false when nothing may be: two values
// have one token.
func (n *Names) with(r *run, text Text) (with string, ok bool) {
	switch r.Operator {
	case Mask, Generalize:
		// Of a run that is more than the value it cannot be said what may be kept.
		if value, ok := text.Replaced(nil, r.Doc, r.Span); ok && r.alone {
			kept := ""
			if r.Operator == Mask {
				kept = masked(value)
			} else {
				kept = generalized(r.Type, value)
			}
			if kept != "" {
				return kept, true
			}
		}
	case Token:
		if value, ok := text.Replaced(nil, r.Doc, r.Span); ok && n.Table != nil {
			t := r.Type
			if !r.alone {
				t = "" // of its form nothing is known
			}
			return n.Table.Name(r.Placeholder, t, value)
		}
	}
	return n.With(&r.Target), true
}

const (
	// longMask is the longest value, in bytes, whose form is kept.
	longMask = 64
	// Of at least twelve letters and digits four are kept, of at least eight two, of
	// fewer none: what is kept must not be most of it.
	fourOf, twoOf = 12, 8
)

// masked keeps the last letters and digits of a value and its separators: "****
// **** **** 1111". Of a long one only the last letters are kept.
func masked(value []byte) string {
	total := 0
	for _, r := range string(value) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			total++
		}
	}
	keep := 0
	switch {
	case total >= fourOf:
		keep = 4
	case total >= twoOf:
		keep = 2
	}
	var b strings.Builder
	for _, r := range string(value) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if total--; total >= keep {
				r = '*'
			}
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.IsMark(r) {
			r = '*'
		}
		b.WriteRune(r)
	}
	if out := b.String(); len(value) <= longMask {
		return out
	} else if i := strings.LastIndexByte(out, '*'); i >= 0 {
		return "****" + out[i+1:]
	}
	return "****"
}

// generalized is the year of a date ("1984"), the network of an IPv4 address
// ("192.0.2.x"), or where something is to about ten kilometres ("52.5, 13.4"); ""
// when value is nothing of that, or has no year of four digits.
func generalized(t detectors.InfoType, value []byte) string {
	switch t {
	case "pii.date_of_birth":
		return year(value)
	case "pii.geo_location":
		return rounded(value)
	case "pii.ip_address":
		parts := bytes.Split(bytes.TrimSpace(value), []byte("."))
		if len(parts) == 4 && len(value) <= len("255.255.255.255") {
			return string(bytes.Join(parts[:3], []byte("."))) + ".x"
		}
	}
	return ""
}

// rounded keeps one digit behind each point.
func rounded(value []byte) string {
	var out []byte
	behind := -1 // digits behind the point
	for _, b := range value {
		switch {
		case b == '.':
			behind = 0
		case b < '0' || b > '9':
			behind = -1
		case behind >= 0:
			if behind++; behind > 1 {
				continue
			}
		}
		out = append(out, b)
	}
	if len(out) == len(value) {
		return "" // nothing was taken away
	}
	return string(out)
}

// year is the one run of four digits in a date, if it may be a year.
func year(date []byte) (out string) {
	for i := 0; i < len(date); {
		j := i
		for j < len(date) && date[j] >= '0' && date[j] <= '9' {
			j++
		}
		if j-i == 4 && (date[i] == '1' && date[i+1] >= '8' || date[i] == '2' && date[i+1] <= '1') {
			if out != "" {
				return ""
			}
			out = string(date[i:j])
		}
		i = max(j, i+1)
	}
	return out
}

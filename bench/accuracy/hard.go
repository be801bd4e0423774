package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// This file makes what a rule gets wrong most easily: values whose check digit
// is wrong under the words for them, and right values that are written so that
// they are not seen.

// uncheckable are types whose numbers have no check digit, or whose sentence may
// well be found without it.
var uncheckable = map[string]bool{
	"pii.us_ssn": true, "pii.us_itin": true, "pii.us_ein": true, "pii.uk_nino": true, "pii.dk_cpr": true, "pii.my_nric": true, "pii.in_pan": true,
	"pii.mx_rfc": true, "pii.email": true, "pii.phone": true, "pii.ip_address": true, "pii.mac_address": true, "pii.bank_account": true, "pii.bic": true,
	"pii.passport": true, "pii.driver_license": true, "pii.date_of_birth": true, "pii.crypto_address": true, "pii.passport_mrz": true,
	"pii.license_plate": true, "pii.employee_id": true, "pii.national_id#pk": true, "pii.national_id#id": true, "pii.national_id#vn": true,
	"pii.national_id#pl_card": true, "pii.national_id#ec": true, // a Colombian cédula has none
	"pci.card_security_code": true, "pci.card_expiry": true, "pci.track_data": true, "pci.pin_block": true,
	"phi.medical_record_number": true, "phi.health_plan_id": true, "phi.diagnosis_code": true, "phi.medicare_beneficiary": true,
}

// broken changes the digit of a value that its check digit sees: the last, or
// the one before the issue number of a Medicare card.
func broken(name, v string) string {
	b := []byte(v)
	if name == "pii.uk_utr" { // its check digit is the first; two remainders share one
		b[0] = '0' + (b[0]-'0'+1)%10
		return string(b)
	}
	skip := 0
	if name == "phi.au_medicare" || name == "pii.national_id#is" {
		skip = 1
	}
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '0' || b[i] > '9' {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		b[i] = '0' + (b[i]-'0'+1)%10
		return string(b)
	}
	return v
}

// evasions are ways to write a value that people and machines still read. whole
// ones take the sentence.
var evasions = []struct {
	name  string
	whole bool
	write func(string) string
}{
	{"full-width digits", false, func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + '０'
			}
			return r
		}, s)
	}},
	{"zero-width spaces", false, func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") }},
	{"soft hyphens", false, func(s string) string { return s[:len(s)/2] + "\u00ad" + s[len(s)/2:] }},
	{"entities", false, func(s string) string { return each(s, "&#%d;") }},
	{"percent signs", false, func(s string) string { return each(s, "%%%02X") }},
	{"\\u escapes", false, func(s string) string { return each(s, "\\u%04x") }},
	{"base64", true, func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"hex", true, func(s string) string { return hex.EncodeToString([]byte(s)) }},
}

func each(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// A hard counts one row: how many, and how many were flagged.
type hard struct{ n, flagged int }

func (h hard) String() string {
	return fmt.Sprintf("%5d of %5d, %5.1f %%, upper bound %.2f %%", h.flagged, h.n, 100*float64(h.flagged)/float64(h.n), 100*upper(h.flagged)/float64(h.n))
}

// flagged reports whether a finding of a type from Medium on touches a span.
func (s *score) flagged(text, typ string, start, end int) bool {
	for _, f := range s.scan(text) {
		if string(f.Type) == typ && f.Confidence >= detectors.Medium && f.Span.Overlaps(detectors.Span{Start: start, End: end}) {
			return true
		}
	}
	return false
}

// hardCases measures near misses and evasions, by info type and by way of writing.
func (s *score) hardCases(r *rand.Rand, w io.Writer) error {
	list, err := specs()
	if err != nil {
		return err
	}
	wrong, hidden := map[string]*hard{}, map[string]*hard{}
	row := func(m map[string]*hard, k string) *hard {
		if m[k] == nil {
			m[k] = &hard{}
		}
		return m[k]
	}
	var all hard
	for _, sp := range list {
		if uncheckable[sp.name] {
			continue
		}
		for range 2 * s.each {
			c := pick(r, sp.cues)
			texts, ok := sentences()[c.lang]
			if !ok {
				texts = sentences()[""]
			}
			k := fill(pick(r, texts), c.text, sp.typ, broken(sp.name, sp.gen(r)))
			h := row(wrong, sp.name)
			h.n++
			all.n++
			if s.flagged(k.Text, sp.typ, k.Want[0].Start, k.Want[0].End) {
				h.flagged++
				all.flagged++
				s.show("near miss flagged %s: %q\n", sp.name, k.Text)
			}
		}
	}
	for _, sp := range list {
		switch sp.typ {
		case "pii.us_ssn", "pci.payment_card", "pii.iban", "pii.email", "pii.de_tax_id", "pii.pl_pesel", "pii.br_cpf", "pii.in_aadhaar", "pii.phone", "pii.fr_nir":
		default:
			continue
		}
		for _, ev := range evasions {
			for range s.each {
				v := sp.gen(r)
				head, tail := "My "+sp.cues[0].text+" is ", ", please keep it on file."
				text, start, end := head+ev.write(v)+tail, len(head), len(head)+len(ev.write(v))
				if ev.whole {
					text = ev.write(head + v + tail)
					start, end = 0, len(text)
				}
				h := row(hidden, ev.name)
				h.n++
				if s.flagged(text, sp.typ, start, end) {
					h.flagged++
				} else {
					s.show("evaded by %s %s: %q\n", ev.name, sp.typ, text)
				}
			}
		}
	}
	fmt.Fprintf(w, "\nwrong check digits under the words for them, flagged as that type from medium on\n  all %v\n", all)
	for _, k := range slices.Sorted(maps.Keys(wrong)) {
		if wrong[k].flagged > 0 {
			fmt.Fprintf(w, "  %s %v\n", k, wrong[k])
		}
	}
	fmt.Fprint(w, "\nwritten to evade, found\n")
	for _, ev := range evasions {
		h := hidden[ev.name]
		fmt.Fprintf(w, "  %-18s %d of %d, %.1f %%\n", ev.name, h.flagged, h.n, 100*float64(h.flagged)/float64(h.n))
	}
	return nil
}

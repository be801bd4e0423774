package corpus

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
)

// A Hostile makes size bytes meant to cost a scanner more than linear work.
type Hostile struct {
	Name string
	Make func(size int) []byte
}

// HostileInputs are the inputs of the linearity check: what is cheap at 16 KB
// must be as cheap per byte at 16 MB.
func HostileInputs() []Hostile {
	repeat := func(unit string) func(int) []byte {
		return func(size int) []byte {
			return []byte(strings.Repeat(unit, size/len(unit)+1)[:size])
		}
	}
	seeded := func(name string, next func(*rand.Rand, []byte) []byte) func(int) []byte {
		return func(size int) []byte { return fill(size, Rand("hostile "+name), next) }
	}
	return []Hostile{
		{"glued prefixes", repeat("sk-sk-proj-AKIAghp_xoxb-eyJglpat-npm_AIza")},
		{"glued prefixes, spaced", repeat("sk- AKIA ghp_ xoxb- eyJ glpat- npm_ AIza ")},
		{"endless digits", repeat("7")},
		{"digits, single separators", repeat("4111 1111 1111 1112-")},
		{"a a a", repeat("a ")},
		{"one letter", repeat("a")},
		{"at signs", repeat("@")},
		{"addresses without end", repeat("a@a.")},
		{"dots", repeat(".")},
		{"quotes and equals", repeat(`="`)},
		{"assignments without value", repeat("api_key=")},
		{"passwords", repeat("password is password: ")},
		{"begin markers", repeat("-----BEGIN RSA PRIVATE KEY-----\n")},
		{"IBAN heads", repeat("DE44GB29FR76")},
		{"brackets", repeat("{[(<")},
		{"capitals", repeat("Aa Bb ")},
		{"high bytes", repeat("\xff\xfe\xd0\xb0")},
		{"labels", repeat("SSN: passport no. IBAN: MRN ")},
		{"labels and digits", repeat("ssn 12 iban 34 mrn 5 ")},
		{"markings", repeat("CONFIDENTIAL internal use only ")},
		{"signals", repeat("merger layoffs salary guidance revenue unreleased diagnosis ")},
		{"names", repeat("Dr. Anna Maria von Berg ")},
		{"streets", repeat("12 Old Main Street, ")},
		{"local parts", repeat("a.b-c_d+e")},
		{"user and password", repeat("://u:p")},
		{"commands", repeat("curl -u mysql -p sshpass ")},
		{"bearers", repeat("Authorization: Bearer ")},
		{"JSON web tokens", repeat("eyJhbGciOiJIUzI1NiJ9.eyJ")},
		{"one token", seeded("one token", func(r *rand.Rand, out []byte) []byte { return letters(r, out, base62, 64) })},
		{"dotted numbers", repeat("10.2.3.44.")},
		{"numbers in a row", repeat("12 345 6789 ")},
		{"colons", repeat("fe80:1:")},
		{"dates", repeat("1999-12-31 born ")},
		{"statements", repeat("if (a == b) { f(x); }\n")},
		{"statements on one line", repeat("x = f(1); ")},
		{"fences", repeat("```go\n")},
		{"new lines", repeat("\n")},
		{"addresses", seeded("addresses", func(r *rand.Rand, out []byte) []byte {
			return append(letters(r, out, hexLower, 8), "@mail.internal-host.net "...)
		})},
		{"findings that overlap", seeded("overlap", func(r *rand.Rand, out []byte) []byte {
			out = append(letters(r, append(out, "api_key="...), base62, 32), "@mail.internal-host.net,"...)
			return letters(r, append(out, "password: "...), base62, 12)
		})},
		{"zero-width", repeat("4\u200b1\u200b")},
		{"escapes", repeat(`\u0034%34&#52;`)},
		{"nested base64", nestedBase64},
		{"near hits", seeded("near hits", NearHits)},
		{"digit runs", seeded("digit runs", DigitRuns)},
	}
}

// nestedBase64 encodes the same kernel until it is larger than size, so that
// every layer is base64 again.
func nestedBase64(size int) []byte {
	data := []byte(strings.Repeat("4111 1111 1111 1112 sk-proj- ", 64))
	for len(data) < size {
		data = []byte(base64.StdEncoding.EncodeToString(data))
	}
	return data[:size]
}

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// This file makes identity numbers with their check digits, from the published
// formulas and without package detectors/validate: two independent readings of
// a formula disagree where one of them is wrong.

func digitsOf(r *rand.Rand, n int) string { return some(r, "0123456789", n) }

func some(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// until draws until ok holds. The rarest formula here passes one in 1,100.
func until(draw func() string, ok func(string) bool) string {
	for range 1_000_000 {
		if s := draw(); ok(s) && !same(s) {
			return s
		}
	}
	panic("accuracy: a formula that nothing satisfies")
}

// same reports whether all digits of s are one digit.
func same(s string) bool { return len(s) > 3 && strings.Count(s, s[:1]) == len(s) }

// num is the value of a digit, or 10 and more of a capital letter.
func num(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// sum adds the digits times their weights.
func sum(s string, weights ...int) int {
	t := 0
	for i, w := range weights {
		t += w * num(s[i])
	}
	return t
}

func last(s string) int { return num(s[len(s)-1]) }

func luhn(s string) bool {
	t := 0
	for i := range len(s) {
		d := num(s[len(s)-1-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		t += d
	}
	return t%10 == 0
}

// remainder is the number s modulo m; letters count two digits, as in ISO 7064.
func remainder(s string, m int) int {
	t := 0
	for i := range len(s) {
		if s[i] >= 'A' {
			t = (t*100 + num(s[i])) % m
		} else {
			t = (t*10 + num(s[i])) % m
		}
	}
	return t
}

// mod11x10 is ISO 7064 MOD 11,10.
func mod11x10(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		q := (p + num(s[i])) % 10
		if q == 0 {
			q = 10
		}
		p = q * 2 % 11
	}
	return (11-p)%10 == last(s)
}

func verhoeff(s string) bool {
	d := []string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	p := []string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
	c := 0
	for i := range len(s) {
		c = num(d[c][num(p[i%8][num(s[len(s)-1-i])])])
	}
	return c == 0
}

// mrz is the 7-3-1 check digit of ICAO 9303.
func mrz(s string) string {
	t := 0
	for i := range len(s) {
		v := 0
		if s[i] != '<' {
			v = num(s[i])
		}
		t += v * []int{7, 3, 1}[i%3]
	}
	return fmt.Sprint(t % 10)
}

// mask writes the characters of s over the # of a mask: "###-##-####".
func mask(m, s string) string {
	var b strings.Builder
	for _, c := range m {
		if c == '#' && s != "" {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteRune(c)
	}
	b.WriteString(s)
	return b.String()
}

type date struct{ y, m, d int }

func birthday(r *rand.Rand) date { return date{1940 + r.IntN(60), 1 + r.IntN(12), 1 + r.IntN(28)} }

func (d date) yymmdd() string { return fmt.Sprintf("%02d%02d%02d", d.y%100, d.m, d.d) }
func (d date) ddmmyy() string { return fmt.Sprintf("%02d%02d%02d", d.d, d.m, d.y%100) }
func (d date) long() string   { return fmt.Sprintf("%04d%02d%02d", d.y, d.m, d.d) }

// card draws a card number of an issuer range with its Luhn digit. The bank
// numbers behind the range are random, not an issuer's list.
func card(r *rand.Rand) string {
	type network struct {
		prefix string
		length int
		masks  []string
	}
	four := []string{"################", "#### #### #### ####", "####-####-####-####", "#### #### #### ####"}
	n := pick(r, []network{
		{"4", 16, four}, {"4", 16, four}, {"51", 16, four}, {"54", 16, four}, {"2345", 16, four}, {"6011", 16, four}, {"3530", 16, four},
		{"34", 15, []string{"###############", "#### ###### #####", "####-######-#####"}},
		{"37", 15, []string{"###############", "#### ###### #####", "####-######-#####"}},
		{"36", 14, []string{"##############", "#### ###### ####"}},
	})
	s := until(func() string { return n.prefix + digitsOf(r, n.length-len(n.prefix)) }, luhn)
	return mask(pick(r, n.masks), s)
}

// iban draws an IBAN of a country's length and structure.
func iban(r *rand.Rand) string {
	bban := map[string]func() string{
		"DE": func() string { return digitsOf(r, 18) },
		"FR": func() string { return digitsOf(r, 10) + some(r, "0123456789ABCDEFGH", 11) + digitsOf(r, 2) },
		"GB": func() string { return some(r, "ABCDEFGHKLMNPRSTW", 4) + digitsOf(r, 14) },
		"ES": func() string { return digitsOf(r, 20) },
		"IT": func() string { return some(r, "ABCDEFGHKLMNPRSTW", 1) + digitsOf(r, 10) + digitsOf(r, 12) },
		"NL": func() string { return some(r, "ABCDEFGHKLMNPRSTW", 4) + digitsOf(r, 10) },
		"PL": func() string { return digitsOf(r, 24) },
		"CH": func() string { return digitsOf(r, 17) },
		"AT": func() string { return digitsOf(r, 16) },
		"BE": func() string { return digitsOf(r, 12) },
		"PT": func() string { return digitsOf(r, 21) },
		"SE": func() string { return digitsOf(r, 20) },
		"AE": func() string { return digitsOf(r, 19) },
	}
	country := pick(r, []string{"DE", "FR", "GB", "ES", "IT", "NL", "PL", "CH", "AT", "BE", "PT", "SE", "AE"})
	b := bban[country]()
	s := fmt.Sprintf("%s%02d%s", country, 98-remainder(b+country+"00", 97), b)
	if r.IntN(2) == 0 {
		return s
	}
	var groups []string
	for len(s) > 4 {
		groups = append(groups, s[:4])
		s = s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

// passportMRZ draws the two lines of a TD3 document.
func passportMRZ(r *rand.Rand) string {
	sur, given := strings.ToUpper(pick(r, asciiSurnames)), strings.ToUpper(pick(r, asciiGiven))
	country := pick(r, []string{"D<<", "GBR", "USA", "FRA", "ESP", "NLD"})
	one := pad("P<"+country+sur+"<<"+given, 44)
	no := some(r, "CFGHJKLMNPRTVWXYZ0123456789", 9)
	born, till := birthday(r).yymmdd(), date{2027 + r.IntN(8), 1 + r.IntN(12), 1 + r.IntN(28)}.yymmdd()
	optional := strings.Repeat("<", 14)
	two := no + mrz(no) + country + born + mrz(born) + pick(r, []string{"M", "F"}) + till + mrz(till) + optional + mrz(optional)
	composite := two[0:10] + two[13:20] + two[21:43]
	return one + "\n" + two + mrz(composite)
}

func pad(s string, n int) string { return s + strings.Repeat("<", max(0, n-len(s))) }

// vin draws a vehicle number of North America, where it has a check digit; those of
// other continents have none that must hold.
func vin(r *rand.Rand) string {
	values := map[byte]int{}
	for i, c := range []byte("ABCDEFGH") {
		values[c] = i + 1
	}
	for i, c := range []byte("JKLMN") {
		values[c] = i + 1
	}
	values['P'], values['R'] = 7, 9
	for i, c := range []byte("STUVWXYZ") {
		values[c] = i + 2
	}
	for i := range 10 {
		values[byte('0'+i)] = i
	}
	weights := []int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	return until(func() string {
		return pick(r, []string{"1HG", "1FT", "4T1", "2T1", "5YJ", "3VW"}) + some(r, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 5) + some(r, "0123456789X", 1) +
			some(r, "ABCDEFGHJKLMNPRSTVWXY123456789", 1) + some(r, "ABCDEFGHJKLMNPRSTUVWXYZ", 1) + digitsOf(r, 6)
	}, func(s string) bool {
		t := 0
		for i := range len(s) {
			t += values[s[i]] * weights[i]
		}
		want := byte('0' + t%11)
		if t%11 == 10 {
			want = 'X'
		}
		return s[8] == want
	})
}

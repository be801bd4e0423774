package validate

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

func allDigits(v []byte) bool {
	for _, b := range v {
		if !isDigit(b) {
			return false
		}
	}
	return len(v) > 0
}

// same reports whether v repeats one byte: no issuer gives such a number.
func same(v []byte) bool {
	for _, b := range v {
		if b != v[0] {
			return false
		}
	}
	return len(v) > 0
}

// digits reports whether v is n digits that are not all the same.
func digits(v []byte, n int) bool { return len(v) == n && allDigits(v) && !same(v) }

func num(v []byte) int {
	n := 0
	for _, b := range v {
		n = n*10 + int(b-'0')
	}
	return n
}

// dot is the sum of digits of v times weights; the shorter one ends it.
func dot(v []byte, weights ...int) int {
	s := 0
	for i := range min(len(v), len(weights)) {
		s += int(v[i]-'0') * weights[i]
	}
	return s
}

// mod is a number of any length modulo m.
func mod(v []byte, m int) int {
	n := 0
	for _, b := range v {
		n = (n*10 + int(b-'0')) % m
	}
	return n
}

// Luhn checks ISO/IEC 7812-1 Annex B.
func Luhn(v []byte) bool {
	if len(v) < 2 || !allDigits(v) {
		return false
	}
	return luhnSum(v)%10 == 0
}

func luhnSum(v []byte) int {
	s := 0
	for i := range v {
		d := int(v[len(v)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		s += d
	}
	return s
}

// Verhoeff checks the dihedral check digit of Verhoeff (1969).
func Verhoeff(v []byte) bool {
	if len(v) < 2 || !allDigits(v) {
		return false
	}
	d := [10][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	p := [8][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
		{8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
		{2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
	}
	var c byte
	for i := range v {
		c = d[c][p[i%8][v[len(v)-1-i]-'0']]
	}
	return c == 0
}

// ISO7064Mod1110 checks eleven digits by ISO 7064 Mod 11,10: German tax
// numbers, Croatian OIB.
func ISO7064Mod1110(v []byte) bool { return digits(v, 11) && mod1110(v) }

func mod1110(v []byte) bool {
	p := 10
	for _, b := range v[:len(v)-1] {
		p = (p + int(b-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11-p)%10 == int(v[len(v)-1]-'0')
}

// date reports whether a calendar day exists; year 0 stands for an unknown century.
func date(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	n := days[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		n = 29
	}
	return d <= n
}

// yymmdd reports whether six digits are a day of some century.
func yymmdd(v []byte) bool {
	y := num(v[:2])
	return date(2000+y, num(v[2:4]), num(v[4:6])) || date(1900+y, num(v[2:4]), num(v[4:6]))
}

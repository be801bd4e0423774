package validate

import "bytes"

// USSSN checks a social security number: area, group and serial are in use,
// and it is none of the numbers known from advertisements (SSA).
func USSSN(v []byte) bool {
	if !digits(v, 9) {
		return false
	}
	area := num(v[:3])
	if area == 0 || area == 666 || area >= 900 || num(v[3:5]) == 0 || num(v[5:]) == 0 {
		return false
	}
	switch string(v) {
	case "078051120", "219099999", "457555462", "123456789", "987654321":
		return false
	}
	return true
}

// USITIN checks a taxpayer number: 9xx and a group in use (IRS, 2023).
func USITIN(v []byte) bool {
	if !digits(v, 9) || v[0] != '9' {
		return false
	}
	g := num(v[3:5])
	return g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94 && g <= 99
}

// USEIN checks the campus prefix of an employer number (IRS).
func USEIN(v []byte) bool {
	if !digits(v, 9) || string(v) == "123456789" {
		return false
	}
	switch num(v[:2]) {
	case 0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97:
		return false
	}
	return true
}

// NPI checks a US provider number: Luhn with the prefix 80840.
func NPI(v []byte) bool {
	return digits(v, 10) && (v[0] == '1' || v[0] == '2') && (luhnSum(v)+24)%10 == 0
}

// DEA checks a US drug enforcement number.
func DEA(v []byte) bool {
	if len(v) != 9 || bytes.IndexByte([]byte("ABCDEFGHJKLMPRSTUX"), v[0]) < 0 || !isUpper(v[1]) && v[1] != '9' || !allDigits(v[2:]) || same(v[2:]) {
		return false
	}
	d := v[2:]
	return (dot(d, 1, 0, 1, 0, 1)+2*dot(d, 0, 1, 0, 1, 0, 1))%10 == int(d[6]-'0')
}

// CASIN checks a Canadian social insurance number. 0 begins numbers that the
// government gives out as examples, 8 business numbers.
func CASIN(v []byte) bool { return digits(v, 9) && v[0] != '8' && Luhn(v) }

// BRCPF checks both digits of a Brazilian taxpayer number.
func BRCPF(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	d1 := dot(v[:9], 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	d2 := dot(v[:10], 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	return d1 == int(v[9]-'0') && d2 == int(v[10]-'0')
}

// BRCNPJ checks both digits of a Brazilian company number, alphanumeric ones of
// July 2026 included (a letter counts as its code less 48).
func BRCNPJ(v []byte) bool {
	if len(v) != 14 || same(v) || !allDigits(v[12:]) {
		return false
	}
	check := func(n int, weights ...int) bool {
		s := 0
		for i, w := range weights {
			s += int(v[i]-'0') * w
		}
		c := 11 - s%11
		if c > 9 {
			c = 0
		}
		return c == int(v[n]-'0')
	}
	return check(12, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) && check(13, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
}

// MXCURP checks a Mexican population code: date, sex and check digit (RENAPO).
func MXCURP(v []byte) bool {
	if len(v) != 18 || !allDigits(v[4:10]) || !isDigit(v[17]) || bytes.IndexByte([]byte("HMX"), v[10]) < 0 {
		return false
	}
	for _, i := range []int{0, 1, 2, 3, 11, 12, 13, 14, 15} {
		if !isUpper(v[i]) {
			return false
		}
	}
	if !yymmdd(v[4:10]) {
		return false
	}
	// 0-9, A-N, Ñ, O-Z
	s := 0
	for i, b := range v[:17] {
		n := int(b - '0')
		if isUpper(b) {
			if n = int(b-'A') + 10; b > 'N' {
				n++
			}
		}
		s += n * (18 - i)
	}
	return (10-s%10)%10 == int(v[17]-'0')
}

// MXRFC checks the form and date of a Mexican tax code of a person (SAT).
func MXRFC(v []byte) bool {
	if len(v) != 13 || !allDigits(v[4:10]) || !yymmdd(v[4:10]) {
		return false
	}
	for _, b := range v[:4] {
		if !isUpper(b) {
			return false
		}
	}
	return isDigit(v[12]) || v[12] == 'A'
}

// ARCUIT checks an Argentine tax number.
func ARCUIT(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	switch num(v[:2]) {
	case 20, 23, 24, 25, 26, 27, 30, 33, 34:
	default:
		return false
	}
	c := (11 - dot(v[:10], 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	return min(c, 9) == int(v[10]-'0')
}

// CLRUT checks a Chilean identity number of 7 or 8 digits and its digit or K.
func CLRUT(v []byte) bool {
	if len(v) < 8 || len(v) > 9 || !allDigits(v[:len(v)-1]) || same(v[:len(v)-1]) {
		return false
	}
	s, w := 0, 2
	for i := len(v) - 2; i >= 0; i-- {
		s += int(v[i]-'0') * w
		if w++; w > 7 {
			w = 2
		}
	}
	return "0K987654321"[s%11] == v[len(v)-1]
}

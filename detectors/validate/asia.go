package validate

import "bytes"

// AUTFN checks an Australian tax file number of nine digits.
func AUTFN(v []byte) bool { return digits(v, 9) && dot(v, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }

// AUMedicare checks an Australian Medicare number with its issue number.
func AUMedicare(v []byte) bool {
	if len(v) == 11 {
		v = v[:10]
	}
	return digits(v, 10) && v[0] >= '2' && v[0] <= '6' && dot(v[:8], 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(v[8]-'0')
}

// NZIRD checks a New Zealand tax number of nine digits: two passes mod 11.
func NZIRD(v []byte) bool {
	if len(v) == 8 {
		v = append([]byte{'0'}, v...)
	}
	if !digits(v, 9) || num(v) < 10000000 || num(v) > 150000000 {
		return false
	}
	c := (11 - dot(v[:8], 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 10 {
		if c = (11 - dot(v[:8], 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11; c == 10 {
			return false
		}
	}
	return c == int(v[8]-'0')
}

// INAadhaar checks an Indian Aadhaar number: not 0 or 1 first, Verhoeff.
func INAadhaar(v []byte) bool { return digits(v, 12) && v[0] > '1' && Verhoeff(v) }

// INPAN checks the form of an Indian tax number; the fourth letter is the kind of holder.
func INPAN(v []byte) bool {
	if len(v) != 10 || !allDigits(v[5:9]) || !isUpper(v[9]) || bytes.IndexByte([]byte("PCHABGJLFT"), v[3]) < 0 {
		return false
	}
	for _, b := range v[:5] {
		if !isUpper(b) {
			return false
		}
	}
	return num(v[5:9]) > 0
}

// CNResidentID checks a Chinese resident number: province, date, ISO 7064 Mod 11-2 (GB 11643).
func CNResidentID(v []byte) bool {
	if len(v) != 18 || !allDigits(v[:17]) {
		return false
	}
	if p := num(v[:2]); p < 11 || p > 91 {
		return false
	}
	if y := num(v[6:10]); y < 1880 || y > 2100 || !date(y, num(v[10:12]), num(v[12:14])) {
		return false
	}
	return "10X98765432"[dot(v[:17], 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] == v[17]
}

// HKID checks a Hong Kong identity number with one or two letters.
func HKID(v []byte) bool {
	if len(v) != 8 && len(v) != 9 {
		return false
	}
	s := 0
	if len(v) == 8 {
		s = 36 * 9
	}
	for i, b := range v[:len(v)-1] {
		w := len(v) - i
		switch {
		case i < len(v)-7 && isUpper(b):
			s += w * (int(b-'A') + 10)
		case i >= len(v)-7 && isDigit(b):
			s += w * int(b-'0')
		default:
			return false
		}
	}
	c := (11 - s%11) % 11
	return c == 10 && v[len(v)-1] == 'A' || c < 10 && int(v[len(v)-1]) == '0'+c
}

// TWID checks a Taiwanese identity number.
func TWID(v []byte) bool {
	if len(v) != 10 || !isUpper(v[0]) || v[1] != '1' && v[1] != '2' && v[1] != '8' && v[1] != '9' || !allDigits(v[1:]) {
		return false
	}
	codes := [26]int{10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33}
	n := codes[v[0]-'A']
	return (n/10+n%10*9+dot(v[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
}

// KRRRN checks a Korean resident number: date, century digit, check digit.
// Numbers given since October 2020 need not satisfy the check digit.
func KRRRN(v []byte) bool {
	if !digits(v, 13) || v[6] == '0' && num(v[7:]) == 0 || !yymmdd(v[:6]) {
		return false
	}
	return (11-dot(v[:12], 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(v[12]-'0')
}

// JPMyNumber checks a Japanese individual number.
func JPMyNumber(v []byte) bool {
	if !digits(v, 12) {
		return false
	}
	r := dot(v[:11], 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	c := 0
	if r > 1 {
		c = 11 - r
	}
	return c == int(v[11]-'0')
}

// SGNRIC checks a Singaporean NRIC or FIN; series M uses its own letters.
func SGNRIC(v []byte) bool {
	if len(v) != 9 || !allDigits(v[1:8]) {
		return false
	}
	s := dot(v[1:8], 2, 7, 6, 5, 4, 3, 2)
	switch v[0] {
	case 'S':
		return "JZIHGFEDCBA"[s%11] == v[8]
	case 'T':
		return "JZIHGFEDCBA"[(s+4)%11] == v[8]
	case 'F':
		return "XWUTRQPNMLK"[s%11] == v[8]
	case 'G':
		return "XWUTRQPNMLK"[(s+4)%11] == v[8]
	case 'M':
		return "XWUTRQPNJLK"[(s+3)%11] == v[8]
	}
	return false
}

// MYNRIC checks date and place of a Malaysian identity number; it has no check digit.
func MYNRIC(v []byte) bool {
	if !digits(v, 12) || !yymmdd(v[:6]) {
		return false
	}
	switch p := num(v[6:8]); {
	case p == 0, p == 17, p == 18, p == 19, p == 20, p == 69, p == 70, p == 73, p == 80, p == 81, p > 93 && p < 98:
		return false
	}
	return true
}

// THPIN checks a Thai identity number.
func THPIN(v []byte) bool {
	if !digits(v, 13) || v[0] == '0' || v[0] == '9' {
		return false
	}
	return (11-dot(v[:12], 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(v[12]-'0')
}

// ZAID checks a South African identity number: date, citizenship, Luhn.
func ZAID(v []byte) bool {
	return digits(v, 13) && yymmdd(v[:6]) && v[10] <= '2' && Luhn(v)
}

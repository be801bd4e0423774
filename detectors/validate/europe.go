package validate

import "bytes"

// UKNINO checks prefix and suffix of a national insurance number (HMRC NIM39110).
func UKNINO(v []byte) bool {
	if len(v) != 9 || !isUpper(v[0]) || !isUpper(v[1]) || !allDigits(v[2:8]) || v[8] < 'A' || v[8] > 'D' {
		return false
	}
	if bytes.IndexByte([]byte("DFIQUV"), v[0]) >= 0 || bytes.IndexByte([]byte("DFIOQUV"), v[1]) >= 0 {
		return false
	}
	switch string(v[:2]) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return !same(v[2:8])
}

// UKUTR checks a unique taxpayer reference: the first digit is the check digit.
func UKUTR(v []byte) bool {
	return digits(v, 10) && "21987654321"[dot(v[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == v[0]
}

// UKNHS checks an NHS number: weights 10 to 2, modulo 11.
func UKNHS(v []byte) bool {
	if !digits(v, 10) {
		return false
	}
	c := (11 - dot(v[:9], 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	return c < 10 && c == int(v[9]-'0')
}

const spanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// ESDNI checks a Spanish DNI: eight digits and the letter of n mod 23.
func ESDNI(v []byte) bool {
	return len(v) == 9 && allDigits(v[:8]) && num(v[:8]) > 0 && spanishLetters[num(v[:8])%23] == v[8]
}

// ESNIE checks a Spanish NIE: X, Y, Z stand for 0, 1, 2.
func ESNIE(v []byte) bool {
	if len(v) != 9 || v[0] < 'X' || v[0] > 'Z' || !allDigits(v[1:8]) {
		return false
	}
	return spanishLetters[(int(v[0]-'X')*10000000+num(v[1:8]))%23] == v[8]
}

// ITCodiceFiscale checks an Italian tax code of a person: form with homocodia,
// day (women add 40) and check letter (DM 12/03/1974).
func ITCodiceFiscale(v []byte) bool {
	if len(v) != 16 {
		return false
	}
	const homocodia = "LMNPQRSTUV"
	digit := func(b byte) int {
		if isDigit(b) {
			return int(b - '0')
		}
		return bytes.IndexByte([]byte(homocodia), b)
	}
	for i, b := range v {
		switch i {
		case 6, 7, 9, 10, 12, 13, 14:
			if digit(b) < 0 {
				return false
			}
		default:
			if !isUpper(b) {
				return false
			}
		}
	}
	month := bytes.IndexByte([]byte("ABCDEHLMPRST"), v[8])
	day := digit(v[9])*10 + digit(v[10])
	if month < 0 || !date(2000, month+1, day%40) || day > 71 {
		return false
	}
	odd := [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	s := 0
	for i, b := range v[:15] {
		k := int(b - '0')
		if isUpper(b) {
			k = int(b-'A') + 10
		}
		if i%2 == 0 {
			s += odd[k]
		} else if k >= 10 {
			s += k - 10
		} else {
			s += k
		}
	}
	return int(v[15]-'A') == s%26
}

// FRNIR checks a French social security number: 97 − n mod 97, Corsica's 2A and
// 2B as 19 and 18, a month that exists.
func FRNIR(v []byte) bool {
	if len(v) != 15 || v[0] != '1' && v[0] != '2' && v[0] != '7' && v[0] != '8' {
		return false
	}
	var n [15]byte
	copy(n[:], v)
	if v[5] == '2' && v[6] == 'A' {
		n[5], n[6] = '1', '9'
	} else if v[5] == '2' && v[6] == 'B' {
		n[5], n[6] = '1', '8'
	}
	if !allDigits(n[:]) {
		return false
	}
	if m := num(n[3:5]); !(m >= 1 && m <= 12 || m >= 20 && m <= 42 || m >= 50) {
		return false
	}
	return num(n[5:7]) > 0 && 97-mod(n[:13], 97) == num(n[13:])
}

// DETaxID checks a German Steuer-IdNr: no leading zero, one digit two or three
// times among the first ten, ISO 7064 Mod 11,10.
func DETaxID(v []byte) bool {
	if !digits(v, 11) || v[0] == '0' {
		return false
	}
	var count [10]int
	for _, b := range v[:10] {
		count[b-'0']++
	}
	twice, thrice := 0, 0
	for _, n := range count {
		switch n {
		case 0, 1:
		case 2:
			twice++
		case 3:
			thrice++
		default:
			return false
		}
	}
	return twice+thrice == 1 && mod1110(v)
}

// DEIDCard checks a German identity card or passport number of ten characters:
// nine of the ICAO alphabet without vowels and the 7-3-1 check digit.
func DEIDCard(v []byte) bool {
	if len(v) != 10 || !isDigit(v[9]) || !bytes.ContainsRune([]byte("CFGHJKLMNPRTVWXYZ"), rune(v[0])) {
		return false
	}
	s := 0
	for i, b := range v[:9] {
		n := int(b - '0')
		if isUpper(b) {
			if bytes.IndexByte([]byte("ABDEIOQSU"), b) >= 0 {
				return false
			}
			n = int(b-'A') + 10
		}
		s += n * [3]int{7, 3, 1}[i%3]
	}
	return s%10 == int(v[9]-'0')
}

// DEKVNR checks the constant part of a German health insurance number: the
// letter as two digits, weights 1 and 2, cross sums, modulo 10.
func DEKVNR(v []byte) bool {
	if len(v) != 10 || !isUpper(v[0]) || !allDigits(v[1:]) {
		return false
	}
	n := int(v[0]-'A') + 1
	seq := append([]byte{byte('0' + n/10), byte('0' + n%10)}, v[1:9]...)
	s := 0
	for i, b := range seq {
		p := int(b-'0') * (1 + i%2)
		s += p/10 + p%10
	}
	return s%10 == int(v[9]-'0')
}

// NLBSN checks a Dutch citizen number by its "elfproef".
func NLBSN(v []byte) bool {
	return digits(v, 9) && (dot(v[:8], 9, 8, 7, 6, 5, 4, 3, 2)-int(v[8]-'0'))%11 == 0
}

// BENationalNumber checks a Belgian national number of either century.
func BENationalNumber(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	m := num(v[2:4]) % 20 // BIS numbers add 20 or 40 to the month
	if num(v[2:4]) >= 60 || m > 12 || num(v[4:6]) > 31 {
		return false
	}
	c, n := num(v[9:]), num(v[:9])
	return m > 0 && num(v[4:6]) > 0 && (97-n%97 == c || 97-(2000000000+n)%97 == c)
}

// PLPesel checks a Polish PESEL: weights 1, 3, 7, 9 and a date whose month
// carries the century.
func PLPesel(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	m := num(v[2:4])
	century := [5]int{1900, 2000, 2100, 2200, 1800}[min(m/20, 4)]
	if !date(century+num(v[:2]), m%20, num(v[4:6])) {
		return false
	}
	return dot(v, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// PLNIP checks a Polish tax number.
func PLNIP(v []byte) bool {
	return digits(v, 10) && dot(v[:9], 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(v[9]-'0')
}

// SEPersonnummer checks a Swedish personal or coordination number, with or
// without century: a date (day + 60 for coordination) and Luhn.
func SEPersonnummer(v []byte) bool {
	if len(v) == 12 {
		if p := num(v[:2]); !allDigits(v) || p < 18 || p > 20 {
			return false
		}
		v = v[2:]
	}
	if !digits(v, 10) {
		return false
	}
	d := num(v[4:6])
	return date(2000+num(v[:2]), num(v[2:4]), d%60) && d <= 91 && Luhn(v)
}

// NOFodselsnummer checks both mod-11 digits of a Norwegian number (also D-
// numbers, day + 40, and H-numbers, month + 40).
func NOFodselsnummer(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	d, m := num(v[:2])%40, num(v[2:4])%40
	if !date(2000+num(v[4:6]), m, d) {
		return false
	}
	k1 := (11 - dot(v, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
	k2 := (11 - (dot(v[:9], 5, 4, 3, 2, 7, 6, 5, 4, 3)+2*k1)%11) % 11
	return k1 == int(v[9]-'0') && k2 == int(v[10]-'0')
}

// DKCPR checks the date of a Danish CPR number; its check digit was given up in 2007.
func DKCPR(v []byte) bool {
	return digits(v, 10) && date(2000+num(v[4:6]), num(v[2:4]), num(v[:2]))
}

// FIHetu checks a Finnish personal code, century signs of 2023 included.
func FIHetu(v []byte) bool {
	if len(v) != 11 || !allDigits(v[:6]) || !allDigits(v[7:10]) || bytes.IndexByte([]byte("-+ABCDEFUVWXY"), v[6]) < 0 {
		return false
	}
	if !date(2000+num(v[4:6]), num(v[2:4]), num(v[:2])) || num(v[7:10]) < 2 {
		return false
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[(num(v[:6])*1000+num(v[7:10]))%31] == v[10]
}

// CHAHV checks a Swiss AHV number: 756 and an EAN-13 check digit.
func CHAHV(v []byte) bool {
	return digits(v, 13) && string(v[:3]) == "756" && dot(v, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

// ATSVNR checks an Austrian insurance number; the fourth digit is the check digit.
func ATSVNR(v []byte) bool {
	if !digits(v, 10) || v[0] == '0' {
		return false
	}
	m := num(v[6:8])
	return (m > 12 && m <= 15 && num(v[4:6]) <= 31 || date(2000+num(v[8:10]), m, num(v[4:6]))) &&
		dot(v, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(v[3]-'0')
}

// PTNIF checks a Portuguese tax number.
func PTNIF(v []byte) bool {
	if !digits(v, 9) || v[0] == '0' || v[0] == '4' && v[1] != '5' {
		return false
	}
	c := 11 - dot(v, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return c%11%10 == int(v[8]-'0')
}

// IEPPS checks an Irish PPS number: mod 23, a second letter counts nine times.
func IEPPS(v []byte) bool {
	if len(v) != 8 && len(v) != 9 || !allDigits(v[:7]) || !isUpper(v[7]) {
		return false
	}
	s := dot(v, 8, 7, 6, 5, 4, 3, 2)
	if len(v) == 9 {
		switch v[8] {
		case 'A', 'B', 'H':
			s += 9 * int(v[8]-'A'+1)
		case 'W', 'T', 'X':
		default:
			return false
		}
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[s%23] == v[7]
}

// CZBirthNumber checks a Czech or Slovak birth number of ten digits: date
// (women add 50 to the month, overflow adds 20) and divisibility by 11.
func CZBirthNumber(v []byte) bool {
	if !digits(v, 10) {
		return false
	}
	m := num(v[2:4]) % 50
	if m > 20 {
		m -= 20
	}
	return yymmddParts(num(v[:2]), m, num(v[4:6])) && (mod(v, 11) == 0 || mod(v[:9], 11) == 10 && v[9] == '0')
}

func yymmddParts(y, m, d int) bool { return date(1900+y, m, d) || date(2000+y, m, d) }

// ROCNP checks a Romanian personal code.
func ROCNP(v []byte) bool {
	if !digits(v, 13) || v[0] == '0' || !yymmdd(v[1:7]) {
		return false
	}
	if c := num(v[7:9]); !(c >= 1 && c <= 48 || c == 51 || c == 52 || c == 70 || c >= 80 && c <= 83) {
		return false
	}
	return dot(v[:12], 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11%10 == int(v[12]-'0') ||
		dot(v[:12], 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)%11 == 10 && v[12] == '1'
}

// BGEGN checks a Bulgarian civil number: the month carries the century.
func BGEGN(v []byte) bool {
	if !digits(v, 10) {
		return false
	}
	y, m := 1900+num(v[:2]), num(v[2:4])
	switch {
	case m > 40:
		y, m = y+100, m-40
	case m > 20:
		y, m = y-100, m-20
	}
	return date(y, m, num(v[4:6])) && dot(v, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == int(v[9]-'0')
}

// EEIsikukood checks an Estonian or Lithuanian personal code: two passes mod 11.
func EEIsikukood(v []byte) bool {
	if !digits(v, 11) || v[0] < '1' || v[0] > '8' || !yymmdd(v[1:7]) {
		return false
	}
	c := dot(v, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = dot(v, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return c == int(v[10]-'0')
}

// TRTCKN checks both digits of a Turkish identity number.
func TRTCKN(v []byte) bool {
	if !digits(v, 11) || v[0] == '0' {
		return false
	}
	odd := dot(v, 1, 0, 1, 0, 1, 0, 1, 0, 1)
	even := dot(v, 0, 1, 0, 1, 0, 1, 0, 1)
	return ((7*odd-even)%10+10)%10 == int(v[9]-'0') && (odd+even+int(v[9]-'0'))%10 == int(v[10]-'0')
}

// ILID checks an Israeli identity number of nine digits.
func ILID(v []byte) bool { return digits(v, 9) && Luhn(v) }

// RUINN checks a Russian tax number of a person (12 digits).
func RUINN(v []byte) bool {
	return digits(v, 12) &&
		dot(v[:10], 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(v[10]-'0') &&
		dot(v[:11], 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(v[11]-'0')
}

// RUSNILS checks a Russian insurance number: weights 9 to 1, modulo 101.
func RUSNILS(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	return dot(v[:9], 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == num(v[9:])
}

// GRAMKA checks a Greek AMKA: DDMMYY and Luhn.
func GRAMKA(v []byte) bool {
	return digits(v, 11) && yymmddParts(num(v[4:6]), num(v[2:4]), num(v[:2])) && Luhn(v)
}

// SIEMSO checks a Slovenian EMŠO or a number of the same kind of its neighbours.
func SIEMSO(v []byte) bool {
	if !digits(v, 13) || !yymmddParts(num(v[5:7]), num(v[2:4]), num(v[:2])) || v[4] != '9' && v[4] != '0' {
		return false
	}
	c := (11 - dot(v[:12], 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	return c%10 == int(v[12]-'0')
}

package validate

import "bytes"

// This file holds identity numbers of persons beyond those of europe.go,
// americas.go and asia.go. Each comment names the issuer.

// ISKennitala checks an Icelandic number (Þjóðskrá): day (organisations add
// 40), month, year, a check digit modulo 11 and the century.
func ISKennitala(v []byte) bool {
	return digits(v, 10) && (v[9] == '9' || v[9] == '0' || v[9] == '8') &&
		yymmddParts(num(v[4:6]), num(v[2:4]), num(v[:2])%40) && num(v[:2]) < 72 &&
		dot(v, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// LVPersonasKods checks a Latvian personal code (PMLP): a date or, from 2017
// on, 32 and random digits; a check digit.
func LVPersonasKods(v []byte) bool {
	if !digits(v, 11) || v[0] > '3' {
		return false
	}
	return (v[0] == '3' && v[1] == '2' || v[6] <= '2' && yymmddParts(num(v[4:6]), num(v[2:4]), num(v[:2]))) &&
		(1+dot(v, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == int(v[10]-'0')
}

// HUTAJ checks a Hungarian insurance number (NEAK): weights 3 and 7.
func HUTAJ(v []byte) bool {
	return digits(v, 9) && dot(v, 3, 7, 3, 7, 3, 7, 3, 7)%10 == int(v[8]-'0')
}

// HUTaxID checks the tax number of a person in Hungary (NAV): 8, days since
// 1867, and the sum of digits times their places modulo 11.
func HUTaxID(v []byte) bool {
	return digits(v, 10) && v[0] == '8' && dot(v, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == int(v[9]-'0')
}

// UARNTRC checks a Ukrainian taxpayer number (ДПС).
func UARNTRC(v []byte) bool {
	if !digits(v, 10) {
		return false
	}
	s := dot(v, 10, 5, 7, 9, 4, 6, 10, 5, 7) // 10 is -1 modulo 11
	return s%11%10 == int(v[9]-'0')
}

// KZIIN checks a Kazakh number of a person: date, century and sex, two passes
// modulo 11.
func KZIIN(v []byte) bool {
	if !digits(v, 12) || !yymmdd(v[:6]) || v[6] > '6' {
		return false
	}
	c := dot(v, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
	if c == 10 {
		c = dot(v, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
	}
	return c == int(v[11]-'0')
}

// LUMatricule checks a number of a person in Luxembourg (CTIE): a date, and the
// digits of Luhn and Verhoeff over the same eleven.
func LUMatricule(v []byte) bool {
	if !digits(v, 13) {
		return false
	}
	y := num(v[:4])
	if y < 1850 || y > 2100 || !date(y, num(v[4:6]), num(v[6:8])) || !Luhn(v[:12]) {
		return false
	}
	var w [12]byte
	copy(w[:], v[:11])
	w[11] = v[12]
	return Verhoeff(w[:])
}

// DERVNR checks a German pension insurance number (DRV): area, date, initial,
// serial and a cross-sum check digit, the letter counted as two digits.
func DERVNR(v []byte) bool {
	if len(v) != 12 || !allDigits(v[:8]) || !isUpper(v[8]) || !allDigits(v[9:]) {
		return false
	}
	if d, m := num(v[2:4]), num(v[4:6]); d < 1 || d > 81 || m < 1 || m > 12 || num(v[:2]) < 2 {
		return false
	}
	n := int(v[8]-'A') + 1
	seq := [12]byte{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], byte('0' + n/10), byte('0' + n%10), v[9], v[10]}
	s := 0
	for i, w := range [12]int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		p := int(seq[i]-'0') * w
		s += p/10 + p%10
	}
	return s%10 == int(v[11]-'0')
}

// ESNAF checks a Spanish social security number (TGSS): 97's remainder.
func ESNAF(v []byte) bool {
	if !digits(v, 12) {
		return false
	}
	if p := num(v[:2]); p < 1 || p > 66 {
		return false
	}
	n := num(v[2:10])
	if n < 10000000 {
		return (n+num(v[:2])*10000000)%97 == num(v[10:])
	}
	return num(v[:10])%97 == num(v[10:])
}

// FRSPI checks the tax number of a person in France (DGFiP): modulo 511.
func FRSPI(v []byte) bool { return digits(v, 13) && v[0] <= '3' && num(v[:10])%511 == num(v[10:]) }

// PTCC checks a Portuguese citizen card number: Luhn with letters as 10 to 35.
func PTCC(v []byte) bool {
	if len(v) != 12 || !allDigits(v[:9]) || !isDigit(v[11]) || !isUpper(v[9]) && !isDigit(v[9]) || !isUpper(v[10]) && !isDigit(v[10]) || same(v[:8]) {
		return false
	}
	s := 0
	for i, b := range v {
		n := int(b - '0')
		if isUpper(b) {
			n = int(b-'A') + 10
		}
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		s += n
	}
	return s%10 == 0
}

// GRAFM checks a Greek tax number (ΑΑΔΕ): powers of two modulo 11.
func GRAFM(v []byte) bool {
	return digits(v, 9) && dot(v, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(v[8]-'0')
}

// CYTIC checks a Cypriot tax number of eight digits and a letter.
func CYTIC(v []byte) bool {
	if len(v) != 9 || !allDigits(v[:8]) || v[0] == '1' && v[1] == '2' {
		return false
	}
	odd := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}
	s := 0
	for i, b := range v[:8] {
		if i%2 == 0 {
			s += odd[b-'0']
		} else {
			s += int(b - '0')
		}
	}
	return byte('A'+s%26) == v[8]
}

// DOCedula checks a Dominican identity number (JCE): Luhn.
func DOCedula(v []byte) bool { return digits(v, 11) && Luhn(v) }

// ECCedula checks an Ecuadorian identity number: province, kind, modulo 10.
func ECCedula(v []byte) bool {
	if !digits(v, 10) || v[2] > '6' {
		return false
	}
	if p := num(v[:2]); !(p >= 1 && p <= 24 || p == 30 || p == 50) {
		return false
	}
	return Luhn(v) // even length: the doubled digits are those of weights 2, 1, 2, …
}

// UYCedula checks a Uruguayan identity number (DNIC) of seven or eight digits.
func UYCedula(v []byte) bool {
	var w [8]byte
	switch len(v) {
	case 7:
		w[0] = '0'
		copy(w[1:], v)
	case 8:
		copy(w[:], v)
	default:
		return false
	}
	if !allDigits(w[:]) || same(v) {
		return false
	}
	return (10-dot(w[:7], 2, 9, 8, 7, 6, 3, 4)%10)%10 == int(w[7]-'0')
}

// PERUC checks a Peruvian tax number (SUNAT).
func PERUC(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	switch num(v[:2]) {
	case 10, 15, 16, 17, 20:
	default:
		return false
	}
	return (11-dot(v[:10], 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == int(v[10]-'0')
}

// CONIT checks a Colombian tax number of eight to ten digits and its check digit (DIAN).
func CONIT(v []byte) bool {
	if len(v) < 9 || len(v) > 11 || !allDigits(v) || same(v[:len(v)-1]) {
		return false
	}
	s, weights := 0, [10]int{3, 7, 13, 17, 19, 23, 29, 37, 41, 43}
	for i := range len(v) - 1 {
		s += int(v[len(v)-2-i]-'0') * weights[i]
	}
	return "01987654321"[s%11] == v[len(v)-1]
}

// VERIF checks a Venezuelan tax number (SENIAT).
func VERIF(v []byte) bool {
	if len(v) != 10 || !allDigits(v[1:]) || same(v[1:]) {
		return false
	}
	kind := map[byte]int{'V': 4, 'E': 8, 'J': 12, 'P': 16, 'G': 20}[v[0]]
	return kind > 0 && "00987654321"[(kind+dot(v[1:9], 3, 2, 7, 6, 5, 4, 3, 2))%11] == v[9]
}

// BRPIS checks a Brazilian PIS/PASEP/NIS number.
func BRPIS(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	c := 11 - dot(v[:10], 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)%11
	if c > 9 {
		c = 0
	}
	return c == int(v[10]-'0')
}

// BRCNH checks a Brazilian driving licence number (DENATRAN).
func BRCNH(v []byte) bool {
	if !digits(v, 11) {
		return false
	}
	d1, less := dot(v[:9], 9, 8, 7, 6, 5, 4, 3, 2, 1)%11, 0
	if d1 > 9 {
		d1, less = 0, 2
	}
	d2 := dot(v[:9], 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 - less
	if d2 < 0 {
		d2 += 11
	}
	if d2 > 9 {
		d2 = 0
	}
	return d1 == int(v[9]-'0') && d2 == int(v[10]-'0')
}

// BRTitulo checks a Brazilian voter number (TSE) of twelve digits.
func BRTitulo(v []byte) bool {
	if !digits(v, 12) {
		return false
	}
	uf := num(v[8:10])
	if uf < 1 || uf > 28 {
		return false
	}
	digit := func(s int) int {
		r := s % 11
		if r == 0 && uf <= 2 {
			return 1 // São Paulo and Minas Gerais
		}
		return r % 10
	}
	d1 := digit(dot(v[:8], 2, 3, 4, 5, 6, 7, 8, 9))
	d2 := digit(dot(v[8:10], 7, 8) + d1*9)
	return d1 == int(v[10]-'0') && d2 == int(v[11]-'0')
}

// MXNSS checks a Mexican social security number (IMSS): Luhn.
func MXNSS(v []byte) bool { return digits(v, 11) && Luhn(v) }

// CUNI checks the date of a Cuban identity number; it has no check digit.
func CUNI(v []byte) bool { return digits(v, 11) && yymmdd(v[:6]) }

// EGNationalID checks century, date and governorate of an Egyptian number; its
// check digit is not published.
func EGNationalID(v []byte) bool {
	if !digits(v, 14) || v[0] != '2' && v[0] != '3' || !date(1700+100*int(v[0]-'0')+num(v[1:3]), num(v[3:5]), num(v[5:7])) {
		return false
	}
	g := num(v[7:9])
	return g >= 1 && g <= 4 || g >= 11 && g <= 35 || g == 88
}

// AEID checks an Emirates ID (ICP): 784, a year, Luhn.
func AEID(v []byte) bool {
	return digits(v, 15) && string(v[:3]) == "784" && (v[3] == '1' && v[4] == '9' || v[3] == '2' && v[4] == '0') && Luhn(v)
}

// SAID checks a Saudi national number or iqama: 1 or 2, Luhn.
func SAID(v []byte) bool { return digits(v, 10) && (v[0] == '1' || v[0] == '2') && Luhn(v) }

// KWCivil checks a Kuwaiti civil number (PACI): century, date, modulo 11.
func KWCivil(v []byte) bool {
	if !digits(v, 12) || v[0] < '1' || v[0] > '3' || !yymmdd(v[1:7]) {
		return false
	}
	return 11-dot(v[:11], 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11 == int(v[11]-'0')
}

// PKCNIC checks province and sex of a Pakistani identity number; no check digit.
func PKCNIC(v []byte) bool {
	return digits(v, 13) && v[0] >= '1' && v[0] <= '7' && v[12] != '0'
}

// IDNIK checks province and date (women add 40) of an Indonesian number; no check digit.
func IDNIK(v []byte) bool {
	if !digits(v, 16) || num(v[12:]) == 0 {
		return false
	}
	if p := num(v[:2]); p < 11 || p > 96 {
		return false
	}
	d := num(v[6:8])
	return d <= 71 && yymmddParts(num(v[10:12]), num(v[8:10]), d%40)
}

// LKNIC checks a Sri Lankan number of twelve digits, or nine and V or X: year
// and day of the year (women add 500).
func LKNIC(v []byte) bool {
	day, year := 0, 1950
	switch {
	case len(v) == 10 && allDigits(v[:9]) && (v[9] == 'V' || v[9] == 'X'):
		day = num(v[2:5])
	case digits(v, 12):
		year, day = num(v[:4]), num(v[4:7])
	default:
		return false
	}
	if day > 500 {
		day -= 500
	}
	return year >= 1900 && year <= 2035 && day >= 1 && day <= 366
}

// VNCCCD checks province, century and sex of a Vietnamese citizen number; no check digit.
func VNCCCD(v []byte) bool {
	return digits(v, 12) && v[0] == '0' && num(v[:3]) >= 1 && num(v[:3]) <= 96 && v[3] <= '3'
}

// MUNID checks a Mauritian number: initial, date, modulo 17.
func MUNID(v []byte) bool {
	if len(v) != 14 || !isUpper(v[0]) || !allDigits(v[1:13]) || !yymmddParts(num(v[5:7]), num(v[3:5]), num(v[1:3])) {
		return false
	}
	s := 14 * (int(v[0]-'A') + 10)
	for i, b := range v[1:13] {
		s += (13 - i) * int(b-'0')
	}
	return "0123456789ABCDEFGH"[(17-s%17)%17] == v[13]
}

// INVID checks an Indian virtual id (UIDAI): sixteen digits, Verhoeff.
func INVID(v []byte) bool { return digits(v, 16) && v[0] > '1' && Verhoeff(v) }

// INEPIC checks an Indian voter number (ECI): three letters, Luhn over seven digits.
func INEPIC(v []byte) bool {
	return len(v) == 10 && isUpper(v[0]) && isUpper(v[1]) && isUpper(v[2]) && digits(v[3:], 7) && Luhn(v[3:])
}

// NZNHI checks a New Zealand health number, AAANNNC or, since 2022, AAANNAX
// (HISO 10046): letters without I and O count 1 to 24.
func NZNHI(v []byte) bool {
	if len(v) != 7 {
		return false
	}
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	value := func(b byte) int {
		if isDigit(b) {
			return int(b - '0')
		}
		return bytes.IndexByte([]byte(letters), b) + 1
	}
	s := 0
	for i, b := range v[:6] {
		letter := i < 3 || i == 5 && isUpper(v[5])
		if letter != !isDigit(b) || letter && value(b) == 0 {
			return false
		}
		s += (7 - i) * value(b)
	}
	if isUpper(v[5]) {
		return value(v[6]) == 23-s%23 && isUpper(v[6])
	}
	c := 11 - s%11
	return c != 11 && isDigit(v[6]) && c%10 == int(v[6]-'0')
}

// ScotlandCHI checks a Scottish health number: a date and modulo 11.
func ScotlandCHI(v []byte) bool {
	return digits(v, 10) && yymmddParts(num(v[4:6]), num(v[2:4]), num(v[:2])) && UKNHS(v)
}

// AUIHI checks an Australian healthcare identifier: 80036, the kind, Luhn.
func AUIHI(v []byte) bool {
	return digits(v, 16) && string(v[:5]) == "80036" && v[5] <= '2' && Luhn(v)
}

// UKDrivingLicence checks form and date of a British driving licence number
// (DVLA): five letters of the name, decade, month (women add 50), day, year.
func UKDrivingLicence(v []byte) bool {
	if len(v) != 16 || !allDigits(v[5:11]) || !isDigit(v[13]) {
		return false
	}
	nines := false
	for i, b := range v[:5] {
		switch {
		case b == '9' && i > 0:
			nines = true
		case !isUpper(b), nines:
			return false
		}
	}
	for _, i := range []int{11, 12} {
		if !isUpper(v[i]) && v[i] != '9' {
			return false
		}
	}
	m := num(v[6:8]) % 50
	return isUpper(v[14]) && isUpper(v[15]) && num(v[6:8]) < 63 && date(2000, m, num(v[8:10]))
}

package validate

import "bytes"

// This file holds tax and company numbers beyond those of europe.go,
// americas.go and asia.go. Most are public; they matter beside a person.

// ATTIN checks an Austrian tax number: office, number, modulo 10.
func ATTIN(v []byte) bool {
	if !digits(v, 9) || v[0] == '0' && v[1] == '0' {
		return false
	}
	s := 0
	for i, b := range v[:8] {
		n := int(b - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		s += n
	}
	return (10-s%10)%10 == int(v[8]-'0')
}

// AUABN checks an Australian business number (ABR): modulo 89.
func AUABN(v []byte) bool {
	return digits(v, 11) && v[0] != '0' && (dot(v, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

// AUACN checks an Australian company number (ASIC).
func AUACN(v []byte) bool {
	return digits(v, 9) && (10-dot(v, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == int(v[8]-'0')
}

// BGUIC checks a Bulgarian company number of nine digits: two passes modulo 11.
func BGUIC(v []byte) bool {
	if !digits(v, 9) {
		return false
	}
	c := dot(v, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if c == 10 {
		c = dot(v, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
	}
	return c == int(v[8]-'0')
}

// BYUNP checks a Belarusian payer number (МНС): nine digits, or two letters and seven.
func BYUNP(v []byte) bool {
	if len(v) != 9 || !allDigits(v[2:]) || same(v) {
		return false
	}
	var w [9]byte
	copy(w[:], v)
	first := int(v[0] - '0')
	if isUpper(v[0]) {
		i := bytes.IndexByte([]byte("ABCEHKMOPT"), v[1])
		if bytes.IndexByte([]byte("ABCEHKM"), v[0]) < 0 || i < 0 {
			return false
		}
		first, w[1] = int(v[0]-'A')+10, byte('0'+i)
	} else if v[0] < '1' || v[0] > '7' || !isDigit(v[1]) {
		return false
	}
	return (29*first+dot(w[1:8], 23, 19, 17, 13, 7, 5, 3))%11 == int(v[8]-'0')
}

// CHUID checks the digits of a Swiss company number (BFS): CHE and nine digits.
func CHUID(v []byte) bool {
	return len(v) == 12 && string(v[:3]) == "CHE" && digits(v[3:], 9) && (11-dot(v[3:], 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == int(v[11]-'0')
}

// CNUSCC checks a Chinese credit code (GB 32100-2015): modulo 31.
func CNUSCC(v []byte) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(v) != 18 || !allDigits(v[2:8]) {
		return false
	}
	s := 0
	for i, b := range v[:17] {
		n := bytes.IndexByte([]byte(alphabet), b)
		if n < 0 {
			return false
		}
		s += n * [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}[i]
	}
	return alphabet[(31-s%31)%31] == v[17] && !allDigits(v)
}

// CZICO checks a Czech or Slovak company number of eight digits.
func CZICO(v []byte) bool {
	if !digits(v, 8) {
		return false
	}
	c := (11 - dot(v, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 0 {
		c = 1
	}
	return c%10 == int(v[7]-'0')
}

// DKCVR checks a Danish company number (Erhvervsstyrelsen).
func DKCVR(v []byte) bool {
	return digits(v, 8) && v[0] != '0' && dot(v, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// DORNC checks a Dominican company number (DGII).
func DORNC(v []byte) bool {
	if !digits(v, 9) {
		return false
	}
	c := (10 - dot(v, 7, 9, 8, 6, 5, 4, 3, 2)%11) % 9
	if c < 0 {
		c += 9
	}
	return c+1 == int(v[8]-'0')
}

// ECRUC checks an Ecuadorian tax number (SRI) of persons and companies.
func ECRUC(v []byte) bool {
	if !digits(v, 13) || string(v[10:]) == "000" {
		return false
	}
	switch v[2] {
	case '6':
		return dot(v, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 || ECCedula(v[:10])
	case '9':
		return dot(v, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 || dot(v, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	}
	return ECCedula(v[:10])
}

// ESCIF checks a Spanish company number: a letter, seven digits, a digit or letter.
func ESCIF(v []byte) bool {
	if len(v) != 9 || !allDigits(v[1:8]) || bytes.IndexByte([]byte("ABCDEFGHJNPQRSUVW"), v[0]) < 0 || same(v[1:8]) {
		return false
	}
	var w [8]byte
	copy(w[:], v[1:8])
	w[7] = '0'
	c := (10 - luhnSum(w[:])%10) % 10
	return v[8] == byte('0'+c) || v[8] == "JABCDEFGHI"[c]
}

// FIBusinessID checks a Finnish company number (PRH).
func FIBusinessID(v []byte) bool { return digits(v, 8) && dot(v, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 }

// GTNIT checks a Guatemalan tax number (SAT) with its digit or K.
func GTNIT(v []byte) bool {
	if len(v) < 5 || len(v) > 9 || !allDigits(v[:len(v)-1]) || same(v[:len(v)-1]) {
		return false
	}
	s := 0
	for i := range len(v) - 1 {
		s += (i + 2) * int(v[len(v)-2-i]-'0')
	}
	return "0123456789K"[(11-s%11)%11] == v[len(v)-1]
}

// HUTaxNumber checks a Hungarian company number of eight digits, or eleven.
func HUTaxNumber(v []byte) bool {
	return (len(v) == 8 || len(v) == 11 && v[8] >= '1' && v[8] <= '5') && allDigits(v) && !same(v[:8]) && dot(v, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0
}

// IDNPWP checks an Indonesian tax number (DJP): Luhn over the first nine.
func IDNPWP(v []byte) bool {
	return digits(v, 15) && !same(v[:9]) && Luhn(v[:9]) || digits(v, 16) && v[0] == '0' && Luhn(v[:10])
}

// INGSTIN checks an Indian goods and services tax number: state, PAN, Luhn in base 36.
func INGSTIN(v []byte) bool {
	if len(v) != 15 || !allDigits(v[:2]) || v[13] != 'Z' || v[12] == '0' || !INPAN(v[2:12]) {
		return false
	}
	if s := num(v[:2]); s < 1 || s > 38 && s != 97 && s != 99 {
		return false
	}
	t := 0
	for i := range v {
		n := int(v[len(v)-1-i] - '0')
		if isUpper(v[len(v)-1-i]) {
			n = int(v[len(v)-1-i]-'A') + 10
		}
		if i%2 == 1 {
			n *= 2
			n = n/36 + n%36
		}
		t += n
	}
	return t%36 == 0
}

// JPCorporate checks a Japanese corporate number (国税庁): modulo 9.
func JPCorporate(v []byte) bool {
	return digits(v, 13) && 9-dot(v[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == int(v[0]-'0')
}

// KRBRN checks a Korean business number (국세청).
func KRBRN(v []byte) bool {
	if !digits(v, 10) || num(v[:3]) < 101 || num(v[3:5]) == 0 {
		return false
	}
	s := dot(v, 1, 3, 7, 1, 3, 7, 1, 3) + int(v[8]-'0')*5/10 + int(v[8]-'0')*5
	return (10-s%10)%10 == int(v[9]-'0')
}

// MAICE checks a Moroccan company number: ISO 7064 Mod 97-10.
func MAICE(v []byte) bool { return digits(v, 15) && mod(v, 97) == 0 }

// MDIDNO checks a Moldovan number of thirteen digits: weights 7, 3, 1.
func MDIDNO(v []byte) bool {
	return digits(v, 13) && (v[0] == '1' || v[0] == '2' || v[0] == '0') && dot(v, 7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)%10 == int(v[12]-'0')
}

// MKEDB checks a North Macedonian tax number.
func MKEDB(v []byte) bool {
	return digits(v, 13) && (v[0] == '4' || v[0] == '5') && (11-dot(v, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(v[12]-'0')
}

// MEPIB checks a Montenegrin tax number.
func MEPIB(v []byte) bool {
	return digits(v, 8) && (11-dot(v, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(v[7]-'0')
}

// RSPIB checks a Serbian tax number: ISO 7064 Mod 11,10.
func RSPIB(v []byte) bool { return digits(v, 9) && mod1110(v) }

// MZNUIT checks a Mozambican tax number.
func MZNUIT(v []byte) bool {
	return digits(v, 9) && "01234567891"[dot(v, 8, 9, 4, 5, 6, 7, 8, 9)%11] == v[8]
}

// NOOrgnr checks a Norwegian company number (Brønnøysund).
func NOOrgnr(v []byte) bool {
	return digits(v, 9) && v[0] >= '8' && dot(v, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// PLRegon checks a Polish company number (GUS) of nine or fourteen digits.
func PLRegon(v []byte) bool {
	short := func(v []byte) bool { return dot(v, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 == int(v[8]-'0') }
	return digits(v, 9) && short(v) ||
		digits(v, 14) && short(v[:9]) && dot(v, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == int(v[13]-'0')
}

// PYRUC checks a Paraguayan tax number of six to eight digits and its check digit.
func PYRUC(v []byte) bool {
	if len(v) < 7 || len(v) > 9 || !allDigits(v) || same(v[:len(v)-1]) {
		return false
	}
	s := 0
	for i := range len(v) - 1 {
		s += (i + 2) * int(v[len(v)-2-i]-'0')
	}
	return (11-s%11)%11%10 == int(v[len(v)-1]-'0')
}

// ROCUI checks a Romanian tax number of six to ten digits (ANAF).
func ROCUI(v []byte) bool {
	if len(v) < 6 || len(v) > 10 || !allDigits(v) || v[0] == '0' || same(v) {
		return false
	}
	s := 0
	for i := range len(v) - 1 {
		s += int(v[len(v)-2-i]-'0') * [9]int{2, 3, 5, 7, 1, 2, 3, 5, 7}[i]
	}
	return s*10%11%10 == int(v[len(v)-1]-'0')
}

// RUOGRN checks a Russian company number (13) or that of a trader (15).
func RUOGRN(v []byte) bool {
	return digits(v, 13) && v[0] != '0' && num(v[:12])%11%10 == int(v[12]-'0') ||
		digits(v, 15) && v[0] != '0' && num(v[:14])%13%10 == int(v[14]-'0')
}

// RUINN10 checks a Russian tax number of a company (10 digits).
func RUINN10(v []byte) bool {
	return digits(v, 10) && dot(v, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(v[9]-'0')
}

// SGUEN checks a Singaporean entity number (ACRA) of a business or a local company.
func SGUEN(v []byte) bool {
	switch {
	case len(v) == 9 && allDigits(v[:8]) && !same(v[:8]):
		return "XMKECAWLJDB"[dot(v, 10, 4, 9, 3, 8, 2, 7, 1)%11] == v[8]
	case len(v) == 10 && allDigits(v[:9]):
		y := num(v[:4])
		return y >= 1900 && y <= 2035 && "ZKCMDNERGWH"[dot(v, 10, 8, 6, 4, 9, 7, 5, 3, 1)%11] == v[9]
	}
	return false
}

// SVNIT checks a Salvadoran tax number of fourteen digits.
func SVNIT(v []byte) bool {
	if !digits(v, 14) || v[0] != '0' && v[0] != '1' && v[0] != '9' {
		return false
	}
	if num(v[10:13]) <= 100 {
		return dot(v, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11%10 == int(v[13]-'0')
	}
	return (11-dot(v, 2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(v[13]-'0')
}

// TRVKN checks a Turkish tax number (GİB).
func TRVKN(v []byte) bool {
	if !digits(v, 10) {
		return false
	}
	s := 0
	for i := range 9 {
		k := 9 - i // from the left
		c := (int(v[i]-'0') + k) % 10
		if c == 0 {
			continue
		}
		if c = c << k % 9; c == 0 {
			c = 9
		}
		s += c
	}
	return (10-s%10)%10 == int(v[9]-'0')
}

// TWUBN checks a Taiwanese business number, by the rule of 2023 (modulo 5) or before.
func TWUBN(v []byte) bool {
	if !digits(v, 8) {
		return false
	}
	s := 0
	for i, w := range [8]int{1, 2, 1, 2, 1, 2, 4, 1} {
		p := int(v[i]-'0') * w
		s += p/10 + p%10
	}
	return s%5 == 0 || v[6] == '7' && (s+1)%5 == 0
}

// UAEDRPOU checks a Ukrainian company number.
func UAEDRPOU(v []byte) bool {
	if !digits(v, 8) {
		return false
	}
	w := [7]int{1, 2, 3, 4, 5, 6, 7}
	if v[0] >= '3' && v[0] <= '5' {
		w = [7]int{7, 1, 2, 3, 4, 5, 6}
	}
	c := dot(v, w[:]...) % 11
	if c == 10 {
		for i := range w {
			w[i] += 2
		}
		c = dot(v, w[:]...) % 11 % 10
	}
	return c == int(v[7]-'0')
}

// UYRUT checks a Uruguayan tax number (DGI).
func UYRUT(v []byte) bool {
	if !digits(v, 12) || num(v[:2]) < 1 || num(v[:2]) > 22 || num(v[2:8]) == 0 || string(v[8:11]) != "001" {
		return false
	}
	return (11-dot(v, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11 == int(v[11]-'0')
}

// VNMST checks a Vietnamese tax number of ten digits, or thirteen of a branch.
func VNMST(v []byte) bool {
	return (len(v) == 10 || len(v) == 13 && num(v[10:]) > 0) && allDigits(v) && !same(v) && num(v[2:9]) > 0 &&
		10-dot(v, 31, 29, 23, 19, 17, 13, 7, 5, 3)%11 == int(v[9]-'0')
}

// ZATIN checks a South African tax number (SARS): Luhn.
func ZATIN(v []byte) bool { return digits(v, 10) && (v[0] <= '3' || v[0] == '9') && Luhn(v) }

// AZVOEN checks an Azerbaijani taxpayer number.
func AZVOEN(v []byte) bool {
	return digits(v, 10) && (v[9] == '1' || v[9] == '2') && dot(v, 4, 1, 8, 6, 2, 7, 5, 3)%11 == int(v[8]-'0')
}

// EUVAT checks a VAT number with its country's prefix (Directive 2006/112/EC,
// Art. 215; VIES): the form for every member state, check digits where they are
// published.
func EUVAT(v []byte) bool {
	if len(v) < 4 {
		return false
	}
	n := v[2:]
	switch string(v[:2]) {
	case "AT":
		return len(n) == 9 && n[0] == 'U' && digits(n[1:], 8) && (16-luhnSum(n[1:8])%10)%10 == int(n[8]-'0')
	case "BE":
		if len(n) == 9 {
			n = append([]byte{'0'}, n...)
		}
		return digits(n, 10) && n[0] <= '1' && (num(n[:8])+num(n[8:]))%97 == 0
	case "BG":
		return BGUIC(n) || digits(n, 10)
	case "CY":
		return CYTIC(n)
	case "CZ":
		return CZICO(n) || digits(n, 9) || CZBirthNumber(n)
	case "DE":
		return digits(n, 9) && n[0] != '0' && mod1110(n)
	case "DK":
		return DKCVR(n)
	case "EE":
		return digits(n, 9) && dot(n, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	case "EL", "GR":
		return GRAFM(n)
	case "ES":
		return ESCIF(n) || ESDNI(n) || ESNIE(n)
	case "FI":
		return FIBusinessID(n)
	case "FR":
		return len(n) == 11 && digits(n[2:], 9) && Luhn(n[2:]) && (!allDigits(n[:2]) || mod(append(append([]byte(nil), n[2:]...), '1', '2'), 97) == num(n[:2]))
	case "HR":
		return ISO7064Mod1110(n)
	case "HU":
		return len(n) == 8 && HUTaxNumber(n)
	case "IE":
		return IEPPS(n)
	case "IT":
		return digits(n, 11) && Luhn(n)
	case "LT":
		return digits(n, 9) && n[7] == '1' || digits(n, 12) && n[10] == '1'
	case "LU":
		return digits(n, 8) && num(n[:6])%89 == num(n[6:])
	case "LV":
		return digits(n, 11) && (n[0] > '3' && dot(n, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3 || LVPersonasKods(n))
	case "MT":
		return digits(n, 8) && dot(n, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0
	case "NL":
		return len(n) == 12 && n[9] == 'B' && digits(n[:9], 9) && allDigits(n[10:])
	case "PL":
		return PLNIP(n)
	case "PT":
		return PTNIF(n)
	case "RO":
		return ROCUI(n)
	case "SE":
		return len(n) == 12 && allDigits(n) && string(n[10:]) == "01" && Luhn(n[:10])
	case "SI":
		c := 0
		if digits(n, 8) {
			c = 11 - dot(n, 8, 7, 6, 5, 4, 3, 2)%11
		}
		return digits(n, 8) && n[0] != '0' && c != 11 && c%10 == int(n[7]-'0')
	case "SK":
		return digits(n, 10) && mod(n, 11) == 0
	case "GB", "XI":
		return len(n) >= 9 && (digits(n, 9) || digits(n, 12)) && (dot(n, 8, 7, 6, 5, 4, 3, 2)+num(n[7:9]))%97 == 0 ||
			len(n) >= 9 && (digits(n, 9) || digits(n, 12)) && (dot(n, 8, 7, 6, 5, 4, 3, 2)+55+num(n[7:9]))%97 == 0
	}
	return false
}

package validate

// Card checks a card number: an issuer range of ISO/IEC 7812, a length that
// range uses, and Luhn. UnionPay numbers without a check digit are not accepted.
func Card(v []byte) bool {
	if len(v) < 12 || len(v) > 19 || !allDigits(v) || same(v) {
		return false
	}
	return cardRange(v) && Luhn(v)
}

// cardRange knows the ranges that networks publish and the lengths in use.
func cardRange(v []byte) bool {
	n := len(v)
	p2, p3, p4, p6 := num(v[:2]), num(v[:3]), num(v[:4]), num(v[:6])
	between := func(x, lo, hi int) bool { return x >= lo && x <= hi }
	switch {
	case v[0] == '4': // Visa
		return n == 16 || n == 13 || n == 19
	case between(p2, 51, 55), between(p4, 2221, 2720): // Mastercard
		return n == 16
	case p2 == 34, p2 == 37: // American Express
		return n == 15
	case between(p3, 300, 305), p4 == 3095, p2 == 36: // Diners Club
		return n == 14 || n == 16
	case p2 == 38, p2 == 39:
		return n == 14 || n == 16
	case between(p4, 3528, 3589): // JCB
		return n == 16 || n == 19
	case between(p4, 2200, 2204): // Mir
		return n == 16 || n == 19
	case p4 == 6011, between(p3, 644, 649), p2 == 65, between(p6, 622126, 622925): // Discover
		return n == 16 || n == 19
	case p2 == 62, p2 == 81: // UnionPay
		return n == 16 || n == 19
	case p2 == 60, p2 == 82, p3 == 508: // RuPay, Hipercard
		return n == 16
	case p4 == 9792: // Troy
		return n == 16
	case between(p4, 5060, 5061): // Verve
		return n == 16 || n == 19
	case p2 == 50, between(p2, 56, 58), p2 == 63, p2 == 67: // Maestro
		return n == 16 || n == 19 || n == 13 || n == 15 || n == 12
	}
	return false
}

// IBAN checks ISO 13616: the country's length and ISO 7064 Mod 97-10.
func IBAN(v []byte) bool {
	if len(v) < 15 || len(v) > 34 || IBANLength(v[0], v[1]) != len(v) {
		return false
	}
	n := 0
	for i := range v {
		b := v[(i+4)%len(v)]
		switch {
		case isDigit(b):
			n = (n*10 + int(b-'0')) % 97
		case isUpper(b):
			n = (n*100 + int(b-'A') + 10) % 97
		default:
			return false
		}
	}
	return n == 1 && isDigit(v[2]) && isDigit(v[3]) && !same(v[4:])
}

// IBANLength is the length of an IBAN of a country, 0 when it has none
// (SWIFT IBAN Registry, release 99).
func IBANLength(a, b byte) int {
	const table = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27" +
		"GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31" +
		"MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
	for i := 0; i+4 <= len(table); i += 4 {
		if table[i] == a && table[i+1] == b {
			return int(table[i+2]-'0')*10 + int(table[i+3]-'0')
		}
	}
	return 0
}

// BIC checks the form of ISO 9362 and that its country is one.
func BIC(v []byte) bool {
	if len(v) != 8 && len(v) != 11 {
		return false
	}
	for i, b := range v {
		if i < 6 && !isUpper(b) || !isUpper(b) && !isDigit(b) {
			return false
		}
	}
	return country(v[4], v[5])
}

// country knows ISO 3166-1 alpha-2 and XK.
func country(a, b byte) bool {
	const table = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ" +
		"DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP" +
		"KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZ" +
		"OMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ" +
		"UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW"
	for i := 0; i+2 <= len(table); i += 2 {
		if table[i] == a && table[i+1] == b {
			return true
		}
	}
	return false
}

// ABA checks a US routing number: Federal Reserve prefixes and weights 3, 7, 1.
func ABA(v []byte) bool {
	if !digits(v, 9) {
		return false
	}
	p := num(v[:2])
	if !(p >= 1 && p <= 12 || p >= 21 && p <= 32 || p >= 61 && p <= 72 || p == 80) {
		return false
	}
	return dot(v, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}

// CLABE checks a Mexican bank account: weights 3, 7, 1 modulo 10 each.
func CLABE(v []byte) bool {
	if !digits(v, 18) {
		return false
	}
	s := 0
	for i, b := range v[:17] {
		s += int(b-'0') * [3]int{3, 7, 1}[i%3] % 10
	}
	return (10-s%10)%10 == int(v[17]-'0')
}

// IMEI checks 15 digits: a reporting body that exists (3GPP TS 23.003) and Luhn.
func IMEI(v []byte) bool {
	if !digits(v, 15) || !Luhn(v) {
		return false
	}
	switch p := num(v[:2]); {
	case p == 1, p == 10, p == 30, p == 33, p == 35, p == 44, p == 45, p == 49, p >= 50 && p <= 54, p == 86, p == 91, p == 98, p == 99:
		return true
	}
	return false
}

// VIN checks ISO 3779's alphabet and the check digit of 49 CFR 565 (North America).
func VIN(v []byte) bool {
	if len(v) != 17 {
		return false
	}
	weights := [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}
	const values = "12345678012345070923456789" // A to Z; I, O, Q do not occur
	s, letters := 0, 0
	for i, b := range v {
		switch {
		case isDigit(b):
			s += weights[i] * int(b-'0')
		case isUpper(b) && b != 'I' && b != 'O' && b != 'Q':
			letters++
			s += weights[i] * int(values[b-'A']-'0')
		default:
			return false
		}
	}
	check := byte('0' + s%11)
	if s%11 == 10 {
		check = 'X'
	}
	return letters > 0 && letters < 17 && v[8] == check && isDigit(v[13]) && isDigit(v[14]) && isDigit(v[15]) && isDigit(v[16])
}

// MRZ checks the machine-readable zone of ICAO 9303: TD3 (2×44), TD2 (2×36) or
// TD1 (3×30), lines joined by line breaks, also escaped ones, by their 7-3-1
// check digits.
func MRZ(v []byte) bool {
	var z []byte
	for i, b := range v {
		switch {
		case b == '\\', (b == 'n' || b == 'r') && i > 0 && v[i-1] == '\\':
		case isDigit(b), isUpper(b), b == '<':
			z = append(z, b)
		case b == '\n', b == '\r', b == ' ', b == '\t':
		default:
			return false
		}
	}
	check := func(b []byte, c byte) bool {
		s := 0
		for i, x := range b {
			var n int
			switch {
			case isDigit(x):
				n = int(x - '0')
			case isUpper(x):
				n = int(x-'A') + 10
			}
			s += n * [3]int{7, 3, 1}[i%3]
		}
		return isDigit(c) && s%10 == int(c-'0')
	}
	switch len(z) {
	case 88, 72:
		w := z[len(z)/2:]
		return (z[0] == 'P' || z[0] == 'V' || z[0] == 'I' || z[0] == 'A' || z[0] == 'C') && check(w[:9], w[9]) && check(w[13:19], w[19]) && check(w[21:27], w[27])
	case 90:
		return (z[0] == 'I' || z[0] == 'A' || z[0] == 'C') && check(z[5:14], z[14]) && check(z[30:36], z[36]) && check(z[38:44], z[44])
	}
	return false
}

// ICCID checks a SIM card number (ITU-T E.118): 89 for telecom, and Luhn over 19
// digits, which may be followed by one more.
func ICCID(v []byte) bool {
	return len(v) >= 19 && len(v) <= 20 && allDigits(v) && string(v[:2]) == "89" && !same(v[2:]) && (Luhn(v[:19]) || Luhn(v))
}

// Track2 checks what EMV tag 57 holds: a card number, D or =, an expiry YYMM and
// a service code.
func Track2(v []byte) bool {
	for i, b := range v {
		if !isDigit(b) {
			return (b == 'D' || b == '=') && Card(v[:i]) && len(v) >= i+8 && allDigits(v[i+1:i+8]) && num(v[i+3:i+5]) >= 1 && num(v[i+3:i+5]) <= 12
		}
	}
	return false
}

// EMV checks tag 5A of eight bytes, or the head of tag 57: a card number of 16
// digits behind it.
func EMV(v []byte) bool { return len(v) >= 20 && Card(v[4:20]) }

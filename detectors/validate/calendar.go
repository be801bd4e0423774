package validate

import "bytes"

// Date checks that a written date exists: three numbers, or two and the name of
// a month. Day and month may stand in either order.
func Date(v []byte) bool {
	_, ok := year(v)
	return ok
}

// BirthDate checks a date on which someone alive can have been born.
func BirthDate(v []byte) bool {
	y, ok := year(v)
	return ok && y >= 1900 && y <= 2035
}

// year finds the year of a written date that exists. Two-digit years are 1930 to 2029.
func year(v []byte) (int, bool) {
	var n [3]int
	var width [3]int
	k, month := 0, 0
	for i := 0; i < len(v); {
		switch b := v[i] | 0x20; {
		case isDigit(v[i]):
			if k == 3 {
				return 0, false
			}
			for ; i < len(v) && isDigit(v[i]); i++ {
				n[k] = n[k]*10 + int(v[i]-'0')
				width[k]++
			}
			if width[k] > 4 && !(k == 0 && width[k] == 8) {
				return 0, false
			}
			k++
		case b >= 'a' && b <= 'z' || v[i] >= 0x80:
			j := i
			for ; j < len(v) && (v[j]|0x20 >= 'a' && v[j]|0x20 <= 'z' || v[j] >= 0x80); j++ {
			}
			if m := monthNamed(bytes.ToLower(v[i:j])); m > 0 {
				month = m
			}
			i = j
		default:
			i++
		}
	}
	century := func(i int) int {
		if width[i] > 2 {
			return n[i]
		}
		if n[i] < 30 {
			return 2000 + n[i]
		}
		return 1900 + n[i]
	}
	switch {
	case k == 1 && width[0] == 8 && month == 0: // YYYYMMDD
		return n[0] / 10000, date(n[0]/10000, n[0]/100%100, n[0]%100)
	case k == 2 && month > 0 && width[0] <= 2: // 3 May 1980, May 3, 1980
		return century(1), date(century(1), month, n[0])
	case k == 2 && month > 0: // 1980 May 3
		return n[0], date(n[0], month, n[1])
	case k == 3 && width[0] > 2: // 1980-05-03
		return n[0], date(n[0], n[1], n[2])
	case k == 3:
		y := century(2)
		return y, date(y, n[0], n[1]) || date(y, n[1], n[0])
	}
	return 0, false
}

// monthNamed knows the months of the languages the rules speak, by their
// beginnings; 0 when w is none.
func monthNamed(w []byte) int {
	if len(w) < 3 {
		return 0
	}
	for m, names := range [12][]string{
		{"jan", "jän", "ene", "gen", "sty"}, {"feb", "fév", "fev", "lut"}, {"mar", "mär", "maa", "mrt", "mrz"}, {"apr", "avr", "abr", "kwi"},
		{"may", "mai", "mei", "mag", "maj", "mayo"}, {"jun", "juin", "giu", "cze"}, {"jul", "juil", "lug", "lip"}, {"aug", "aoû", "aou", "ago", "sie"},
		{"sep", "set", "wrz"}, {"oct", "okt", "out", "ott", "paź"}, {"nov", "lis"}, {"dec", "dez", "dic", "déc", "gru"},
	} {
		for _, n := range names {
			if bytes.HasPrefix(w, []byte(n)) {
				return m + 1
			}
		}
	}
	return 0
}

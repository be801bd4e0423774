package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// national draws a number of one of the identity types in one of its usual
// spellings. ok is false for a type that has no generator here.
func national(r *rand.Rand, typ string) (s string, ok bool) {
	g, ok := nationalGenerators()[typ]
	if !ok {
		return "", false
	}
	return g(r), true
}

type generator func(*rand.Rand) string

// form draws digits that pass a check and writes them in one of the masks.
func form(draw generator, check func(string) bool, masks ...string) generator {
	return func(r *rand.Rand) string {
		return mask(pick(r, masks), until(func() string { return draw(r) }, check))
	}
}

func plain(n int) generator { return func(r *rand.Rand) string { return digitsOf(r, n) } }

// lead draws n digits behind one of the given first ones.
func lead(first string, n int) generator {
	return func(r *rand.Rand) string { return some(r, first, 1) + digitsOf(r, n-1) }
}

// born draws n random digits behind a date of birth.
func born(d func(date) string, n int) generator {
	return func(r *rand.Rand) string { return d(birthday(r)) + digitsOf(r, n) }
}

func always(string) bool { return true }

func nationalGenerators() map[string]generator {
	const lett = "ABCDEFGHJKLMNPRSTUVWXYZ"
	return map[string]generator{
		"pii.us_ssn": func(r *rand.Rand) string {
			for {
				a := 1 + r.IntN(898)
				if a != 666 {
					return fmt.Sprintf(pick(r, []string{"%03d-%02d-%04d", "%03d-%02d-%04d", "%03d %02d %04d"}), a, 1+r.IntN(99), 1+r.IntN(9998))
				}
			}
		},
		"pii.us_itin": func(r *rand.Rand) string {
			return fmt.Sprintf("9%02d-%02d-%04d", r.IntN(100), 70+r.IntN(19), 1+r.IntN(9998))
		},
		"pii.us_ein": func(r *rand.Rand) string {
			return pick(r, []string{"12", "20", "27", "36", "45", "52", "61", "77", "83", "94"}) + "-" + digitsOf(r, 7)
		},
		"pii.uk_nino": func(r *rand.Rand) string {
			return mask(pick(r, []string{"#########", "## ## ## ## #"}), pick(r, []string{"AB", "CE", "JG", "PX", "SR", "WK", "YL"})+digitsOf(r, 6)+some(r, "ABCD", 1))
		},
		"pii.uk_utr": form(plain(10), func(s string) bool {
			return s[0] == "21987654321"[sum(s[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11]
		}, "##########", "##### #####"),
		"pii.es_dni": func(r *rand.Rand) string {
			n := r.IntN(1e8)
			return fmt.Sprintf(pick(r, []string{"%08d%c", "%08d-%c"}), n, "TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
		},
		"pii.es_nie": func(r *rand.Rand) string {
			p, n := r.IntN(3), r.IntN(1e7)
			return fmt.Sprintf(pick(r, []string{"%c%07d%c", "%c-%07d-%c"}), "XYZ"[p], n, "TRWAGMYFPDXBNJZSQVHLCKE"[(p*1e7+n)%23])
		},
		"pii.it_codice_fiscale": codiceFiscale,
		"pii.fr_nir": func(r *rand.Rand) string {
			s := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+r.IntN(2), 40+r.IntN(60), 1+r.IntN(12), 1+r.IntN(95), 1+r.IntN(900), 1+r.IntN(998))
			s += fmt.Sprintf("%02d", 97-remainder(s, 97))
			return mask(pick(r, []string{"###############", "# ## ## ## ### ### ##"}), s)
		},
		"pii.de_tax_id": form(lead("123456789", 11), func(s string) bool {
			twice := 0
			for c := '0'; c <= '9'; c++ {
				switch strings.Count(s[:10], string(c)) {
				case 0, 1:
				case 2:
					twice++
				default:
					return false
				}
			}
			return twice == 1 && mod11x10(s)
		}, "###########", "## ### ### ###"),
		"pii.de_id_card": func(r *rand.Rand) string {
			s := some(r, "LMNPRTVWXY", 1) + some(r, "0123456789CFGHJKLMNPRTVWXYZ", 8)
			return s + mrz(s)
		},
		"pii.nl_bsn":             form(lead("1234", 9), func(s string) bool { return (sum(s, 9, 8, 7, 6, 5, 4, 3, 2)-last(s))%11 == 0 }, "#########"),
		"pii.be_national_number": form(born(date.yymmdd, 5), func(s string) bool { return s[6:9] != "000" && 97-remainder(s[:9], 97) == remainder(s[9:], 1000) }, "###########", "##.##.##-###.##"),
		"pii.pl_pesel":           form(born(date.yymmdd, 5), func(s string) bool { return (10-sum(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == last(s) }, "###########"),
		"pii.pl_nip":             form(lead("123456789", 10), func(s string) bool { return sum(s, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == last(s) }, "##########", "###-###-##-##", "###-##-##-###"),
		"pii.se_personnummer":    form(born(date.yymmdd, 4), luhn, "######-####", "##########"),
		"pii.no_fodselsnummer": form(born(date.ddmmyy, 5), func(s string) bool {
			a, b := (11-sum(s, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11)%11, (11-sum(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11
			return a == num(s[9]) && b == num(s[10]) && s[6] < '5'
		}, "###########", "###### #####"),
		"pii.dk_cpr": form(born(date.ddmmyy, 4), always, "######-####"),
		"pii.fi_hetu": func(r *rand.Rand) string {
			d, n := birthday(r).ddmmyy(), 2+r.IntN(898)
			return fmt.Sprintf("%s-%03d%c", d, n, "0123456789ABCDEFHJKLMNPRSTUVWXY"[remainder(fmt.Sprintf("%s%03d", d, n), 31)])
		},
		"pii.ch_ahv": form(func(r *rand.Rand) string { return "756" + digitsOf(r, 10) }, func(s string) bool {
			return sum(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
		}, "###.####.####.##", "#############"),
		"pii.at_svnr": form(func(r *rand.Rand) string { return some(r, "123456789", 1) + digitsOf(r, 3) + birthday(r).ddmmyy() }, func(s string) bool {
			return sum(s, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == num(s[3])
		}, "##########", "#### ######"),
		"pii.pt_nif":          form(lead("12", 9), func(s string) bool { return checkUnder(11-sum(s, 9, 8, 7, 6, 5, 4, 3, 2)%11, 10) == last(s) }, "#########", "### ### ###"),
		"pii.ie_pps":          iePPS,
		"pii.cz_birth_number": form(born(date.yymmdd, 4), func(s string) bool { return remainder(s, 11) == 0 && s[:2] >= "54" }, "######/####"),
		"pii.ro_cnp": form(func(r *rand.Rand) string {
			return some(r, "12", 1) + birthday(r).yymmdd() + fmt.Sprintf("%02d", 1+r.IntN(40)) + fmt.Sprintf("%03d", 1+r.IntN(998)) + digitsOf(r, 1)
		}, func(s string) bool {
			c := sum(s, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
			return map[bool]int{true: 1, false: c}[c == 10] == last(s)
		}, "#############"),
		"pii.bg_egn":       form(born(date.yymmdd, 4), func(s string) bool { return sum(s, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == last(s) }, "##########"),
		"pii.hr_oib":       form(plain(11), mod11x10, "###########"),
		"pii.ee_isikukood": form(func(r *rand.Rand) string { return some(r, "34", 1) + birthday(r).yymmdd() + digitsOf(r, 4) }, eeCheck, "###########"),
		"pii.tr_tckn":      form(lead("123456789", 11), trCheck, "###########"),
		"pii.il_id":        form(lead("0123", 9), luhn, "#########", "########-#"),
		"pii.ru_inn":       form(lead("57", 12), ruINN, "############"),
		"pii.ru_snils":     form(lead("1", 11), func(s string) bool { return sum(s, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == remainder(s[9:], 1000) }, "###-###-### ##", "###########"),
		"pii.br_cpf":       form(plain(11), func(s string) bool { return brTail(s[:9], s[9:], 10) }, "###.###.###-##", "###########"),
		"pii.br_cnpj":      form(func(r *rand.Rand) string { return digitsOf(r, 8) + "0001" + digitsOf(r, 2) }, brCNPJ, "##.###.###/####-##"),
		"pii.mx_curp":      mxCURP,
		"pii.mx_rfc":       mxRFC,
		"pii.ar_cuit":      form(func(r *rand.Rand) string { return pick(r, []string{"20", "23", "27"}) + digitsOf(r, 9) }, func(s string) bool { return sum(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }, "##-########-#", "###########"),
		"pii.cl_rut":       clRUT,
		"pii.ca_sin":       form(lead("1234567", 9), luhn, "### ### ###", "###-###-###"),
		"pii.au_tfn":       form(lead("123456789", 9), func(s string) bool { return sum(s, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }, "### ### ###", "#########"),
		"pii.nz_ird":       form(lead("1", 9), func(s string) bool { return (sum(s, 3, 2, 7, 6, 5, 4, 3, 2)+last(s))%11 == 0 && s[:3] < "140" }, "###-###-###", "#########"),
		"pii.in_aadhaar":   form(lead("23456789", 12), verhoeff, "#### #### ####", "############"),
		"pii.in_pan": func(r *rand.Rand) string {
			return some(r, lett, 3) + "P" + some(r, lett, 1) + fmt.Sprintf("%04d", 1+r.IntN(9998)) + some(r, lett, 1)
		},
		"pii.cn_resident_id": func(r *rand.Rand) string {
			s := pick(r, []string{"110101", "310104", "440305", "510107", "330106"}) + birthday(r).long() + fmt.Sprintf("%03d", 1+r.IntN(998))
			return s + string("10X98765432"[sum(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
		},
		"pii.hk_hkid": func(r *rand.Rand) string {
			s := some(r, "ABCDEFGHKMPRVYZ", 1) + digitsOf(r, 6)
			t := 36*9 + sum(s, 8, 7, 6, 5, 4, 3, 2)
			return fmt.Sprintf("%s(%c)", s, "0123456789A"[(11-t%11)%11])
		},
		"pii.tw_id": func(r *rand.Rand) string {
			return until(func() string { return some(r, lett[:8], 1) + some(r, "12", 1) + digitsOf(r, 8) }, func(s string) bool {
				n := map[byte]int{'A': 10, 'B': 11, 'C': 12, 'D': 13, 'E': 14, 'F': 15, 'G': 16, 'H': 17}[s[0]]
				return (n/10+n%10*9+sum(s[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
			})
		},
		"pii.kr_rrn": form(func(r *rand.Rand) string { return birthday(r).yymmdd() + some(r, "12", 1) + digitsOf(r, 6) }, func(s string) bool {
			return (11-sum(s, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == last(s)
		}, "######-#######"),
		"pii.jp_my_number": form(lead("123456789", 12), func(s string) bool {
			c := 11 - sum(s, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
			return checkUnder(c, 10) == last(s)
		}, "#### #### ####", "############"),
		"pii.sg_nric": func(r *rand.Rand) string {
			first, s := pick(r, []byte("STFG")), digitsOf(r, 7)
			t := sum(s, 2, 7, 6, 5, 4, 3, 2)
			if first == 'T' || first == 'G' {
				t += 4
			}
			table := "JZIHGFEDCBA"
			if first == 'F' || first == 'G' {
				table = "XWUTRQPNMLK"
			}
			return fmt.Sprintf("%c%s%c", first, s, table[t%11])
		},
		"pii.my_nric": func(r *rand.Rand) string {
			return mask("######-##-####", birthday(r).yymmdd()+fmt.Sprintf("%02d", 1+r.IntN(16))+digitsOf(r, 4))
		},
		"pii.th_pin": form(lead("1345", 13), func(s string) bool {
			return (11-sum(s, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == last(s)
		}, "#-####-#####-##-#", "#############"),
		"pii.za_id": form(func(r *rand.Rand) string {
			return birthday(r).yymmdd() + digitsOf(r, 4) + some(r, "01", 1) + "8" + digitsOf(r, 1)
		}, luhn, "#############"),

		"phi.uk_nhs_number": form(lead("4679", 10), func(s string) bool {
			return checkNHS(11-sum(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) == last(s)
		}, "### ### ####", "##########"),
		"phi.de_kvnr": func(r *rand.Rand) string {
			l, s := r.IntN(26), digitsOf(r, 8)
			full, t := fmt.Sprintf("%02d%s", l+1, s), 0
			for i := range len(full) {
				d := num(full[i]) * (1 + i%2)
				t += d/10 + d%10
			}
			return fmt.Sprintf("%c%s%d", 'A'+l, s, t%10)
		},
		"phi.au_medicare": form(lead("23456", 10), func(s string) bool { return sum(s, 1, 3, 7, 9, 1, 3, 7, 9)%10 == num(s[8]) && s[9] != '0' }, "#### ##### #", "##########"),
		"phi.npi":         form(lead("12", 10), func(s string) bool { return luhn("80840" + s) }, "##########"),
		"phi.dea_number": func(r *rand.Rand) string {
			s := digitsOf(r, 6)
			return fmt.Sprintf("%s%s%s%d", some(r, "ABFGM", 1), some(r, lett, 1), s, (sum(s, 1, 0, 1, 0, 1, 0)+2*sum(s, 0, 1, 0, 1, 0, 1))%10)
		},
		"phi.medicare_beneficiary": func(r *rand.Rand) string {
			const l = "ACDEFGHJKMNPQRTUVWXY"
			s := some(r, "123456789", 1) + some(r, l, 1) + some(r, l+"0123456789", 1) + digitsOf(r, 1) + some(r, l, 1) + some(r, l+"0123456789", 1) + digitsOf(r, 1) + some(r, l, 2) + digitsOf(r, 2)
			return mask(pick(r, []string{"###########", "####-###-####"}), s)
		},
	}
}

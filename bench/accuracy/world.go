package main

import (
	"fmt"
	"math/rand/v2"
)

// worldGenerators make identity and tax numbers of countries whose info type is
// shared: the name behind # tells them apart in cues.txt.
func worldGenerators() map[string]generator {
	const lett = "ABCDEFGHJKLMNPRSTUVWXYZ"
	mod11 := func(s string, w ...int) int { return sum(s, w...) % 11 }
	return map[string]generator{
		"pii.national_id#is": form(born(date.ddmmyy, 3), func(s string) bool {
			c := 11 - mod11(s, 3, 2, 7, 6, 5, 4, 3, 2)
			return c%11 == num(s[8]) && c != 10
		}, "######-###9", "#########9"),
		"pii.national_id#lv": form(born(date.ddmmyy, 5), func(s string) bool {
			return s[6] == '1' && (1+sum(s, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == last(s)
		}, "######-#####"),
		"pii.national_id#hu_taj": form(lead("01", 9), func(s string) bool { return sum(s, 3, 7, 3, 7, 3, 7, 3, 7)%10 == last(s) }, "### ### ###", "#########"),
		"pii.national_id#kz": form(func(r *rand.Rand) string { return birthday(r).yymmdd() + some(r, "34", 1) + digitsOf(r, 5) }, func(s string) bool {
			c := mod11(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
			return c < 10 && c == last(s)
		}, "############"),
		"pii.national_id#de_rvnr": func(r *rand.Rand) string {
			l := r.IntN(26)
			area, born, serial := fmt.Sprint(10+r.IntN(50)), birthday(r).ddmmyy(), digitsOf(r, 2)
			full, t := area+born+fmt.Sprintf("%02d", l+1)+serial, 0
			for i, w := range []int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
				p := num(full[i]) * w
				t += p/10 + p%10
			}
			return mask(pick(r, []string{"## ###### # ###", "############"}), fmt.Sprintf("%s%s%c%s%d", area, born, 'A'+l, serial, t%10))
		},
		"pii.national_id#es_naf": func(r *rand.Rand) string {
			s := fmt.Sprintf("%02d%d", 1+r.IntN(50), 10000000+r.IntN(89999999))
			return mask(pick(r, []string{"############", "##/########/##"}), s+fmt.Sprintf("%02d", remainder(s, 97)))
		},
		"pii.national_id#do": form(lead("0", 11), luhn, "###-#######-#", "###########"),
		"pii.national_id#ec": form(func(r *rand.Rand) string {
			return fmt.Sprintf("%02d", 1+r.IntN(24)) + some(r, "012345", 1) + digitsOf(r, 7)
		}, luhn, "##########", "#########-#"),
		"pii.national_id#uy": form(lead("12345", 8), func(s string) bool { return (sum(s, 2, 9, 8, 7, 6, 3, 4)+last(s))%10 == 0 }, "#.###.###-#", "#######-#"),
		"pii.national_id#br_pis": form(lead("12", 11), func(s string) bool {
			c := 11 - mod11(s, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
			return checkUnder(c, 10) == last(s)
		}, "###.#####.##-#", "###########"),
		"pii.national_id#mx_nss": form(lead("123456789", 11), luhn, "###########"),
		"pii.national_id#ae":     form(func(r *rand.Rand) string { return "784" + fmt.Sprint(1950+r.IntN(60)) + digitsOf(r, 8) }, luhn, "###-####-#######-#", "###############"),
		"pii.national_id#sa":     form(lead("12", 10), luhn, "##########"),
		"pii.national_id#pk": func(r *rand.Rand) string {
			return mask(pick(r, []string{"#####-#######-#", "#############"}), some(r, "1234567", 1)+digitsOf(r, 11)+some(r, "123456789", 1))
		},
		"pii.national_id#id": func(r *rand.Rand) string {
			return pick(r, []string{"317101", "327306", "510304"}) + birthday(r).ddmmyy() + "000" + some(r, "123456789", 1)
		},
		"pii.national_id#vn": func(r *rand.Rand) string {
			return pick(r, []string{"001", "079", "048"}) + some(r, "0123", 1) + digitsOf(r, 8)
		},
		"pii.national_id#in_epic": form(func(r *rand.Rand) string { return some(r, lett, 3) + digitsOf(r, 7) }, func(s string) bool { return luhn(s[3:]) }, "##########"),
		"pii.national_id#pl_card": func(r *rand.Rand) string { return some(r, lett, 3) + digitsOf(r, 6) },
		"pii.tax_id#ua":           form(lead("123", 10), func(s string) bool { return (sum(s, 10, 5, 7, 9, 4, 6, 10, 5, 7))%11%10 == last(s) }, "##########"),
		"pii.tax_id#gr_afm":       form(lead("01", 9), func(s string) bool { return sum(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == last(s) }, "#########"),
		"pii.tax_id#fr_spi": func(r *rand.Rand) string {
			s := some(r, "0123", 1) + digitsOf(r, 9)
			return mask(pick(r, []string{"#############", "## ## ### ### ###"}), s+fmt.Sprintf("%03d", remainder(s, 511)))
		},
		"pii.tax_id#pe_ruc": form(func(r *rand.Rand) string { return "10" + digitsOf(r, 9) }, func(s string) bool {
			return (11-mod11(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))%10 == last(s)
		}, "###########"),
		"pii.tax_id#tr_vkn_hu": form(lead("8", 10), func(s string) bool { return mod11(s, 1, 2, 3, 4, 5, 6, 7, 8, 9) == last(s) }, "##########"),
		"pii.tax_id#au_abn": form(lead("123456789", 11), func(s string) bool {
			return (sum(s, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
		}, "## ### ### ###", "###########"),
		"pii.tax_id#eu_vat": func(r *rand.Rand) string {
			s := until(func() string { return some(r, "123456789", 1) + digitsOf(r, 8) }, mod11x10)
			return "DE" + s
		},
		"pii.tax_id#in_gstin": func(r *rand.Rand) string {
			return until(func() string {
				return fmt.Sprintf("%02d", 1+r.IntN(37)) + some(r, lett, 3) + "P" + some(r, lett, 1) + digitsOf(r, 4) + some(r, lett, 1) + "1Z" + some(r, "0123456789"+lett, 1)
			}, func(s string) bool {
				t := 0
				for i := range len(s) {
					v := num(s[len(s)-1-i]) * (1 + i%2)
					t += v/36 + v%36
				}
				return t%36 == 0
			})
		},
		"pii.license_plate": func(r *rand.Rand) string {
			return pick(r, []func() string{
				func() string { return "B-" + some(r, lett, 2) + " " + some(r, "123456789", 1) + digitsOf(r, 3) },
				func() string {
					return some(r, lett, 2) + some(r, "0123456", 1) + some(r, "123456789", 1) + " " + some(r, lett, 3)
				},
				func() string { return some(r, lett, 2) + "-" + digitsOf(r, 3) + "-" + some(r, lett, 2) },
			})()
		},
		"pii.employee_id": func(r *rand.Rand) string {
			return pick(r, []string{"", "E-", "EMP"}) + some(r, "3456789", 1) + digitsOf(r, 5)
		},
	}
}

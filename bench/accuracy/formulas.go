package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// checkUnder is c, or 0 when it reaches limit.
func checkUnder(c, limit int) int {
	if c >= limit {
		return 0
	}
	return c
}

func checkNHS(c int) int {
	if c == 11 {
		return 0
	}
	return c // 10 equals no digit: such numbers are not given out
}

func codiceFiscale(r *rand.Rand) string {
	const cons = "BCDFGHLMNPRSTV"
	d := birthday(r)
	day := d.d + 40*r.IntN(2)
	s := some(r, cons, 6) + fmt.Sprintf("%02d%c%02d", d.y%100, "ABCDEHLMPRST"[d.m-1], day) + pick(r, []string{"H501", "F205", "L219", "A944", "D612"})
	odd := []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	t := 0
	for i := range len(s) {
		v := num(s[i])
		if v >= 10 {
			v -= 10
		}
		if i%2 == 0 {
			v = odd[v]
		}
		t += v
	}
	return s + string(rune('A'+t%26))
}

func iePPS(r *rand.Rand) string {
	s := digitsOf(r, 7)
	t := sum(s, 8, 7, 6, 5, 4, 3, 2)
	tail := ""
	if r.IntN(2) == 0 {
		tail, t = "A", t+9
	}
	return fmt.Sprintf("%s%c%s", s, "WABCDEFGHIJKLMNOPQRSTUV"[t%23], tail)
}

func eeCheck(s string) bool {
	c := sum(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = sum(s, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return c == last(s)
}

func trCheck(s string) bool {
	odd, even := sum(s, 1, 0, 1, 0, 1, 0, 1, 0, 1), sum(s, 0, 1, 0, 1, 0, 1, 0, 1, 0)
	return ((7*odd-even)%10+10)%10 == num(s[9]) && (odd+even+num(s[9]))%10 == num(s[10])
}

func ruINN(s string) bool {
	return sum(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == num(s[10]) && sum(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == num(s[11])
}

// brTail checks the two digits behind a Brazilian number whose weights fall from top.
func brTail(head, tail string, top int) bool {
	for i := range 2 {
		t := 0
		for j := range len(head) {
			t += (top + i - j) * num(head[j])
		}
		if c := t * 10 % 11 % 10; c != num(tail[i]) {
			return false
		}
		head += tail[i : i+1]
	}
	return true
}

func brCNPJ(s string) bool {
	digit := func(w ...int) int { return checkUnder(11-sum(s, w...)%11, 10) }
	return digit(5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == num(s[12]) && digit(6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) == num(s[13])
}

func mxCURP(r *rand.Rand) string {
	s := some(r, "BCDGLMPRSV", 1) + some(r, "AEIOU", 1) + some(r, "BCDGLMPRSV", 2) + birthday(r).yymmdd() + some(r, "HM", 1) +
		pick(r, []string{"DF", "JC", "NL", "PL", "VZ", "OC"}) + some(r, "BCDFGLMNPR", 3) + "0"
	t := 0
	for i, c := range s {
		t += strings.IndexRune("0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ", c) * (18 - i)
		if c > 'N' { // Ñ is two bytes long in the index above
			t -= 18 - i
		}
	}
	return s + fmt.Sprint((10-t%10)%10)
}

func mxRFC(r *rand.Rand) string {
	const table = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
	s := some(r, "BCDGLMPRSV", 1) + some(r, "AEIOU", 1) + some(r, "BCDGLMPRSV", 2) + birthday(r).yymmdd() + some(r, "ABCDEFGH123456789", 2)
	t := 0
	for i, c := range s {
		t += strings.IndexRune(table, c) * (13 - i)
	}
	switch c := 11 - t%11; c {
	case 11:
		return s + "0"
	case 10:
		return s + "A"
	default:
		return s + fmt.Sprint(c)
	}
}

func clRUT(r *rand.Rand) string {
	n := fmt.Sprint(5_000_000 + r.IntN(20_000_000))
	t, w := 0, 2
	for i := len(n) - 1; i >= 0; i-- {
		t += num(n[i]) * w
		if w++; w > 7 {
			w = 2
		}
	}
	c := string("0K987654321"[t%11])
	if r.IntN(2) == 0 && len(n) == 8 {
		return mask("##.###.###-", n) + c
	}
	return n + "-" + c
}

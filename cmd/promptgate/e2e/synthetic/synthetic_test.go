package synthetic

import (
	"math/big"
	"strings"
	"testing"
)

// The check digits are verified by other formulas than those that made them.
func TestValuesHaveRightCheckDigits(t *testing.T) {
	for range 500 {
		card := Card()
		sum := 0
		for i, c := range card { // sixteen digits: the even places from the left are doubled
			d := int(c - '0')
			if i%2 == 0 {
				d = d/5 + d*2%10
			}
			sum += d
		}
		if len(card) != 16 || sum%10 != 0 {
			t.Fatalf("Card: Luhn sum %d", sum)
		}

		iban := IBAN()
		var numeric strings.Builder
		for _, c := range iban[4:] + iban[:4] {
			if c >= 'A' {
				numeric.WriteString(big.NewInt(int64(c-'A') + 10).String())
			} else {
				numeric.WriteRune(c)
			}
		}
		n, _ := new(big.Int).SetString(numeric.String(), 10)
		if r := n.Mod(n, big.NewInt(97)).Int64(); len(iban) != 22 || r != 1 {
			t.Fatalf("IBAN: %d digits, remainder %d, want 22 and 1", len(iban), r)
		}

		nhs := strings.ReplaceAll(NHS(), " ", "")
		sum = 0
		for i, c := range nhs {
			sum += int(c-'0') * (10 - i)
		}
		if last := int(nhs[9] - '0'); len(nhs) != 10 || sum%11 != 0 {
			t.Fatalf("NHS: weighted sum %d with check digit %d", sum%11, last)
		}
	}
}

func TestValuesDiffer(t *testing.T) {
	for _, f := range []func() string{Card, IBAN, SSN, NHS, Email, AWSKey, GitHubToken, PrivateKey} {
		if a, b := f(), f(); a == b {
			t.Errorf("two draws are equal (%d bytes)", len(a))
		}
	}
}

// Package synthetic makes values that detectors must find: well-formed, with
// right check digits, drawn at random at run time, belonging to nobody we know
// of. Documented test numbers are no use in an end-to-end test, because the
// shipped rules only log those.
//
// No value is ever written to the repository, and a test that prints one would
// print a random one.
package synthetic

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
)

// Card is a 16-digit Visa-range number with a right Luhn digit, without
// separators. The IIN keeps clear of the published test numbers, which begin
// 4000, 4012, 4111, 4222, 4242 and 4917.
func Card() string {
	iins := []string{"453201", "447862", "471604", "448562", "492914"}
	body := iins[below(len(iins))] + digits(9)
	return body + luhn(body)
}

// CardSpaced is Card in groups of four.
func CardSpaced() string {
	c := Card()
	return c[:4] + " " + c[4:8] + " " + c[8:12] + " " + c[12:]
}

// IBAN is a German account number with right ISO 7064 mod 97-10 digits.
func IBAN() string {
	bban := "37040044" + digits(10) // the bank code of a large bank, a random account
	return "DE" + mod97(bban+"DE") + bban
}

// SSN is a US social security number in dashed form from areas that were issued.
func SSN() string {
	return fmt.Sprintf("%03d-%02d-%04d", 400+below(150), 10+below(80), 1000+below(9000))
}

// NHS is a UK NHS number in 3-3-4 form with a right mod 11 digit.
func NHS() string {
	for {
		d := "4" + digits(8)
		sum := 0
		for i, c := range d {
			sum += int(c-'0') * (10 - i)
		}
		check := (11 - sum%11) % 11
		if check == 10 {
			continue
		}
		d += fmt.Sprint(check)
		return d[:3] + " " + d[3:6] + " " + d[6:]
	}
}

// Email is an address at a domain of no test range: those are only logged.
func Email() string {
	return letters("abcdefghijklmnopqrstuvwxyz", 7) + "." + letters("abcdefghijklmnopqrstuvwxyz", 8) + "@kontor-" + letters("abcdefghijklmnopqrstuvwxyz", 6) + ".de"
}

// AWSKey is an access key id: AKIA and sixteen characters of base 32.
func AWSKey() string { return "AKIA" + letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16) }

// GitHubToken is a classic personal token with its right CRC-32 suffix in base 62.
func GitHubToken() string {
	const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	body := letters(base62, 30)
	sum := crc32.ChecksumIEEE([]byte(body))
	suffix := make([]byte, 6)
	for i := 5; i >= 0; i-- {
		suffix[i] = base62[sum%62]
		sum /= 62
	}
	return "ghp_" + body + string(suffix)
}

// PrivateKey is a fresh P-256 key in PKCS #8 PEM, several lines.
func PrivateKey() string {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("synthetic: internal error: " + err.Error())
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic("synthetic: internal error: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Word is a lower-case pronounceable nonsense word of n letters, for canaries
// that must not look like a finding.
func Word(n int) string {
	var b strings.Builder
	for i := range n {
		if i%2 == 0 {
			b.WriteString(letters("bdfgklmnprstvz", 1))
		} else {
			b.WriteString(letters("aeiou", 1))
		}
	}
	return b.String()
}

func digits(n int) string { return letters("0123456789", n) }

func letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[below(len(alphabet))]
	}
	return string(b)
}

func below(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic("synthetic: internal error: " + err.Error())
	}
	return int(v.Int64())
}

func luhn(body string) string {
	sum := 0
	for i := range body {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return fmt.Sprint((10 - sum%10) % 10)
}

// mod97 gives the two check digits of an IBAN whose country code stands last.
func mod97(s string) string {
	rem := 0
	for _, c := range s + "00" {
		if c >= 'A' && c <= 'Z' {
			rem = (rem*100 + int(c-'A') + 10) % 97
		} else {
			rem = (rem*10 + int(c-'0')) % 97
		}
	}
	return fmt.Sprintf("%02d", 98-rem)
}

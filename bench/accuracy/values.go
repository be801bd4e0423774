package main

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
)

// Names of people who do not exist, put together from common parts.
var (
	asciiGiven    = []string{"Anna", "Markus", "Sofia", "Daniel", "Emma", "Luis", "Marta", "Peter", "Julia", "Thomas", "Nina", "Oliver", "Priya", "Kenji", "Aisha", "Pavel"}
	asciiSurnames = []string{"Bergmann", "Kowalski", "Moreau", "Castillo", "Rossi", "Fernandes", "Jansen", "Whitfield", "Okafor", "Sharma", "Tanaka", "Lindqvist", "Novak", "Haddad"}
	mailDomains   = []string{"bergmann-maschinenbau.de", "northgate-logistics.co.uk", "clinica-santarosa.es", "moreau-associes.fr", "kestrelworks.io", "studio-lumi.it", "posteo.net", "hanseatic-freight.com", "gmail.com", "outlook.com"}
)

func personName(r *rand.Rand) string { return pick(r, asciiGiven) + " " + pick(r, asciiSurnames) }

// contactGenerators make what is neither an identity number nor a secret.
func contactGenerators() map[string]generator {
	return map[string]generator{
		"pii.email": func(r *rand.Rand) string {
			g, s := strings.ToLower(pick(r, asciiGiven)), strings.ToLower(pick(r, asciiSurnames))
			local := pick(r, []string{g + "." + s, g[:1] + s, s + fmt.Sprint(r.IntN(90)), g + "_" + s, g + "+orders", g + "-" + s})
			return local + "@" + pick(r, mailDomains)
		},
		"pii.phone": phone,
		"pii.ip_address": func(r *rand.Rand) string {
			return fmt.Sprintf("%d.%d.%d.%d", pick(r, []int{45, 62, 81, 93, 109, 146, 185, 212}), r.IntN(256), r.IntN(256), 1+r.IntN(254))
		},
		"pii.mac_address": func(r *rand.Rand) string {
			sep := pick(r, []string{":", "-"})
			p := []string{"3c", "22", "fb"}
			for range 3 {
				p = append(p, fmt.Sprintf("%02x", r.IntN(256)))
			}
			return strings.Join(p, sep)
		},
		"pii.imei": func(r *rand.Rand) string {
			return until(func() string { return "35" + digitsOf(r, 13) }, luhn)
		},
		"pii.vin":  vin,
		"pii.iban": iban,
		"pii.bank_routing": func(r *rand.Rand) string {
			return until(func() string { return pick(r, []string{"02", "05", "07", "11", "12", "26", "31"}) + digitsOf(r, 7) }, func(s string) bool {
				return sum(s, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
			})
		},
		"pii.bank_account": func(r *rand.Rand) string { return some(r, "123456789", 1) + digitsOf(r, 7+r.IntN(5)) },
		"pii.bic": func(r *rand.Rand) string {
			return some(r, "BCDFGHKLMNPRST", 4) + pick(r, []string{"DE", "FR", "GB", "ES", "NL"}) + some(r, "FMLB23", 2) + pick(r, []string{"", "XXX"})
		},
		"pii.crypto_address": func(r *rand.Rand) string { return bitcoin(r) },
		"pii.passport": func(r *rand.Rand) string {
			return pick(r, []func() string{
				func() string {
					return some(r, "CFGHJK", 1) + some(r, "CFGHJKLMNPRTVWXYZ0123456789", 7) + digitsOf(r, 1)
				},
				func() string { return some(r, "ABCX", 1) + digitsOf(r, 8) },
				func() string { return some(r, "123456789", 1) + digitsOf(r, 8) },
			})()
		},
		"pii.passport_mrz": passportMRZ,
		"pii.driver_license": func(r *rand.Rand) string {
			return pick(r, []func() string{
				func() string { return some(r, "ABCDEFGHJKLMNPRSTW", 1) + digitsOf(r, 7) },
				func() string { return some(r, "ABCDEFGHJKLMNPRSTW", 1) + digitsOf(r, 12) },
				func() string {
					d := birthday(r)
					return "MORGA" + fmt.Sprintf("%d%02d%02d%d", d.y/10%10, d.m, d.d, d.y%10) + some(r, "ABCDEHJKLMS", 2) + "9" + some(r, "ABCDEFGHIJ", 2)
				},
			})()
		},
		"pii.date_of_birth": func(r *rand.Rand) string {
			d := birthday(r)
			months := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
			return pick(r, []string{
				fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d), fmt.Sprintf("%02d.%02d.%04d", d.d, d.m, d.y), fmt.Sprintf("%02d/%02d/%04d", d.d, d.m, d.y),
				fmt.Sprintf("%d %s %d", d.d, months[d.m-1], d.y), fmt.Sprintf("%s %d, %d", months[d.m-1], d.d, d.y),
			})
		},

		"pci.payment_card":       card,
		"pci.card_security_code": plain(3),
		"pci.card_expiry":        func(r *rand.Rand) string { return fmt.Sprintf("%02d/%02d", 1+r.IntN(12), 27+r.IntN(6)) },
		"pci.track_data": func(r *rand.Rand) string {
			pan := until(func() string { return "4" + digitsOf(r, 15) }, luhn)
			exp := fmt.Sprintf("%02d%02d", 27+r.IntN(6), 1+r.IntN(12))
			return pick(r, []string{
				"%B" + pan + "^" + strings.ToUpper(pick(r, asciiSurnames)) + "/" + strings.ToUpper(pick(r, asciiGiven)) + "^" + exp + "101" + digitsOf(r, 10) + "?",
				";" + pan + "=" + exp + "101" + digitsOf(r, 10) + "?",
			})
		},
		"pci.pin_block": func(r *rand.Rand) string { return "04" + some(r, "0123456789ABCDEF", 14) },

		"phi.medical_record_number": func(r *rand.Rand) string { return pick(r, []string{"", "M-", "H"}) + digitsOf(r, 6+r.IntN(3)) },
		"phi.health_plan_id":        func(r *rand.Rand) string { return some(r, "WXYZHKR", 3) + digitsOf(r, 9) },
		"phi.diagnosis_code": func(r *rand.Rand) string {
			return pick(r, []string{"E11.9", "I10", "J45.909", "F32.1", "M54.5", "C50.911", "K21.9", "G43.909", "N18.3", "Z79.4"})
		},
	}
}

func phone(r *rand.Rand) string {
	return pick(r, []func() string{
		func() string { return "+49 " + pick(r, []string{"151", "160", "172", "89"}) + " " + digitsOf(r, 8) },
		func() string { return "+44 7" + digitsOf(r, 3) + " " + digitsOf(r, 6) },
		func() string { return "07" + digitsOf(r, 3) + " " + digitsOf(r, 6) },
		func() string { return "+33 6 " + mask("## ## ## ##", digitsOf(r, 8)) },
		func() string { return "06 " + mask("## ## ## ##", digitsOf(r, 8)) },
		func() string { return "+34 6" + mask("## ### ###", digitsOf(r, 8)) },
		func() string { return "+39 33" + digitsOf(r, 1) + " " + digitsOf(r, 7) },
		func() string { return "+48 60" + mask("# ### ###", digitsOf(r, 7)) },
		func() string { return "+31 6 " + digitsOf(r, 8) },
		func() string { return "+91 98" + mask("### #####", digitsOf(r, 8)) },
		func() string { return "+81 90-" + mask("####-####", digitsOf(r, 8)) },
		func() string { return "+55 11 9" + mask("####-####", digitsOf(r, 8)) },
		func() string {
			return mask(pick(r, []string{"(###) ###-####", "###-###-####", "+1 ### ### ####", "+1 (###) ###-####", "###.###.####"}), pick(r, []string{"212", "415", "617", "312", "206", "713"})+some(r, "2346789", 1)+digitsOf(r, 2)+digitsOf(r, 4))
		},
	})()
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// bitcoin draws a P2PKH address with its double SHA-256 check.
func bitcoin(r *rand.Rand) string {
	raw := []byte{0}
	for range 20 {
		raw = append(raw, byte(r.IntN(256)))
	}
	one := sha256.Sum256(raw)
	two := sha256.Sum256(one[:])
	n := new(big.Int).SetBytes(append(raw, two[:4]...))
	var out []byte
	for radix, m := big.NewInt(58), new(big.Int); n.Sign() > 0; {
		n.DivMod(n, radix, m)
		out = append([]byte{base58[m.Int64()]}, out...)
	}
	return "1" + string(out)
}

// privateKey makes an EC key out of the seed: a valid PEM that opens nothing.
func privateKey(r *rand.Rand) string {
	var d [32]byte
	for i := range d {
		d[i] = byte(r.IntN(256))
	}
	d[0] = 1 // below the order of the curve
	private, err := ecdh.P256().NewPrivateKey(d[:])
	if err != nil {
		panic("accuracy: a scalar below the order is a key")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private.Bytes())
	if err != nil {
		panic("accuracy: a scalar below the order is a key")
	}
	if r.IntN(2) == 0 {
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			panic("accuracy: a P-256 key marshals")
		}
		return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("accuracy: a P-256 key marshals")
	}
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// webToken draws a JWT with a random signature.
func webToken(r *rand.Rand) string {
	enc := base64.RawURLEncoding.EncodeToString
	var sig [32]byte
	for i := 0; i < len(sig); i += 8 {
		binary.LittleEndian.PutUint64(sig[i:], r.Uint64())
	}
	return enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc(fmt.Appendf(nil, `{"sub":"%d","name":%q,"iat":%d}`, r.IntN(1e9), personName(r), 1_700_000_000+r.IntN(9e7))) + "." + enc(sig[:])
}

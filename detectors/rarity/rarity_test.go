package rarity_test

import (
	"math/rand/v2"
	"testing"

	"github.com/promptgate/promptgate/detectors/rarity"
)

// Names, words and versions that no training text holds as they stand: of
// other languages, of configuration, of other ecosystems.
var written = []string{
	"user_profile_id2", "my-tls-secret-2024-prod", "kubernetes_pod_name2", "getUserByIdAndToken", "tenant#user#2024",
	"urn:ietf:params:oauth:2", "org.springframework.boot", "schluessel_fuer_datenbank", "motDePasseUtilisateur", "contrasena-del-servidor",
	"gpt-4o-mini-2024-07-18", "application/vnd.api+json", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "SHA256WithRSAEncryption",
	"MinimumLengthRequired", "spring-boot-starter-web", "x-amz-security-token", "pytest_collection_modifyitems", "NSFontAttributeName",
	"correct-horse-battery", "client_credentials", "/var/lib/postgresql/data", "webpack.config.production.js", "AbstractSingletonProxyFactoryBean",
	"en_US.UTF-8@variant", "eu-central-1.compute.internal", "ADMIN_USER_DEFAULT_2", "numéro-de-téléphone",
	"12345678901234", "2024-01-15T10:30:00Z", "0000000000000000", "aaaaaaaaaaaaaaaa", "passwordResetTokenExpiry",
}

func TestNamesAreWritten(t *testing.T) {
	for _, s := range written {
		if got := rarity.Score([]byte(s)); got >= 4 {
			t.Errorf("Score(%q) = %d bits for chance, want less than 4", s, got)
		}
	}
}

func TestKeysAreDrawnAtRandom(t *testing.T) {
	const all62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []struct {
		alphabet string
		size     int
		bits     int     // least score
		share    float64 // of keys that reach it
	}{
		{all62, 12, 6, 0.98}, {all62, 20, 10, 0.99}, {all62, 40, 20, 0.99},
		{all62[26:], 16, 8, 0.97}, {all62[26:], 32, 10, 0.99},
		{"0123456789abcdef", 16, 6, 0.95}, {"0123456789abcdef", 32, 10, 0.99},
		{all62[:52], 24, 10, 0.99}, {all62[26:52], 24, 10, 0.99},
	} {
		const n = 4000
		reached := 0
		for range n {
			v := make([]byte, k.size)
			for i := range v {
				v[i] = k.alphabet[r.IntN(len(k.alphabet))]
			}
			if rarity.Score(v) >= k.bits {
				reached++
			}
		}
		if got := float64(reached) / n; got < k.share {
			t.Errorf("%d of %d symbols: %.3f score %d bits or more, want %.3f", k.size, len(k.alphabet), got, k.bits, k.share)
		}
	}
}

func TestScoreAllocatesNothing(t *testing.T) {
	v := []byte("kubernetes_pod_name2")
	if n := testing.AllocsPerRun(100, func() { rarity.Score(v) }); n > 0 {
		t.Errorf("Score allocates %v times", n)
	}
	if rarity.Score(nil) != 0 {
		t.Error("nothing is neither written nor drawn")
	}
}

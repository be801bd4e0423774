package pattern

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// A block that another BEGIN interrupts ends there: markers in a row must not be
// read again for each of them.
func TestPrivateKeyEndsWhereAnotherBegins(t *testing.T) {
	_, ds := embedded(t)
	body := strings.Repeat("MIIEpAIBAAKCAQEA7bq9x2Kd\n", 4)
	begin, end := "-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"whole", begin + body + end, []string{begin + body + end}},
		{"empty, then whole", begin + begin + body + end, []string{begin + body + end}},
		{"cut off, then whole", begin + body + begin + body + end, []string{strings.TrimSpace(begin + body), begin + body + end}},
		{"markers only", strings.Repeat(begin, 50), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range raw(ds, []byte(tt.text), "") {
				if f.Rule == detectors.RuleID("secret.private_key") {
					got = append(got, tt.text[f.Span.Start:f.Span.End])
				}
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

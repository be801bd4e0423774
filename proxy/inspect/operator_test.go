package inspect

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/policy"
)

// The policy says, by info type, what stands in the place of a value.
func TestOperatorsOfThePolicyAreCarriedOut(t *testing.T) {
	r := shippedRules(t, "l2")
	p, err := policy.Parse("operators.toml", []byte(`
title = "operators"
[[rule]]
id = "all"
when = { info_type = ["pci.payment_card", "pii.email", "pii.us_ssn"] }
redact = { "pci.payment_card" = "hash", "pii.email" = "drop" }
`), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	card, mail, ssn := synthetic.Card(), synthetic.Email(), synthetic.SSN()
	text := "credit card " + card + ", mail " + mail + ", social security number " + ssn + ", again credit card " + card
	body := `{"messages":[{"role":"user","content":"` + text + `"}]}`
	v := decided(t, r, Config{}, post(t, "https://api.openai.com/v1/chat/completions", body))
	for _, value := range []string{card, mail, ssn} {
		if strings.Contains(string(v.Body), value) {
			t.Errorf("left in clear: %s", v.Body)
		}
	}
	hashes := regexp.MustCompile(`\[[A-Z_]+_HASH_[0-9a-f]{12}\]`).FindAllString(string(v.Body), -1)
	if len(hashes) != 2 || hashes[0] != hashes[1] || !strings.Contains(string(v.Body), ", mail , social") || !strings.Contains(string(v.Body), "_1]") || !json.Valid(v.Body) {
		t.Errorf("sent on %s", v.Body)
	}
}

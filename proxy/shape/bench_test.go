package shape

import (
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
)

// BenchmarkOf is what a record costs while its message waits.
func BenchmarkOf(b *testing.B) {
	m := policy.Message{Principal: identity.Principal{Subject: "anna", Groups: []string{"ops"}, Address: "192.0.2.1"}, App: "openai_api", Activity: "chat", Time: time.Now(),
		Facts: []content.Fact{{Name: "model", Value: "gpt-5"}, {Name: "stream", Value: "true"}, {Name: "tool", Value: "function"}}, Tenant: policy.Tenant{Key: "00112233445566778899aabbccddeeff"}}
	d := policy.Decision{Rule: "feature", Rules: []string{"feature"}}
	b.ReportAllocs()
	for b.Loop() {
		if r := namer.Of(&m, &d, "01A", "l2", "sha256:0", false); r.Person == "" {
			b.Fatal("nobody")
		}
	}
}

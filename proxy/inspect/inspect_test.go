package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/provider"
)

func TestWhatIsAllowedGoesOnAsItCame(t *testing.T) {
	q := chat(t, "Write a haiku about the sea.")
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	if v.Action != "allow" || v.Refusal != nil || v.Changed || &v.Body[0] != &q.Body[0] || len(v.Body) != len(q.Body) {
		t.Fatalf("%v: changed %v, refusal %v", v, v.Changed, v.Refusal != nil)
	}
	if v.Scanned == 0 || len(v.Docs) == 0 || len(v.ID) != 26 || v.Profile != "l2" || v.Mode != Enforced {
		t.Errorf("%d bytes scanned in %d documents, id %q, profile %q, mode %q", v.Scanned, len(v.Docs), v.ID, v.Profile, v.Mode)
	}
}

func TestRedactionLeavesValidJSONWithoutTheValue(t *testing.T) {
	card, iban := synthetic.Card(), synthetic.IBAN()
	q := chat(t, "Card "+card+" please", "again the card "+card+", then IBAN "+iban)
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	if v.Action != "redact" || !v.Changed {
		t.Fatalf("%v, gaps %q, rule %s", v, causes(v), v.Decision.Rule)
	}
	var body struct {
		Messages []struct{ Content string }
	}
	if err := json.Unmarshal(v.Body, &body); err != nil {
		t.Fatal(err)
	}
	got := []string{body.Messages[0].Content, body.Messages[1].Content}
	want := []string{"Card [PAYMENT_CARD_1] please", "again the card [PAYMENT_CARD_1], then IBAN [IBAN_1]"}
	if got[0] != want[0] || got[1] != want[1] {
		t.Errorf("sent on %q, want %q", got, want)
	}
	if v.AnswerHeader.Get("X-Promptgate-Action") != "redact" || v.AnswerHeader.Get("X-Promptgate-Incident") != v.ID {
		t.Errorf("answer header %v", v.AnswerHeader)
	}
}

func TestABlockIsRefusedAndNothingIsSentOn(t *testing.T) {
	v := decided(t, shippedRules(t, "l2"), Config{}, chat(t, "hello", "deploy with\n"+synthetic.PrivateKey()))
	if v.Action != "block" || v.Refusal == nil || v.Body != nil || v.Changed {
		t.Fatalf("%v: refusal %v, %d bytes", v, v.Refusal != nil, len(v.Body))
	}
	var body struct {
		Error struct{ Message, Param, Code string }
	}
	if err := json.Unmarshal(v.Refusal.Body, &body); err != nil {
		t.Fatal(err)
	}
	if v.Refusal.Status != http.StatusBadRequest || body.Error.Code != "dlp_blocked" || body.Error.Param != "messages[1].content" ||
		!strings.Contains(body.Error.Message, "private key in messages[1].content") || !strings.Contains(body.Error.Message, v.ID) {
		t.Errorf("%d %s", v.Refusal.Status, v.Refusal.Body)
	}
}

func TestTypedTextIsTakenOutOfPrepare(t *testing.T) {
	card := synthetic.Card()
	q := post(t, "https://chatgpt.com/backend-api/f/conversation/prepare",
		`{"action":"next","model":"auto","partial_query":{"id":"x","content":{"content_type":"text","parts":["my card `+card+`"]}},"client_prepare_state":"none"}`)
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	if v.Action != "allow" || !v.Changed || len(v.Findings) != 0 || bytes.Contains(v.Body, []byte("partial_query")) || !json.Valid(v.Body) {
		t.Errorf("%v: changed %v, %d findings, body has it: %v", v, v.Changed, len(v.Findings), bytes.Contains(v.Body, []byte("partial_query")))
	}
	if v.AnswerHeader != nil {
		t.Errorf("answer header %v for what nobody typed to the end", v.AnswerHeader)
	}
}

func TestWhatIsOnlyObservedIsNeverAltered(t *testing.T) {
	q := chat(t, "card "+synthetic.Card()+"\n"+synthetic.PrivateKey())
	e := *q.Endpoint
	e.Mode = provider.Observe
	q.Endpoint = &e
	v := decided(t, shippedRules(t, "l3"), Config{}, q)
	if v.Refusal != nil || v.Changed || v.Action != "log" || v.Mode != Observed || v.Decision.Verdict() != "block" || len(v.Findings) < 2 {
		t.Errorf("%v: mode %s, verdict %s, %d findings", v, v.Mode, v.Decision.Verdict(), len(v.Findings))
	}
}

func TestTheURLIsReadToo(t *testing.T) {
	card := synthetic.Card()
	for _, tt := range []struct {
		name, address, locator string
	}{
		{"query value", otherURL + "?lang=en&q=" + "my+card+" + card, "query[1]"},
		{"query without a name", otherURL + "?my%20card%20" + card, "query[0]"},
		{"malformed escape", otherURL + "?q=%zz+card+" + card, "query[0]"},
		{"query of a known endpoint", chatURL + "?note=my+card+" + card, "query[0]"},
		{"path of an unknown endpoint", "https://api.openai.com/v1/pay/by%20card%20" + card + "/now", "path"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := decided(t, shippedRules(t, "l2"), Config{}, post(t, tt.address, `{"a":"b"}`))
			if len(v.Findings) != 1 || v.Findings[0].Locator != tt.locator {
				t.Fatalf("%d findings, want one in %s; gaps %q", len(v.Findings), tt.locator, causes(v))
			}
			// The address cannot be edited, so the redaction that L2 asks for is a block.
			if v.Action != "block" || v.Decision.Gap != detectors.CauseNotRewritable {
				t.Errorf("%v by %q, want a block by not_rewritable", v, v.Decision.Gap)
			}
			if body := string(v.Refusal.Body); !strings.Contains(body, "payment card in "+tt.locator) {
				t.Errorf("the refusal does not say what was found, and where:\n%s", body)
			}
		})
	}
	sig := "https://api.openai.com/v1/files?sig=" + synthetic.GitHubToken() + "&se=2026-11-25T10%3A00%3A00Z"
	if v := decided(t, shippedRules(t, "l2"), Config{}, post(t, sig, `{}`)); len(v.Findings) != 0 {
		t.Errorf("%d findings in a provider's own signature", len(v.Findings))
	}
}

func TestTotalsCountBeyondTheListAndARedactionBecomesABlock(t *testing.T) {
	var b strings.Builder
	const n = maxFindings + 500
	for i := range n {
		fmt.Fprintf(&b, "mail to anna.berg%d@kontor-weber.de, ", i)
	}
	v := decided(t, shippedRules(t, "l3"), Config{}, chat(t, b.String()))
	total := 0
	for _, x := range v.Totals {
		total += x.Count
	}
	if len(v.Findings) != maxFindings || total < n {
		t.Fatalf("%d findings listed, %d counted; want %d and at least %d", len(v.Findings), total, maxFindings, n)
	}
	if v.Action != "block" || !strings.Contains(causes(v), string(detectors.CauseTooManyFindings)) {
		t.Errorf("%v, gaps %q", v, causes(v))
	}
}

func TestRulesAreSwappedWholeWhileMessagesAreDecided(t *testing.T) {
	i := New(shippedRules(t, "l1"), Config{})
	card := synthetic.Card()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				v := i.Request(context.Background(), chat(t, "card "+card))
				if want := map[string]string{"l1": "log", "l2": "redact"}[v.Profile]; v.Action != want {
					t.Errorf("profile %s: %s, want %s", v.Profile, v.Action, want)
				}
			}
		})
	}
	for n := range 50 {
		i.Swap(shippedRules(t, []string{"l1", "l2"}[n%2]))
	}
	all.Wait()
}

func TestValuesHideTheirText(t *testing.T) {
	q := chat(t, "card "+synthetic.Card())
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s", q, q, q, q), fmt.Sprintf("%v %+v %#v %s", v, v, v, v)} {
		if strings.Contains(s, "card") {
			t.Errorf("printed: %s", s)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	prose := strings.Repeat("The harbour was quiet that morning and nobody spoke of the storm. ", 31)
	for _, bm := range []struct{ name, text string }{{"clean", prose}, {"card", prose + "card " + synthetic.Card()}} {
		b.Run(bm.name, func(b *testing.B) {
			i := New(shippedRules(b, "l2"), Config{})
			q := chat(b, bm.text)
			b.SetBytes(int64(len(q.Body)))
			b.ReportAllocs()
			for b.Loop() {
				q.ID = ""
				if v := i.Request(context.Background(), q); v.Refusal != nil {
					b.Fatal(v.Action)
				}
			}
		})
	}
}

package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
)

// A turn is one message of a conversation.
type turn struct{ role, text string }

// conversation is a chat request with its whole past.
func conversation(t testing.TB, turns ...turn) *Request {
	t.Helper()
	var list []map[string]string
	for _, x := range turns {
		list = append(list, map[string]string{"role": x.role, "content": x.text})
	}
	body, err := json.Marshal(map[string]any{"model": "gpt-5-mini", "messages": list})
	if err != nil {
		t.Fatal(err)
	}
	return post(t, chatURL, string(body))
}

// policyOf makes rules of a policy written in a test.
func policyOf(t testing.TB, text string) Rules {
	t.Helper()
	r := shippedRules(t, "l2")
	p, err := policy.Parse("test.toml", []byte("title = \"test\"\n"+text), r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	r.Policy = p
	return r
}

const cards = `
[[rule]]
id = "card"
when = { info_type = ["pci.payment_card"] }
redact = "placeholder"
[[rule]]
id = "cards"
when = { info_type = ["pci.payment_card"], distinct = 3 }
gate = "block"
reason = "These are many cards."
[[rule]]
id = "key"
when = { info_type = ["secret.aws_access_key"] }
gate = "block"
reason = "This is a key."
`

// What was redacted turn by turn is counted once: its history does not block the
// conversation when it has become long.
func TestWhatWasHandledDoesNotBlockEveryLaterTurn(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	var turns []turn
	for n := range 5 {
		turns = append(turns, turn{"user", "my card " + synthetic.Card() + " please"})
		v := i.Request(context.Background(), conversation(t, turns...))
		if v.Action != "redact" || strings.Count(string(v.Body), "[PAYMENT_CARD_") != n+1 {
			t.Fatalf("turn %d: %s by %s", n+1, v.Action, v.Decision.Rule)
		}
		turns = append(turns, turn{"assistant", "Noted."})
	}
	// Another person, who sends it all at once.
	q := conversation(t, turns...)
	q.Principal = identity.Principal{Subject: "bert"}
	if v := i.Request(context.Background(), q); v.Action != "block" || v.Decision.Rule != "cards" {
		t.Errorf("somebody else: %s by %s", v.Action, v.Decision.Rule)
	}
	// The same person, under another policy.
	i.Swap(policyOf(t, strings.Replace(cards, `id = "key"`, `id = "keys"`, 1)))
	if v := i.Request(context.Background(), conversation(t, turns...)); v.Action != "block" {
		t.Errorf("under another policy: %s", v.Action)
	}
}

// What is new in a long conversation stops it as before.
func TestWhatIsNewIsDecidedByItself(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	past := []turn{{"user", "card " + synthetic.Card()}, {"assistant", "Noted."}, {"user", "card " + synthetic.Card()}}
	i.Request(context.Background(), conversation(t, past[:1]...))
	i.Request(context.Background(), conversation(t, past...))
	three := "cards " + synthetic.Card() + ", card " + synthetic.Card() + ", card " + synthetic.Card()
	v := i.Request(context.Background(), conversation(t, append(past, turn{"user", three})...))
	if v.Action != "block" || v.Decision.Rule != "cards" {
		t.Fatalf("%s by %s", v.Action, v.Decision.Rule)
	}
	for _, d := range v.Decision.Deciding {
		if !strings.HasPrefix(v.Findings[d].Locator, "messages[3]") {
			t.Errorf("the person is told about %s", v.Findings[d].Locator)
		}
	}
}

// What was stopped never left. The same again is stopped again; once the
// conversation goes on it is taken out of its past as a whole.
func TestAStoppedTurnIsTakenOutOfThePast(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	key := synthetic.AWSKey()
	bad := turn{"user", "deploy with " + key + " and the plan of the merger"}
	for range 2 {
		if v := i.Request(context.Background(), conversation(t, bad)); v.Action != "block" {
			t.Fatalf("the turn itself: %s", v.Action)
		}
	}
	next := turn{"user", "then write a haiku about the sea"}
	v := i.Request(context.Background(), conversation(t, bad, next))
	body := string(v.Body)
	if v.Refusal != nil || strings.Contains(body, key) || strings.Contains(body, "merger") || !strings.Contains(body, Withheld) || !strings.Contains(body, "haiku") || !json.Valid(v.Body) {
		t.Fatalf("%s, sent on: %s", v.Action, body)
	}
	// And so in each further turn.
	v = i.Request(context.Background(), conversation(t, bad, next, turn{"assistant", "Waves."}, turn{"user", "another one, please"}))
	if v.Refusal != nil || strings.Contains(string(v.Body), "merger") {
		t.Errorf("a turn later: %s", v.Action)
	}
	// Nobody else has its fate, and no other endpoint.
	q := conversation(t, bad, next)
	q.Principal.Subject = "bert"
	if v := i.Request(context.Background(), q); v.Action != "block" {
		t.Errorf("somebody else: %s", v.Action)
	}
	q = conversation(t, bad, next)
	q.Header.Set("Openai-Project", "another")
	if v := i.Request(context.Background(), q); v.Action != "block" {
		t.Errorf("in another project: %s", v.Action)
	}
}

// Instructions that were stopped come with every request by themselves: they are no
// past, and a program is told each time.
func TestStoppedInstructionsAreStoppedAgain(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	system := turn{"system", "use " + synthetic.AWSKey()}
	for _, q := range []*Request{
		conversation(t, system, turn{"user", "hello"}), conversation(t, system, turn{"user", "hello"}),
		conversation(t, system, turn{"user", "hello"}, turn{"assistant", "Hi."}, turn{"user", "how are you?"}),
	} {
		if v := i.Request(context.Background(), q); v.Action != "block" {
			t.Errorf("%s", v.Action)
		}
	}
}

// A client that shortens the past gives values other places; they keep their names.
func TestPlaceholdersStayTheSame(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	a, b, c := turn{"user", "card " + synthetic.Card()}, turn{"user", "a second card " + synthetic.Card()}, turn{"user", "card " + synthetic.Card() + " is new"}
	names := regexp.MustCompile(`\[PAYMENT_CARD_\d+\]`)
	first := names.FindAllString(string(i.Request(context.Background(), conversation(t, a, b)).Body), -1)
	v := i.Request(context.Background(), conversation(t, b, c))
	then := names.FindAllString(string(v.Body), -1)
	if len(first) != 2 || len(then) != 2 || then[0] != first[1] || then[1] == first[1] {
		t.Errorf("first %v, then %v", first, then)
	}
}

// What was let through in an emergency does not stop the conversation that goes on
// after it; sent again, it is stopped.
func TestWhatWasOverriddenIsHandled(t *testing.T) {
	open := true
	i := New(policyOf(t, "break_glass = [\"monitor\"]\n"+cards), Config{Emergency: func(identity.Principal) string {
		if open {
			return "grant"
		}
		return ""
	}})
	turns := []turn{{"user", "deploy with " + synthetic.AWSKey()}}
	if v := i.Request(context.Background(), conversation(t, turns...)); v.Refusal != nil {
		t.Fatalf("in the emergency: %s", v.Action)
	}
	open = false
	turns = append(turns, turn{"assistant", "Done."}, turn{"user", "thanks"})
	if v := i.Request(context.Background(), conversation(t, turns...)); v.Refusal != nil {
		t.Errorf("after it: %s by %s", v.Action, v.Decision.Rule)
	}
	if v := i.Request(context.Background(), conversation(t, turns[0])); v.Refusal == nil {
		t.Error("the same goes on after the emergency")
	}
	if v := i.Request(context.Background(), conversation(t, turn{"user", "deploy with " + synthetic.AWSKey()})); v.Refusal == nil {
		t.Error("another key goes on after the emergency")
	}
}

func TestHistoryIsBoundedAndForgets(t *testing.T) {
	h := newHistory(nil)
	now := time.Now()
	for n := range maxRemembered + 10 {
		h.remember(h.digest("", fmt.Append(nil, n)), passed, nil, now)
	}
	if len(h.entries) != maxRemembered || h.order.Len() != maxRemembered {
		t.Errorf("%d are remembered", len(h.entries))
	}
	if as, _ := h.recall(h.digest("", []byte("0")), now); as != unknownFate {
		t.Error("the oldest is remembered")
	}
	newest := h.digest("", fmt.Append(nil, maxRemembered))
	if as, _ := h.recall(newest, now); as != passed {
		t.Error("a new one is not")
	}
	if as, _ := h.recall(newest, now.Add(rememberFor)); as != unknownFate {
		t.Error("it is remembered for ever")
	}
	h.remember(newest, passed, nil, now)
	h.remember(newest, stopped, nil, now)
	if as, _ := h.recall(newest, now); as != passed {
		t.Error("what was let through counts as stopped")
	}
}

// The record of a decision that history made reproduces.
func TestADecisionOfThePastIsReproduced(t *testing.T) {
	r := policyOf(t, cards)
	i := New(r, Config{})
	bad := turn{"user", "deploy with " + synthetic.AWSKey()}
	i.Request(context.Background(), conversation(t, bad))
	v := i.Request(context.Background(), conversation(t, bad, turn{"user", "my card " + synthetic.Card()}))
	again := r.Policy.Decide(v.asked)
	if v.Action != "redact" || again.Summary() != v.decided().Summary() || len(again.Redact) != len(v.decided().Redact) || len(v.Decision.Redact) <= len(again.Redact) {
		t.Errorf("%s with %d edits, %d of the policy; again %s with %d", v.Action, len(v.Decision.Redact), len(v.decided().Redact), again.Summary(), len(again.Redact))
	}
}

func TestThreadsAreKnown(t *testing.T) {
	i := New(policyOf(t, cards), Config{})
	ask := func(body string) *Verdict {
		q := post(t, "https://api.openai.com/v1/responses", body)
		return i.Request(context.Background(), q)
	}
	state := func(v *Verdict) (out string) {
		for _, f := range v.Facts {
			if f.Name == "thread" {
				out += f.Value
			}
		}
		return out
	}
	first := ask(`{"model":"gpt-5","input":"hello"}`)
	if s := state(first); s != "" {
		t.Errorf("a new thread is %q", s)
	}
	first.began("resp_1", "conv_1")
	goesOn := ask(`{"model":"gpt-5","input":"and?","previous_response_id":"resp_1"}`)
	if s := state(goesOn); s != threadInspected {
		t.Errorf("one that goes on is %q", s)
	}
	strange := ask(`{"model":"gpt-5","input":"and?","previous_response_id":"resp_9"}`)
	if s := state(strange); s != threadUninspected {
		t.Errorf("a strange one is %q", s)
	}
	strange.began("resp_10")
	if s := state(ask(`{"model":"gpt-5","input":"and?","previous_response_id":"resp_10"}`)); s != threadUninspected {
		t.Errorf("what goes on from a strange one is %q", s)
	}
	q := post(t, "https://api.openai.com/v1/responses", `{"model":"gpt-5","input":"and?","previous_response_id":"resp_1"}`)
	q.Principal.Subject = "bert"
	if s := state(i.Request(context.Background(), q)); s != threadUninspected {
		t.Errorf("somebody else's is %q", s)
	}
	q = post(t, "https://api.openai.com/v1/threads/thread_1/messages", `{"role":"user","content":"hi"}`)
	if s := state(i.Request(context.Background(), q)); s != threadUninspected {
		t.Errorf("the thread of a path is %q", s)
	}
	if q.Method != http.MethodPost {
		t.Fatal("post posts")
	}
}

// A message without findings pays for none of this.
func TestWithoutFindingsNothingIsRemembered(t *testing.T) {
	i := New(shippedRules(t, "l2"), Config{})
	i.Request(context.Background(), conversation(t, turn{"user", "hello"}, turn{"assistant", "Hi."}))
	if !i.history.empty() {
		t.Error("something is remembered")
	}
}

package inspect

import (
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/proxy/store"
)

const reversible = `
local_tools = ["write_file"]
[[rule]]
id = "all"
when = { category = ["pii", "pci", "secret"] }
redact = "token"
`

// vaulted is an inspector with a vault.
func vaulted(t testing.TB, db redact.Store, c Tokens) *Inspector {
	t.Helper()
	dir := t.TempDir()
	if db == nil {
		s := store.New(filepath.Join(dir, "promptgate.db"), store.Options{})
		t.Cleanup(func() { _ = s.Close() })
		db = s
	}
	c.Vault = redact.NewVault(redact.NewKeyring(filepath.Join(dir, "vault.keys"), time.Now), db, nil, time.Now)
	return New(policyOf(t, reversible), Config{Tokens: c})
}

var tokenForm = regexp.MustCompile(`\[[A-Z_]+_[0-9A-HJKMNP-TV-Z]{12}\]`)

// shown is what the answer to a message shows of a text.
func shown(t testing.TB, v *Verdict, text Text, answer string) string {
	t.Helper()
	if v.inspector.cfg.Rewrite == nil {
		t.Fatal("nothing restores")
	}
	r := v.inspector.cfg.Rewrite(v, text)
	if r == nil {
		return answer
	}
	out := string(r.Write([]byte(answer)))
	return out + string(r.Close())
}

func TestATokenGoesOutAndTheValueComesBack(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail, card := synthetic.Email(), synthetic.CardSpaced()
	q := conversation(t, turn{"user", "write to " + mail + " about card " + card})
	v := i.Request(context.Background(), q)
	names := tokenForm.FindAllString(string(v.Body), -1)
	if v.Action != "redact" || len(names) != 2 || strings.Contains(string(v.Body), mail) || strings.Contains(string(v.Body), card) || !json.Valid(v.Body) {
		t.Fatalf("%s, sent on: %s", v.Action, v.Body)
	}
	again := i.Request(context.Background(), conversation(t, turn{"user", "write to " + mail + " about card " + card}, turn{"assistant", "To " + names[0]}, turn{"user", "and " + mail + "?"}))
	if got := tokenForm.FindAllString(string(again.Body), -1); len(got) != 4 || got[0] != names[0] || got[3] != names[0] {
		t.Errorf("a turn later the tokens are %v, were %v", got, names)
	}
	answer := "I wrote to " + names[0] + ", see ![](https://x/?q=" + names[0] + ")"
	if got, want := shown(t, v, Text{Locator: "choices[0].delta.content"}, answer), "I wrote to "+mail+", see ![](https://x/?q="+names[0]+")"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
}

// What a tool is called with holds values only when the policy says that the tool
// works here.
func TestArgumentsOfToolsElsewhereKeepTokens(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail := synthetic.Email()
	v := i.Request(context.Background(), conversation(t, turn{"user", "write to " + mail}))
	name := tokenForm.FindString(string(v.Body))
	args := `{"to":"` + name + `"}`
	for _, tt := range []struct {
		text Text
		want string
	}{
		{Text{Locator: "choices[0].delta.tool_calls[0].function.arguments", JSON: true, Tool: "write_file"}, `{"to":"` + mail + `"}`},
		{Text{Locator: "choices[0].delta.tool_calls[0].function.arguments", JSON: true, Tool: "http_get"}, args},
		{Text{Locator: "choices[0].delta.tool_calls[0].function.arguments", JSON: true}, args},
		{Text{Locator: "output[1].arguments.to", Tool: "http_get"}, args},
		{Text{Locator: "output[1].action.query"}, args},
		{Text{Locator: "output[1].content[0].text"}, `{"to":"` + mail + `"}`},
	} {
		if got := shown(t, v, tt.text, args); got != tt.want {
			t.Errorf("%s of %q: %s, want %s", tt.text.Locator, tt.text.Tool, got, tt.want)
		}
	}
}

// Text that looks like JSON is read as such where the request asked for JSON. Else a
// model could be made to write what Markdown takes for one address, in two strings.
func TestJSONIsBelievedWhereItWasAskedFor(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail := synthetic.Email()
	for _, tt := range []struct{ name, format, answer, want string }{
		{"asked for", `"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}},`, `{"url":"https://x/","to":"NAME"}`, `{"url":"https://x/","to":"MAIL"}`},
		{"not asked for", ``, `{"md":"![](https://x/?q=","to":"NAME)"}`, `{"md":"![](https://x/?q=","to":"NAME)"}`},
		{"not asked for, without an address", ``, `{"to": "NAME"}`, `{"to": "MAIL"}`},
	} {
		v := i.Request(context.Background(), post(t, chatURL, `{"model":"gpt-5",`+tt.format+`"messages":[{"role":"user","content":"write to `+mail+`"}]}`))
		name := tokenForm.FindString(string(v.Body))
		fill := strings.NewReplacer("NAME", name, "MAIL", mail).Replace
		if got := shown(t, v, Text{Locator: "choices[0].delta.content"}, fill(tt.answer)); got != fill(tt.want) {
			t.Errorf("%s: shown %s, want %s", tt.name, got, fill(tt.want))
		}
	}
}

// Where the provider keeps the conversation, what was sent is restored in answers to
// other messages of the same person, and of nobody else.
func TestTheVaultRestoresLaterAnswers(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail := synthetic.Email()
	page := func(who string) *Verdict {
		q := post(t, "https://api.openai.com/v1/responses", `{"model":"gpt-5","input":"hello","previous_response_id":"resp_1"}`)
		q.Principal.Subject = who
		return i.Request(context.Background(), q)
	}
	if r := i.cfg.Rewrite(page("lena"), Text{Locator: "output_text"}); r != nil {
		t.Error("texts are read again before anything was kept")
	}
	v := i.Request(context.Background(), post(t, "https://api.openai.com/v1/responses", `{"model":"gpt-5","input":"write to `+mail+`"}`))
	name := tokenForm.FindString(string(v.Body))
	if name == "" {
		t.Fatalf("sent on: %s", v.Body)
	}
	if got := shown(t, page("lena"), Text{Locator: "output[0].content[0].text"}, "to "+name); got != "to "+mail {
		t.Errorf("shown %s", got)
	}
	if got := shown(t, page("bert"), Text{Locator: "output[0].content[0].text"}, "to "+name); got != "to "+name {
		t.Errorf("somebody else is shown %s", got)
	}
}

// What sends its past itself is not kept.
func TestWhatTheProviderDoesNotKeepIsNotKeptHere(t *testing.T) {
	db := store.New(filepath.Join(t.TempDir(), "promptgate.db"), store.Options{})
	t.Cleanup(func() { _ = db.Close() })
	i := vaulted(t, db, Tokens{})
	i.Request(context.Background(), conversation(t, turn{"user", "write to " + synthetic.Email()}))
	i.Request(context.Background(), post(t, "https://api.openai.com/v1/responses", `{"model":"gpt-5","store":false,"input":"write to `+synthetic.Email()+`"}`))
	if db.Exists() {
		t.Error("it is kept")
	}
}

type fullStore struct{}

func (fullStore) Put(context.Context, []store.Token) error { return store.Full }
func (fullStore) Get(context.Context, [16]byte, string, uint64) (store.Token, bool, error) {
	return store.Token{}, false, store.Full
}

// A store with faults: the exchange's own table restores, or the message stops when
// the settings want that.
func TestAVaultThatCannotBeWritten(t *testing.T) {
	ask := func() *Request {
		return post(t, "https://api.openai.com/v1/responses", `{"model":"gpt-5","input":"write to anna.weber@kontor-weber.de"}`)
	}
	v := vaulted(t, fullStore{}, Tokens{}).Request(context.Background(), ask())
	name := tokenForm.FindString(string(v.Body))
	if v.Action != "redact" || shown(t, v, Text{Locator: "x"}, name) != "anna.weber@kontor-weber.de" {
		t.Errorf("%s: %s", v.Action, v.Body)
	}
	v = vaulted(t, fullStore{}, Tokens{Required: true}).Request(context.Background(), ask())
	if v.Action != "block" || causes(v) != "not_rewritable" {
		t.Errorf("where it is required: %s, gaps %q", v.Action, causes(v))
	}
	// Without keys there are no tokens, and placeholders say less.
	i := New(policyOf(t, reversible), Config{Tokens: Tokens{Vault: redact.NewVault(redact.NewKeyring(filepath.Join(t.TempDir(), "no", "\x00"), time.Now), nil, nil, time.Now)}})
	if v := i.Request(context.Background(), ask()); v.Action != "redact" || !strings.Contains(string(v.Body), "[EMAIL_1]") {
		t.Errorf("without keys: %s: %s", v.Action, v.Body)
	}
}

// A conversation has tokens of its own, also where it sends its past and has no name.
func TestTokensOfAConversation(t *testing.T) {
	i := vaulted(t, nil, Tokens{Share: redact.Conversation})
	mail := synthetic.Email()
	name := func(turns ...turn) string {
		return tokenForm.FindString(string(i.Request(context.Background(), conversation(t, turns...)).Body))
	}
	first := turn{"user", "write to " + mail}
	one, later := name(first), name(first, turn{"assistant", "Done."}, turn{"user", "thanks"})
	other := name(turn{"user", "please write to " + mail})
	if one == "" || one != later || one == other {
		t.Errorf("the tokens are %s, %s and %s", one, later, other)
	}
}

// Whatever operator: nothing is found again, and our own names are no findings.
func TestNothingIsFoundInWhatWasWritten(t *testing.T) {
	texts := []string{
		"credit card " + synthetic.CardSpaced(), "card number: " + synthetic.Card(), "IBAN " + synthetic.IBAN(), "social security number " + synthetic.SSN(), "mail " + synthetic.Email(),
		"NHS number " + synthetic.NHS(), "aws_access_key_id = " + synthetic.AWSKey(), "token " + synthetic.GitHubToken(), "phone +49 30 901820", "date of birth: 17.03.1984",
		"born on March 17, 1984", "password: " + synthetic.GitHubToken(), "the client's IP address is 81.169.145.66", "Dear Mrs. Anna Weber,", "Authorization: Bearer " + synthetic.GitHubToken(),
		"postgres://admin:" + synthetic.GitHubToken() + "@db.kontor-weber.de/x", "Patient Anna Weber, born 17.03.1984, has diabetes", "lives in 12 Elm Street, Springfield, IL 62704",
	}
	for _, operator := range []string{"mask", "generalize", "token", "hash", "placeholder", "drop"} {
		r := policyOf(t, `
[[rule]]
id = "all"
when = { category = ["pii", "pci", "phi", "secret"], confidence = "low" }
redact = "`+operator+`"
`)
		vault := redact.NewVault(redact.NewKeyring(filepath.Join(t.TempDir(), "vault.keys"), time.Now), nil, nil, time.Now)
		i := New(r, Config{Tokens: Tokens{Vault: vault}})
		for _, text := range texts {
			v := i.Request(context.Background(), conversation(t, turn{"user", text}))
			if v.Action != "redact" {
				t.Errorf("%s of %q: %s", operator, text, v.Action)
				continue
			}
			var sent openai.ChatCompletionNewParams // the type of the SDK
			if err := json.Unmarshal(v.Body, &sent); err != nil || len(sent.Messages) != 1 || sent.Model != "gpt-5-mini" || sent.Messages[0].OfUser == nil {
				t.Errorf("%s: %v: %s", operator, err, v.Body)
			}
			again := New(r, Config{Tokens: Tokens{Vault: vault}}).Request(context.Background(), post(t, chatURL, string(v.Body)))
			for _, f := range again.Findings {
				t.Errorf("%s of %q: %s is found in %s", operator, text, f.Rule, v.Body)
			}
		}
	}
}

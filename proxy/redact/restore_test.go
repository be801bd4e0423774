package redact

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
)

var kinds = NewKinds([]string{"EMAIL", "PAYMENT_CARD", "PERSON", "PHONE", "US_SSN", "US", "PASSWORD"})

// vault is one with keys of its own and no store.
func vault(t testing.TB) *Vault {
	t.Helper()
	return NewVault(NewKeyring(filepath.Join(t.TempDir(), "vault.keys"), time.Now), nil, func(err error) { t.Error(err) }, time.Now)
}

func table(t testing.TB, v *Vault, who string) *Table {
	t.Helper()
	tab, err := v.Table(Scope{By: Principal, Principal: who})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// named makes the token of a value.
func token(t testing.TB, tab *Table, kind, value string) string {
	t.Helper()
	name, ok := tab.Name(kind, detectors.InfoType("pii."+strings.ToLower(kind)), []byte(value))
	if !ok {
		t.Fatalf("%s has no token", kind)
	}
	return name
}

// whole restores a text in pieces that end at the cuts.
func whole(tab *Table, s Syntax, text string, cuts ...int) string {
	r := NewRestorer(tab, kinds, s)
	var out strings.Builder
	at := 0
	for _, c := range cuts {
		out.Write(r.Write([]byte(text[at:c])))
		at = c
	}
	out.Write(r.Write([]byte(text[at:])))
	out.Write(r.Close())
	return out.String()
}

// atEveryCut restores at every cut, and byte by byte.
func atEveryCut(t testing.TB, tab *Table, s Syntax, text, want string) {
	t.Helper()
	for c := 0; c <= len(text); c++ {
		if got := whole(tab, s, text, c); got != want {
			t.Fatalf("cut at %d of\n%s\nrestored\n%s\nwant\n%s", c, text, got, want)
		}
	}
	var all []int
	for c := range text {
		all = append(all, c)
	}
	if got := whole(tab, s, text, all...); got != want {
		t.Fatalf("byte by byte\n%s\nrestored\n%s\nwant\n%s", text, got, want)
	}
}

func TestTokensAreNamesOfTwelveCharacters(t *testing.T) {
	v := vault(t)
	a := table(t, v, "anna")
	first := token(t, a, "EMAIL", "lena@example.com")
	if len(first) != len("[EMAIL_7Q2K9F3M4TXC]") || !strings.HasPrefix(first, "[EMAIL_") {
		t.Fatalf("the token is %s", first)
	}
	if again := token(t, table(t, v, "anna"), "EMAIL", "lena@example.com"); again != first {
		t.Errorf("in another exchange it is %s, and was %s", again, first)
	}
	replica := NewVault(NewKeyring(v.keys.path, time.Now), nil, nil, time.Now)
	if again := token(t, table(t, replica, "anna"), "EMAIL", "lena@example.com"); again != first {
		t.Errorf("on another replica it is %s, and was %s", again, first)
	}
	for name, other := range map[string]string{
		"another value": token(t, a, "EMAIL", "lena@example.org"), "another kind": token(t, a, "PERSON", "lena@example.com"),
		"another sender": token(t, table(t, v, "bert"), "EMAIL", "lena@example.com"),
	} {
		if strings.SplitN(other, "_", 2)[1] == strings.SplitN(first, "_", 2)[1] {
			t.Errorf("%s has the same token", name)
		}
	}
}

func TestHowFarTokensAreShared(t *testing.T) {
	v := vault(t)
	of := func(s Scope) string {
		tab, err := v.Table(s)
		if err != nil {
			t.Fatal(err)
		}
		return token(t, tab, "EMAIL", "lena@example.com")
	}
	for _, tt := range []struct {
		a, b Scope
		same bool
	}{
		{Scope{By: Tenant, Principal: "a"}, Scope{By: Tenant, Principal: "b", Conversation: "x"}, true},
		{Scope{By: Principal, Principal: "a", Conversation: "x"}, Scope{By: Principal, Principal: "a", Conversation: "y"}, true},
		{Scope{By: Principal, Principal: "a"}, Scope{By: Principal, Principal: "b"}, false},
		{Scope{By: Conversation, Principal: "a", Conversation: "x"}, Scope{By: Conversation, Principal: "a", Conversation: "x"}, true},
		{Scope{By: Conversation, Principal: "a", Conversation: "x"}, Scope{By: Conversation, Principal: "a", Conversation: "y"}, false},
		{Scope{By: Conversation, Principal: "a", Conversation: "bx"}, Scope{By: Conversation, Principal: "ab", Conversation: "x"}, false},
	} {
		if got := of(tt.a) == of(tt.b); got != tt.same {
			t.Errorf("%+v and %+v: equal tokens %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

// What surely says the same has one token, and what may not has not.
func TestSpellingsOfAValue(t *testing.T) {
	for _, tt := range []struct {
		info string
		a, b string
		same bool
	}{
		{"pci.payment_card", "4111 1111 1111 1111", "4111-1111-1111-1111", true},
		{"pii.iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", true},
		{"pii.email", "Anna@Example.com", "anna@example.com", true},
		{"pii.date_of_birth", "1-12-1990", "11-2-1990", false},
		{"pii.ip_address", "10.1.2.34", "10.12.3.4", false},
		{"secret.password", "Summer-2024-2024", "summer20242024", false},
		{"secret.password", "SUMMER 20242024", "SUMMER20242024", false},
	} {
		a, b := canonical(detectors.InfoType(tt.info), []byte(tt.a)), canonical(detectors.InfoType(tt.info), []byte(tt.b))
		if same := string(a) == string(b); same != tt.same {
			t.Errorf("%s: two spellings are one value: %v, want %v", tt.info, same, tt.same)
		}
	}
}

func TestRestoreAtEveryCut(t *testing.T) {
	v := vault(t)
	tab := table(t, v, "anna")
	mail, card := token(t, tab, "EMAIL", "anna@example.com"), token(t, tab, "PAYMENT_CARD", "4111 1111 1111 1111")
	ssn := token(t, tab, "US_SSN", "078-05-1120")
	bare := func(s string) string { return strings.Trim(s, "[]") }
	for _, tt := range []struct{ name, text, want string }{
		{"alone", mail, "anna@example.com"},
		{"in prose", "Write to " + mail + ", please.", "Write to anna@example.com, please."},
		{"twice, touching", mail + card, "anna@example.com4111 1111 1111 1111"},
		{"without brackets", "to " + bare(mail) + ".", "to anna@example.com."},
		{"without brackets at the end", "to " + bare(card), "to 4111 1111 1111 1111"},
		{"without the first bracket", "to " + mail[1:] + "!", "to anna@example.com]!"},
		{"without the last bracket", "to " + mail[:len(mail)-1] + " now", "to [anna@example.com now"},
		{"without the last bracket at the end", "to " + mail[:len(mail)-1], "to [anna@example.com"},
		{"escaped for Markdown", `to \[EMAIL\_` + bare(mail)[6:] + `\] now`, "to anna@example.com now"},
		{"a kind of two words, escaped", `to PAYMENT\_CARD\_` + bare(card)[13:] + ` now`, "to 4111 1111 1111 1111 now"},
		{"in small letters", "to " + strings.ToLower(mail), "to anna@example.com"},
		{"in bold", "**" + mail + "** and `" + card + "`", "**anna@example.com** and `4111 1111 1111 1111`"},
		{"in a code block", "```go\nmail := \"" + mail + "\" // " + bare(ssn) + "\n```\n", "```go\nmail := \"anna@example.com\" // 078-05-1120\n```\n"},
		{"in a table", "| " + mail + " | " + card + " |\n", "| anna@example.com | 4111 1111 1111 1111 |\n"},
		{"in brackets of its own", "[" + mail + "]", "[anna@example.com]"},
		{"behind what begins like one", "EMAIL_7Q2 " + mail, "EMAIL_7Q2 anna@example.com"},
		{"a kind that begins like another", "US_" + " " + ssn, "US_ 078-05-1120"},
		{"beside letters of others", "邮" + bare(mail) + "箱", "邮anna@example.com箱"},
		{"in a heading and a list", "# " + mail + "\n- " + card + "\n1. " + ssn, "# anna@example.com\n- 4111 1111 1111 1111\n1. 078-05-1120"},
		{"what a comparison looks like", "if a < b && x == \"" + mail + "\"", "if a < b && x == \"anna@example.com\""},
		{"a loop is no tag", "for i:=0;i<n;i++ { " + mail, "for i:=0;i<n;i++ { anna@example.com"},
		{"behind an address and a space", "see https://example.com/x " + mail, "see https://example.com/x anna@example.com"},
		{"behind a link", "[x](https://example.com/) " + mail, "[x](https://example.com/) anna@example.com"},
		{"in the words of a link", "[mail " + bare(mail) + "](https://example.com/)", "[mail anna@example.com](https://example.com/)"},
		{"behind a tag", "<b>" + mail + "</b>", "<b>anna@example.com</b>"},
		{"who said something", mail + ": hello " + card, "anna@example.com: hello 4111 1111 1111 1111"},
		{"of a path", "/home/" + bare(mail) + "/notes", "/home/anna@example.com/notes"},
	} {
		t.Run(tt.name, func(t *testing.T) { atEveryCut(t, tab, Plain, tt.text, tt.want) })
	}
}

// Whatever a page made the model write: what is fetched holds the token.
func TestNothingIsRestoredInAddresses(t *testing.T) {
	v := vault(t)
	tab := table(t, v, "anna")
	mail := token(t, tab, "EMAIL", "anna@example.com")
	bare := strings.Trim(mail, "[]")
	for _, text := range []string{
		"![](https://x/?q=TOKEN)", "![](https://x/?q=BARE)", "![a]( https://x/ \"TOKEN\")", "![](</x?q=) TOKEN>)", "![](//x/BARE)", "![](x(y)BARE)",
		"![](x\\)BARE)", "[click](\nBARE)", "[click](BARE)", "[click][1]\n\n[1]: //x/BARE", "[1]: <\nBARE>", "> [1]: BARE", "- [1]:\n  BARE", "1. [1]: BARE",
		"https://x/TOKEN", "https://TOKEN.x/", "HTTPS://x/?a=b&q=BARE", "<https://x/?BARE>", "//x/BARE", "www.x.com/BARE", "WWW.x.com?BARE", "(www.x.com/BARE",
		"mailto:BARE", "data:text/html,BARE", "javascript:fetch('BARE')", "x.com/BARE", "evil.example.com?q=BARE", "evil.example.com#TOKEN", "tel:BARE",
		"<img src=BARE>", "<img src=\"BARE\">", "<img alt='>' src='BARE'>", "<IMG\nSRC=//x/BARE>", "<a href=\"BARE\">", "<a  href = 'BARE' >", "<svg/onload=BARE>",
		"<div style=\"background:url(BARE)\">", "<x-y data-z=\"BARE\">", "<!-- BARE -->", "<script src=x\n\n?BARE>", "<iframe srcdoc='<p a=BARE>'>",
		"<img src=\"//x/?" + strings.Repeat(" ", 5000) + "BARE\">", "![](//x/?" + strings.Repeat("a", 5000) + "BARE)",
		"**https://x/?**BARE", "https://x/?\"BARE", "https://x/?(BARE)", "http:/\\x//BARE", "\"https://x\",\"BARE\"",
	} {
		want := strings.NewReplacer("TOKEN", mail, "BARE", bare).Replace(text)
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			if len(want) > 1000 {
				if got := whole(tab, Plain, want, len(want)/2); got != want {
					t.Errorf("restored in an address")
				}
				return
			}
			atEveryCut(t, tab, Plain, want, want)
		})
	}
}

// In doubt nothing is restored.
func TestWhatIsNoTokenStays(t *testing.T) {
	v := vault(t)
	tab := table(t, v, "anna")
	mail := token(t, tab, "EMAIL", "anna@example.com")
	bare := strings.Trim(mail, "[]")
	other := token(t, table(t, v, "bert"), "EMAIL", "anna@example.com")
	for _, text := range []string{
		other, "[PERSON" + mail[6:], bare[:len(bare)-1], "[" + bare[:len(bare)-1] + "]", bare + "X", "[" + bare + "X]", "X" + bare, "_" + bare, bare + "_",
		"[EMAIL_" + bare[6:12] + " " + bare[12:] + "]", "[EMAIL-" + bare[6:] + "]", "[EMAIL_1]", "[EMAIL_HASH_9f3a01c2d4e5]", "[E\\MAIL_" + bare[6:] + "]",
	} {
		atEveryCut(t, tab, Plain, text, text)
	}
	if s, ok := tab.value("EMAIL", 0); ok || s != "" {
		t.Error("a token of nobody has a value")
	}
}

func TestRestoreInJSON(t *testing.T) {
	v := vault(t)
	tab := table(t, v, "anna")
	mail, odd := token(t, tab, "EMAIL", "anna@example.com"), token(t, tab, "PASSWORD", "a\"b\\c\nd\x01é")
	for _, tt := range []struct{ name, text, want string }{
		{"escaped as JSON wants it", `{"p":"` + odd + `"}`, `{"p":"a\"b\\c\nd\u0001é"}`},
		{"each string is a text of its own", `{"url":"https://x/` + mail + `","to":"` + mail + `"}`, `{"url":"https://x/` + mail + `","to":"anna@example.com"}`},
		{"escapes before and in a token", `{"p":"\n\u005bEMAIL\\_` + mail[7:] + `"}`, `{"p":"\nanna@example.com"}`},
		{"an address with escapes", `{"p":"https:\/\/x\/?` + mail + `"}`, `{"p":"https:\/\/x\/?` + mail + `"}`},
		{"keys stay", `{"` + mail + `":"` + mail + `"}`, `{"` + mail + `":"anna@example.com"}`},
		{"what is no JSON", `["a", tru ` + mail + ` "` + mail, `["a", tru ` + mail + ` "anna@example.com`},
		{"what is left alone, with all in it", `{"arguments":{"x":["` + mail + `",{"y":"` + mail + `"}],"z":1},"b":"` + mail + `"}`,
			`{"arguments":{"x":["` + mail + `",{"y":"` + mail + `"}],"z":1},"b":"anna@example.com"}`},
		{"what is left alone at the end", `{"c":[{"arguments":"` + mail + `"},"` + mail + `"]}`, `{"c":[{"arguments":"` + mail + `"},"anna@example.com"]}`},
		{"an emoji in escapes", `{"a":"\ud83d\ude00` + mail + `\ud83d"}`, `{"a":"\ud83d\ude00anna@example.com\ud83d"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for c := 0; c <= len(tt.text); c++ {
				r := NewRestorer(tab, kinds, JSON)
				r.Leave(func(k []byte) bool { return string(k) == "arguments" })
				got := string(r.Write([]byte(tt.text[:c])))
				got += string(r.Write([]byte(tt.text[c:])))
				got += string(r.Close())
				if got != tt.want {
					t.Fatalf("cut at %d: %s, want %s", c, got, tt.want)
				}
			}
		})
	}
}

// Behind brackets without end nothing is restored: what belongs to what is to be left
// alone is not known any more.
func TestDeepBracketsRestoreNothing(t *testing.T) {
	tab := table(t, vault(t), "anna")
	mail := token(t, tab, "EMAIL", "anna@example.com")
	deep := func(n int) string {
		return strings.Repeat("[", n) + strings.Repeat("]", n) + `"` + mail + `"`
	}
	if got := whole(tab, JSON, deep(maxJSONDepth)); !strings.Contains(got, "anna@example.com") {
		t.Error("brackets that are remembered hide a value")
	}
	if got := whole(tab, JSON, deep(maxJSONDepth+1)); got != deep(maxJSONDepth+1) {
		t.Error("something is restored behind brackets that are not remembered")
	}
}

func TestEitherLooksAtTheBeginning(t *testing.T) {
	v := vault(t)
	tab := table(t, v, "anna")
	odd := token(t, tab, "PASSWORD", `a"b`)
	for text, want := range map[string]string{
		` {"p":"` + odd + `"}`: ` {"p":"a\"b"}`, "\n[ {\"p\":\"" + odd + `"}]`: "\n[ {\"p\":\"a\\\"b\"}]",
		odd + " is it": `a"b is it`, "It is " + odd: `It is a"b`, "": "", " ": " ", "[": "[", "[1]": "[1]",
	} {
		atEveryCut(t, tab, Either, text, want)
	}
}

// Of clean prose nothing is held but the beginning of a word that could be one of a
// token, and never more than a token is long.
func TestCleanTextIsNotHeld(t *testing.T) {
	tab := table(t, vault(t), "anna")
	token(t, tab, "EMAIL", "anna@example.com")
	prose := "Please phone us, or email the person who uses it. [A note] EMAIL_7Q2K9F is no token; PAYMENT_CARD_ neither. "
	r := NewRestorer(tab, kinds, Plain)
	in, out := 0, 0
	for i := range len(prose) {
		in++
		out += len(r.Write([]byte{prose[i]}))
		held := in - out
		if held > len("[PAYMENT_CARD_7Q2K9F3M4TXC]") {
			t.Fatalf("%d bytes are held", held)
		}
		if r.Pending() != (held > 0) {
			t.Fatalf("%d bytes are held, and it says %v", held, r.Pending())
		}
		if prose[i] == ' ' && held > 0 {
			t.Fatalf("%d bytes are held behind %q", held, prose[max(0, i-10):i])
		}
	}
}

// What a text says that was redacted and restored is what it said.
func TestRestoreInvertsRedact(t *testing.T) {
	v := vault(t)
	for seed := range uint64(300) {
		inverts(t, v, seed, "")
	}
}

func FuzzRestoreInvertsRedact(f *testing.F) {
	f.Add(uint64(1), "EMAIL_")
	f.Add(uint64(2), "[\\[")
	f.Add(uint64(3), "](x")
	f.Add(uint64(4), "<a b=\n\n")
	v := vault(f)
	f.Fuzz(func(t *testing.T, seed uint64, beside string) { inverts(t, v, seed, beside) })
}

// inverts edits a text of prose and values with tokens and restores it, in pieces:
// wherever a token is left, it stands in an address, and what it stands for gives
// the text back.
func inverts(t testing.TB, v *Vault, seed uint64, beside string) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	tab := table(t, v, fmt.Sprint(seed))
	values := []string{"anna@example.com", "4111 1111 1111 1111", "Jörg Müller", "a\"b\\c", "078-05-1120", "line\nbreak", "[PERSON_1]", "x_y"}
	prose := []string{" ", ", ", "\n", " see https://x/?q=", ") ", "](", "<b>", "< ", "[", "]", "\\", "_", "*", "`", "\"", ": ", "EMAIL_", "é", "/", " www.", "\n\n", ">", beside}
	var clear, edited strings.Builder
	back := map[string]string{}
	for range 2 + rnd.IntN(12) {
		if rnd.IntN(2) == 0 {
			s := prose[rnd.IntN(len(prose))]
			clear.WriteString(s)
			edited.WriteString(s)
			continue
		}
		i := rnd.IntN(len(values))
		kind := []string{"EMAIL", "PAYMENT_CARD", "PERSON", "PASSWORD"}[i%4]
		name := token(t, tab, kind, values[i])
		back[name] = values[i]
		clear.WriteString(values[i])
		edited.WriteString(name)
	}
	text := edited.String()
	got := whole(tab, Plain, text)
	for range 4 {
		a, b := rnd.IntN(len(text)+1), rnd.IntN(len(text)+1)
		if cut := whole(tab, Plain, text, min(a, b), max(a, b)); cut != got {
			t.Fatalf("in pieces\n%s\nrestored\n%s\nwhole\n%s", text, cut, got)
		}
	}
	var pairs []string
	for name, value := range back {
		pairs = append(pairs, name, value)
	}
	if full := strings.NewReplacer(pairs...).Replace(got); full != clear.String() {
		t.Fatalf("%s\nrestored\n%s\nwant\n%s", text, full, clear.String())
	}
}

func BenchmarkRestorerProse(b *testing.B) {
	tab := table(b, vault(b), "anna")
	token(b, tab, "EMAIL", "anna@example.com")
	text := []byte(strings.Repeat("Please phone us, or write to the person who uses it, and we will see what can be done about that. ", 40))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	r := NewRestorer(tab, kinds, Plain)
	for b.Loop() {
		r.Write(text)
	}
}

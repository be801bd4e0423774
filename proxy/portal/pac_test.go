package portal_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/portal"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/rules"
)

const chain = "PROXY p1.example.com:8080; PROXY p2.example.com:8080"

// script evaluates a PAC file as a browser does.
func script(t testing.TB, pac []byte) func(url, host string) string {
	t.Helper()
	vm := goja.New()
	if _, err := vm.RunString(string(pac)); err != nil {
		t.Fatal(err)
	}
	find, ok := goja.AssertFunction(vm.Get("FindProxyForURL"))
	if !ok {
		t.Fatal("there is no FindProxyForURL")
	}
	return func(url, host string) string {
		v, err := find(goja.Undefined(), vm.ToValue(url), vm.ToValue(host))
		if err != nil {
			t.Fatalf("FindProxyForURL(%q): %v", host, err)
		}
		return v.String()
	}
}

func shipped(t testing.TB) (*provider.Catalogue, []byte) {
	t.Helper()
	c, err := provider.Load(rules.FS())
	if err != nil {
		t.Fatal(err)
	}
	exact, suffixes := c.Proxied()
	pac, err := portal.PAC(exact, suffixes, []string{"p1.example.com:8080", "p2.example.com:8080"}, false)
	if err != nil {
		t.Fatal(err)
	}
	return c, pac
}

func TestPACSendsProviderHostsToTheProxies(t *testing.T) {
	_, pac := shipped(t)
	find := script(t, pac)
	for _, host := range []string{
		"chatgpt.com", "www.chatgpt.com", "CHATGPT.com", "chatgpt.com.", "ChatGPT.Com.", "a.b.chatgpt.com.", "api.openai.com", "unheard-of.openai.com",
		"eu.api.openai.com", "x.oaiusercontent.com", "r.openai.azure.com", "mtls.api.openai.com", "ios.chat.openai.com", "claude.ai", "api.anthropic.com", "cdn.oaistatic.com",
	} {
		if got := find("https://"+host+"/", host); got != chain {
			t.Errorf("%s goes %q, want %q: never direct", host, got, chain)
		}
	}
	for _, host := range []string{
		"example.org", "evil-chatgpt.com", "chatgpt.com.evil.com", "notopenai.com", "openai.com.evil.net", "com", "", "localhost", "127.0.0.1", "constructor",
		"hasOwnProperty", "__proto__", "x.constructor", "toString.com", "openai.azure.com", "azure.com", "intranet", "api.openai.com.example.org", "xn--80ak6aa92e.com",
	} {
		if got := find("https://"+host+"/", host); got != "DIRECT" {
			t.Errorf("%s goes %q, want DIRECT", host, got)
		}
	}
}

// The file and the catalogue agree on every name: near-misses of the shipped
// ones, and names built of their parts.
func TestPACAgreesWithTheCatalogue(t *testing.T) {
	c, pac := shipped(t)
	find := script(t, pac)
	r := rand.New(rand.NewPCG(1, 2))
	patterns := c.Hosts()
	parts := []string{"a", "x-y", "api", "www", "com", "openai", "chatgpt", "evil", "1"}
	for range 20_000 {
		name := strings.Replace(patterns[r.IntN(len(patterns))], "*", parts[r.IntN(len(parts))], 1)
		switch r.IntN(8) {
		case 0:
			name = parts[r.IntN(len(parts))] + "." + name
		case 1:
			name = parts[r.IntN(len(parts))] + name
		case 2:
			name += "." + parts[r.IntN(len(parts))]
		case 3:
			name += "."
		case 4:
			name = strings.ToUpper(name)
		case 5:
			i := r.IntN(len(name))
			name = name[:i] + name[i+1:]
		case 6:
			_, name, _ = strings.Cut(name, ".")
		}
		want := chain
		if c.Host(name).Class == policy.HostOther {
			want = "DIRECT"
		}
		if got := find("https://"+name+"/", name); got != want {
			t.Fatalf("%q goes %q, want %q", name, got, want)
		}
	}
}

func TestPACIsSmallPlainAndTheSameEveryTime(t *testing.T) {
	_, pac := shipped(t)
	_, again := shipped(t)
	if !bytes.Equal(pac, again) {
		t.Error("two files of the same hosts differ")
	}
	if len(pac) > 32<<10 {
		t.Errorf("the file has %d bytes", len(pac))
	}
	for i, b := range pac {
		if b >= 0x80 || b < ' ' && b != '\n' {
			t.Fatalf("byte %d is %#x", i, b)
		}
	}
	for _, lookup := range []string{"dnsResolve", "isInNet", "isResolvable", "myIpAddress", "dnsDomainIs"} {
		if bytes.Contains(pac, []byte(lookup)) {
			t.Errorf("the file uses %s", lookup)
		}
	}
	if bytes.Count(pac, []byte("DIRECT")) != 1 {
		t.Error("DIRECT stands at more than one place")
	}
	for _, modern := range []string{"let ", "const ", "=>", "`", "endsWith", "includes"} {
		if bytes.Contains(pac, []byte(modern)) {
			t.Errorf("old script engines do not know %q", modern)
		}
	}
}

func TestPACOfAProxyThatSpeaksTLS(t *testing.T) {
	pac, err := portal.PAC([]string{"ChatGPT.com"}, nil, []string{"p.example.com:8443"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := script(t, pac)("https://chatgpt.com/", "chatgpt.com"); got != "HTTPS p.example.com:8443" {
		t.Errorf("%q", got)
	}
}

func TestPACRefusesWhatClientsWouldNotTake(t *testing.T) {
	if _, err := portal.PAC([]string{"chatgpt.com"}, nil, nil, false); err == nil {
		t.Error("a file without proxies was made")
	}
	var many []string
	for i := range 2000 {
		many = append(many, strings.Repeat("x", 20)+string(rune('a'+i%26))+strings.Repeat("y", i/26)+".example.com")
	}
	if _, err := portal.PAC(many, nil, []string{"p:1"}, false); err == nil {
		t.Error("a file beyond the limit was made")
	}
}

func BenchmarkPAC(b *testing.B) {
	_, pac := shipped(b)
	find := script(b, pac)
	b.ReportAllocs()
	for b.Loop() {
		find("https://a.b.c.example.org/", "a.b.c.example.org")
	}
}

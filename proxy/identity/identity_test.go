package identity

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func header(user, token string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
}

// setup makes tokens for anna (groups) and the service bot (none).
func setup(t *testing.T) (tokens *Tokens, anna, bot string) {
	t.Helper()
	anna, l1, err := NewToken("anna", []string{"legal", "staff"}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bot, l2, err := NewToken("bot", nil, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err = ParseTokens("tokens", []byte("# users\n\n"+l1+"\n"+l2+"\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return tokens, anna, bot
}

func TestResolve(t *testing.T) {
	tokens, anna, bot := setup(t)
	networks := []NetworkRange{
		{Name: "all", Prefix: netip.MustParsePrefix("10.0.0.0/8"), Groups: []string{"staff"}},
		{Name: "lab", Prefix: netip.MustParsePrefix("10.9.0.0/16"), Groups: []string{"lab", "eng"}},
		{Name: "six", Prefix: netip.MustParsePrefix("2001:db8::/32")},
	}
	for _, c := range []struct {
		name    string
		options Options
		addr    string
		header  string
		want    Principal
		reason  Reason
	}{
		{name: "nobody from nowhere", addr: "192.0.2.1", want: Principal{Method: Anonymous, Address: "192.0.2.1"}},
		{name: "credentials without tokens are not looked at", addr: "192.0.2.1", header: "Basic !", want: Principal{Method: Anonymous, Address: "192.0.2.1"}},
		{name: "network", options: Options{Networks: networks}, addr: "10.1.2.3",
			want: Principal{Method: Network, Assurance: AssuranceNetwork, Network: "all", Groups: []string{"staff"}, Address: "10.1.2.3"}},
		{name: "most specific network", options: Options{Networks: networks}, addr: "10.9.2.3",
			want: Principal{Method: Network, Assurance: AssuranceNetwork, Network: "lab", Groups: []string{"eng", "lab"}, Address: "10.9.2.3"}},
		{name: "mapped IPv4", options: Options{Networks: networks}, addr: "::ffff:10.1.2.3",
			want: Principal{Method: Network, Assurance: AssuranceNetwork, Network: "all", Groups: []string{"staff"}, Address: "10.1.2.3"}},
		{name: "IPv6", options: Options{Networks: networks}, addr: "2001:db8::1",
			want: Principal{Method: Network, Assurance: AssuranceNetwork, Network: "six", Address: "2001:db8::1"}},
		{name: "outside the networks", options: Options{Networks: networks}, addr: "192.0.2.1", reason: ReasonNetwork},
		{name: "outside the networks with a token", options: Options{Networks: networks, Tokens: tokens}, addr: "192.0.2.1", header: header("anna", anna), reason: ReasonNetwork},
		{name: "deny without tokens wants a network", options: Options{Anonymous: Deny}, addr: "192.0.2.1", reason: ReasonNetwork},
		{name: "deny without tokens takes a network", options: Options{Anonymous: Deny, Networks: networks}, addr: "10.1.2.3",
			want: Principal{Method: Network, Assurance: AssuranceNetwork, Network: "all", Groups: []string{"staff"}, Address: "10.1.2.3"}},
		{name: "token", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: header("anna", anna),
			want: Principal{Subject: "anna", Method: Basic, Assurance: AssuranceToken, Groups: []string{"legal", "staff"}, Address: "192.0.2.1"}},
		{name: "token and network", options: Options{Tokens: tokens, Networks: networks}, addr: "10.9.0.1", header: strings.Replace(header("anna", anna), "Basic", "bAsIc", 1),
			want: Principal{Subject: "anna", Method: Basic, Assurance: AssuranceToken, Network: "lab", Groups: []string{"eng", "lab", "legal", "staff"}, Address: "10.9.0.1"}},
		{name: "token without groups", options: Options{Tokens: tokens, Anonymous: Deny}, addr: "192.0.2.1", header: header("bot", bot),
			want: Principal{Subject: "bot", Method: Basic, Assurance: AssuranceToken, Address: "192.0.2.1"}},
		{name: "no token, allowed", options: Options{Tokens: tokens}, addr: "192.0.2.1", want: Principal{Method: Anonymous, Address: "192.0.2.1"}},
		{name: "no token, denied", options: Options{Tokens: tokens, Anonymous: Deny}, addr: "192.0.2.1", reason: ReasonMissing},
		{name: "no token, denied in a network", options: Options{Tokens: tokens, Anonymous: Deny, Networks: networks}, addr: "10.0.0.1", reason: ReasonMissing},
		{name: "another's token", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: header("anna", bot), reason: ReasonUnknown},
		{name: "unknown user", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: header("eve", anna), reason: ReasonUnknown},
		{name: "empty token", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: header("anna", ""), reason: ReasonUnknown},
		{name: "another scheme", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: "Bearer " + anna, reason: ReasonScheme},
		{name: "not base64", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: "Basic anna:" + anna, reason: ReasonMalformed},
		{name: "no colon", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: "Basic " + base64.StdEncoding.EncodeToString([]byte(anna)), reason: ReasonMalformed},
		{name: "scheme alone", options: Options{Tokens: tokens}, addr: "192.0.2.1", header: "Basic", reason: ReasonMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := NewResolver(c.options).Resolve(netip.MustParseAddr(c.addr), c.header)
			var e *Error
			if errors.As(err, &e) != (c.reason != "") || (e != nil && e.Reason != c.reason) {
				t.Fatalf("error %v, want reason %q", err, c.reason)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if e == nil {
				return
			}
			for _, secret := range []string{anna, bot, c.header} {
				if secret != "" && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, e), secret) {
					t.Error("the error holds credentials")
				}
			}
			if helps := c.reason != ReasonNetwork; (e.Challenge() != "") != helps {
				t.Errorf("Challenge() = %q", e.Challenge())
			}
		})
	}
}

func TestGuessingIsSlowedPerUserAndAddress(t *testing.T) {
	tokens, anna, bot := setup(t)
	now := time.Unix(1e9, 0)
	r := NewResolver(Options{Tokens: tokens, Now: func() time.Time { return now }})
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	reason := func(addr netip.Addr, user, token string) Reason {
		_, err := r.Resolve(addr, header(user, token))
		var e *Error
		if errors.As(err, &e) {
			return e.Reason
		}
		return ""
	}
	for i := range freeFailures {
		if got := reason(here, "anna", "x"); got != ReasonUnknown {
			t.Fatalf("failure %d: %q", i, got)
		}
	}
	if got := reason(here, "anna", anna); got != ReasonLimited {
		t.Errorf("the right token after too many wrong ones: %q", got)
	}
	if got := reason(there, "anna", anna); got != "" {
		t.Errorf("from another address: %q", got)
	}
	if got := reason(here, "bot", bot); got != "" {
		t.Errorf("another user from the same address: %q", got)
	}
	now = now.Add(failureInterval)
	if got := reason(here, "anna", anna); got != "" {
		t.Errorf("after the interval: %q", got)
	}
}

func TestFailuresAreBounded(t *testing.T) {
	f := newFailures(func() time.Time { return time.Unix(1e9, 0) })
	for i := range 3 * maxFailureKeys {
		f.add(netip.MustParseAddr("192.0.2.1"), fmt.Sprint(i))
	}
	if len(f.entries) > maxFailureKeys {
		t.Errorf("%d entries", len(f.entries))
	}
}

func TestTokenFileMistakes(t *testing.T) {
	canary := "pgt_" + "canaryvalue"
	_, err := ParseTokens("f", []byte("anna:"+canary+"\nanna\n:00\nb:"+strings.Repeat("0", 64)+"\nb:"+strings.Repeat("0", 64)+":g\na b:"+strings.Repeat("0", 64)+"\n"))
	want := "f:1: the hash is not 64 hexadecimal digits: a token itself must not stand here (make a line with `promptgate token new`)\n" +
		"f:2: want user:sha256-of-token[:group,group]\n" +
		"f:3: want user:sha256-of-token[:group,group]\n" +
		"f:5: user \"b\" is listed twice\n" +
		"f:6: want user:sha256-of-token[:group,group]"
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestTokenFilePermissions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	_, line, _ := NewToken("anna", nil, rand.Reader)
	if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if tokens, err := LoadTokens(file); err != nil || tokens.Len() != 1 {
		t.Fatalf("got %v", err)
	}
	if err := os.Chmod(file, 0o662); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadTokens(file); err == nil || !strings.Contains(err.Error(), "writable by others") {
		t.Errorf("got %v", err)
	}
}

func TestNewTokenRefusesNamesThatBreakTheFile(t *testing.T) {
	for _, user := range []string{"", "a:b", "a b", "a\nb", "#a", strings.Repeat("a", 129)} {
		if _, _, err := NewToken(user, nil, rand.Reader); err == nil {
			t.Errorf("NewToken(%q) made a token", user)
		}
	}
	if _, _, err := NewToken("a", []string{"x,y"}, rand.Reader); err == nil {
		t.Error("a group with a comma was taken")
	}
}

// FuzzResolve: no header value panics or authenticates, and no error repeats it.
func FuzzResolve(f *testing.F) {
	f.Add("Basic ")
	f.Add("Basic YW5uYTp4")
	f.Add("basic\tYW5uYTp4")
	f.Add("Negotiate abc")
	_, line, err := NewToken("anna", nil, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	tokens, err := ParseTokens("t", []byte(line))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, h string) {
		p, err := NewResolver(Options{Tokens: tokens}).Resolve(netip.MustParseAddr("192.0.2.1"), h)
		if p.Method == Basic {
			t.Fatal("authenticated")
		}
		if (err == nil) != (h == "") {
			t.Fatalf("error %v", err)
		}
	})
}

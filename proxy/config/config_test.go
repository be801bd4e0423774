package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const example = "../../deploy/promptgate.example.toml"

func exampleText(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExampleEqualsTheDefaults(t *testing.T) {
	got, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	options := []cmp.Option{cmpopts.IgnoreUnexported(Config{}), cmpopts.EquateEmpty(), cmp.AllowUnexported(Secret{}), cmp.Comparer(func(a, b Prefix) bool { return a == b })}
	if d := cmp.Diff(Default(), got, options...); d != "" {
		t.Errorf("the example differs from Default():\n%s", d)
	}
}

func TestExampleSetsEveryKey(t *testing.T) {
	text := exampleText(t)
	doc := Default()
	if c, err := Parse("example", []byte(text)); err == nil {
		doc = c
	}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				continue
			}
			key := f.Tag.Get("toml")
			full := strings.TrimPrefix(path+"."+key, ".")
			switch {
			case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[Secret]():
				walk(full, f.Type)
			case f.Type == reflect.TypeFor[[]Network]():
				for _, k := range []string{"name", "cidr", "groups"} {
					if !regexp.MustCompile(`(?m)^#` + k + ` = `).MatchString(text) {
						t.Errorf("the example does not show %s.%s", full, k)
					}
				}
			default:
				if !doc.doc.Has(full) {
					t.Errorf("the example does not set %s", full)
				}
			}
		}
	}
	walk("", reflect.TypeFor[Config]())
}

// A line "#key = value" is an example; all of them together must load as well.
func TestExampleLinesBehindHashesAreValid(t *testing.T) {
	var lines []string
	for _, l := range strings.Split(exampleText(t), "\n") {
		if m := regexp.MustCompile(`^#(\[|[a-z_]+ = )`).MatchString(l); m {
			l = l[1:]
			key, _, _ := strings.Cut(l, " = ")
			for i := range lines { // the example takes the place of the default
				if strings.HasPrefix(lines[i], key+" = ") && !strings.HasPrefix(l, "[") && i > len(lines)-6 {
					lines[i] = ""
				}
			}
		}
		lines = append(lines, l)
	}
	text := strings.Replace(strings.Join(lines, "\n"), `parent_proxy = ""`, `parent_proxy = "http://proxy.example.com:3128"`, 1)
	c, err := Parse("example", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Identity.Networks) != 1 || len(c.Upstream.ConnectTo) != 1 || !c.Upstream.ParentProxyCredentials.IsSet() {
		t.Errorf("the examples did not take effect: %+v", c)
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"empty file", "", nil},
		{"unknown and wrong type", "lisen = 'x'\nprofile = 2\n[limits]\nmax_body = '1'\n", []string{
			`f.toml:1:1: unknown key "lisen" (listen?)`,
			"f.toml:2:1: profile wants a string, not an integer",
			"f.toml:4:1: limits.max_body wants an integer, not a string"}},
		{"type and meaning", "profile = 2\nadmin_listen = '8081'\n[log]\nlevel = 'inf'\n", []string{
			"f.toml:1:1: profile wants a string, not an integer",
			`f.toml:2:1: admin_listen wants "address:port", such as "127.0.0.1:8080"`,
			`f.toml:4:1: log.level wants "debug" or "info" or "warn" or "error" (info?)`}},
		{"open proxy", "listen = '0.0.0.0:8080'\n", []string{
			`f.toml:1:1: listen 0.0.0.0:8080 is open to other machines: list the client networks in [[identity.networks]], or set identity.token_file and identity.anonymous = "deny"`}},
		{"open proxy without a host", "listen = ':8080'\n[identity]\ntoken_file = 't'\n", []string{
			`f.toml:1:1: listen :8080 is open to other machines: list the client networks in [[identity.networks]], or set identity.token_file and identity.anonymous = "deny"`}},
		{"analyzer", "[analyzer]\nurl = 'http://analyzer.example.com/analyze'\ntimeout = '0s'\nmin_score = 2.0\n", []string{
			"f.toml:2:1: analyzer.url must be https unless the service is on this machine: the text of messages is sent there",
			"f.toml:3:1: analyzer.timeout must be longer than 0s",
			"f.toml:4:1: analyzer.min_score must be above 0 and at most 1"}},
		{"analyzer with a password", "[analyzer]\nurl = 'https://u:p@analyzer.example.com/'\n", []string{
			`f.toml:2:1: analyzer.url must not hold a password: use token = "file:/path" or "env:NAME"`}},
		{"analyzer without a url", "[analyzer]\ntoken = 'env:T'\n", []string{"f.toml:2:1: analyzer.token is set without analyzer.url"}},
		{"analyzer here", "[analyzer]\nurl = 'http://127.0.0.1:5002/analyze'\ntoken = 'env:T'\n", nil},
		{"guarded by networks", "listen = '0.0.0.0:8080'\n[[identity.networks]]\nname = 'a'\ncidr = '10.0.0.0/8'\n", nil},
		{"guarded by tokens", "listen = '[::]:8080'\n[identity]\ntoken_file = 't'\nanonymous = 'deny'\n", nil},
		{"guarded by the whole internet", "listen = '0.0.0.0:8080'\n[[identity.networks]]\nname = 'a'\ncidr = '0.0.0.0/0'\n", []string{
			"f.toml:4:1: identity.networks[0].cidr covers the whole Internet: that would be an open proxy"}},
		{"open admin", "admin_listen = '10.0.0.1:8081'\n", []string{
			"f.toml:1:1: admin_listen 10.0.0.1:8081 is open to other machines: list who may use it in admin_networks"}},
		{"open admin, listed", "admin_listen = '10.0.0.1:8081'\nadmin_networks = ['10.9.0.0/24']\n", nil},
		{"open portal is its purpose", "portal_listen = '0.0.0.0:8082'\n", nil},
		{"same address", "listen = '127.0.0.1:8081'\nportal_listen = '127.0.0.1:8081'\n", []string{
			"f.toml:1:1: admin_listen is the same address as listen",
			"f.toml:2:1: portal_listen is the same address as listen"}},
		{"deny everybody", "[identity]\nanonymous = 'deny'\n", []string{
			`f.toml:2:1: identity.anonymous = "deny" needs identity.token_file or [[identity.networks]]: nobody could connect`}},
		{"networks", "[[identity.networks]]\nname = 'a'\n[[identity.networks]]\nname = 'a'\ncidr = '10.0.0.1/8'\n", []string{
			"f.toml:1:12: identity.networks[0] has no cidr",
			`f.toml:4:1: network "a" is listed twice`,
			"f.toml:5:1: identity.networks[1].cidr: bits are set behind the prefix length; 10.0.0.0/8 is meant?"}},
		{"upstream", "[upstream]\nparent_proxy = 'socks5://x:1'\nconnect_to = ['a:443=b:1', 'a:443']\nallow_addresses = ['10.0.0.300', '::/0']\ndial_timeout = '0s'\n", []string{
			`f.toml:2:1: upstream.parent_proxy wants a URL such as "http://proxy.example.com:3128"`,
			`f.toml:3:28: upstream.connect_to[1]: want "host:port=host:port"`,
			`f.toml:4:20: upstream.allow_addresses[0]: want an address or a CIDR block such as "10.0.0.0/8"`,
			"f.toml:4:34: upstream.allow_addresses must not allow every address",
			"f.toml:5:1: upstream.dial_timeout must be longer than 0s"}},
		{"memory below one body", "[limits]\nbody_memory = 1048576\n", []string{
			"f.toml:2:1: limits.body_memory is smaller than 4194304, the largest request that is held in memory"}},
		{"memory below one body, without files", "[limits]\nspool = 0\n", []string{
			"f.toml:1:2: limits.body_memory is smaller than 1073741824, the largest request that is held in memory"}},
		{"files below one body", "[limits]\nspool = 1000\n", []string{
			"f.toml:2:1: limits.spool is smaller than limits.max_body: the largest request could never be held"}},
		{"half a certificate", "[listen_tls]\ncert_file = 'c'\n", []string{
			"f.toml:1:2: listen_tls wants both cert_file and key_file"}},
		{"profile as a path", "profile = '../l1'\n", []string{
			"f.toml:1:1: profile wants the name of a policy, such as l1, l2 or l3"}},
		{"connect_to of no form, twice", "[upstream]\nconnect_to = ['a', 'b']\n", []string{
			`f.toml:2:15: upstream.connect_to[0]: want "host:port=host:port"`,
			`f.toml:2:20: upstream.connect_to[1]: want "host:port=host:port"`}},
		{"ports", "[tunnel]\nplain_ports = [0, 70000]\n", []string{
			"f.toml:2:16: tunnel.plain_ports must not hold 0",
			"f.toml:2:19: tunnel.plain_ports[1] is out of range"}},
		{"connect_to twice", "[upstream]\nconnect_to = ['a:443=b:1', 'A.:443=c:1']\n", []string{
			"f.toml:2:28: upstream.connect_to names a:443 twice"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f.toml", []byte(c.in))
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestValidateWithoutAFile(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	c.Listen = "0.0.0.0:1"
	if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "config: listen 0.0.0.0:1 is open") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsNeverShow(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "s")
	if err := os.WriteFile(file, []byte("user:canary-value\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse("f.toml", []byte("[upstream]\nparent_proxy = 'http://p:1'\nparent_proxy_credentials = 'file:"+file+"'\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Upstream.ParentProxyCredentials
	if v, err := s.Load(os.Getenv); err != nil || v != "user:canary-value" {
		t.Fatalf("Load failed: %v", err)
	}
	j, _ := json.Marshal(c.Upstream)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "s", s, "u", c.Upstream)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%#v", s), fmt.Sprintf("%+v", c), fmt.Sprintf("%q", s), string(j), log.String()} {
		if strings.Contains(shown, file) || strings.Contains(shown, "canary") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestSecretsWrittenInTheFileAreRefusedAndMasked(t *testing.T) {
	for _, in := range []string{
		"[upstream]\nparent_proxy_credentials = 'user:canary'\n",
		"[upstream]\nparent_proxy = 'http://user:canary@p:1'\n",
		"[upstream]\nparent_proxy_credential = 'canary'\n",
		"[upstream]\nparent_proxy_credentials = 'canary\n",
	} {
		_, err := Parse("f.toml", []byte(in))
		r, ok := err.(interface{ Render() string })
		if !ok {
			t.Errorf("%s: accepted", strings.ReplaceAll(in, "\n", " "))
			continue
		}
		if strings.Contains(err.Error()+r.Render(), "canary") {
			t.Errorf("shown: %s", r.Render())
		}
	}
}

func TestSecretLoadErrors(t *testing.T) {
	for _, c := range []struct{ ref, want string }{
		{"env:NOT_THERE", "secret env:NOT_THERE is not set"},
		{"file:/does/not/exist", "secret file:/does/not/exist: stat /does/not/exist: no such file or directory"},
	} {
		var s Secret
		if err := s.UnmarshalText([]byte(c.ref)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(func(string) string { return "" }); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestStateDirectory(t *testing.T) {
	for _, c := range []struct {
		name, set string
		env       map[string]string
		want      string
	}{
		{"set", "/s", map[string]string{"STATE_DIRECTORY": "/x"}, "/s"},
		{"systemd", "", map[string]string{"STATE_DIRECTORY": "/var/lib/p", "HOME": "/h"}, "/var/lib/p"},
		{"xdg", "", map[string]string{"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/promptgate"},
		{"home", "", map[string]string{"HOME": "/h"}, "/h/.local/state/promptgate"},
	} {
		cfg := Default()
		cfg.StateDir = c.set
		if got, err := cfg.State(func(k string) string { return c.env[k] }); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	if _, err := Default().State(func(string) string { return "" }); err == nil {
		t.Error("no error without any directory")
	}
}

func TestConnectToAndPrefixes(t *testing.T) {
	var c ConnectTo
	if err := c.UnmarshalText([]byte("API.openai.com.:=[::1]:9443")); err != nil {
		t.Fatal(err)
	}
	if c != (ConnectTo{"api.openai.com", "", "::1", "9443"}) || c.String() != "api.openai.com:=[::1]:9443" {
		t.Errorf("got %+v, %s", c, c)
	}
	var p Prefix
	if err := p.UnmarshalText([]byte("::ffff:10.0.0.1")); err != nil || p.Prefix != netip.MustParsePrefix("10.0.0.1/32") {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestVaultSettingsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"[vault]\ntoken_scope = \"person\"":           "vault.token_scope",
		"[vault]\nkeep = \"-1h\"":                     "must not be negative",
		"[vault]\nkeep = \"0s\"\nrequired = true":     "wants values to be kept",
		"[vault]\nmax_values = 1":                     "at least 1000",
		"[vault]\nmax_bytes = 1":                      "at least 1048576",
		"[vault]\nkeep = \"0s\"":                      "",
		"[vault]\ntoken_scope = \"tenant\"":           "",
		"[vault]\nrequired = true\nmax_values = 1000": "",
	} {
		_, err := Parse("test.toml", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

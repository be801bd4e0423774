package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/rules"
)

func deployed(t *testing.T, name ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Squid sends every host to promptgate that is inspected or refused there: one
// that is missing would go around it.
func TestSquidKnowsEveryInspectedHost(t *testing.T) {
	providers, err := provider.Load(rules.FS())
	if err != nil {
		t.Fatal(err)
	}
	var domains []string
	for l := range strings.Lines(string(deployed(t, "squid.conf"))) {
		if d, ok := strings.CutPrefix(strings.TrimSpace(l), "acl promptgate_hosts dstdomain "); ok {
			domains = append(domains, d)
		}
	}
	used := map[string]bool{}
	for _, pattern := range providers.Hosts() {
		name := strings.TrimPrefix(pattern, "*.")
		if c := providers.Host("x." + name).Class; pattern != name && c != policy.HostInspect && c != policy.HostRefuse {
			continue
		}
		if c := providers.Host(name).Class; pattern == name && c != policy.HostInspect && c != policy.HostRefuse {
			continue
		}
		// ".openai.com" is openai.com and everything below it.
		i := slices.IndexFunc(domains, func(d string) bool { return "."+name == d || strings.HasSuffix(name, d) })
		if i < 0 {
			t.Errorf("squid.conf does not send %s to promptgate", pattern)
			continue
		}
		used[domains[i]] = true
	}
	for _, d := range domains {
		if !used[d] {
			t.Errorf("squid.conf names %s, which no provider row inspects or refuses", d)
		}
	}
}

func TestBrowserPoliciesAreJSON(t *testing.T) {
	for _, name := range []string{"chrome.json", "firefox.json"} {
		var v map[string]any
		b := deployed(t, "browsers", name)
		if err := json.Unmarshal(b, &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(string(b), "/proxy.pac") {
			t.Errorf("%s names no PAC file", name)
		}
	}
}

// The unit starts what this program is: its verbs and flags exist.
func TestUnitStartsWhatExists(t *testing.T) {
	found := 0
	for l := range strings.Lines(string(deployed(t, "promptgate.service"))) {
		_, command, ok := strings.Cut(strings.TrimSpace(l), "=/usr/local/bin/promptgate ")
		if !ok {
			continue
		}
		found++
		words := strings.Fields(command)
		for _, v := range verbs() {
			if v.name != words[0] {
				continue
			}
			f := newFlags(v.name)
			v.set(f)
			if rest, err := f.parse(words[1:]); err != nil || len(rest) > 0 {
				t.Errorf("%s: %v, %d words left", command, err, len(rest))
			}
		}
		if !slices.Contains(verbNames(), words[0]) {
			t.Errorf("%s: no such verb", command)
		}
	}
	if found != 2 {
		t.Errorf("the unit starts promptgate %d times, want check and serve", found)
	}
}

package glass

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/identity"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func grant(scope ...string) Grant {
	return Grant{ID: "01A", Mode: Monitor, Scope: scope, Reason: "the detector stops everything", By: "anna", Opened: start, Until: start.Add(30 * time.Minute)}
}

func TestAGrantHoldsForItsPeopleUntilItEnds(t *testing.T) {
	state, key := t.TempDir(), []byte("k")
	if err := Write(state, key, grant("group:ops", "user:bert")); err != nil {
		t.Fatal(err)
	}
	g, err := Read(state, key) // as after a restart
	if err != nil || g == nil {
		t.Fatal(g, err)
	}
	for _, c := range []struct {
		name string
		who  identity.Principal
		when time.Time
		want bool
	}{
		{"a member", identity.Principal{Subject: "anna", Groups: []string{"ops"}}, start, true},
		{"by name", identity.Principal{Subject: "bert"}, start.Add(29 * time.Minute), true},
		{"somebody else", identity.Principal{Subject: "carl", Groups: []string{"dev"}}, start, false},
		{"nobody", identity.Principal{}, start, false},
		{"when it is over", identity.Principal{Subject: "bert"}, start.Add(30 * time.Minute), false},
		{"a clock that was set back", identity.Principal{Subject: "bert"}, start.Add(-time.Hour), false},
	} {
		if got := g.Holds(c.who, c.when); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	everybody := grant("all")
	if !everybody.Holds(identity.Principal{}, start) {
		t.Error("all is not everybody")
	}
	if err := End(state); err != nil {
		t.Fatal(err)
	}
	if g, err := Read(state, key); g != nil || err != nil {
		t.Errorf("ended: %v, %v", g, err)
	}
	if (*Grant)(nil).Holds(identity.Principal{}, start) {
		t.Error("no grant holds")
	}
}

func TestAGrantThatWasChangedByHandHasNoEffect(t *testing.T) {
	state, key := t.TempDir(), []byte("k")
	if err := Write(state, key, grant("user:bert")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(state, "break-glass.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]string{
		"the scope": strings.Replace(string(text), "user:bert", "all", 1), "the mode": strings.Replace(string(text), "monitor", "tunnel", 1),
		"the end": strings.Replace(string(text), "12:30", "23:30", 1), "no JSON": "x",
	} {
		if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if g, err := Read(state, key); g != nil || err == nil {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
}

func TestGrantsAreBounded(t *testing.T) {
	for name, change := range map[string]func(*Grant){
		"no reason":    func(g *Grant) { g.Reason = "  " },
		"no scope":     func(g *Grant) { g.Scope = nil },
		"a scope":      func(g *Grant) { g.Scope = []string{"everybody"} },
		"a mode":       func(g *Grant) { g.Mode = "off" },
		"too long":     func(g *Grant) { g.Until = start.Add(25 * time.Hour) },
		"over already": func(g *Grant) { g.Until = start },
	} {
		g := grant("all")
		change(&g)
		if err := Write(t.TempDir(), nil, g); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestCodes(t *testing.T) {
	state, key := t.TempDir(), []byte("k")
	c, err := OpenCodes(state, key)
	if err != nil {
		t.Fatal(err)
	}
	code, err := c.Make("anna")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Make("a name with spaces"); err == nil {
		t.Error("a name with spaces")
	}
	again, err := OpenCodes(state, key)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Check("anna", strings.ToUpper(code)+"\n") || again.Check("bert", code) || again.Check("anna", "x") || again.Check("", "") {
		t.Error("codes")
	}
	data, _ := os.ReadFile(filepath.Join(state, "break-glass.codes"))
	if strings.Contains(string(data), code) {
		t.Error("the code is kept in clear")
	}
}

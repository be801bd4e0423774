package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/glass"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
)

// The emergency exit from its opening to its end, with a restart in between.
func TestBreakGlass(t *testing.T) {
	state, log := t.TempDir(), &lockedBuffer{}
	start := func(profile string) *gate {
		c := config.Default()
		c.StateDir, c.Profile = state, profile
		g, err := openForTest(t, c, log)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	anna := identity.Principal{Subject: "anna", Groups: []string{"ops"}}
	conn := policy.Conn{Principal: anna, Host: "api.openai.com", Port: 443, Class: policy.HostInspect}
	now := time.Now().UTC()
	grant := func(id string, mode glass.Mode, until time.Duration) glass.Grant {
		return glass.Grant{ID: id, Mode: mode, Scope: []string{"group:ops"}, Reason: "everything is stopped", By: "carl", Opened: now.Add(-time.Second), Until: now.Add(until)}
	}
	var alarmed time.Time
	g := start("l2")
	g.lookAtGlass(&alarmed)
	if g.emergency(anna) != "" || g.screen(conn).Action != policy.Inspect {
		t.Fatal("the glass is broken from the start")
	}
	if err := glass.Write(state, g.key, grant("01A", glass.Monitor, time.Hour)); err != nil {
		t.Fatal(err)
	}
	g.lookAtGlass(&alarmed)
	if g.emergency(anna) != "01A" || g.emergency(identity.Principal{Subject: "bert"}) != "" || g.screen(conn).Action != policy.Inspect {
		t.Error("monitor: not for its scope, or for others too")
	}
	g.close()
	g = start("l2")
	g.lookAtGlass(&alarmed)
	if g.emergency(anna) != "01A" {
		t.Error("a restart ends it")
	}
	if err := glass.Write(state, g.key, grant("01B", glass.Tunnel, time.Hour)); err != nil {
		t.Fatal(err)
	}
	g.lookAtGlass(&alarmed)
	if r := g.screen(conn); r.Action != policy.Tunnel || !r.Exempt || !r.Count {
		t.Errorf("tunnel: %+v", r)
	}
	if r := g.screen(policy.Conn{Principal: anna, Host: "10.0.0.1", Class: policy.HostOther, Private: true}); r.Action != policy.Refuse {
		t.Error("tunnel opens private addresses")
	}
	if err := glass.Write(state, g.key, grant("01B", glass.Tunnel, time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	g.lookAtGlass(&alarmed)
	if g.screen(conn).Action != policy.Inspect {
		t.Error("it does not end by itself")
	}
	g.close()

	g = start("l3") // which allows no tunnel
	if err := glass.Write(state, g.key, grant("01C", glass.Tunnel, time.Hour)); err != nil {
		t.Fatal(err)
	}
	g.lookAtGlass(&alarmed)
	if g.screen(conn).Action != policy.Inspect {
		t.Error("l3 tunnels in an emergency")
	}
	g.close()

	files, _ := filepath.Glob(filepath.Join(state, "audit", "*"))
	var all strings.Builder
	for _, f := range files {
		text, _ := os.ReadFile(f)
		all.Write(text)
	}
	for _, want := range []string{`"event.name":"dlp.break_glass"`, `"dlp.break_glass":"01A"`, `"dlp.break_glass":"01B"`, `"dlp.action":"end"`, `everything is stopped`} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the audit log has no %s", want)
		}
	}
	if strings.Contains(all.String(), `"dlp.break_glass":"01C"`) || !strings.Contains(log.String(), "the policy is not enforced") {
		t.Error("what the policy does not allow is recorded as open, or there was no alarm")
	}
}

func TestBreakGlassWantsItsCodes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(file, []byte("state_dir = \""+dir+"/state\"\n[break_glass]\nsecond_person = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, args ...string) (int, string, string) {
		var out, errs strings.Builder
		p := &program{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, version: "test"}
		code := p.run(t.Context(), append([]string{"break-glass", "--config", file}, args...))
		return code, strings.TrimSpace(out.String()), errs.String()
	}
	_, anna, _ := run("", "code", "anna")
	_, bert, _ := run("", "code", "bert")
	open := []string{"--mode", "monitor", "--for", "30m", "--scope", "all", "--reason", "everything is stopped", "--as", "anna"}
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        int
	}{
		{"no code", "", open, exitFailed}, {"a wrong code", bert + "\n" + bert, append(open, "--second", "bert"), exitFailed},
		{"one person", anna, open, exitUsage}, {"the same person twice", anna + "\n" + anna, append(open, "--second", "anna"), exitUsage},
		{"two people", anna + "\n" + bert, append(open, "--second", "bert"), exitClean},
		{"a mode that does not exist", anna, append(open, "--mode", "off"), exitUsage},
	} {
		if code, _, errs := run(c.stdin, c.args...); code != c.want {
			t.Errorf("%s: exit %d: %s", c.name, code, errs)
		}
	}
	if _, out, _ := run("", "status"); !strings.Contains(out, "monitor for all") {
		t.Errorf("status: %s", out)
	}
	if code, _, _ := run(anna, "end", "--as", "anna"); code != exitClean {
		t.Error("it cannot be ended")
	}
	if _, out, _ := run("", "status"); out != "the glass is whole" {
		t.Errorf("ended: %s", out)
	}
}

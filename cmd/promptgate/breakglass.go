package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/glass"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

func breakGlassVerb() verb {
	return verb{
		name: "break-glass", args: "[status | end | code NAME]", short: "in an emergency, let messages pass for a while",
		long: `Without an argument breaks the glass: for --for, messages of --scope are recorded and
none is stopped (--mode monitor), or connections to providers are passed on unread
(--mode tunnel). Codes are read from stdin, a line each: that of --as and, where the
settings want a second person, that of --second. The running proxy follows within a
second, also after a restart, says so in the log, in metrics and in the audit log, and
ends it by itself. code makes NAME a code, which is shown once.`,
		examples: [3]string{
			"promptgate break-glass code anna",
			"promptgate break-glass --mode monitor --for 30m --scope all --reason 'false alarms since 14:00' --as anna",
			"promptgate break-glass end --as anna",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			mode := f.text("mode", "monitor|tunnel", "", "what happens")
			for_ := f.text("for", "TIME", "30m", "how long, at most 24h")
			scope := f.list("scope", "WHO", "all, group:NAME or user:NAME; may be given several times")
			reason := f.text("reason", "TEXT", "", "why; the auditor reads it")
			as := f.text("as", "NAME", "", "who breaks the glass")
			second := f.text("second", "NAME", "", "who agrees")
			return func(_ context.Context, p *program, args []string) error {
				t := glassTask{p: p}
				if err := t.open(s); err != nil {
					return err
				}
				switch {
				case len(args) == 2 && args[0] == "code":
					return t.code(args[1])
				case len(args) == 1 && args[0] == "status":
					return t.status()
				case len(args) == 1 && args[0] == "end":
					return t.end(*as)
				case len(args) > 0:
					return unknown("break-glass verb", args[0], []string{"status", "end", "code"})
				}
				d, err := time.ParseDuration(*for_)
				if err != nil {
					return usagef("--for wants a time such as 30m")
				}
				now := time.Now().UTC()
				return t.breakIt(glass.Grant{ID: inspect.NewID(now), Mode: glass.Mode(*mode), Scope: *scope, Reason: *reason, By: *as, Second: *second,
					Opened: now, Until: now.Add(d)})
			}
		},
	}
}

// A glassTask is one run of the verb. It needs the state directory and nothing else.
type glassTask struct {
	p      *program
	state  string
	key    []byte
	second bool // the settings want a second person
	codes  *glass.Codes
	pol    *policy.Policy // nil when it does not load; the proxy then decides what is allowed
	in     *bufio.Scanner
}

func (t *glassTask) open(s settings) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	if t.state, err = openState(c, t.p.getenv); err != nil {
		return err
	}
	if t.key, err = evidenceKey(t.state); err != nil {
		return err
	}
	t.second, t.in = c.BreakGlass.SecondPerson, bufio.NewScanner(t.p.stdin)
	if catalogue, err := loadCatalogue(c.RulesDir); err == nil {
		t.pol, _ = loadPolicy(c.RulesDir, c.Profile, catalogue)
	}
	t.codes, err = glass.OpenCodes(t.state, t.key)
	return err
}

// known asks for somebody's code.
func (t *glassTask) known(name string) error {
	if name == "" {
		return usagef("say who you are: --as NAME, with your code on stdin")
	}
	if !t.in.Scan() || !t.codes.Check(name, t.in.Text()) {
		return fmt.Errorf("this is not the code of %s\nwho may break the glass gets one by: promptgate break-glass code NAME", name)
	}
	return nil
}

func (t *glassTask) breakIt(g glass.Grant) error {
	if err := g.Check(); err != nil {
		return usagef("%v", err)
	}
	if t.pol != nil && !slices.Contains(t.pol.BreakGlass(), string(g.Mode)) {
		return fmt.Errorf("the policy %s does not allow %s in an emergency: break_glass lists what it allows", t.pol.Profile(), g.Mode)
	}
	if err := t.known(g.By); err != nil {
		return err
	}
	switch {
	case g.Second == "" && t.second:
		return usagef("a second person must agree: --second NAME, with their code as the second line on stdin")
	case g.Second != "" && g.Second == g.By:
		return usagef("the second person is another one")
	case g.Second != "":
		if err := t.known(g.Second); err != nil {
			return err
		}
	}
	if err := glass.Write(t.state, t.key, g); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.p.stdout, "%s: %s for %s until %s\nThe running proxy follows within a second. promptgate break-glass end --as NAME ends it.\n", g.ID, g.Mode, strings.Join(g.Scope, ", "), g.Until.Format(time.RFC3339))
	return err
}

func (t *glassTask) status() error {
	g, err := glass.Read(t.state, t.key)
	if err != nil {
		return err
	}
	if g == nil || !time.Now().Before(g.Until) {
		_, err := fmt.Fprintln(t.p.stdout, "the glass is whole")
		return err
	}
	_, err = fmt.Fprintf(t.p.stdout, "%s: %s for %s until %s, by %s: %s\n", g.ID, g.Mode, strings.Join(g.Scope, ", "), g.Until.Format(time.RFC3339), g.By, g.Reason)
	return err
}

func (t *glassTask) end(as string) error {
	if err := t.known(as); err != nil {
		return err
	}
	if err := glass.End(t.state); err != nil {
		return err
	}
	_, err := fmt.Fprintln(t.p.stdout, "the glass is whole")
	return err
}

func (t *glassTask) code(name string) error {
	code, err := t.codes.Make(name)
	if err != nil {
		return usagef("%v", err)
	}
	_, err = fmt.Fprintln(t.p.stdout, code)
	return err
}

// alarmEvery is how often the log says that the glass is broken.
const alarmEvery = time.Minute

// watchGlass follows the emergency exit until ctx ends: each grant and each end is
// one record of the audit log, and an alarm while it lasts.
func (g *gate) watchGlass(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var alarmed time.Time
	for {
		g.lookAtGlass(&alarmed)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (g *gate) lookAtGlass(alarmed *time.Time) {
	now := time.Now()
	grant, err := glass.Read(g.state, g.key)
	if err != nil {
		if now.Sub(*alarmed) >= alarmEvery {
			*alarmed = now
			g.log.Error("break-glass has no effect", "error.message", err.Error())
		}
		grant = nil
	}
	if grant != nil && (!now.Before(grant.Until) || !slices.Contains(g.rules().Policy.BreakGlass(), string(grant.Mode))) {
		grant = nil
	}
	before := g.glass.Load()
	switch {
	case before != nil && (grant == nil || grant.ID != before.ID):
		g.glass.Store(grant)
		g.recordGlass("end", before, now)
		g.log.Warn("break-glass has ended", telemetry.BreakGlass, before.ID)
	case before == nil && grant != nil:
		g.glass.Store(grant)
	}
	if grant == nil {
		return
	}
	if before == nil || before.ID != grant.ID {
		g.glass.Store(grant)
		g.recordGlass("open", grant, now)
		*alarmed = time.Time{}
	}
	if now.Sub(*alarmed) >= alarmEvery {
		*alarmed = now
		g.log.Error("break-glass: the policy is not enforced", telemetry.BreakGlass, grant.ID, "dlp.break_glass.mode", string(grant.Mode),
			"dlp.break_glass.scope", grant.Scope, "dlp.break_glass.until", grant.Until)
	}
}

// recordGlass writes an opening or an end into the audit log.
func (g *gate) recordGlass(what string, x *glass.Grant, now time.Time) {
	e := audit.Event{
		Name: audit.BreakGlass, Time: now.UTC(), Action: what, Verdict: string(x.Mode), Incident: x.ID, Alert: true, BreakGlass: x.ID, Reason: x.Reason,
		Note:    fmt.Sprintf("for %s, by %s and %s, until %s", strings.Join(x.Scope, ", "), x.By, orNone(x.Second), x.Until.Format(time.RFC3339)),
		Profile: g.rules().Policy.Profile(), Policy: g.rules().Policy.Revision(), Complete: true,
	}
	if _, durable, err := g.audit.Append(e); err == nil {
		err = <-durable
		if err == nil {
			return
		}
	}
	g.log.Error("break-glass is not in the audit log", telemetry.BreakGlass, x.ID)
}

// emergency is the number of the grant under which somebody's messages are only
// recorded, or "".
func (g *gate) emergency(p identity.Principal) string {
	if x := g.glass.Load(); x != nil && x.Mode == glass.Monitor && x.Holds(p, time.Now()) {
		return x.ID
	}
	return ""
}

// screen is what the policy says of a connection, but for an emergency.
func (g *gate) screen(c policy.Conn) policy.Route {
	r := g.rules().Policy.Screen(c)
	if x := g.glass.Load(); r.Action == policy.Inspect && x != nil && x.Mode == glass.Tunnel && x.Holds(c.Principal, time.Now()) {
		return policy.Route{Action: policy.Tunnel, Rule: "break_glass", Reason: x.ID, Count: true, Exempt: true}
	}
	return r
}

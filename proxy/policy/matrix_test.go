package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

// A cell is what a profile makes of a row: the summary word, and the gate that
// the rules ask for where the enforced one is the next stricter that exists.
type cell struct {
	action   string
	intended policy.Gate
	alert    bool
}

func allowed() cell  { return cell{action: "allow", intended: policy.Allow} }
func logged() cell   { return cell{action: "log", intended: policy.Log} }
func redacted() cell { return cell{action: "redact", intended: policy.Log} }
func flagged() cell  { return cell{action: "log", intended: policy.Log, alert: true} }
func stopped(g policy.Gate) cell {
	return cell{action: g.Enforced().String(), intended: g}
}

// A row is a message of which each profile has something to say.
type row struct {
	name       string // of the matrix
	messages   []policy.Message
	l1, l2, l3 cell
}

// found is a message with n different findings of each type.
func found(level detectors.Confidence, n int, types ...detectors.InfoType) policy.Message {
	var m policy.Message
	for _, t := range types {
		for i := range n {
			f := policy.Finding{Role: content.RoleUser, Finding: detectors.Finding{Type: t, Confidence: level}}
			f.Digest = detectors.Digest{1, byte(i), byte(i >> 8)}
			copy(f.Digest[4:], t)
			m.Findings = append(m.Findings, f)
		}
		m.Totals = append(m.Totals, policy.Total{Type: t, Level: level, Count: n, Distinct: n})
	}
	return m
}

// each is one message per info type of the groups, with one certain finding.
func each(t *testing.T, c *rules.Catalogue, n int, keep func(rules.InfoType) bool) []policy.Message {
	t.Helper()
	var out []policy.Message
	for _, it := range c.InfoTypes() {
		if keep(it) {
			out = append(out, found(detectors.High, n, detectors.InfoType(it.Name)))
		}
	}
	if len(out) == 0 {
		t.Fatal("no info type fits a row of the matrix")
	}
	return out
}

func groups(names ...string) func(rules.InfoType) bool {
	return func(t rules.InfoType) bool { return slices.Contains(names, t.Group) }
}

func and(a, b func(rules.InfoType) bool) func(rules.InfoType) bool {
	return func(t rules.InfoType) bool { return a(t) && b(t) }
}

func severity(names ...string) func(rules.InfoType) bool {
	return func(t rules.InfoType) bool { return slices.Contains(names, t.Severity) }
}

// gaps is one message per cause.
func gaps(d policy.Direction, causes ...detectors.Cause) []policy.Message {
	var out []policy.Message
	for _, c := range causes {
		out = append(out, policy.Message{Direction: d, Gaps: []detectors.Gap{{Cause: c}}})
	}
	return out
}

func withGap(m policy.Message, c detectors.Cause) policy.Message {
	m.Gaps = append(slices.Clone(m.Gaps), detectors.Gap{Cause: c})
	return m
}

// using is a message with one setting.
func using(fact string) []policy.Message {
	name, value, _ := strings.Cut(fact, "=")
	return []policy.Message{{App: "chatgpt_web", Activity: "chat", Facts: []content.Fact{{Name: name, Value: value}}}}
}

// matrix is the default policy at three strengths, row by row.
func matrix(t *testing.T) []row {
	c := catalogue(t)
	people := []detectors.InfoType{"pii.person_name", "pii.postal_address"}
	unread := []detectors.Cause{"oversize", "spool_full", "timeout", "work_budget", "too_many_findings", "decode_error",
		"unsupported_encoding", "tokens_as_numbers", "engine_error", "overload"}
	return []row{
		{"secret", each(t, c, 1, groups("secret")), redacted(), redacted(), stopped(policy.Block)},
		{"secret: private key or live cloud key", each(t, c, 1, groups("private_key", "cloud_key")), redacted(), stopped(policy.Block), stopped(policy.Block)},
		{"card or bank account", each(t, c, 1, and(groups("card", "bank_account"), severity("high"))), logged(), redacted(), stopped(policy.Block)},
		{"card or bank account: track data, PIN block", each(t, c, 1, groups("track_data", "pin_block")), logged(), stopped(policy.Block), stopped(policy.Block)},
		{"card or bank account: ≥ 10 distinct cards", []policy.Message{found(detectors.High, 10, "pci.payment_card")}, logged(), stopped(policy.Block), stopped(policy.Block)},
		{"card or bank account: 9 distinct cards", []policy.Message{found(detectors.High, 9, "pci.payment_card")}, logged(), redacted(), stopped(policy.Block)},
		{"national identifier", each(t, c, 9, and(groups("national_id"), severity("medium", "high"))), logged(), redacted(), redacted()},
		{"national identifier: ≥ 10 persons", each(t, c, 10, and(groups("national_id"), severity("medium", "high"))), logged(), stopped(policy.Block), stopped(policy.Block)},
		{"lone e-mail, phone, IP, business contact", each(t, c, 1, groups("contact", "person", "device")), logged(), logged(), redacted()},
		{"names or addresses in bulk (≥ 10 persons)", []policy.Message{found(detectors.High, 10, people[0]), found(detectors.High, 10, people[1]), found(detectors.High, 10, people...)},
			logged(), redacted(), stopped(policy.Block)},
		{"names or addresses in bulk: 9 persons", []policy.Message{found(detectors.High, 9, people...)}, logged(), logged(), redacted()},
		{"PHI (identifier and clinical context)", []policy.Message{
			found(detectors.Medium, 1, "phi.patient_health", "pii.person_name"), found(detectors.High, 1, "phi.patient_health", "pii.us_ssn"),
			found(detectors.High, 1, "phi.medical_record_number", "phi.diagnosis_code"), found(detectors.Medium, 1, "phi.diagnosis_code", "pii.email"),
		}, logged(), redacted(), stopped(policy.Block)},
		{"code without ownership signal", []policy.Message{found(detectors.High, 1, "source_code.snippet")}, allowed(), logged(), stopped(policy.Coach)},
		{"code without ownership signal: below 15 lines", []policy.Message{found(detectors.Medium, 1, "source_code.snippet")}, allowed(), logged(), logged()},
		{"proprietary code", []policy.Message{found(detectors.High, 1, "source_code.proprietary")}, logged(), stopped(policy.Justify), stopped(policy.Approve)},
		{"marked, labelled or fingerprinted document", each(t, c, 1, groups("marking")), logged(), stopped(policy.Approve), stopped(policy.Block)},
		{"confidential by two signals", each(t, c, 1, groups("two_signal")), logged(), stopped(policy.Coach), stopped(policy.Approve)},
		{"gap: opaque_provider_blob, reference, unknown_endpoint", gaps(policy.Request, "opaque_provider_blob", "reference", "unknown_endpoint"), allowed(), allowed(), allowed()},
		{"gap: image, audio, websocket_uninspected", gaps(policy.Request, "image", "audio", "websocket_uninspected"), flagged(), flagged(), stopped(policy.Block)},
		{"gap: encrypted_file, unknown_format, parser_crash, decode_bomb", gaps(policy.Request, "encrypted_file", "unknown_format", "parser_crash", "decode_bomb"),
			flagged(), stopped(policy.Block), stopped(policy.Block)},
		{"gap: oversize and the like, in requests", gaps(policy.Request, unread...), flagged(), stopped(policy.Block), stopped(policy.Block)},
		{"gap: oversize and the like, in answers", gaps(policy.Response, unread...), flagged(), flagged(), stopped(policy.Block)},
		{"gap: not_rewritable when an edit was due", []policy.Message{withGap(found(detectors.Medium, 1, "secret.password"), "not_rewritable")},
			stopped(policy.Block), stopped(policy.Block), stopped(policy.Block)},
		{"gap: not_rewritable when none was due", gaps(policy.Request, "not_rewritable"), allowed(), allowed(), allowed()},
		{"gap: identity_unavailable, policy_stale", gaps(policy.Request, "identity_unavailable", "policy_stale"), flagged(), flagged(), stopped(policy.Block)},
		{"gap: audit_unwritable", gaps(policy.Request, "audit_unwritable"), flagged(), stopped(policy.Block), stopped(policy.Block)},
		{"gap: upstream_error", gaps(policy.Request, "upstream_error"), allowed(), allowed(), allowed()},
		{"gap: tunnel_unsniffable", gaps(policy.Request, "tunnel_unsniffable"), stopped(policy.Block), stopped(policy.Block), stopped(policy.Block)},
		{"GPT not on the allow-list", using("gizmo=g-abc"), logged(), stopped(policy.Block), stopped(policy.Block)},
		{"app or tool not enabled", slices.Concat(using("connector=connector_x"), using("tool=mcp"), using("agent=true"), using("tool=unheard_of")), logged(), stopped(policy.Block), stopped(policy.Block)},
		{"app or tool not enabled, by its endpoint", []policy.Message{{App: "chatgpt_web", Activity: "agent", Endpoint: "chatgpt.connectors"}, {App: "openai_api", Activity: "agent", Endpoint: "openai.agents"}},
			logged(), stopped(policy.Block), stopped(policy.Block)},
		{"work on a repository in the cloud", []policy.Message{{App: "codex", Activity: "agent", Endpoint: "codex.tasks"}}, allowed(), allowed(), stopped(policy.Block)},
		{"app or tool enabled", slices.Concat(using("tool=function"), using("hint=canvas"), using("tool=code_interpreter"), using("attachment=application/pdf")), allowed(), allowed(), allowed()},
		{"anonymous workspace", []policy.Message{{App: "chatgpt_web", Activity: "chat", Tenant: policy.Tenant{Anonymous: true}}}, stopped(policy.Coach), stopped(policy.Block), stopped(policy.Block)},
		{"low is only counted", []policy.Message{found(detectors.Low, 50, "secret.password", "pci.payment_card", "source_code.proprietary", "confidential.marking")}, allowed(), allowed(), allowed()},
		{"nothing", []policy.Message{{}}, allowed(), allowed(), allowed()},
	}
}

func TestProfilesFollowTheMatrixCellByCell(t *testing.T) {
	profiles := []*policy.Policy{shipped(t, "l1"), shipped(t, "l2"), shipped(t, "l3")}
	for _, r := range matrix(t) {
		for i, want := range []cell{r.l1, r.l2, r.l3} {
			for _, m := range r.messages {
				d := profiles[i].Decide(m)
				if got := (cell{d.Summary(), d.Intended, d.Alert}); got != want {
					t.Errorf("%s of %s (%s): %+v by %s, want %+v", profiles[i].Profile(), r.name, about(m), got, d.Rule, want)
				}
				if (len(m.Gaps) > 0 || d.Gate > policy.Allow) && (d.Rule == "" || len(d.Controls) == 0) {
					t.Errorf("%s of %s (%s): rule %q with controls %v", profiles[i].Profile(), r.name, about(m), d.Rule, d.Controls)
				}
				if d.Gate >= policy.Coach && (d.Reason == "" || d.Guidance == "" && d.Rule != "gap.tunnel") {
					t.Errorf("%s of %s (%s): %s says nothing to the person", profiles[i].Profile(), r.name, about(m), d.Rule)
				}
				if want.alert && !slices.Equal(d.Flagged, []detectors.Cause{m.Gaps[0].Cause}) {
					t.Errorf("%s of %s (%s): flagged %v", profiles[i].Profile(), r.name, about(m), d.Flagged)
				}
			}
		}
	}
}

func about(m policy.Message) string {
	s := ""
	for _, t := range m.Totals {
		s += fmt.Sprintf("%d×%s %s ", t.Count, t.Type, t.Level)
	}
	for _, g := range m.Gaps {
		s += string(g.Cause) + " "
	}
	return s
}

// Every cause of the table stands in a row above, and so does every category.
func TestMatrixIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range matrix(t) {
		for _, m := range r.messages {
			for _, g := range m.Gaps {
				seen[string(g.Cause)] = true
			}
			for _, total := range m.Totals {
				seen[total.Type.Category()] = true
			}
		}
	}
	for _, c := range detectors.Causes() {
		if !seen[string(c)] {
			t.Errorf("cause %s is in no row", c)
		}
	}
	for _, c := range rules.Categories() {
		if !seen[c] {
			t.Errorf("category %s is in no row", c)
		}
	}
}

func TestConnectionsFollowTheMatrix(t *testing.T) {
	type answer struct {
		action policy.Action
		count  bool
	}
	refuse, inspect := answer{policy.Refuse, false}, answer{policy.Inspect, false}
	tunnel, deny := answer{policy.Tunnel, true}, answer{policy.Refuse, true}
	for _, r := range []struct {
		name       string
		conn       policy.Conn
		l1, l2, l3 answer
	}{
		{"tunnel_unsniffable", policy.Conn{Class: policy.HostOther, Port: 443, Unsniffable: true}, refuse, refuse, refuse},
		{"hosts of OpenAI, known or not", policy.Conn{Class: policy.HostInspect, Port: 443}, inspect, inspect, inspect},
		{"hosts that cannot be opened", policy.Conn{Class: policy.HostRefuse, Port: 443}, refuse, refuse, refuse},
		{"hosts that carry no text", policy.Conn{Class: policy.HostPass, Port: 443}, tunnel, tunnel, tunnel},
		{"other AI assistants", policy.Conn{Class: policy.HostOtherAI, Port: 443}, tunnel, tunnel, deny},
		{"other public hosts", policy.Conn{Class: policy.HostOther, Port: 443}, tunnel, tunnel, deny},
		{"other public hosts, any port", policy.Conn{Class: policy.HostOther, Port: 8022}, tunnel, tunnel, deny},
		{"other public hosts, plain http", policy.Conn{Class: policy.HostOther, Port: 80}, tunnel, tunnel, deny},
		{"private addresses", policy.Conn{Class: policy.HostOther, Private: true}, refuse, refuse, refuse},
		{"private addresses behind a provider's name", policy.Conn{Class: policy.HostInspect, Private: true}, refuse, refuse, refuse},
		{"private and unsniffable", policy.Conn{Class: policy.HostOther, Private: true, Unsniffable: true}, deny, deny, deny},
		{"analytics of third parties", policy.Conn{Class: policy.HostTelemetry, Port: 443}, tunnel, tunnel, deny},
		{"analytics of third parties at a private address", policy.Conn{Class: policy.HostTelemetry, Port: 443, Private: true}, refuse, refuse, refuse},
		{"a class that does not exist", policy.Conn{Class: 99}, deny, deny, deny},
	} {
		for i, want := range []answer{r.l1, r.l2, r.l3} {
			p := shipped(t, []string{"l1", "l2", "l3"}[i])
			got := p.Screen(r.conn)
			if (answer{got.Action, got.Count}) != want || got.Rule == "" {
				t.Errorf("%s of %s: %s, count %t by %q", p.Profile(), r.name, got.Action, got.Count, got.Rule)
			}
			if got.Action == policy.Refuse && got.Reason == "" {
				t.Errorf("%s of %s: refused without a reason", p.Profile(), r.name)
			}
		}
	}
}

// A personal account's first prompt must not be stopped while no list says whose
// workspaces are the company's.
func TestFirstPromptOfAPersonalAccountGoesThrough(t *testing.T) {
	for _, name := range []string{"l1", "l2", "l3"} {
		p := shipped(t, name)
		m := policy.Message{App: "chatgpt_web", Activity: "chat", Endpoint: "chatgpt.conversation", Tenant: policy.Tenant{Account: true}}
		m.Facts = []content.Fact{{Name: "model", Value: "auto"}, {Name: "mode", Value: "primary_assistant"}, {Name: "search", Value: "false"}, {Name: "hint", Value: "reason"}}
		if d := p.Decide(m); d.Gate != policy.Allow || d.Intended != policy.Allow || d.Note == "" && d.Rule == "tenant.unchecked" {
			t.Errorf("%s: %s, intended %s by %s, note %q", name, d.Gate, d.Intended, d.Rule, d.Note)
		}
	}
}

package policy

// A reminder is a sentence of the organisation, added to API requests so that
// the model knows it too. Nothing is ever added to what a person typed into a
// web page; of custom instructions that an account saves it is only said whether
// the sentence stands in them.
type reminder struct {
	id    string
	scope scope
	role  string
	text  string
}

// ObligationReminder is the kind of an [Obligation] to add a message for the
// model: Role says as whose, Value what it says.
const ObligationReminder = "reminder"

// ObligationCheck is the kind of an [Obligation] to say whether Value stands in
// the custom instructions of an account. Nothing is changed.
const ObligationCheck = "reminder_check"

// activityInstructions is the activity of saving custom instructions.
const activityInstructions = "instructions"

// maxReminder bounds a reminder: it is paid for with every request.
const maxReminder = 2000

func (s *survey) obligations() (out []Obligation) {
	for i := range s.p.reminders {
		r := &s.p.reminders[i]
		if s.m.Direction != Request || !r.scope.holds(s) {
			continue
		}
		switch {
		case !s.m.Tenant.Account:
			out = append(out, Obligation{Kind: ObligationReminder, Role: r.role, Value: r.text})
		case s.m.Activity == activityInstructions:
			out = append(out, Obligation{Kind: ObligationCheck, Value: r.text})
		}
	}
	return out
}

// reminders reads the [[reminder]] tables.
func (l *loader) reminders() {
	for _, x := range merge(l, "reminder", func(f *fileEntry) []reminderEntry { return f.Reminders }, func(e *reminderEntry) string { return e.ID }) {
		l.doc = x.doc
		l.id("reminder", x.path, x.e.ID)
		r := reminder{id: x.e.ID, scope: l.scope(x.path+".when", &x.e.When), role: x.e.Role, text: x.e.Text}
		if r.scope.empty {
			l.bad(x.path+".when", `no condition: say to which requests it is added, app = ["openai_api"]`)
		}
		if r.role != "developer" && r.role != "system" {
			l.bad(x.path+".role", `a reminder speaks as "developer" or "system"`)
		}
		if n := len(r.text); n == 0 || n > maxReminder {
			l.bad(x.path+".text", "a reminder has from 1 to %d bytes", maxReminder)
		}
		l.p.reminders = append(l.p.reminders, r)
	}
}

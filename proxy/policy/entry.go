package policy

import "time"

// fileEntry is a policy file.
type fileEntry struct {
	Format      int                 `toml:"format"` // of the language; 0 means [Format]
	Title       string              `toml:"title"`
	Description string              `toml:"description"`
	Include     []string            `toml:"include"` // files laid under this one
	Monitor     bool                `toml:"monitor"` // no rule acts; each is recorded
	Retired     []string            `toml:"retired"` // ids that may not be used again
	Sets        map[string][]string `toml:"sets"`    // "@name" in a list stands for them
	Tenants     tenantsEntry        `toml:"tenants"`
	Telemetry   string              `toml:"third_party_telemetry"`
	BreakGlass  []string            `toml:"break_glass"` // modes allowed in an emergency; default both
	LocalTools  []string            `toml:"local_tools"` // in whose arguments tokens are restored; patterns

	Rules       []ruleEntry       `toml:"rule"`
	Exceptions  []exceptionEntry  `toml:"exception"`
	Overlays    []overlayEntry    `toml:"overlay"`
	Exempt      []exemptEntry     `toml:"exempt"`
	Stricter    []stricterEntry   `toml:"stricter"`
	Apps        []appEntry        `toml:"app"`
	Features    []featureEntry    `toml:"feature"`
	GPTs        []gptEntry        `toml:"gpt"`
	Reminders   []reminderEntry   `toml:"reminder"`
	Connections []connectionEntry `toml:"connection"`
	Tests       []testEntry       `toml:"test"`
}

// Format is the version of the policy language that this program reads.
const Format = 1

// ruleEntry is a [[rule]].
type ruleEntry struct {
	ID       string    `toml:"id"`
	Aliases  []string  `toml:"aliases"` // what the rule was called before
	When     whenEntry `toml:"when"`
	Gate     string    `toml:"gate"`    // default: log when there is a redact
	Redact   any       `toml:"redact"`  // operator on each finding the rule takes, or a table of them by info type
	Monitor  bool      `toml:"monitor"` // the rule does not act, and is recorded
	Alert    bool      `toml:"alert"`   // with log: the answer "flag"
	Reason   string    `toml:"reason"`  // to the person, without any value
	Guidance string    `toml:"guidance"`
	Controls []string  `toml:"controls"` // what it is evidence for: "CIS-3.2", "NIST-PL-4", "SOC2-CC6.1"
	Owner    []string  `toml:"owner"`    // who answers for it
	Source   string    `toml:"source"`   // what asks for the rule
	Note     string    `toml:"note"`     // for evidence: what the rule is to become
}

// whenEntry are the conditions of a rule: its own, and branches of them.
type whenEntry struct {
	clauseEntry
	Any []clauseEntry `toml:"any"` // one of them
	All []clauseEntry `toml:"all"` // each of them, with findings of its own
}

// clauseEntry are conditions that must hold together; of a list, one element.
type clauseEntry struct {
	filterEntry
	scopeEntry
	With     []string  `toml:"with"`
	Count    int       `toml:"count"`
	Distinct int       `toml:"distinct"`
	Persons  int       `toml:"persons"`
	Daily    int       `toml:"daily"` // different values on this day, this message included
	Sum      *sumEntry `toml:"sum"`

	Gap     []string    `toml:"gap"`
	EditDue bool        `toml:"edit_due"`
	None    []noneEntry `toml:"none"` // none of them
}

// filterEntry are conditions on one finding.
type filterEntry struct {
	Category    []string `toml:"category"`
	InfoType    []string `toml:"info_type"`
	Group       []string `toml:"group"`
	Confidence  string   `toml:"confidence"`
	Severity    string   `toml:"severity"`
	Role        []string `toml:"role"`
	Evidence    []string `toml:"evidence"`
	Label       []string `toml:"label"`       // evidence label:…
	Fingerprint []string `toml:"fingerprint"` // evidence fingerprint:…
	Ownership   []string `toml:"ownership"`   // evidence owner:…
}

// scopeEntry are conditions on who, where, when and what kind.
type scopeEntry struct {
	User      []string `toml:"user"`
	UserGroup []string `toml:"user_group"`
	Network   []string `toml:"network"`
	Device    []string `toml:"device"`
	Method    []string `toml:"method"`
	Assurance string   `toml:"assurance"` // at least

	App       []string `toml:"app"`
	Activity  []string `toml:"activity"`
	Endpoint  []string `toml:"endpoint"`
	Direction []string `toml:"direction"`
	Content   []string `toml:"content"`
	Fact      []string `toml:"fact"`

	Tenant       []string `toml:"tenant"`
	Workspace    []string `toml:"workspace"`
	Organization []string `toml:"organization"`
	Project      []string `toml:"project"`

	GPT          []string `toml:"gpt"`
	Feature      []string `toml:"feature"`
	FeatureState []string `toml:"feature_state"`

	Unacknowledged string `toml:"unacknowledged"` // a version of the policy

	Risk *riskEntry    `toml:"risk"` // at least
	Time []windowEntry `toml:"time"`
}

// noneEntry is a negation: of conditions on findings, or of those on the message.
type noneEntry struct {
	filterEntry
	scopeEntry
}

// sumEntry adds up points over different values.
type sumEntry struct {
	AtLeast int            `toml:"at_least"`
	Points  map[string]int `toml:"points"` // by info type
}

type riskEntry struct {
	DataExposure     string `toml:"data_exposure"`
	ExternalServices string `toml:"external_services"`
	Persistence      string `toml:"persistence"`
}

// windowEntry is a stretch of time.
type windowEntry struct {
	Zone           string     `toml:"zone"` // "Europe/Berlin", "+01:00", "UTC"
	Days           []string   `toml:"days"` // "mon" … "sun", by the day on which From stands
	From           string     `toml:"from"` // "08:00"
	To             string     `toml:"to"`   // "18:00", not included
	After          *time.Time `toml:"after"`
	Before         *time.Time `toml:"before"` // not included
	QuarterLast    int        `toml:"last_days_of_quarter"`
	QuarterFirst   int        `toml:"first_days_of_quarter"`
	MonthLast      int        `toml:"last_days_of_month"`
	FiscalYearFrom int        `toml:"fiscal_year_from"` // month in which quarters begin; default January
}

// exceptionEntry lets something through that rules would not.
type exceptionEntry struct {
	ID       string    `toml:"id"`
	Rules    []string  `toml:"rules"`
	When     noneEntry `toml:"when"`
	Reason   string    `toml:"reason"`
	Approved string    `toml:"approved_by"`
	Expires  time.Time `toml:"expires"`
}

// overlayEntry is what is different for some groups.
type overlayEntry struct {
	ID          string      `toml:"id"`
	UserGroup   []string    `toml:"user_group"`
	Mode        string      `toml:"mode"`
	EnforceFrom *time.Time  `toml:"enforce_from"`
	Rules       []ruleEntry `toml:"rule"`
}

// exemptEntry takes groups out of content inspection.
type exemptEntry struct {
	ID        string    `toml:"id"`
	UserGroup []string  `toml:"user_group"`
	Action    string    `toml:"action"` // refuse or tunnel
	Reason    string    `toml:"reason"`
	Approved  string    `toml:"approved_by"`
	Expires   time.Time `toml:"expires"`
}

// stricterEntry moves coach, justify and approve one gate up.
type stricterEntry struct {
	ID     string     `toml:"id"`
	When   scopeEntry `toml:"when"`
	Source string     `toml:"source"`
}

// appEntry is the row of an application in the risk table.
type appEntry struct {
	ID   string    `toml:"id"`
	Risk riskEntry `toml:"risk"`
}

// featureEntry is a tool, connector or mode of the provider.
type featureEntry struct {
	ID            string    `toml:"id"`
	Facts         []string  `toml:"facts"`      // that show its use
	Activities    []string  `toml:"activities"` // that are its use
	Endpoints     []string  `toml:"endpoints"`  // whose requests are its use
	Enabled       bool      `toml:"enabled"`
	Justification string    `toml:"justification"`
	Expires       time.Time `toml:"expires"`
	Risk          riskEntry `toml:"risk"`
}

// gptEntry is a row of the allow-list of GPTs.
type gptEntry struct {
	ID            string    `toml:"id"` // "g-…"
	Name          string    `toml:"name"`
	Justification string    `toml:"justification"`
	Approved      string    `toml:"approved_by"`
	Expires       time.Time `toml:"expires"`
	Risk          riskEntry `toml:"risk"`
}

// tenantsEntry are the customer's own places at the provider.
type tenantsEntry struct {
	Workspaces    []string `toml:"workspaces"`
	Organizations []string `toml:"organizations"`
	Projects      []string `toml:"projects"`
	APIKeys       []string `toml:"api_keys"` // digests, see promptgate policy key
}

// reminderEntry is a sentence that is added to API requests.
type reminderEntry struct {
	ID   string     `toml:"id"`
	When scopeEntry `toml:"when"`
	Role string     `toml:"role"` // developer or system
	Text string     `toml:"text"`
}

// connectionEntry is a [[connection]].
type connectionEntry struct {
	ID       string        `toml:"id"`
	When     connWhenEntry `toml:"when"`
	Action   string        `toml:"action"`
	Count    bool          `toml:"count"`
	Reason   string        `toml:"reason"`
	Controls []string      `toml:"controls"`
	Source   string        `toml:"source"`
	Note     string        `toml:"note"`
}

type connWhenEntry struct {
	Class       []string `toml:"class"`
	Host        []string `toml:"host"`
	Port        []int    `toml:"port"`
	Private     bool     `toml:"private"`
	Unsniffable bool     `toml:"unsniffable"`
	User        []string `toml:"user"`
	UserGroup   []string `toml:"user_group"`
	Network     []string `toml:"network"`
}

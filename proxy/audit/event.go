package audit

import "time"

// Names of events.
const (
	BreakGlass        = "dlp.break_glass" // the emergency exit was opened, or has ended
	MessageDecided    = "dlp.message"     // one message of a client, decided
	ConnectionDecided = "dlp.connection"  // a connection, or a request in one, that was refused unread
)

// SchemaVersion is raised when a key changes its meaning or goes away. New keys
// do not raise it.
const SchemaVersion = 1

// An Event is the evidence of one decision. Its keys are the attribute names of
// package telemetry; it has no field that text of a message could stand in.
// Locators are schema paths with ordinals, facts are identifiers of the protocol.
type Event struct {
	Schema int       `json:"dlp.schema"` // [SchemaVersion]; set by [Log.Append]
	Name   string    `json:"event.name"`
	Time   time.Time `json:"time"` // of the decision, UTC

	Action    string   `json:"dlp.action"`  // what was done: allow, log, redact, coach, justify, approve, block; refuse for connections
	Verdict   string   `json:"dlp.verdict"` // what the policy asked for; differs in monitor mode
	Intended  string   `json:"dlp.intended,omitempty"`
	Mode      string   `json:"dlp.mode,omitempty"`
	Direction string   `json:"dlp.direction,omitempty"`
	Incident  string   `json:"dlp.incident.id"`
	Alert     bool     `json:"dlp.alert,omitempty"`
	Flagged   []string `json:"dlp.flagged,omitempty"` // causes of gaps that raised the alert
	Reason    string   `json:"dlp.reason,omitempty"`  // the policy's sentence
	Note      string   `json:"dlp.note,omitempty"`
	Cause     string   `json:"dlp.refused.cause,omitempty"` // of connections and requests turned away unread
	Rule      string   `json:"security_rule.name,omitempty"`
	RuleIDs   []string `json:"dlp.rule.ids,omitempty"`
	Controls  []string `json:"dlp.control.ids,omitempty"`

	Exceptions   []string `json:"dlp.exception.ids,omitempty"` // that let something through
	Acknowledged []string `json:"dlp.acknowledged,omitempty"`  // rules whose notice the person had acknowledged
	BreakGlass   string   `json:"dlp.break_glass,omitempty"`   // number of the grant under which nothing was stopped
	Stricter     string   `json:"dlp.stricter,omitempty"`      // what moved the gate one step up
	Tenant       string   `json:"dlp.tenant,omitempty"`        // own, consumer, anonymous, foreign; "" when it cannot be told

	Profile string `json:"dlp.policy.id"`
	Policy  string `json:"dlp.policy.digest"`

	FindingCount  int       `json:"dlp.finding.count"`
	FindingTypes  []string  `json:"dlp.finding.types,omitempty"`
	MaxSeverity   string    `json:"dlp.finding.max_severity,omitempty"`
	MaxConfidence float64   `json:"dlp.finding.max_confidence,omitempty"`
	Totals        []Total   `json:"dlp.finding.totals,omitempty"` // over all findings
	Findings      []Finding `json:"dlp.findings,omitempty"`       // at most [MaxFindings]
	Gaps          []Gap     `json:"dlp.gaps,omitempty"`           // at most [MaxGaps]
	GapCauses     []string  `json:"dlp.gap.causes,omitempty"`

	ContentBytes   int64   `json:"dlp.content.bytes"`
	InspectedBytes int64   `json:"dlp.inspected.bytes"`
	Complete       bool    `json:"dlp.inspect.complete"`
	FailMode       string  `json:"dlp.fail_mode,omitempty"` // open or closed, when there are gaps
	InspectMs      float64 `json:"dlp.inspect.duration_ms"`

	App       string `json:"dlp.app,omitempty"`
	Activity  string `json:"dlp.activity,omitempty"`
	Endpoint  string `json:"dlp.endpoint,omitempty"`
	Route     string `json:"url.template,omitempty"`
	Method    string `json:"http.request.method,omitempty"`
	Server    string `json:"server.address,omitempty"`
	HostClass string `json:"dlp.host.class,omitempty"`
	Protocol  string `json:"network.protocol.version,omitempty"`
	Operation string `json:"gen_ai.operation.name,omitempty"`
	Provider  string `json:"gen_ai.provider.name,omitempty"`
	Model     string `json:"gen_ai.request.model,omitempty"`
	Stream    bool   `json:"gen_ai.request.stream,omitempty"`
	Facts     []Fact `json:"dlp.facts,omitempty"` // at most [MaxFacts]

	UserHash      string   `json:"user.hash,omitempty"` // either this, or the three in clear
	UserName      string   `json:"user.name,omitempty"`
	Device        string   `json:"device.id,omitempty"`
	ClientAddress string   `json:"client.address,omitempty"`
	Groups        []string `json:"user.roles,omitempty"`
	Network       string   `json:"dlp.client.network,omitempty"`
	Identity      string   `json:"dlp.identity.method,omitempty"`

	TraceID string `json:"trace_id,omitempty"`
	SpanID  string `json:"span_id,omitempty"`
}

// Bounds of the lists of one event, so that a record stays below 64 KiB.
const (
	MaxFindings = 64
	MaxGaps     = 32
	MaxFacts    = 32
)

// A Finding sums up the findings of one rule in one document.
type Finding struct {
	Type       string   `json:"type"`
	Rule       string   `json:"rule"`
	Locator    string   `json:"locator"`
	Role       string   `json:"role,omitempty"`
	Count      int      `json:"count"`
	Confidence float64  `json:"confidence"`         // the highest of them
	Evidence   []string `json:"evidence,omitempty"` // names from the rule's own vocabulary
	Deciding   bool     `json:"deciding,omitempty"`
}

// A Total counts the findings of one type and level over the whole message.
type Total struct {
	Type     string `json:"type"`
	Level    string `json:"level"`
	Count    int    `json:"count"`
	Distinct int    `json:"distinct"`
}

// A Gap is something that could not be inspected.
type Gap struct {
	Cause   string `json:"cause"`
	Locator string `json:"locator,omitempty"`
	Size    int64  `json:"size,omitempty"` // bytes
}

// A Fact is a setting of the request.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Plain reports whether e says no more than that a message went on untouched.
// Such records may wait up to 50 ms for the disk, all others go at once.
func (e *Event) Plain() bool {
	return e.Action == "allow" && e.FindingCount == 0 && len(e.Gaps) == 0 && !e.Alert
}

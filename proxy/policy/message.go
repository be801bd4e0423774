package policy

import (
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
)

// Direction tells requests from answers.
type Direction uint8

// The directions.
const (
	Request Direction = iota
	Response
)

func (d Direction) String() string {
	if d == Response {
		return "response"
	}
	return "request"
}

// A Message is all a decision may depend on. It is a plain value: no text, no
// clock, no connection.
type Message struct {
	Principal identity.Principal
	App       string // "openai_api", "chatgpt_web", "azure_openai", "codex"
	Activity  string // "chat", "upload", "embed", ... as the endpoint row says
	Endpoint  string // id of the endpoint row; "" when unknown
	Direction Direction
	Tenant    Tenant
	Contents  Contents
	Facts     []content.Fact
	Findings  []Finding // capped; Totals count all
	Totals    []Total
	Spent     []Total // of the sender on this day, this message included; Distinct alone counts
	Gaps      []detectors.Gap
	Time      time.Time

	Emergency    bool     // the glass is broken for the sender: nothing is stopped, where the policy allows that
	Acknowledged []string // rules whose notice the sender has acknowledged for this message
	Versions     []string // of policies that the sender has acknowledged
}

// A Finding is a finding with the document it stands in.
type Finding struct {
	detectors.Finding
	Doc     int
	Locator string
	Role    content.Role
}

// A Total counts the findings of one type and level over the whole message,
// beyond the cap of the list. Distinct counts different values.
type Total struct {
	Type     detectors.InfoType
	Level    detectors.Confidence
	Count    int
	Distinct int
}

// Gate is how much of a message is stopped; the strictest wins.
type Gate uint8

// The gates, loosest first.
const (
	Allow   Gate = iota
	Log          // goes on, recorded
	Coach        // goes on after acknowledgement
	Justify      // goes on with a reason
	Approve      // waits for a second person
	Block        // stopped
)

var gateNames = [...]string{Allow: "allow", Log: "log", Coach: "coach", Justify: "justify", Approve: "approve", Block: "block"}

// String is the name of a gate in policy files.
func (g Gate) String() string {
	if int(g) < len(gateNames) {
		return gateNames[g]
	}
	return gateNames[Block]
}

// exists reports whether the product can carry a gate out today.
func (g Gate) exists() bool { return g <= Coach || g >= Block }

// Enforced is g if the product can carry it out, else the next stricter gate
// that it can.
func (g Gate) Enforced() Gate {
	for !g.exists() {
		g++
	}
	return min(g, Block)
}

// EnforcedIn is what is carried out of g in a message of a direction. Of an answer
// nothing can be asked of a sender: what asks for something is recorded.
func (g Gate) EnforcedIn(d Direction) Gate {
	if d == Response && g > Log && g < Block {
		return Log
	}
	return g.Enforced()
}

// A Redaction replaces the text of one finding. Finding indexes Message.Findings.
type Redaction struct {
	Finding  int
	Operator string // "placeholder", "mask", …: what the policy asks for
}

// An Obligation is something to do to the message beside redaction.
type Obligation struct{ Kind, Role, Value string }

// A Decision is what happens to a message, and why. Its slices are read-only:
// some are shared with the policy.
type Decision struct {
	Gate     Gate // what is enforced
	Intended Gate // the gate the rules asked for, monitor mode aside
	Would    Gate // what would have been enforced without monitor mode: Intended, or the next stricter gate that exists
	Redact   []Redaction
	Due      bool // an edit was due, monitor mode aside
	Add      []Obligation
	Rule     string          // the deciding policy rule, or the exception from the only one; "" when none matched
	Rules    []string        // every policy rule that matched, sorted
	Reason   string          // one sentence, no text from the message
	Guidance string          // what the person can do next
	Controls []string        // sorted, unique
	Deciding []int           // indexes of the findings that decided
	Gap      detectors.Cause // the gap that decided, or ""
	Alert    bool            // the "flag" answer: log plus an alert that names the gaps in Flagged
	Flagged  []detectors.Cause
	Note     string // what the deciding rule would be in a later version, for evidence

	Exceptions []string // that let something through, in file order
	Stricter   string   // what moved coach, justify and approve one gate up, or ""
	Tenancy    Tenancy
	Risk       Risk

	// Of the gate coach: the rules that ask for an acknowledgement, the findings
	// they are about, the version of a policy that it is of; and those that have
	// one already.
	Coaching     []string
	CoachedOn    []int
	Version      string
	Acknowledged []string
}

// Summary is the one word for evidence: the gate from Coach on, else "redact"
// when there are edits, else "log" or "allow".
func (d Decision) Summary() string {
	switch {
	case d.Gate >= Coach:
		return d.Gate.String()
	case len(d.Redact) > 0:
		return "redact"
	}
	return d.Gate.String()
}

// Verdict is the one word for what the rules asked for: Summary as it would
// have been without monitor mode.
func (d Decision) Verdict() string {
	switch {
	case d.Would >= Coach:
		return d.Would.String()
	case d.Due:
		return "redact"
	}
	return d.Would.String()
}

// A Conn is what is known of a connection before its content: the target of a
// CONNECT or of an absolute-form request.
type Conn struct {
	Principal identity.Principal
	Host      string // lower case, no trailing dot, no port
	Port      int
	Class     HostClass
	Time      time.Time
	Private   bool // the address is private, loopback, link-local or metadata and not listed

	Unsniffable bool // the tunnel does not begin with a ClientHello that can be read, and is not listed
}

// HostClass is what the provider catalogue says of a host.
type HostClass uint8

// The classes of hosts.
const (
	HostOther     HostClass = iota // any public host
	HostInspect                    // a provider host whose TLS is opened
	HostPass                       // a provider host that carries no user text: tunnelled
	HostRefuse                     // cannot be re-terminated: pinned apps, the mTLS host
	HostOtherAI                    // another AI assistant, not inspected
	HostTelemetry                  // of a third party, to which a provider's pages send their analytics
)

var classNames = [...]string{HostOther: "other", HostInspect: "inspect", HostPass: "pass", HostRefuse: "refuse", HostOtherAI: "other_ai", HostTelemetry: "telemetry"}

// String is the name of a class in policy files.
func (c HostClass) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Action is what happens to a connection.
type Action uint8

// The actions on connections.
const (
	Refuse Action = iota // the zero value is the safe one
	Tunnel
	Inspect
)

var actionNames = [...]string{Refuse: "refuse", Tunnel: "tunnel", Inspect: "inspect"}

// String is the name of an action in policy files.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "refuse"
}

// A Route answers a Conn. Count asks for a metric by host class.
type Route struct {
	Action Action
	Reason string
	Rule   string
	Count  bool
	Exempt bool // the sender's group is exempt from inspection: a provider's host may be tunnelled
}

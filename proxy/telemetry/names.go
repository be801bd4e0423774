// Package telemetry holds the names, the logger, the tracer and the metrics of
// promptgate.
//
// Facts about decisions go in; logs, spans and time series come out. The names
// below are a contract with dashboards and alerts: documented, stable, additive.
// No function here takes text from a message, and every metric label is one of
// a closed set: anything else becomes "other". Incoming trace headers are
// linked, never continued, so that a client cannot hide a block by its sampling
// flag; nothing is propagated to providers.
package telemetry

// Attribute names of spans, log lines and audit events.
const (
	Action             = "dlp.action"                 // summary word: allow, log, redact, coach, justify, approve, block
	Verdict            = "dlp.verdict"                // what the policy said; differs from action in monitor mode
	Mode               = "dlp.mode"                   // enforce or monitor
	Direction          = "dlp.direction"              // request or response
	FindingTypes       = "dlp.finding.types"          // infoTypes, sorted, at most 32
	FindingCount       = "dlp.finding.count"          //
	FindingSeverity    = "dlp.finding.max_severity"   //
	FindingConfidence  = "dlp.finding.max_confidence" // 0 to 1
	RuleIDs            = "dlp.rule.ids"               // every policy rule that matched
	Rule               = "security_rule.name"         // the deciding one
	PolicyProfile      = "dlp.policy.id"
	PolicyDigest       = "dlp.policy.digest"
	RulesDigest        = "dlp.rules.digest"
	Controls           = "dlp.control.ids"
	Incident           = "dlp.incident.id" // ULID, also shown to the person
	GapCauses          = "dlp.gap.causes"
	ContentBytes       = "dlp.content.bytes"
	InspectedBytes     = "dlp.inspected.bytes"
	InspectComplete    = "dlp.inspect.complete" // false when there are gaps
	InspectDuration    = "dlp.inspect.duration_ms"
	App                = "dlp.app"
	Activity           = "dlp.activity"
	Endpoint           = "dlp.endpoint" // id of the provider row
	UserHash           = "user.hash"
	UserName           = "user.name"
	UserGroups         = "user.roles"
	ClientNetwork      = "dlp.client.network"
	ClientAddress      = "client.address"
	IdentityMethod     = "dlp.identity.method"
	ServerAddress      = "server.address"
	ServerPort         = "server.port"
	RequestMethod      = "http.request.method"
	ResponseStatus     = "http.response.status_code"
	Route              = "url.template" // never the path itself, never a query
	ProtocolVersion    = "network.protocol.version"
	ErrorType          = "error.type"
	HostClass          = "dlp.host.class"
	RefusedCause       = "dlp.refused.cause" // why the proxy turned something away unread
	Reason             = "dlp.reason"
	Component          = "dlp.component"
	DurationMs         = "dlp.duration_ms"
	Sequence           = "dlp.audit.seq" // number of the audit record, without a break
	EventName          = "event.name"
	EventTime          = "time"
	Schema             = "dlp.schema" // version of the audit record's keys
	Intended           = "dlp.intended"
	Alert              = "dlp.alert"   // a gap was let through that somebody should look at
	Flagged            = "dlp.flagged" // causes of the gaps that raised the alert
	Note               = "dlp.note"
	Exceptions         = "dlp.exception.ids"  // of the policy, that let something through
	Acknowledged       = "dlp.acknowledged"   // rules whose notice the person had acknowledged
	Stricter           = "dlp.stricter"       // what moved coach, justify or approve one gate up
	BreakGlass         = "dlp.break_glass"    // number of the grant under which nothing was stopped
	Tenant             = "dlp.tenant"         // own, consumer, anonymous, foreign
	Findings           = "dlp.findings"       // per rule and document, without text
	FindingTotals      = "dlp.finding.totals" // per type and level, over all findings
	Gaps               = "dlp.gaps"
	Facts              = "dlp.facts"     // settings of the request: allow-listed names, identifiers only
	FailMode           = "dlp.fail_mode" // open or closed when there are gaps
	UserDevice         = "device.id"
	TraceID            = "trace_id"
	SpanID             = "span_id"
	ServiceName        = "service.name"
	ServiceVersion     = "service.version"
	GenAIOperation     = "gen_ai.operation.name" // conventions-genai, stability Development; never their content attributes
	GenAIProvider      = "gen_ai.provider.name"
	GenAIRequestModel  = "gen_ai.request.model"
	GenAIRequestStream = "gen_ai.request.stream"
)

// Span names.
const (
	SpanConnect = "proxy.connect"
	SpanRequest = "proxy request"
	SpanInspect = "dlp.inspect"
	SpanAnswer  = "dlp.answer" // of an answer in which something was found, or not read
)

// maxAttribute bounds the length of attribute values, in characters.
const maxAttribute = 256

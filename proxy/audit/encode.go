package audit

import "github.com/promptgate/promptgate/proxy/jsonl"

// appendJSON appends e as encoding/json writes it, byte for byte: the tests
// compare. It is here because reflection took more than half of the time
// of a record. The error is that of a number or a time that JSON does not know.
func (e *Event) appendJSON(b []byte) ([]byte, error) {
	o := object{jsonl.Append(b)}
	o.event(e)
	return o.Bytes()
}

// an object is JSON under way.
type object struct{ jsonl.Object }

func (o *object) event(e *Event) {
	start := o.Begin()
	o.Number(`,"dlp.schema":`, int64(e.Schema))
	o.Text(`,"event.name":`, e.Name)
	o.Time(`,"time":`, e.Time)
	o.Text(`,"dlp.action":`, e.Action)
	o.Text(`,"dlp.verdict":`, e.Verdict)
	o.SomeText(`,"dlp.intended":`, e.Intended)
	o.SomeText(`,"dlp.mode":`, e.Mode)
	o.SomeText(`,"dlp.direction":`, e.Direction)
	o.Text(`,"dlp.incident.id":`, e.Incident)
	o.SomeFlag(`,"dlp.alert":`, e.Alert)
	o.Texts(`,"dlp.flagged":`, e.Flagged)
	o.SomeText(`,"dlp.reason":`, e.Reason)
	o.SomeText(`,"dlp.note":`, e.Note)
	o.SomeText(`,"dlp.refused.cause":`, e.Cause)
	o.SomeText(`,"security_rule.name":`, e.Rule)
	o.Texts(`,"dlp.rule.ids":`, e.RuleIDs)
	o.Texts(`,"dlp.control.ids":`, e.Controls)
	o.Texts(`,"dlp.exception.ids":`, e.Exceptions)
	o.Texts(`,"dlp.acknowledged":`, e.Acknowledged)
	o.SomeText(`,"dlp.break_glass":`, e.BreakGlass)
	o.SomeText(`,"dlp.stricter":`, e.Stricter)
	o.SomeText(`,"dlp.tenant":`, e.Tenant)
	o.Text(`,"dlp.policy.id":`, e.Profile)
	o.Text(`,"dlp.policy.digest":`, e.Policy)
	o.Number(`,"dlp.finding.count":`, int64(e.FindingCount))
	o.Texts(`,"dlp.finding.types":`, e.FindingTypes)
	o.SomeText(`,"dlp.finding.max_severity":`, e.MaxSeverity)
	o.SomeDecimal(`,"dlp.finding.max_confidence":`, e.MaxConfidence)
	jsonl.List(&o.Object, `,"dlp.finding.totals":`, e.Totals, o.total)
	jsonl.List(&o.Object, `,"dlp.findings":`, e.Findings, o.finding)
	jsonl.List(&o.Object, `,"dlp.gaps":`, e.Gaps, o.gap)
	o.Texts(`,"dlp.gap.causes":`, e.GapCauses)
	o.Number(`,"dlp.content.bytes":`, e.ContentBytes)
	o.Number(`,"dlp.inspected.bytes":`, e.InspectedBytes)
	o.Flag(`,"dlp.inspect.complete":`, e.Complete)
	o.SomeText(`,"dlp.fail_mode":`, e.FailMode)
	o.Decimal(`,"dlp.inspect.duration_ms":`, e.InspectMs)
	o.SomeText(`,"dlp.app":`, e.App)
	o.SomeText(`,"dlp.activity":`, e.Activity)
	o.SomeText(`,"dlp.endpoint":`, e.Endpoint)
	o.SomeText(`,"url.template":`, e.Route)
	o.SomeText(`,"http.request.method":`, e.Method)
	o.SomeText(`,"server.address":`, e.Server)
	o.SomeText(`,"dlp.host.class":`, e.HostClass)
	o.SomeText(`,"network.protocol.version":`, e.Protocol)
	o.SomeText(`,"gen_ai.operation.name":`, e.Operation)
	o.SomeText(`,"gen_ai.provider.name":`, e.Provider)
	o.SomeText(`,"gen_ai.request.model":`, e.Model)
	o.SomeFlag(`,"gen_ai.request.stream":`, e.Stream)
	jsonl.List(&o.Object, `,"dlp.facts":`, e.Facts, o.fact)
	o.SomeText(`,"user.hash":`, e.UserHash)
	o.SomeText(`,"user.name":`, e.UserName)
	o.SomeText(`,"device.id":`, e.Device)
	o.SomeText(`,"client.address":`, e.ClientAddress)
	o.Texts(`,"user.roles":`, e.Groups)
	o.SomeText(`,"dlp.client.network":`, e.Network)
	o.SomeText(`,"dlp.identity.method":`, e.Identity)
	o.SomeText(`,"trace_id":`, e.TraceID)
	o.SomeText(`,"span_id":`, e.SpanID)
	o.End(start)
}

func (o *object) finding(f *Finding) {
	start := o.Begin()
	o.Text(`,"type":`, f.Type)
	o.Text(`,"rule":`, f.Rule)
	o.Text(`,"locator":`, f.Locator)
	o.SomeText(`,"role":`, f.Role)
	o.Number(`,"count":`, int64(f.Count))
	o.Decimal(`,"confidence":`, f.Confidence)
	o.Texts(`,"evidence":`, f.Evidence)
	o.SomeFlag(`,"deciding":`, f.Deciding)
	o.End(start)
}

func (o *object) total(t *Total) {
	start := o.Begin()
	o.Text(`,"type":`, t.Type)
	o.Text(`,"level":`, t.Level)
	o.Number(`,"count":`, int64(t.Count))
	o.Number(`,"distinct":`, int64(t.Distinct))
	o.End(start)
}

func (o *object) gap(g *Gap) {
	start := o.Begin()
	o.Text(`,"cause":`, g.Cause)
	o.SomeText(`,"locator":`, g.Locator)
	o.SomeNumber(`,"size":`, g.Size)
	o.End(start)
}

func (o *object) fact(f *Fact) {
	start := o.Begin()
	o.Text(`,"name":`, f.Name)
	o.Text(`,"value":`, f.Value)
	o.End(start)
}

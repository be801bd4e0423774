package audit

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// appendJSON appends e as encoding/json writes it, byte for byte: the tests
// compare. It is here because reflection took more than half of the time
// of a record. The error is that of a number or a time that JSON does not know.
func (e *Event) appendJSON(b []byte) ([]byte, error) {
	o := object{b: b}
	o.event(e)
	return o.b, o.err
}

// an object is JSON under way. A key comes with the comma before it; that of the
// first becomes the brace.
type object struct {
	b   []byte
	err error
}

func (o *object) event(e *Event) {
	start := len(o.b)
	o.number(`,"dlp.schema":`, int64(e.Schema))
	o.text(`,"event.name":`, e.Name)
	o.time(`,"time":`, e.Time)
	o.text(`,"dlp.action":`, e.Action)
	o.text(`,"dlp.verdict":`, e.Verdict)
	o.someText(`,"dlp.intended":`, e.Intended)
	o.someText(`,"dlp.mode":`, e.Mode)
	o.someText(`,"dlp.direction":`, e.Direction)
	o.text(`,"dlp.incident.id":`, e.Incident)
	o.someFlag(`,"dlp.alert":`, e.Alert)
	o.texts(`,"dlp.flagged":`, e.Flagged)
	o.someText(`,"dlp.reason":`, e.Reason)
	o.someText(`,"dlp.note":`, e.Note)
	o.someText(`,"dlp.refused.cause":`, e.Cause)
	o.someText(`,"security_rule.name":`, e.Rule)
	o.texts(`,"dlp.rule.ids":`, e.RuleIDs)
	o.texts(`,"dlp.control.ids":`, e.Controls)
	o.texts(`,"dlp.exception.ids":`, e.Exceptions)
	o.texts(`,"dlp.acknowledged":`, e.Acknowledged)
	o.someText(`,"dlp.break_glass":`, e.BreakGlass)
	o.someText(`,"dlp.stricter":`, e.Stricter)
	o.someText(`,"dlp.tenant":`, e.Tenant)
	o.text(`,"dlp.policy.id":`, e.Profile)
	o.text(`,"dlp.policy.digest":`, e.Policy)
	o.number(`,"dlp.finding.count":`, int64(e.FindingCount))
	o.texts(`,"dlp.finding.types":`, e.FindingTypes)
	o.someText(`,"dlp.finding.max_severity":`, e.MaxSeverity)
	o.someDecimal(`,"dlp.finding.max_confidence":`, e.MaxConfidence)
	list(o, `,"dlp.finding.totals":`, e.Totals, o.total)
	list(o, `,"dlp.findings":`, e.Findings, o.finding)
	list(o, `,"dlp.gaps":`, e.Gaps, o.gap)
	o.texts(`,"dlp.gap.causes":`, e.GapCauses)
	o.number(`,"dlp.content.bytes":`, e.ContentBytes)
	o.number(`,"dlp.inspected.bytes":`, e.InspectedBytes)
	o.flag(`,"dlp.inspect.complete":`, e.Complete)
	o.someText(`,"dlp.fail_mode":`, e.FailMode)
	o.decimal(`,"dlp.inspect.duration_ms":`, e.InspectMs)
	o.someText(`,"dlp.app":`, e.App)
	o.someText(`,"dlp.activity":`, e.Activity)
	o.someText(`,"dlp.endpoint":`, e.Endpoint)
	o.someText(`,"url.template":`, e.Route)
	o.someText(`,"http.request.method":`, e.Method)
	o.someText(`,"server.address":`, e.Server)
	o.someText(`,"dlp.host.class":`, e.HostClass)
	o.someText(`,"network.protocol.version":`, e.Protocol)
	o.someText(`,"gen_ai.operation.name":`, e.Operation)
	o.someText(`,"gen_ai.provider.name":`, e.Provider)
	o.someText(`,"gen_ai.request.model":`, e.Model)
	o.someFlag(`,"gen_ai.request.stream":`, e.Stream)
	list(o, `,"dlp.facts":`, e.Facts, o.fact)
	o.someText(`,"user.hash":`, e.UserHash)
	o.someText(`,"user.name":`, e.UserName)
	o.someText(`,"device.id":`, e.Device)
	o.someText(`,"client.address":`, e.ClientAddress)
	o.texts(`,"user.roles":`, e.Groups)
	o.someText(`,"dlp.client.network":`, e.Network)
	o.someText(`,"dlp.identity.method":`, e.Identity)
	o.someText(`,"trace_id":`, e.TraceID)
	o.someText(`,"span_id":`, e.SpanID)
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

func (o *object) finding(f *Finding) {
	start := len(o.b)
	o.text(`,"type":`, f.Type)
	o.text(`,"rule":`, f.Rule)
	o.text(`,"locator":`, f.Locator)
	o.someText(`,"role":`, f.Role)
	o.number(`,"count":`, int64(f.Count))
	o.decimal(`,"confidence":`, f.Confidence)
	o.texts(`,"evidence":`, f.Evidence)
	o.someFlag(`,"deciding":`, f.Deciding)
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

func (o *object) total(t *Total) {
	start := len(o.b)
	o.text(`,"type":`, t.Type)
	o.text(`,"level":`, t.Level)
	o.number(`,"count":`, int64(t.Count))
	o.number(`,"distinct":`, int64(t.Distinct))
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

func (o *object) gap(g *Gap) {
	start := len(o.b)
	o.text(`,"cause":`, g.Cause)
	o.someText(`,"locator":`, g.Locator)
	o.someNumber(`,"size":`, g.Size)
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

func (o *object) fact(f *Fact) {
	start := len(o.b)
	o.text(`,"name":`, f.Name)
	o.text(`,"value":`, f.Value)
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

// list appends a key with a list of objects, unless that is empty.
func list[T any](o *object, key string, v []T, one func(*T)) {
	if len(v) == 0 {
		return
	}
	o.b = append(append(o.b, key...), '[')
	for i := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		one(&v[i])
	}
	o.b = append(o.b, ']')
}

func (o *object) texts(key string, v []string) {
	for i, s := range v {
		if i == 0 {
			o.b = append(append(o.b, key...), '[')
		} else {
			o.b = append(o.b, ',')
		}
		o.string(s)
	}
	if len(v) > 0 {
		o.b = append(o.b, ']')
	}
}

func (o *object) text(key, v string) {
	o.b = append(o.b, key...)
	o.string(v)
}

func (o *object) someText(key, v string) {
	if v != "" {
		o.text(key, v)
	}
}

func (o *object) flag(key string, v bool) {
	o.b = strconv.AppendBool(append(o.b, key...), v)
}

func (o *object) someFlag(key string, v bool) {
	if v {
		o.flag(key, v)
	}
}

func (o *object) number(key string, v int64) {
	o.b = strconv.AppendInt(append(o.b, key...), v, 10)
}

func (o *object) someNumber(key string, v int64) {
	if v != 0 {
		o.number(key, v)
	}
}

// decimal leaves numbers that want an exponent, or are none, to encoding/json.
func (o *object) decimal(key string, v float64) {
	o.b = append(o.b, key...)
	if abs := math.Abs(v); abs == 0 || abs >= 1e-6 && abs < 1e21 {
		o.b = strconv.AppendFloat(o.b, v, 'f', -1, 64)
		return
	}
	o.marshal(v)
}

func (o *object) someDecimal(key string, v float64) {
	if v != 0 {
		o.decimal(key, v)
	}
}

func (o *object) time(key string, v time.Time) {
	o.b = append(append(o.b, key...), '"')
	b, err := v.AppendText(o.b)
	if err != nil {
		o.err = err
	} else {
		o.b = b
	}
	o.b = append(o.b, '"')
}

// string leaves what has to be escaped to encoding/json.
func (o *object) string(v string) {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			o.marshal(v)
			return
		}
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, v...)
	o.b = append(o.b, '"')
}

func (o *object) marshal(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		o.err = err
	}
	o.b = append(o.b, b...)
}

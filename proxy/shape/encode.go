package shape

import "github.com/promptgate/promptgate/proxy/jsonl"

// appendJSON appends r as encoding/json writes it: the tests compare. The error
// is that of a time that JSON does not know.
func (r *Record) appendJSON(b []byte) ([]byte, error) {
	o := object{jsonl.Append(b)}
	o.record(r)
	return o.Bytes()
}

// an object is JSON under way.
type object struct{ jsonl.Object }

func (o *object) record(r *Record) {
	start := o.Begin()
	o.Text(`,"i":`, r.Incident)
	o.Time(`,"t":`, r.Time)
	o.Text(`,"p":`, r.Person)
	o.SomeText(`,"u":`, r.User)
	o.Texts(`,"g":`, r.Groups)
	o.SomeText(`,"nw":`, r.Network)
	o.SomeText(`,"dv":`, r.Device)
	o.SomeText(`,"m":`, r.Method)
	o.SomeNumber(`,"as":`, int64(r.Assurance))
	o.SomeText(`,"a":`, r.App)
	o.SomeText(`,"ac":`, r.Activity)
	o.SomeText(`,"e":`, r.Endpoint)
	o.SomeNumber(`,"d":`, int64(r.Direction))
	o.SomeNumber(`,"c":`, int64(r.Contents))
	o.SomeFlag(`,"ob":`, r.Observed)
	o.SomeFlag(`,"bg":`, r.Emergency)
	o.SomeText(`,"ws":`, r.Workspace)
	o.SomeText(`,"or":`, r.Organization)
	o.SomeText(`,"pr":`, r.Project)
	o.SomeText(`,"k":`, r.Key)
	o.SomeFlag(`,"an":`, r.Anonymous)
	o.SomeFlag(`,"at":`, r.Account)
	jsonl.List(&o.Object, `,"f":`, r.Facts, o.Pair)
	jsonl.List(&o.Object, `,"fi":`, r.Findings, o.finding)
	jsonl.List(&o.Object, `,"to":`, r.Totals, o.total)
	jsonl.List(&o.Object, `,"sp":`, r.Spent, o.total)
	o.Texts(`,"ga":`, r.Gaps)
	o.Texts(`,"ak":`, r.Acknowledged)
	o.Texts(`,"v":`, r.Versions)
	o.Key(`,"x":`)
	o.decided(&r.Decided)
	o.End(start)
}

func (o *object) finding(f *Finding) {
	start := o.Begin()
	o.Text(`,"t":`, f.Type)
	o.SomeText(`,"r":`, f.Rule)
	o.Number(`,"c":`, int64(f.Confidence))
	o.SomeText(`,"o":`, f.Role)
	o.Texts(`,"e":`, f.Evidence)
	o.Numbers(`,"v":`, f.Values)
	o.End(start)
}

func (o *object) total(t *Total) {
	start := o.Begin()
	o.Text(`,"t":`, t.Type)
	o.Number(`,"l":`, int64(t.Level))
	o.SomeNumber(`,"n":`, int64(t.Count))
	o.Number(`,"d":`, int64(t.Distinct))
	o.End(start)
}

func (o *object) decided(d *Decided) {
	start := o.Begin()
	o.Text(`,"p":`, d.Profile)
	o.Text(`,"v":`, d.Revision)
	o.Text(`,"a":`, d.Action)
	o.Text(`,"w":`, d.Verdict)
	o.Text(`,"i":`, d.Intended)
	o.SomeText(`,"r":`, d.Rule)
	o.Texts(`,"m":`, d.Rules)
	o.SomeNumber(`,"e":`, int64(d.Redacted))
	o.SomeText(`,"g":`, d.Gap)
	o.End(start)
}

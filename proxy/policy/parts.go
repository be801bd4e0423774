package policy

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// A Part is one entry of a policy as it was written: a rule, an exception, a row.
type Part struct {
	Kind   string // "rule", "exception", "overlay", "gpt", …
	ID     string
	File   string
	Line   int
	Values map[string]string // by key: "when.distinct" → "10"
}

// Name is "rule card.bulk".
func (p Part) Name() string { return strings.TrimSpace(p.Kind + " " + p.ID) }

// Parts are all entries that are in force, in the order of kinds and of files.
// Tests are not among them.
func (p *Policy) Parts() []Part { return p.parts }

// collect keeps what was written, for people.
func (l *loader) collect() {
	keep := func(kind, id string, file string, line int, e any) {
		values := map[string]string{}
		flatten("", reflect.ValueOf(e), values)
		delete(values, "id")
		l.p.parts = append(l.p.parts, Part{kind, id, file, line, values})
	}
	own := l.own()
	keep("policy", "", own.doc.File(), 1, &struct {
		Monitor   bool                `toml:"monitor"`
		Sets      map[string][]string `toml:"sets"`
		Tenants   tenantsEntry        `toml:"tenants"`
		Telemetry string              `toml:"third_party_telemetry"`
		Glass     []string            `toml:"break_glass"`
		Local     []string            `toml:"local_tools"`
	}{own.entry.Monitor, l.sets, tenantsEntry{l.p.tenants.workspaces, l.p.tenants.organizations, l.p.tenants.projects, l.p.tenants.keys},
		map[bool]string{true: "block", false: "pass"}[l.p.blockTelemetry], l.p.breakGlass, l.p.localTools})
	collectKind(l, "rule", func(f *fileEntry) []ruleEntry { return f.Rules }, func(e *ruleEntry) string { return e.ID }, keep)
	for _, o := range merge(l, "overlay", func(f *fileEntry) []overlayEntry { return f.Overlays }, func(e *overlayEntry) string { return e.ID }) {
		for i := range o.e.Rules {
			at := fmt.Sprintf("%s.rule[%d]", o.path, i)
			keep("rule", o.e.Rules[i].ID, o.doc.File(), o.doc.Errorf(at, "").Line, &o.e.Rules[i])
		}
	}
	collectKind(l, "overlay", func(f *fileEntry) []overlayEntry { return f.Overlays }, func(e *overlayEntry) string { return e.ID }, keep)
	collectKind(l, "exception", func(f *fileEntry) []exceptionEntry { return f.Exceptions }, func(e *exceptionEntry) string { return e.ID }, keep)
	collectKind(l, "exempt", func(f *fileEntry) []exemptEntry { return f.Exempt }, func(e *exemptEntry) string { return e.ID }, keep)
	collectKind(l, "stricter", func(f *fileEntry) []stricterEntry { return f.Stricter }, func(e *stricterEntry) string { return e.ID }, keep)
	collectKind(l, "app", func(f *fileEntry) []appEntry { return f.Apps }, func(e *appEntry) string { return e.ID }, keep)
	collectKind(l, "feature", func(f *fileEntry) []featureEntry { return f.Features }, func(e *featureEntry) string { return e.ID }, keep)
	collectKind(l, "gpt", func(f *fileEntry) []gptEntry { return f.GPTs }, func(e *gptEntry) string { return e.ID }, keep)
	collectKind(l, "reminder", func(f *fileEntry) []reminderEntry { return f.Reminders }, func(e *reminderEntry) string { return e.ID }, keep)
	collectKind(l, "connection", func(f *fileEntry) []connectionEntry { return f.Connections }, func(e *connectionEntry) string { return e.ID }, keep)
}

func collectKind[T any](l *loader, kind string, of func(*fileEntry) []T, id func(*T) string, keep func(kind, id, file string, line int, e any)) {
	errs := len(l.errs)
	for _, x := range merge(l, kind, of, id) {
		keep(kind, id(x.e), x.doc.File(), x.doc.Errorf(x.path, "").Line, x.e)
	}
	l.errs = l.errs[:errs] // mistakes of ids were told when the entries were read
}

// flatten writes the values of a struct with toml tags, by key. What is zero was
// not written, or says nothing.
func flatten(prefix string, v reflect.Value, out map[string]string) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.IsZero():
	case v.Type() == reflect.TypeFor[time.Time]():
		out[prefix] = v.Interface().(time.Time).Format(time.RFC3339)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			tag := f.Tag.Get("toml")
			switch {
			case f.Anonymous && tag == "":
				flatten(prefix, v.Field(i), out)
			case tag == "rule" && prefix == "": // of an overlay: parts of their own
			default:
				flatten(join(prefix, tag), v.Field(i), out)
			}
		}
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			flatten(join(prefix, k.String()), v.MapIndex(k), out)
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String:
		list := slices.Clone(v.Interface().([]string))
		slices.Sort(list)
		out[prefix] = strings.Join(list, ", ")
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			flatten(fmt.Sprintf("%s[%d]", prefix, i), v.Index(i), out)
		}
	default:
		out[prefix] = fmt.Sprint(v.Interface())
	}
}

func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// keys are the keys of both maps, sorted.
func keysOf(maps ...map[string]string) []string {
	all := map[string]bool{}
	for _, m := range maps {
		for k := range m {
			all[k] = true
		}
	}
	out := make([]string, 0, len(all))
	for k := range all {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

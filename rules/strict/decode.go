package strict

import (
	"cmp"
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
)

// Decode stores the document in v, a pointer to a struct whose exported fields
// all carry a `toml:"snake_case"` tag (or "-"). Fields without a key keep what
// they had, so v may hold defaults; slices and maps are replaced.
//
// Known are strings, booleans, integers, floats, time.Duration (from "250ms"),
// time.Time, encoding.TextUnmarshaler (from a string), pointers, slices,
// arrays, maps with string keys, structs, embedded structs, and any.
// The error is [Errors] and holds every mistake; v is then partly filled.
func (d *Document) Decode(v any) error {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() || rv.Elem().Kind() != reflect.Struct {
		panic("strict: Decode needs a pointer to a struct")
	}
	dec := decoder{doc: d}
	dec.table("", d.tree, rv.Elem())
	return dec.errs.Err()
}

type decoder struct {
	doc  *Document
	errs Errors
}

func (d *decoder) errorf(path, format string, a ...any) *Error {
	e := d.doc.Errorf(path, format, a...)
	d.errs = append(d.errs, e)
	return e
}

func (d *decoder) wrong(path, want string, got any) {
	d.errorf(path, "%s wants %s, not %s", path, want, kindName(got))
}

func (d *decoder) value(path string, in any, out reflect.Value) {
	if out.Kind() == reflect.Pointer {
		if out.IsNil() {
			out.Set(reflect.New(out.Type().Elem()))
		}
		d.value(path, in, out.Elem())
		return
	}
	if out.CanAddr() {
		switch p := out.Addr().Interface().(type) {
		case *time.Duration:
			d.duration(path, in, p)
			return
		case *time.Time:
			if t, ok := in.(time.Time); ok {
				*p = t
			} else {
				d.wrong(path, "a date and time", in)
			}
			return
		case encoding.TextUnmarshaler:
			d.text(path, in, p)
			return
		}
	}
	switch out.Kind() {
	case reflect.String:
		if s, ok := in.(string); ok {
			out.SetString(s)
			return
		}
		d.wrong(path, "a string", in)
	case reflect.Bool:
		if b, ok := in.(bool); ok {
			out.SetBool(b)
			return
		}
		d.wrong(path, "true or false", in)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := in.(int64)
		switch {
		case !ok:
			d.wrong(path, "an integer", in)
		case out.OverflowInt(n):
			d.errorf(path, "%s is out of range", path)
		default:
			out.SetInt(n)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, ok := in.(int64)
		switch {
		case !ok:
			d.wrong(path, "an integer", in)
		case n < 0 || out.OverflowUint(uint64(n)):
			d.errorf(path, "%s is out of range", path)
		default:
			out.SetUint(uint64(n))
		}
	case reflect.Float32, reflect.Float64:
		switch n := in.(type) {
		case float64:
			if out.OverflowFloat(n) && !math.IsInf(n, 0) {
				d.errorf(path, "%s is out of range", path)
				return
			}
			out.SetFloat(n)
		case int64:
			out.SetFloat(float64(n))
		default:
			d.wrong(path, "a number", in)
		}
	case reflect.Slice:
		d.slice(path, in, out)
	case reflect.Array:
		d.array(path, in, out)
	case reflect.Map:
		d.mapping(path, in, out)
	case reflect.Struct:
		if t, ok := in.(map[string]any); ok {
			d.table(path, t, out)
			return
		}
		d.wrong(path, "a table", in)
	case reflect.Interface:
		if out.NumMethod() == 0 {
			out.Set(reflect.ValueOf(in))
			return
		}
		panic(fmt.Sprintf("strict: cannot decode into %s", out.Type()))
	default:
		panic(fmt.Sprintf("strict: cannot decode into %s", out.Type()))
	}
}

func (d *decoder) duration(path string, in any, out *time.Duration) {
	s, ok := in.(string)
	if !ok {
		d.wrong(path, `a duration such as "30s"`, in)
		return
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		d.errorf(path, `%s wants a duration such as "250ms", "30s" or "5m"`, path)
		return
	}
	*out = v
}

func (d *decoder) text(path string, in any, out encoding.TextUnmarshaler) {
	s, ok := in.(string)
	if !ok {
		d.wrong(path, "a string", in)
		return
	}
	if err := out.UnmarshalText([]byte(s)); err != nil {
		if secretPath(path) {
			d.errorf(path, "%s has an invalid value", path)
			return
		}
		d.errorf(path, "%s: %v", path, err)
	}
}

// elements makes one list of the two forms arrays come in.
func elements(in any) ([]any, bool) {
	switch in := in.(type) {
	case []any:
		return in, true
	case []map[string]any:
		out := make([]any, len(in))
		for i := range in {
			out[i] = in[i]
		}
		return out, true
	}
	return nil, false
}

func (d *decoder) slice(path string, in any, out reflect.Value) {
	list, ok := elements(in)
	if !ok {
		if _, table := in.(map[string]any); table && out.Type().Elem().Kind() == reflect.Struct {
			d.errorf(path, "%s wants [[%s]], not a single table", path, path)
			return
		}
		d.wrong(path, "an array", in)
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(list), len(list)))
	for i, e := range list {
		d.value(joinOrdinal(path, i), e, out.Index(i))
	}
}

func (d *decoder) array(path string, in any, out reflect.Value) {
	list, ok := elements(in)
	if !ok {
		d.wrong(path, "an array", in)
		return
	}
	if len(list) != out.Len() {
		d.errorf(path, "%s wants %d elements, not %d", path, out.Len(), len(list))
		return
	}
	for i, e := range list {
		d.value(joinOrdinal(path, i), e, out.Index(i))
	}
}

func (d *decoder) mapping(path string, in any, out reflect.Value) {
	t, ok := in.(map[string]any)
	if !ok {
		d.wrong(path, "a table", in)
		return
	}
	if out.Type().Key().Kind() != reflect.String {
		panic(fmt.Sprintf("strict: cannot decode into %s", out.Type()))
	}
	m := reflect.MakeMapWithSize(out.Type(), len(t))
	for k, e := range t {
		v := reflect.New(out.Type().Elem()).Elem()
		d.value(joinKey(path, k), e, v)
		m.SetMapIndex(reflect.ValueOf(k).Convert(out.Type().Key()), v)
	}
	out.Set(m)
}

func (d *decoder) table(path string, in map[string]any, out reflect.Value) {
	fields := map[string]reflect.Value{}
	collect(out, fields)
	for k, v := range in {
		p := joinKey(path, k)
		f, ok := fields[k]
		if !ok {
			kind := "key"
			if _, table := v.(map[string]any); table {
				kind = "table"
			} else if _, tables := v.([]map[string]any); tables {
				kind = "table"
			}
			d.errorf(p, "unknown %s %q", kind, k).Hint = meant(k, in, fields)
			continue
		}
		d.value(p, v, f)
	}
}

// meant is the key that k was probably meant to be: first of those that are not
// set beside it, then of all, since a key may also stand there twice.
func meant(k string, in map[string]any, fields map[string]reflect.Value) string {
	var free, all []string
	for n := range fields {
		all = append(all, n)
		if _, set := in[n]; !set {
			free = append(free, n)
		}
	}
	slices.Sort(free)
	slices.Sort(all)
	return cmp.Or(Suggest(k, free), Suggest(k, all))
}

// collect maps keys to the fields of a struct and of the structs embedded in it.
func collect(v reflect.Value, fields map[string]reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("toml")
		switch {
		case !ok && f.Anonymous && f.Type.Kind() == reflect.Struct:
			collect(v.Field(i), fields)
		case !f.IsExported():
		case !ok:
			panic(fmt.Sprintf("strict: field %s of %s has no toml tag", f.Name, t))
		case tag == "-":
		default:
			fields[tag] = v.Field(i)
		}
	}
}

func kindName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case time.Time:
		return "a date"
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "an array"
	}
	return "this"
}

// Package jsonl appends lines of JSON as encoding/json writes them, byte for byte
// and without reflection, which takes more than half of the time of a record: the
// evidence of each message is such a line.
//
// A key comes with the comma before it and its colon, `,"key":`; the comma of
// the first one becomes the brace.
package jsonl

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// An Object is JSON under way. Not safe for concurrent use.
type Object struct {
	b    []byte
	fail error
}

// Append makes an Object behind b.
func Append(b []byte) Object { return Object{b: b} }

// Bytes is what was appended to so far, and the error of a number or a time that
// JSON does not know.
func (o *Object) Bytes() ([]byte, error) { return o.b, o.fail }

// Begin remembers where an object begins, for [Object.End].
func (o *Object) Begin() (start int) { return len(o.b) }

// End closes the object that began at start. It has a key at least.
func (o *Object) End(start int) {
	o.b[start] = '{'
	o.b = append(o.b, '}')
}

// Key appends a key alone: an object follows.
func (o *Object) Key(key string) { o.b = append(o.b, key...) }

// List appends a list, of which one appends an element, unless that is empty.
func List[T any](o *Object, key string, v []T, one func(*T)) {
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

// Texts appends a list of strings, unless that is empty.
func (o *Object) Texts(key string, v []string) {
	List(o, key, v, func(s *string) { o.string(*s) })
}

// Numbers appends a list of integers; null for none.
func (o *Object) Numbers(key string, v []int) {
	if v == nil {
		o.b = append(append(o.b, key...), "null"...)
		return
	}
	o.b = append(append(o.b, key...), '[')
	for i, n := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = strconv.AppendInt(o.b, int64(n), 10)
	}
	o.b = append(o.b, ']')
}

// Pair appends a list of two strings, without a key.
func (o *Object) Pair(v *[2]string) {
	o.b = append(o.b, '[')
	o.string(v[0])
	o.b = append(o.b, ',')
	o.string(v[1])
	o.b = append(o.b, ']')
}

// Text appends a string.
func (o *Object) Text(key, v string) {
	o.b = append(o.b, key...)
	o.string(v)
}

// SomeText appends a string, unless that is empty.
func (o *Object) SomeText(key, v string) {
	if v != "" {
		o.Text(key, v)
	}
}

// Flag appends true or false.
func (o *Object) Flag(key string, v bool) {
	o.b = strconv.AppendBool(append(o.b, key...), v)
}

// SomeFlag appends true, or nothing.
func (o *Object) SomeFlag(key string, v bool) {
	if v {
		o.Flag(key, v)
	}
}

// Number appends an integer.
func (o *Object) Number(key string, v int64) {
	o.b = strconv.AppendInt(append(o.b, key...), v, 10)
}

// SomeNumber appends an integer, unless that is 0.
func (o *Object) SomeNumber(key string, v int64) {
	if v != 0 {
		o.Number(key, v)
	}
}

// Decimal appends a number. One that wants an exponent, or is none, is left to
// encoding/json.
func (o *Object) Decimal(key string, v float64) {
	o.b = append(o.b, key...)
	if abs := math.Abs(v); abs == 0 || abs >= 1e-6 && abs < 1e21 {
		o.b = strconv.AppendFloat(o.b, v, 'f', -1, 64)
		return
	}
	o.marshal(v)
}

// SomeDecimal appends a number, unless that is 0.
func (o *Object) SomeDecimal(key string, v float64) {
	if v != 0 {
		o.Decimal(key, v)
	}
}

// Time appends a time as RFC 3339 has it.
func (o *Object) Time(key string, v time.Time) {
	o.b = append(append(o.b, key...), '"')
	b, err := v.AppendText(o.b)
	if err != nil {
		o.fail = err
	} else {
		o.b = b
	}
	o.b = append(o.b, '"')
}

// plain reports whether a string holds c as it is: a bit for each of ASCII's
// bytes, but for controls, DEL and five that are escaped.
func plain(c byte) bool {
	const low, high = uint64(0xafffffbb00000000), uint64(0x7fffffffefffffff)
	if c < 64 {
		return low>>c&1 != 0
	}
	return c < 128 && high>>(c-64)&1 != 0
}

// string leaves what has to be escaped to encoding/json.
func (o *Object) string(v string) {
	for i := range len(v) {
		if !plain(v[i]) {
			o.marshal(v)
			return
		}
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, v...)
	o.b = append(o.b, '"')
}

func (o *Object) marshal(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		o.fail = err
	}
	o.b = append(o.b, b...)
}

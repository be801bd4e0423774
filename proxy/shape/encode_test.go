package shape

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// roll gives every field, at any depth, a value at random; some stay zero.
func roll(r *rand.Rand, v reflect.Value) {
	texts := []string{"", "plain", `quo"te\`, "<&>", "é漢😀", "bad\xff"}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()))
			return
		}
		for i := range v.NumField() {
			roll(r, v.Field(i))
		}
	case reflect.Slice:
		n := r.IntN(3)
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			roll(r, v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			roll(r, v.Index(i))
		}
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int:
		v.SetInt([]int64{0, 1, -7, 1 << 40}[r.IntN(4)])
	default:
		panic("a kind of field that is new: " + v.Kind().String())
	}
}

func TestRecordsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var x Record
		roll(r, reflect.ValueOf(&x).Elem())
		want, err := json.Marshal(&x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.appendJSON(nil)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
}

// What waits together is written to the day it belongs to, and too much of it is
// left out, not held.
func TestAWaitingRecordKeepsItsDayAndItsBound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := Open(dir, 1<<50)
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	l.Add(&Record{Incident: "a", Time: midnight.Add(-time.Nanosecond)})
	l.Add(&Record{Incident: "b", Time: midnight})
	l.Add(&Record{Incident: "c", Time: midnight.Add(-time.Second)})
	l.Add(&Record{Incident: "giant", Time: midnight, Gaps: []string{strings.Repeat("x", maxRecord)}})
	full := 0
	for ; l.Lost() < 2 && full < 100; full++ { // faster than any disk empties it
		l.Add(&Record{Incident: "full", Time: midnight, Gaps: []string{strings.Repeat("x", maxRecord-1000)}})
	}
	l.Close()
	var got []string
	bad, err := Read(dir, midnight.Add(-time.Hour), func(r *Record) bool { got = append(got, r.Incident); return true })
	if err != nil || bad > 0 || len(got) < 7 || strings.Join(got[:3], "") != "acb" || got[3] != "full" {
		t.Errorf("read %v, %d bad, %v", got, bad, err)
	}
	if n := len(got) - 3; l.Lost() != 2 || n != full-1 {
		t.Errorf("%d lost, %d of %d written", l.Lost(), n, full)
	}
}

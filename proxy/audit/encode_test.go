package audit

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// roll gives every field, at any depth, a value at random; some stay zero.
func roll(r *rand.Rand, v reflect.Value) {
	texts := []string{"", "plain", "a b~!", `quo"te\`, "<&>", "tab\tnul\x00del\x7f", "é漢😀\u2028", "bad\xff\xc0", "]},{"}
	numbers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, r.Int64()}
	decimals := []float64{0, math.Copysign(0, -1), 0.5, 1e-6, 9.9e-7, 1e20, 1e21, -1e-9, math.MaxFloat64, math.SmallestNonzeroFloat64, r.NormFloat64()}
	times := []time.Time{{}, time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC(), time.Unix(1e9, 0).In(time.FixedZone("", 5400))}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(times[r.IntN(len(times))]))
			return
		}
		for i := range v.NumField() {
			roll(r, v.Field(i))
		}
	case reflect.Slice:
		n := r.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			roll(r, v.Index(i))
		}
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(numbers[r.IntN(len(numbers))])
	case reflect.Float64:
		v.SetFloat(decimals[r.IntN(len(decimals))])
	default:
		panic("a kind of field that is new: " + v.Kind().String())
	}
}

func TestEventsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var e Event
		roll(r, reflect.ValueOf(&e).Elem())
		want, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.appendJSON([]byte("before"))
		if err != nil || !bytes.Equal(got[len("before"):], want) {
			t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
}

func TestWhatJSONDoesNotKnowIsAnError(t *testing.T) {
	t.Parallel()
	for _, e := range []Event{{InspectMs: math.NaN()}, {MaxConfidence: math.Inf(1)}, {Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, {Findings: []Finding{{Confidence: math.NaN()}}}} {
		if b, err := e.appendJSON(nil); err == nil {
			t.Errorf("%s", b)
		}
	}
}

func BenchmarkEvent(b *testing.B) {
	e := fullEvent()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = e.appendJSON(buf[:0])
	}
}

func BenchmarkEventByReflection(b *testing.B) {
	e := fullEvent()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = json.Marshal(&e)
	}
}

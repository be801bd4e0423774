package spent

import (
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func value(n byte) Value {
	return Value{Type: "pii.email", Level: detectors.High, Digest: detectors.Digest{n}}
}

func distinct(counts []Count) (n int) {
	for _, c := range counts {
		n += c.Distinct
	}
	return n
}

func TestADayIsCountedByDifferentValues(t *testing.T) {
	l := &Ledger{}
	if n := distinct(l.Today("anna", []Value{value(1), value(1)}, noon)); n != 1 {
		t.Errorf("before anything has left: %d", n)
	}
	l.Left("anna", []Value{value(1), value(2), value(1)}, noon)
	l.Left("bert", []Value{value(9)}, noon)
	for _, c := range []struct {
		name   string
		sender string
		values []Value
		when   time.Time
		want   int
	}{
		{"with a new one", "anna", []Value{value(3)}, noon, 3},
		{"with an old one", "anna", []Value{value(2)}, noon, 2},
		{"another level is another count", "anna", []Value{{Type: "pii.email", Level: detectors.Medium, Digest: detectors.Digest{2}}}, noon, 3},
		{"another sender", "bert", nil, noon, 1},
		{"just before midnight", "anna", nil, time.Date(2026, 11, 28, 23, 59, 59, 0, time.UTC), 2},
		{"after midnight", "anna", nil, time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), 0},
	} {
		if n := distinct(l.Today(c.sender, c.values, c.when)); n != c.want {
			t.Errorf("%s: %d, want %d", c.name, n, c.want)
		}
	}
}

func TestBeyondItsBoundsALedgerCountsMore(t *testing.T) {
	l := &Ledger{}
	l.turn(noon)
	l.values = maxValues
	l.Left("anna", []Value{value(1), value(1), value(2)}, noon)
	if n := distinct(l.Today("anna", nil, noon)); n < 2 {
		t.Errorf("%d of 2", n)
	}
}

// Package spent counts how many different values each person has sent today.
//
// Many small amounts make a large one: a policy may ask with "daily" how many
// different sensitive values have left from one sender since midnight UTC. A
// [Ledger] is told the types, levels and keyed digests of what left, never text,
// and says what the day would come to with a message that is about to leave.
//
// It promises never to count too little while it has room: values are told apart
// exactly. Beyond its bounds it counts without telling them apart, which is more
// and not less. The count begins anew with the process and at midnight.
package spent

import (
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors"
)

// The bounds of a ledger.
const (
	maxSenders = 20_000
	maxValues  = 2_000_000 // of all senders; about 100 MB
)

// A Value is one finding.
type Value struct {
	Type   detectors.InfoType
	Level  detectors.Confidence // 0, Low, Medium or High
	Digest detectors.Digest
}

// A Count is what one type and level come to.
type Count struct {
	Type     detectors.InfoType
	Level    detectors.Confidence
	Distinct int
}

// A Ledger is the count of a day. Safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	day     int64
	senders map[string]*account
	values  int
}

type account struct {
	seen   map[Value]struct{}
	beyond map[Count]int // by type and level: what was not told apart
}

// Today is what sender's day comes to with values, in no order.
func (l *Ledger) Today(sender string, values []Value, now time.Time) []Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	sum := map[Count]int{}
	a := l.senders[sender]
	if a != nil {
		for v := range a.seen {
			sum[Count{Type: v.Type, Level: v.Level}]++
		}
		for k, n := range a.beyond {
			sum[k] += n
		}
	}
	fresh := map[Value]struct{}{}
	for _, v := range values {
		if a != nil {
			if _, old := a.seen[v]; old {
				continue
			}
		}
		fresh[v] = struct{}{}
	}
	for v := range fresh {
		sum[Count{Type: v.Type, Level: v.Level}]++
	}
	out := make([]Count, 0, len(sum))
	for k, n := range sum {
		k.Distinct = n
		out = append(out, k)
	}
	return out
}

// Left adds values that have left.
func (l *Ledger) Left(sender string, values []Value, now time.Time) {
	if len(values) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	a := l.senders[sender]
	if a == nil {
		if len(l.senders) >= maxSenders {
			sender = "" // counted together: too much for each of them, never too little
			a = l.senders[sender]
		}
		if a == nil {
			a = &account{seen: map[Value]struct{}{}, beyond: map[Count]int{}}
			if l.senders == nil {
				l.senders = map[string]*account{}
			}
			l.senders[sender] = a
		}
	}
	for _, v := range values {
		if _, old := a.seen[v]; old {
			continue
		}
		if l.values >= maxValues {
			a.beyond[Count{Type: v.Type, Level: v.Level}]++
			continue
		}
		a.seen[v] = struct{}{}
		l.values++
	}
}

// turn begins a new day.
func (l *Ledger) turn(now time.Time) {
	if day := now.Unix() / 86400; day != l.day {
		l.day, l.senders, l.values = day, nil, 0
	}
}

//go:build !race && unix

package main

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkLoad is what serve does before it listens, apart from keys and sockets.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := loadRules("", "l2", nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Every shipped rule, policy and provider row is there within 300 ms. CPU time is
// what is looked at, of all cores together, so that a busy machine does not count.
func TestStartTakesLessThan300Milliseconds(t *testing.T) {
	used := func() time.Duration {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			t.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	best := time.Hour
	for range 5 {
		before := used()
		if _, err := loadRules("", "l2", nil); err != nil {
			t.Fatal(err)
		}
		best = min(best, used()-before)
	}
	t.Logf("%v of CPU time", best)
	if best > 300*time.Millisecond {
		t.Errorf("loading takes %v of CPU time", best)
	}
}

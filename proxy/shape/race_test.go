package shape

import (
	"sync"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/policy"
)

// Records are made and queued by many messages at once, also while the log closes.
func TestManyAddAtOnce(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 200
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for i := range each {
				m := policy.Message{App: "openai_api", Time: time.Date(2026, 11, 28, 12, 0, i%60, 0, time.UTC)}
				m.Principal.Subject = "anna"
				r := namer.Of(&m, &policy.Decision{}, "01A", "l2", "r", false)
				l.Add(&r)
			}
		})
	}
	all.Wait()
	go l.Add(&Record{Time: time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC)})
	l.Close()
	l.Close()
	n := 0
	bad, err := Read(dir, time.Time{}, func(*Record) bool { n++; return true })
	if err != nil || bad > 0 || n+int(l.Lost()) < writers*each {
		t.Errorf("%d read, %d lost, %d bad, %v", n, l.Lost(), bad, err)
	}
}

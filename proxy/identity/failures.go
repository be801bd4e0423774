package identity

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// failures slows down guessing: after freeFailures wrong tokens for one user
// from one address, one more try is allowed every failureInterval. It counts
// per user and address, so that colleagues behind one NAT address are not
// locked out together; other users' tokens are 256 random bits each.
type failures struct {
	now     func() time.Time
	mu      sync.Mutex // guards entries
	entries map[failureKey]failureEntry
}

// failureKey is a hash, so that names a client makes up cost no memory.
type failureKey [16]byte

type failureEntry struct {
	count float64 // leaks by one per failureInterval
	last  time.Time
}

const (
	freeFailures    = 10
	failureInterval = 10 * time.Second
	maxFailureKeys  = 8192
)

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, entries: map[failureKey]failureEntry{}}
}

func keyOf(addr netip.Addr, user string) failureKey {
	a := addr.As16()
	sum := sha256.Sum256(append(a[:], user...))
	return failureKey(sum[:16])
}

func (e failureEntry) at(now time.Time) float64 {
	return max(0, e.count-float64(now.Sub(e.last))/float64(failureInterval))
}

// wait is how long the next try has to wait; 0 means it may be made.
func (f *failures) wait(addr netip.Addr, user string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	over := f.entries[keyOf(addr, user)].at(f.now()) - (freeFailures - 1)
	if over <= 0 {
		return 0
	}
	return time.Duration(over * float64(failureInterval))
}

func (f *failures) add(addr netip.Addr, user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, key := f.now(), keyOf(addr, user)
	if _, ok := f.entries[key]; !ok && len(f.entries) >= maxFailureKeys {
		f.shrink(now)
	}
	f.entries[key] = failureEntry{count: f.entries[key].at(now) + 1, last: now}
}

// shrink forgets what has leaked away, and if that is not enough half of the
// rest: a flood of made-up names then costs the memory of a few guesses.
func (f *failures) shrink(now time.Time) {
	for k, e := range f.entries {
		if e.at(now) == 0 {
			delete(f.entries, k)
		}
	}
	for k := range f.entries {
		if len(f.entries) <= maxFailureKeys/2 {
			return
		}
		delete(f.entries, k)
	}
}

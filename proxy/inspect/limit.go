package inspect

import (
	"context"
	"sync"
	"time"
)

// A limit is a context with a deadline that costs a timer only when somebody
// waits for it: most messages are decided in microseconds, and looked at with
// Err alone. Safe for concurrent use; end it with [limit.stop].
type limit struct {
	context.Context
	end time.Time

	mu     sync.Mutex // guards what follows
	real   context.Context
	cancel context.CancelFunc
}

func withLimit(ctx context.Context, d time.Duration) *limit {
	return &limit{Context: ctx, end: time.Now().Add(d)}
}

// Deadline is the limit's own, or the parent's when that is earlier.
func (l *limit) Deadline() (time.Time, bool) {
	if at, ok := l.Context.Deadline(); ok && at.Before(l.end) {
		return at, true
	}
	return l.end, true
}

// Err tells the time by itself.
func (l *limit) Err() error {
	if err := l.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(l.end) {
		return context.DeadlineExceeded
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.real != nil {
		return l.real.Err()
	}
	return nil
}

// Done makes the timer.
func (l *limit) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.real == nil {
		l.real, l.cancel = context.WithDeadline(l.Context, l.end)
	}
	return l.real.Done()
}

// stop ends the limit and what waits for it.
func (l *limit) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
	}
}

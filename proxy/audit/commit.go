package audit

import (
	"fmt"
	"time"
)

// commit is the committer: it takes what is queued, writes it and tells those
// who wait, until the log is closed and its queue is empty or cannot be written.
func (l *Log) commit(w *writer) error {
	var b batch
	for {
		closing := l.await(len(b.marks) > 0)
		l.take(&b)
		err := w.write(&b)
		l.settle(&b, err)
		w.sweep()
		switch {
		case !closing:
		case err != nil:
			w.close()
			l.lost.Add(uint64(len(b.marks))) // Observe was told of each when it failed
			return fmt.Errorf("%w; %d records are lost", err, len(b.marks))
		default:
			w.close()
			return nil
		}
	}
}

// await returns when there is something to write: an urgent record, one that
// has waited long enough, the next try of what failed, or a look at retention.
// closing means that nothing comes any more.
func (l *Log) await(failing bool) (closing bool) {
	pause := sweepEvery
	if failing {
		pause = l.cfg.retryAfter
	}
	deadline := time.Now().Add(pause)
	for {
		l.mu.Lock()
		closing, urgent := l.closed, l.queue.urgent
		if len(l.queue.marks) > 0 && !failing {
			deadline = l.queue.marks[0].at.Add(linger)
		}
		l.mu.Unlock()
		wait := time.Until(deadline)
		if closing || wait <= 0 || (urgent && !failing) {
			return closing
		}
		timer := time.NewTimer(wait)
		select {
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// take moves the queue behind what b still holds.
func (l *Log) take(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := &l.queue
	if len(b.marks) == 0 {
		*b, *q = *q, *b
	} else {
		b.lines, b.marks = append(b.lines, q.lines...), append(b.marks, q.marks...)
		q.clear()
	}
	q.urgent = false
	l.flying = len(b.lines)
}

// settle tells those who wait for b how its write went. What was written is
// taken out of b.
func (l *Log) settle(b *batch, err error) {
	now := time.Now()
	l.mu.Lock()
	l.failure = err
	if err == nil {
		l.flying, l.since = 0, time.Time{}
		if len(l.queue.marks) > 0 {
			l.since = l.queue.marks[0].at
		}
		l.full = l.full && len(l.queue.lines) > l.cfg.QueueBytes/2
	}
	l.mu.Unlock()

	for i := range b.marks {
		m := &b.marks[i]
		if m.durable != nil {
			m.durable <- err
			m.durable = nil
			if err != nil {
				l.cfg.Observe(0, err)
			}
		}
		if err == nil {
			l.cfg.Observe(now.Sub(m.at), nil)
		}
	}
	if err == nil {
		b.clear()
	}
}

// keepBuffer is the largest buffer that is kept for the next batch.
const keepBuffer = 1 << 20

func (b *batch) clear() {
	if cap(b.lines) > keepBuffer {
		b.lines, b.marks = nil, nil
	}
	clear(b.marks)
	b.lines, b.marks, b.urgent = b.lines[:0], b.marks[:0], false
}

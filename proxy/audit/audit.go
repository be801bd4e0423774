// Package audit keeps the evidence of decisions on disk.
//
// An [Event] goes in; a line of JSON in a file of the log's directory comes
// out, and a channel that says when it is there to stay. Lines are numbered
// without a break ("dlp.audit.seq") and stand in segments named after their
// first number, so that readers can follow the log file by file.
//
// It promises that no event is lost in silence. Records that many callers
// append together are written and synced together (group commit): at once, but
// for plain allows, which wait up to 50 ms for company. When the disk fails,
// their callers are told, [Log.Healthy] says so, and the records stay in the
// queue and are tried again, in a new segment, until they are on disk. The
// queue is bounded: when it is full, Append returns [ErrFull] and the event is
// counted ([Log.Lost]). After a crash a torn last line is cut off; a record
// whose channel has yielded nil is never cut. A record that was written but not
// acknowledged when the disk failed may stand in two segments, under one number.
//
// Files have mode 0600 in a directory of mode 0700, which one process at a
// time may use.
package audit

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of [Config].
const (
	DefaultSegmentBytes = 64 << 20
	DefaultQueueBytes   = 16 << 20
)

const (
	linger     = 50 * time.Millisecond // how long plain allows wait for company
	retryAfter = time.Second           // between two tries while the disk fails
	stallAfter = 5 * time.Second       // a record that waits longer makes the log unhealthy
	sweepEvery = time.Hour             // between two looks at retention
)

// Errors of [Log.Append] and [Log.Healthy].
var (
	ErrFull    = errors.New("audit: the queue is full")
	ErrStalled = errors.New("audit: the disk does not answer")
	ErrClosed  = errors.New("audit: the log is closed")
)

// Config is what a Log needs. Zero fields but Dir have defaults.
type Config struct {
	Dir          string        // made with mode 0700 when it does not exist
	SegmentBytes int64         // size at which a new segment begins; 0 = DefaultSegmentBytes
	QueueBytes   int           // of records that wait for the disk; 0 = DefaultQueueBytes
	Retention    time.Duration // age at which a segment is removed; 0 = never
	Now          func() time.Time
	// Observe is told of every event: that it was committed after d, or that it
	// could not be written or queued. An event that failed may be committed
	// later and is then told of twice. It must not call the log.
	Observe func(d time.Duration, err error)

	disk       disk          // nil: the real one
	retryAfter time.Duration // 0: retryAfter
}

// A Log is an append-only log of events. Safe for concurrent use.
type Log struct {
	cfg  Config
	torn int64
	lost atomic.Uint64

	scratch sync.Pool // of *[]byte, one record under way in each; a record is bounded

	wake chan struct{} // something to do for the committer; capacity 1
	done chan struct{} // the committer has ended
	last error         // of the committer, valid after done

	mu      sync.Mutex // guards what follows
	next    uint64     // number of the next event
	queue   batch      // waits for the committer
	flying  int        // bytes the committer is writing now
	since   time.Time  // when the oldest record not yet on disk was appended; zero when there is none
	failure error      // of the last try; nil when it succeeded
	full    bool       // an event was turned away and the queue has not gone down to half since
	closed  bool
}

// A batch is records in order, with those who wait for them.
type batch struct {
	lines  []byte
	marks  []mark
	urgent bool
}

// A mark is one record of a batch.
type mark struct {
	seq     uint64
	end     int // of its line in lines
	at      time.Time
	durable chan error // yields once; nil when it has
}

// Open opens or makes the log in c.Dir, and cuts off what a crash left torn.
func Open(c Config) (*Log, error) {
	if c.SegmentBytes <= 0 {
		c.SegmentBytes = DefaultSegmentBytes
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = DefaultQueueBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(time.Duration, error) {}
	}
	if c.disk == nil {
		c.disk = realDisk{}
	}
	if c.retryAfter <= 0 {
		c.retryAfter = retryAfter
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if info, err := os.Stat(c.Dir); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	} else if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("audit: %s can be read by others (mode %04o): run chmod 700 on it", c.Dir, info.Mode().Perm())
	}
	release, err := lock(c.Dir)
	if err != nil {
		return nil, err
	}
	w, err := openWriter(&c)
	if err != nil {
		release()
		return nil, err
	}
	l := &Log{cfg: c, torn: w.torn, next: w.next, wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.scratch.New = func() any { return new([]byte) }
	go func() {
		defer close(l.done)
		defer release()
		l.last = l.commit(w)
	}()
	return l, nil
}

// Append numbers an event and queues it. durable yields once: nil when the
// record is on disk, or the error of a write that failed, in which case the
// record stays queued. The error is [ErrFull] or [ErrClosed]; the event is then
// lost and counted.
func (l *Log) Append(e Event) (seq uint64, durable <-chan error, err error) {
	e.Schema = SchemaVersion
	scratch := l.scratch.Get().(*[]byte)
	defer l.scratch.Put(scratch)
	body, err := e.appendJSON((*scratch)[:0])
	*scratch = body
	if err != nil { // a number that JSON does not know, such as NaN
		l.lose(1, err)
		return 0, nil, fmt.Errorf("audit: %w", err)
	}
	now := time.Now()
	ch := make(chan error, 1)

	l.mu.Lock()
	switch {
	case l.closed:
		err = ErrClosed
	case len(l.queue.lines)+l.flying+len(body) > l.cfg.QueueBytes:
		err, l.full = ErrFull, true
	}
	if err != nil {
		l.mu.Unlock()
		l.lose(1, err)
		return 0, nil, err
	}
	seq = l.next
	l.next++
	q := &l.queue
	q.lines = append(q.lines, seqKey...)
	q.lines = strconv.AppendUint(q.lines, seq, 10)
	q.lines = append(q.lines, ',')
	q.lines = append(q.lines, body[1:]...)
	q.lines = append(q.lines, '\n')
	m := mark{seq: seq, end: len(q.lines), at: now, durable: ch}
	failure := l.failure
	if failure != nil { // who waits is not made to wait for the next try
		ch <- failure
		m.durable = nil
	}
	q.marks = append(q.marks, m)
	if l.since.IsZero() {
		l.since = now
	}
	wake := len(q.marks) == 1 || (!e.Plain() && !q.urgent)
	q.urgent = q.urgent || !e.Plain()
	l.mu.Unlock()

	if failure != nil {
		l.cfg.Observe(0, failure)
	}
	if wake {
		l.nudge()
	}
	return seq, ch, nil
}

// seqKey begins every record.
const seqKey = `{"dlp.audit.seq":`

func (l *Log) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Log) lose(n int, err error) {
	l.lost.Add(uint64(n))
	for range n {
		l.cfg.Observe(0, err)
	}
}

// Healthy returns nil when an event appended now can be expected to reach the
// disk: the last try succeeded, the disk answers, and there is room.
func (l *Log) Healthy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.failure != nil:
		return l.failure
	case l.full:
		return ErrFull
	case !l.since.IsZero() && time.Since(l.since) > stallAfter:
		return ErrStalled
	}
	return nil
}

// Lost is the number of events that will not be in the log.
func (l *Log) Lost() uint64 { return l.lost.Load() }

// Torn is the number of bytes that [Open] cut off the last segment: a record
// that a crash interrupted, and that nobody was told to be on disk.
func (l *Log) Torn() int64 { return l.torn }

// Close writes what is queued and ends the log. The error says that the last
// records could not be written; they are counted as lost. Only the first call
// does anything.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.nudge()
	<-l.done
	return l.last
}

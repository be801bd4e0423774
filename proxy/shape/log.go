package shape

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Log writes records, a file for each day: shapes/2026-11-28.jsonl, mode 0600.
// Writing never holds a message up: records wait in memory for the disk, and when
// too many do, one is left out and counted. Safe for concurrent use.
type Log struct {
	dir  string
	keep time.Duration
	stop chan struct{}
	done chan struct{}
	lost atomic.Int64

	mu      sync.Mutex // guards what follows
	waiting []day
	size    int // bytes of waiting
	closed  bool
}

// A day is records that wait, all of one file.
type day struct {
	number  int64 // days since 1970
	lines   []byte
	records int64
	last    time.Time // of the last record
}

const (
	// maxRecord bounds one line, in bytes: a record of very many findings is left out.
	maxRecord = 1 << 20
	// maxWaiting bounds what waits for the disk, in bytes.
	maxWaiting = 4 << 20
	// flushEvery is how long a record may wait for others: a write for each would
	// cost a message more than its decision.
	flushEvery = 500 * time.Millisecond
)

// Open begins to write into dir. Days that are older than keep are removed.
func Open(dir string, keep time.Duration) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("shapes: %w", err)
	}
	l := &Log{dir: dir, keep: keep, stop: make(chan struct{}), done: make(chan struct{})}
	go l.write()
	return l, nil
}

// Add queues a record.
func (l *Log) Add(r *Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.size >= maxWaiting {
		l.lost.Add(1)
		return
	}
	number := r.Time.Unix() / int64(24*time.Hour/time.Second)
	if n := len(l.waiting); n == 0 || l.waiting[n-1].number != number {
		l.waiting = append(l.waiting, day{number: number})
	}
	d := &l.waiting[len(l.waiting)-1]
	before := len(d.lines)
	lines, err := r.appendJSON(d.lines)
	if err != nil || len(lines)-before > maxRecord {
		d.lines = lines[:before]
		l.lost.Add(1)
		return
	}
	d.lines = append(lines, '\n')
	d.records, d.last = d.records+1, r.Time
	l.size += len(d.lines) - before
}

// Lost is how many records were left out.
func (l *Log) Lost() int64 { return l.lost.Load() }

// Close writes what is queued. What is added behind it is left out.
func (l *Log) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.stop)
	}
	l.mu.Unlock()
	<-l.done
}

// write carries what waits to the disk until the log is closed.
func (l *Log) write() {
	defer close(l.done)
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	spare, latest := []byte(nil), int64(-1)
	for closing := false; !closing; {
		select {
		case <-flush.C:
		case <-l.stop:
			closing = true
		}
		for _, d := range l.take(spare) {
			if d.records == 0 {
				continue
			}
			if err := l.append(&d); err != nil {
				l.lost.Add(d.records)
			}
			if d.number != latest {
				latest = d.number
				l.forget(d.last)
			}
			if spare = d.lines[:0]; cap(spare) > maxRecord {
				spare = nil // of a burst
			}
		}
	}
}

// take returns what waits, and leaves spare for what comes.
func (l *Log) take(spare []byte) []day {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.waiting
	if len(taken) > 0 {
		l.waiting, l.size = []day{{number: taken[len(taken)-1].number, lines: spare}}, 0
	}
	return taken
}

// append adds the records of a day to its file.
func (l *Log) append(d *day) error {
	file, err := os.OpenFile(filepath.Join(l.dir, d.date().Format(time.DateOnly)+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(d.lines)
	return errors.Join(err, file.Close())
}

func (d *day) date() time.Time { return time.Unix(d.number*int64(24*time.Hour/time.Second), 0).UTC() }

// forget removes days that are too old.
func (l *Log) forget(now time.Time) {
	if l.keep <= 0 {
		return
	}
	for _, d := range days(l.dir) {
		if t, err := time.Parse(time.DateOnly, d); err == nil && now.Sub(t) > l.keep+24*time.Hour {
			_ = os.Remove(filepath.Join(l.dir, d+".jsonl"))
		}
	}
}

// days are the days that dir has records of, sorted.
func days(dir string) (out []string) {
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		if d, ok := strings.CutSuffix(e.Name(), ".jsonl"); ok {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// Read calls f with the records of dir from since on, in the order of their
// writing, until it returns false. A line that cannot be read is counted in bad:
// the last one of a day on which the process died may be cut off.
func Read(dir string, since time.Time, f func(*Record) bool) (bad int, err error) {
	list := days(dir)
	if len(list) == 0 {
		return 0, fmt.Errorf("shapes: there are no records in %s", dir)
	}
	for _, d := range list {
		if d < since.UTC().Format(time.DateOnly) {
			continue
		}
		more, skipped, err := readDay(filepath.Join(dir, d+".jsonl"), since, f)
		bad += skipped
		if err != nil || !more {
			return bad, err
		}
	}
	return bad, nil
}

func readDay(name string, since time.Time, f func(*Record) bool) (more bool, bad int, err error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, 0, nil // removed meanwhile
	}
	if err != nil {
		return false, 0, fmt.Errorf("shapes: %w", err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return false, bad, fmt.Errorf("shapes: %w", err)
		}
		if len(line) > 0 {
			var r Record
			switch {
			case json.Unmarshal(line, &r) != nil:
				bad++
			case r.Time.Before(since):
			case !f(&r):
				return false, bad, nil
			}
		}
		if err == io.EOF {
			return true, bad, nil
		}
	}
}

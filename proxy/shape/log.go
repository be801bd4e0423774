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
// Writing never holds a message up: when the queue is full a record is left out
// and counted. Safe for concurrent use.
type Log struct {
	dir    string
	keep   time.Duration
	queue  chan Record
	done   chan struct{}
	lost   atomic.Int64
	mu     sync.RWMutex // guards closed: a queue that is closed takes nothing
	closed bool
}

// queued is how many records wait for the disk at most.
const queued = 4096

// maxRecord bounds one line: a record of very many findings is left out.
const maxRecord = 1 << 20

// Open begins to write into dir. Days that are older than keep are removed.
func Open(dir string, keep time.Duration) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("shapes: %w", err)
	}
	l := &Log{dir: dir, keep: keep, queue: make(chan Record, queued), done: make(chan struct{})}
	go l.write()
	return l, nil
}

// Add queues a record.
func (l *Log) Add(r Record) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		l.lost.Add(1)
		return
	}
	select {
	case l.queue <- r:
	default:
		l.lost.Add(1)
	}
}

// Lost is how many records were left out.
func (l *Log) Lost() int64 { return l.lost.Load() }

// Close writes what is queued. What is added behind it is left out.
func (l *Log) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	<-l.done
}

// flushEvery is how long a record may wait for others: a write for each would
// cost a message more than its decision.
const flushEvery = 500 * time.Millisecond

func (l *Log) write() {
	defer close(l.done)
	var file *os.File
	var out *bufio.Writer
	day := ""
	end := func() {
		if file != nil {
			_ = out.Flush()
			_ = file.Close()
			file = nil
		}
	}
	defer end()
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	for {
		var r Record
		var more bool
		select {
		case r, more = <-l.queue:
		case <-flush.C:
			if file != nil && out.Flush() != nil { // the next record tries a new file
				_ = file.Close()
				file = nil
			}
			continue
		}
		if !more {
			return
		}
		line, err := json.Marshal(r)
		if err != nil || len(line) > maxRecord {
			l.lost.Add(1)
			continue
		}
		if today := r.Time.UTC().Format(time.DateOnly); today != day || file == nil {
			end()
			if file, err = os.OpenFile(filepath.Join(l.dir, today+".jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
				file = nil
				l.lost.Add(1)
				continue
			}
			out, day = bufio.NewWriterSize(file, 64<<10), today
			l.forget(r.Time)
		}
		_, err = out.Write(append(line, '\n'))
		if err != nil { // the next one tries a new file
			l.lost.Add(1)
			_ = file.Close()
			file = nil
		}
	}
}

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

package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	extension = ".jsonl"
	maxAge    = 24 * time.Hour // of a segment that is written to, so that retention can take old ones away
)

// A disk makes the files of a log. Tests put one that fails in its place.
type disk interface {
	create(path string) (file, error)    // empty, for appending
	continued(path string) (file, error) // what is there, for appending
	syncDir(dir string) error
}

type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

type realDisk struct{}

func (realDisk) create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
}

func (realDisk) continued(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
}

func (realDisk) syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// A writer writes segments. It belongs to the committer alone.
type writer struct {
	cfg   *Config
	file  file // nil: the next write begins a segment
	name  string
	size  int64 // bytes known to be on disk
	born  time.Time
	swept time.Time
	next  uint64 // number of the first event after Open
	torn  int64
}

// segmentName is the file of the segment that begins with seq.
func segmentName(seq uint64) string { return fmt.Sprintf("%020d%s", seq, extension) }

// Segments lists the segments in dir, oldest first, as paths.
func Segments(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	var out []string
	for _, e := range entries {
		if _, ok := segmentStart(e.Name()); ok && e.Type().IsRegular() {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(out)
	return out, nil
}

// segmentStart is the number of the first event of a segment.
func segmentStart(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(filepath.Base(name), extension)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// openWriter continues the last segment, without its torn end.
func openWriter(c *Config) (*writer, error) {
	w := &writer{cfg: c, next: 1, swept: time.Time{}}
	segments, err := Segments(c.Dir)
	if err != nil {
		return nil, err
	}
	if len(segments) == 0 {
		return w, nil
	}
	path := segments[len(segments)-1]
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	whole, last, err := intact(path, info.Size())
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	w.next, _ = segmentStart(path)
	if whole > 0 {
		w.next = last + 1
	}
	if w.torn = info.Size() - whole; w.torn == 0 && whole >= c.SegmentBytes {
		return w, nil
	}
	f, err := c.disk.continued(path)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if w.torn > 0 {
		if err := errors.Join(f.Truncate(whole), f.Sync()); err != nil {
			return nil, fmt.Errorf("audit: cutting off a torn record: %w", errors.Join(err, f.Close()))
		}
	}
	w.file, w.name, w.size, w.born = f, path, whole, c.Now()
	return w, nil
}

// intact is the length of a segment up to the end of its last whole record, and
// the number of that record. It reads from the end: as much as it needs.
func intact(path string, size int64) (whole int64, last uint64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for step := int64(256 << 10); ; step *= 4 {
		from := max(0, size-step)
		tail := make([]byte, size-from)
		if _, err := io.ReadFull(io.NewSectionReader(f, from, size-from), tail); err != nil {
			return 0, 0, err
		}
		for end := bytes.LastIndexByte(tail, '\n'); end >= 0; end = bytes.LastIndexByte(tail[:end], '\n') {
			begin := bytes.LastIndexByte(tail[:end], '\n') + 1
			if begin == 0 && from > 0 {
				break // the line begins before what was read
			}
			if seq, ok := record(tail[begin:end]); ok {
				return from + int64(end) + 1, seq, nil
			}
		}
		if from == 0 {
			return 0, 0, nil
		}
	}
}

// record reads the number of a whole record.
func record(line []byte) (seq uint64, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(seqKey))
	if !ok {
		return 0, false
	}
	digits, _, ok := bytes.Cut(rest, []byte(","))
	if !ok || !json.Valid(line) {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	return seq, err == nil
}

// write appends a batch and syncs it. When that fails, the segment is left as
// it was and given up: after a failed sync nobody knows what its pages hold. A
// new one, named after the first record not on disk, takes the next try.
func (w *writer) write(b *batch) error {
	if len(b.marks) == 0 {
		return nil
	}
	if w.file != nil && w.size > 0 && (w.size+int64(len(b.lines)) > w.cfg.SegmentBytes || w.cfg.Now().Sub(w.born) > w.age()) {
		w.close()
	}
	if w.file == nil {
		if err := w.begin(b.marks[0].seq); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	_, err := w.file.Write(b.lines)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		_ = w.file.Truncate(w.size) // what stays is torn or repeated, and readers know
		w.close()
		return fmt.Errorf("audit: %w", err)
	}
	w.size += int64(len(b.lines))
	return nil
}

// begin makes the segment of the record seq.
func (w *writer) begin(seq uint64) error {
	path := filepath.Join(w.cfg.Dir, segmentName(seq))
	f, err := w.cfg.disk.create(path)
	if err != nil {
		return err
	}
	if err := w.cfg.disk.syncDir(w.cfg.Dir); err != nil {
		return errors.Join(err, f.Close())
	}
	w.file, w.name, w.size, w.born = f, path, 0, w.cfg.Now()
	return nil
}

// close gives the segment up; everything acknowledged is synced already.
func (w *writer) close() {
	if w.file != nil {
		_ = w.file.Close()
		w.file = nil
	}
}

// age is how long a segment is written to: a day, or a tenth of a retention
// that is shorter than ten days.
func (w *writer) age() time.Duration {
	if w.cfg.Retention > 0 {
		return min(maxAge, w.cfg.Retention/10)
	}
	return maxAge
}

// sweep removes segments in which the last write is older than the retention,
// once an hour. The one that is written to stays.
func (w *writer) sweep() {
	now := w.cfg.Now()
	if w.cfg.Retention <= 0 || (!w.swept.IsZero() && now.Sub(w.swept) < sweepEvery) {
		return
	}
	w.swept = now
	segments, err := Segments(w.cfg.Dir)
	if err != nil {
		return // the next hour may be better; nothing but space is at stake
	}
	for _, path := range segments {
		if info, err := os.Stat(path); err == nil && path != w.name && now.Sub(info.ModTime()) > w.cfg.Retention {
			_ = os.Remove(path)
		}
	}
}

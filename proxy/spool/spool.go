// Package spool keeps large bodies on disk while they are looked at.
//
// A body is written into a [File] as it comes and read back through memory that
// is mapped to it, so that whoever looks at it sees plain bytes and the memory of
// the process holds only what was touched in the last milliseconds
// ([File.Lean]). Files have no name: they are unlinked when they are opened, with
// mode 0600 in a directory of mode 0700, and are gone with the process, however it
// ends. Their bytes are those that came over the wire, not encrypted; a state
// directory on an encrypted disk keeps them so.
//
// What all files hold together is bounded by a quota; beyond it [ErrFull].
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrFull says that the quota, or the disk, has no room.
var ErrFull = errors.New("spool: no room")

// A Spool is a directory of files. Safe for concurrent use.
type Spool struct {
	dir   string
	quota int64

	mu   sync.Mutex // guards used
	used int64
}

// Open makes the directory, if need be, and removes what a process that was killed
// between the opening and the unlinking of a file may have left. quota is bytes of
// all files together. It fails where files cannot be mapped.
func Open(dir string, quota int64) (*Spool, error) {
	if !mappable {
		return nil, fmt.Errorf("spool: this system cannot map files: %w", errors.ErrUnsupported)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "body-*"))
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	for _, name := range left {
		_ = os.Remove(name)
	}
	return &Spool{dir: dir, quota: quota}, nil
}

// Used is how many bytes all files hold.
func (s *Spool) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

func (s *Spool) take(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.quota {
		return false
	}
	s.used += n
	return true
}

func (s *Spool) give(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
}

// A File is one body. Its writer and its readers take turns; Close ends both.
type File struct {
	s     *Spool
	f     *os.File
	taken int64
	size  int64

	mu   sync.Mutex // guards maps: Lean reads them beside who adds one
	maps [][]byte
}

// Format hides what the file holds from every verb of package fmt.
func (f *File) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "[%d bytes]", f.size) }

// File makes an empty file.
func (s *Spool) File() (*File, error) {
	f, err := os.CreateTemp(s.dir, "body-") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &File{s: s, f: f}, nil
}

// step is how much of the quota is taken at a time.
const step = 1 << 20

// Write appends p, or nothing and ErrFull.
func (f *File) Write(p []byte) (int, error) {
	if need := f.size + int64(len(p)) - f.taken; need > 0 {
		need = (need + step - 1) / step * step
		if !f.s.take(need) {
			return 0, ErrFull
		}
		f.taken += need
	}
	n, err := f.f.WriteAt(p, f.size)
	f.size += int64(n)
	if err != nil {
		return n, ErrFull // of the disk; its text would name the directory
	}
	return n, nil
}

// Size is how many bytes were written.
func (f *File) Size() int64 { return f.size }

// Bytes are what was written so far, mapped: they must not be changed, nor touched
// after Close. A disk that cannot be read is a fault of memory there: see
// debug.SetPanicOnFault.
func (f *File) Bytes() ([]byte, error) {
	if f.size == 0 {
		return nil, nil
	}
	b, err := mapFile(f.f, int(f.size), false)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	f.addMap(b)
	return b, nil
}

// Scratch is memory for n bytes that is kept in the file behind what was written;
// nil when there is no room. It is for bodies that are decoded.
func (f *File) Scratch(n int) []byte {
	size := (int64(n) + pageSize - 1) / pageSize * pageSize
	if n <= 0 || !f.s.take(size) {
		return nil
	}
	g, err := f.s.File()
	if err != nil {
		f.s.give(size)
		return nil
	}
	defer g.f.Close() // the mapping stays
	b, err := reserve(g.f, int(size))
	if err != nil {
		f.s.give(size)
		return nil
	}
	f.taken += size
	f.addMap(b)
	return b[:n:n]
}

func (f *File) addMap(b []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.maps = append(f.maps, b)
}

// GiveBack takes mapped bytes out of the memory of the process. What is touched
// again is there again.
func (f *File) GiveBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.maps {
		release(b)
	}
}

// Reader reads what was written so far from its beginning, each reader by itself.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.f, 0, f.size) }

// Lean keeps the part of mapped bytes that is in memory small until stop is
// called: every few milliseconds all of it is given back, and what is touched
// again comes from the system's cache.
func (f *File) Lean() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(leanEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				f.GiveBack()
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		f.GiveBack()
	}
}

// leanEvery is how often memory is given back: in that time a core touches a few
// MiB.
const leanEvery = 4 * time.Millisecond

// Close unmaps and forgets the file. A second call does nothing.
func (f *File) Close() {
	if f.f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.maps {
		unmap(b)
	}
	_ = f.f.Close()
	f.s.give(f.taken)
	f.f, f.maps, f.taken, f.size = nil, nil, 0, 0
}

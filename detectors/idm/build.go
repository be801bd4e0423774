package idm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgate/promptgate/detectors/keyed"
)

// MaxFile is the size of the largest file that is fingerprinted, in bytes: what
// is larger was made by a program.
const MaxFile = 4 << 20

// A Builder makes an index out of another and what is added and removed. It is
// for one goroutine; Add uses every CPU.
type Builder struct {
	// Progress, if set, is called with what was read since it was last called.
	// It must be safe for concurrent use.
	Progress func(files int, bytes int64)

	key        keyed.Key
	sources    []Source
	entries    []keyed.Entry       // a source's ordinal beside each hash
	public     map[uint64]struct{} // by the hash that is not keyed
	code, text bool
}

// NewBuilder begins with what old has; nil is nothing. The key is old's.
func NewBuilder(k []byte, old *Index) (*Builder, error) {
	key, err := keyed.NewKey(k)
	if err != nil {
		return nil, err
	}
	b := &Builder{key: key, public: map[uint64]struct{}{}}
	if old != nil {
		b.code, b.text = old.code, old.text
		b.sources = slices.Clone(old.sources)
		old.table.Each(func(e keyed.Entry) { b.entries = append(b.entries, e) })
	}
	return b, nil
}

// Exclude reads a directory of public code: what it has is no fingerprint of what
// is added from now on.
func (b *Builder) Exclude(ctx context.Context, dir string) error {
	found, _, _, err := b.read(ctx, dir)
	for _, h := range found {
		b.public[h] = struct{}{}
	}
	return err
}

// Add fingerprints a file, or a directory with all below it, under a label. What
// the label had before is replaced.
func (b *Builder) Add(ctx context.Context, label, path string, now time.Time) (Source, error) {
	if err := keyed.CheckLabel(label); err != nil {
		return Source{}, err
	}
	found, files, size, err := b.read(ctx, path)
	if err != nil {
		return Source{}, err
	}
	if files == 0 {
		return Source{}, fmt.Errorf("%s: no code or text in it to fingerprint", path)
	}
	b.Remove(label)
	if len(b.sources) == maxSources {
		return Source{}, fmt.Errorf("an index has at most %d sources", maxSources)
	}
	slices.Sort(found)
	id := uint32(len(b.sources))
	n := len(b.entries)
	for _, h := range slices.Compact(found) {
		if _, public := b.public[h]; !public && !isCommon(h) {
			b.entries = append(b.entries, keyed.Entry{Hash: b.key.Number(h), Value: id})
		}
	}
	s := Source{Label: label, Files: files, Bytes: size, Hashes: len(b.entries) - n, Added: now.UTC().Truncate(time.Second)}
	b.sources = append(b.sources, s)
	return s, nil
}

// Remove takes a source out and reports whether there was one.
func (b *Builder) Remove(label string) bool {
	id := slices.IndexFunc(b.sources, func(s Source) bool { return s.Label == label })
	if id < 0 {
		return false
	}
	b.sources = slices.Delete(b.sources, id, id+1)
	b.entries = slices.DeleteFunc(b.entries, func(e keyed.Entry) bool { return e.Value == uint32(id) })
	for i := range b.entries {
		if b.entries[i].Value > uint32(id) {
			b.entries[i].Value--
		}
	}
	return true
}

// read fingerprints what stands at and below a path.
func (b *Builder) read(ctx context.Context, path string) (hashes []uint64, files int, size int64, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, 0, 0, err
	}
	names := make(chan string, 64)
	var mu sync.Mutex // guards hashes
	var count, total atomic.Int64
	var code, text atomic.Bool
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			r := reader{}
			for name := range names {
				kind, n := r.file(name)
				if kind == skipped {
					continue
				}
				code.Store(code.Load() || kind == isCode)
				text.Store(text.Load() || kind == isText)
				count.Add(1)
				total.Add(n)
				if b.Progress != nil {
					b.Progress(1, n)
				}
				if len(r.hashes) > 1<<16 {
					mu.Lock()
					hashes = append(hashes, r.hashes...)
					mu.Unlock()
					r.hashes = r.hashes[:0]
				}
			}
			mu.Lock()
			hashes = append(hashes, r.hashes...)
			mu.Unlock()
		})
	}
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && name != path && slices.Contains(otherDirs, d.Name()):
			return fs.SkipDir
		case d.Type().IsRegular():
			names <- name
		}
		return nil
	})
	close(names)
	workers.Wait()
	b.code, b.text = b.code || code.Load(), b.text || text.Load()
	return hashes, int(count.Load()), total.Load(), err
}

// otherDirs hold what is not the company's, or no source.
var otherDirs = []string{".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".idea"}

// What a file is fingerprinted as.
type fileKind uint8

const (
	skipped fileKind = iota
	isCode
	isText
)

// textFiles are the extensions of documents, dataFiles those of what is neither.
var (
	textFiles = []string{".md", ".markdown", ".txt", ".rst", ".adoc", ".org", ".tex", ".eml"}
	dataFiles = []string{".json", ".jsonl", ".csv", ".tsv", ".lock", ".sum", ".svg", ".xml", ".log", ".map", ".pem", ".po", ".snap", ".ipynb"}
)

func kindOf(name string) fileKind {
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case slices.Contains(dataFiles, ext), strings.HasSuffix(name, ".min.js"), strings.HasSuffix(name, ".min.css"):
		return skipped
	case slices.Contains(textFiles, ext):
		return isText
	}
	return isCode
}

// A reader fingerprints files.
type reader struct {
	buf    []byte
	hashes []uint64
}

// file fingerprints one file; what cannot be read, is no text or too large is
// left out.
func (r *reader) file(name string) (fileKind, int64) {
	kind := kindOf(name)
	if kind == skipped {
		return skipped, 0
	}
	f, err := os.Open(name)
	if err != nil {
		return skipped, 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > MaxFile {
		return skipped, 0
	}
	r.buf = slices.Grow(r.buf[:0], int(info.Size())+1)[:info.Size()]
	if _, err := io.ReadFull(f, r.buf); err != nil || bytes.IndexByte(r.buf[:min(len(r.buf), 8000)], 0) >= 0 {
		return skipped, 0
	}
	r.text(r.buf, kind)
	return kind, info.Size()
}

// text adds the hashes of a text.
func (r *reader) text(text []byte, kind fileKind) {
	w := winnower{choose: func(c chosen) {
		if c.bitsTo-c.bits >= leastGram(kind) {
			r.hashes = append(r.hashes, c.hash)
		}
	}}
	l := lexer{to: &w}
	for off := 0; off < len(text); {
		n := bytes.IndexByte(text[off:], '\n')
		next := off + n + 1
		if n < 0 {
			n = len(text) - off
			next = len(text)
		}
		if n > maxLine {
			n, next = maxLine, off+maxLine
		}
		switch code, words := judge(text[off : off+n]); {
		case kind == isCode:
			l.line(text[off:off+n], off, code)
		case words:
			w.words(text[off:off+n], off)
		}
		off = next
	}
}

package bundle

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A Fetcher keeps a directory at the newest bundle of a server. In Dir stand the
// unpacked bundle in force and the one before it; Current is a link to the one in
// force, which stays there for the next start. Safe for concurrent use.
type Fetcher struct {
	URL           string // https
	Key           ed25519.PublicKey
	Dir           string
	AllowRollback bool // take a bundle with a lower serial than that in force
	Client        *http.Client
	// Try is asked before a bundle is kept, when Current is it: an error takes it
	// back. Nil takes every one.
	Try func() error
	Now func() time.Time

	mu    sync.Mutex // guards what follows, and the directory
	state state
	read  bool
	fresh time.Time // when the server last said what is newest
}

// state is what is remembered of the bundle in force.
type state struct {
	Serial int64  `json:"serial"`
	Digest string `json:"digest"`
	ETag   string `json:"etag"`
	Folder string `json:"folder"`
}

// Current is where the bundle in force stands; it may not exist yet.
func (f *Fetcher) Current() string { return filepath.Join(f.Dir, "current") }

// Fresh is when the server last said what the newest bundle is; zero never.
func (f *Fetcher) Fresh() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fresh
}

func (f *Fetcher) load() error {
	if f.read {
		return nil
	}
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(f.Dir, "state.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("bundle: %w", err)
	case json.Unmarshal(data, &f.state) != nil:
		f.state = state{} // fetched again
	}
	if _, err := os.Stat(f.Current()); err != nil {
		f.state = state{}
	}
	f.read = true
	return nil
}

// Poll asks for a newer bundle and puts it into force. changed says whether it
// did; an error leaves everything as it was.
func (f *Fetcher) Poll(ctx context.Context) (changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.load(); err != nil {
		return false, err
	}
	if !strings.HasPrefix(f.URL, "https://") {
		return false, errors.New("bundle: its address begins with https://")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return false, errors.New("bundle: its address cannot be read")
	}
	if f.state.ETag != "" {
		r.Header.Set("If-None-Match", f.state.ETag)
	}
	resp, err := f.Client.Do(r)
	if err != nil {
		return false, fmt.Errorf("bundle: the server cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotModified:
		f.fresh = f.Now()
		return false, nil
	case http.StatusOK:
	default:
		return false, fmt.Errorf("bundle: the server answers %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxSize+1))
	if err != nil {
		return false, fmt.Errorf("bundle: the answer broke off: %w", err)
	}
	b, err := Open(data, f.Key)
	if err != nil {
		return false, err
	}
	changed, err = f.take(b, resp.Header.Get("ETag"))
	if err == nil {
		f.fresh = f.Now()
	}
	return changed, err
}

// take puts a bundle into force.
func (f *Fetcher) take(b *Bundle, etag string) (bool, error) {
	m := b.Manifest
	switch {
	case m.Serial == f.state.Serial && m.Digest() == f.state.Digest:
		f.state.ETag = etag
		return false, f.keep(f.state)
	case m.Serial <= f.state.Serial && !f.AllowRollback:
		return false, fmt.Errorf("bundle: its serial is %d, and %d is in force: going back must be allowed", m.Serial, f.state.Serial)
	}
	next := state{Serial: m.Serial, Digest: m.Digest(), ETag: etag, Folder: fmt.Sprintf("%d-%s", m.Serial, m.Digest()[:8])}
	dir := filepath.Join(f.Dir, next.Folder)
	if _, err := os.Stat(dir); err != nil {
		if err := b.Unpack(dir); err != nil {
			return false, err
		}
	}
	before := f.state.Folder
	if err := f.link(next.Folder); err != nil {
		return false, err
	}
	if f.Try != nil {
		if err := f.Try(); err != nil {
			if before != "" {
				err = errors.Join(err, f.link(before))
			} else {
				err = errors.Join(err, os.Remove(f.Current()))
			}
			_ = os.RemoveAll(dir)
			return false, fmt.Errorf("bundle: serial %d is refused: %w", m.Serial, err)
		}
	}
	if err := f.keep(next); err != nil {
		return false, err
	}
	f.forget(next.Folder, before)
	return true, nil
}

// link makes Current a link to a folder, in one step.
func (f *Fetcher) link(folder string) error {
	tmp := f.Current() + ".new"
	_ = os.Remove(tmp)
	if err := os.Symlink(folder, tmp); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	if err := os.Rename(tmp, f.Current()); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

func (f *Fetcher) keep(s state) error {
	data, err := json.Marshal(s)
	file := filepath.Join(f.Dir, "state.json")
	if err == nil {
		err = os.WriteFile(file+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	f.state = s
	return nil
}

// forget removes unpacked bundles but for two.
func (f *Fetcher) forget(keep ...string) {
	list, _ := os.ReadDir(f.Dir)
	for _, e := range list {
		kept := false
		for _, k := range keep {
			kept = kept || e.Name() == k
		}
		if e.IsDir() && !kept {
			_ = os.RemoveAll(filepath.Join(f.Dir, e.Name()))
		}
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t testing.TB, path string, o Options) *DB {
	t.Helper()
	s := New(path, o)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func token(scope byte, code uint64) Token {
	return Token{Scope: [16]byte{scope}, Kind: "EMAIL", Code: code, Mark: [16]byte{byte(code)}, Key: 7, Sealed: []byte{1, 2, 3, byte(code)}}
}

func keep(t testing.TB, s *DB, tokens ...Token) {
	t.Helper()
	if err := s.Put(context.Background(), tokens); err != nil {
		t.Fatal(err)
	}
}

func has(t testing.TB, s *DB, scope byte, code uint64) bool {
	t.Helper()
	_, ok, err := s.Get(context.Background(), [16]byte{scope}, "EMAIL", code)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestNothingIsTouchedBeforeItIsUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "promptgate.db")
	s := open(t, path, Options{})
	if s.Exists() {
		t.Error("a file that was never used exists")
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Error("its directory was made")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Put(context.Background(), []Token{token(1, 1)}); !errors.Is(err, Closed) {
		t.Errorf("Put after Close = %v", err)
	}
}

// Whatever SQLite writes is for the owner alone, whatever the umask, also a file
// that was there before with another mode.
func TestOthersCannotReadTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "promptgate.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	keep(t, s, token(1, 1))
	seen := 0
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(name); err == nil {
			seen++
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %04o", filepath.Base(name), info.Mode().Perm())
			}
		}
	}
	if seen < 2 {
		t.Errorf("%d files: this is no WAL", seen)
	}
}

// A path may hold anything that a URL would take for itself.
func TestAPathIsNoURL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20e", "promptgate.db")
	keep(t, open(t, path, Options{}), token(1, 1))
	if _, err := os.Stat(path); err != nil {
		t.Error("the file stands elsewhere")
	}
}

func TestFaults(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	garbage := file("garbage.db", []byte("this has never been a database, and it is long enough to be read as the header of one; so much for that."+string(make([]byte, 8192))))
	newer := filepath.Join(dir, "newer.db")
	exec(t, newer, "PRAGMA user_version = 99")

	broken := filepath.Join(dir, "broken.db")
	b := New(broken, Options{})
	var many []Token
	for i := range uint64(2000) {
		many = append(many, token(1, i+1))
	}
	keep(t, b, many...)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(whole); i++ {
		whole[i] = 0xa5
	}
	file("broken.db", whole)

	for _, tt := range []struct {
		name, path string
		options    Options
		want       Fault
	}{
		{"no database", garbage, Options{}, Corrupt},
		{"a database with broken pages", broken, Options{}, Corrupt},
		{"of a newer program", newer, Options{}, Newer},
		{"below a file", filepath.Join(garbage, "promptgate.db"), Options{}, Unwritable},
		{"full", filepath.Join(dir, "full.db"), Options{MaxBytes: 64 << 10}, Full},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, tt.path, tt.options)
			var err error
			for i := 0; i < 4 && err == nil; i++ {
				for j := range many {
					many[j].Code += 5000
				}
				err = s.Put(context.Background(), many)
			}
			if !errors.Is(err, tt.want) {
				t.Fatalf("Put = %v, want %v", err, tt.want)
			}
			if tt.want == Full {
				return // what was there can still be read
			}
			if _, _, err := s.Get(context.Background(), [16]byte{1}, "EMAIL", 1); !errors.Is(err, tt.want) {
				t.Errorf("Get = %v, want %v", err, tt.want)
			}
			if _, err := s.Stats(context.Background()); !errors.Is(err, tt.want) {
				t.Errorf("Stats = %v, want %v", err, tt.want)
			}
		})
	}
}

// Another process that holds the file is waited for, and not for ever.
func TestALockedFileIsAFaultInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "promptgate.db")
	s := open(t, path, Options{})
	keep(t, s, token(1, 1))
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	conn, err := other.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, []Token{token(1, 2)}); !errors.Is(err, Locked) {
		t.Errorf("Put = %v, want %v", err, Locked)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if !has(t, s, 1, 1) {
		t.Error("readers wait for writers")
	}
	if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	keep(t, s, token(1, 3))
}

// A file that was broken is asked again once it is whole.
func TestAFaultDoesNotLastForEver(t *testing.T) {
	c := &clock{now: time.Now()}
	path := filepath.Join(t.TempDir(), "promptgate.db")
	if err := os.WriteFile(path, []byte("no database at all, but a text of more than a hundred bytes, which is what the header of one would be long."), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{Now: c.Now})
	if err := s.Put(context.Background(), []Token{token(1, 1)}); !errors.Is(err, Corrupt) {
		t.Fatalf("Put = %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(context.Background(), []Token{token(1, 1)}); !errors.Is(err, Corrupt) {
		t.Errorf("a moment later Put = %v: the disk is asked each time", err)
	}
	c.add(patience + time.Second)
	keep(t, s, token(1, 1))
}

// Two processes that start at the same time make one schema.
func TestMigrationsAreMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "promptgate.db")
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		s := open(t, path, Options{})
		all.Go(func() { errs[i] = s.Put(context.Background(), []Token{token(byte(i), 1)}) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	s := open(t, path, Options{})
	if st, err := s.Stats(context.Background()); err != nil || st.Tokens != len(errs) || st.Scopes != len(errs) {
		t.Errorf("%d tokens of %d senders, %v; want %d of each", st.Tokens, st.Scopes, err, len(errs))
	}
}

func exec(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// What is put while others put is all there, and a Close loses nothing of it.
func TestWritesAreSharedAndNotLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "promptgate.db")
	s := New(path, Options{})
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			for i := range uint64(20) {
				if err := s.Put(context.Background(), []Token{token(byte(g), i+1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path, Options{})
	st, err := again.Stats(context.Background())
	if err != nil || st.Tokens != 16*20 || st.Kinds["EMAIL"] != 16*20 || st.Keys[7] != 16*20 {
		t.Errorf("%+v, %v", st, err)
	}
}

func BenchmarkPut(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "promptgate.db"), Options{})
	n := uint64(0)
	for b.Loop() {
		n++
		keep(b, s, token(1, n))
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "promptgate.db"), Options{})
	keep(b, s, token(1, 1))
	for b.Loop() {
		if !has(b, s, 1, 1) {
			b.Fatal(fmt.Sprint("gone"))
		}
	}
}

// Package store keeps what must outlive the process in one SQLite file.
//
// A [DB] is opened when it is first used, not when it is made: starting the
// program, and verbs that need no state, do not touch it. The file and what SQLite
// writes beside it can be read by their owner alone. The schema is made by numbered
// migrations; a file of a newer program is refused, never downgraded.
//
// It promises to fail, not to hang or to end the process: every call returns
// within its context's deadline, and a file that is locked, full, broken or not to
// be written is a [Fault], which callers answer with a decision. A fault on opening
// is remembered for a few seconds, so that a broken disk is not asked for each
// message.
//
// What is kept are rows of its consumers, sealed by them: package store holds no
// key and sees no value. Its tables: [Token].
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options of a DB. Zero fields are the defaults.
type Options struct {
	MaxBytes  int64         // of the file; beyond it writing is the fault Full; 1 GiB
	MaxTokens int           // rows of tokens; beyond it those go that were not sent for longest; 1,000,000
	Keep      time.Duration // after which a token that was not sent again is forgotten; 30 days
	Now       func() time.Time
}

// A Fault is why the file cannot be used.
type Fault string

// The faults.
const (
	Locked     Fault = "locked"     // another process holds it for too long
	Full       Fault = "full"       // no room on the disk, or within MaxBytes
	Corrupt    Fault = "corrupt"    // it is no database, or a broken one
	Unwritable Fault = "unwritable" // permissions, a read-only disk
	Newer      Fault = "newer"      // made by a newer program
	Busy       Fault = "busy"       // more is being written than the disk takes
	Closed     Fault = "closed"
	Broken     Fault = "broken" // anything else
)

// Error says it in words; it names no value and no path.
func (f Fault) Error() string {
	switch f {
	case Locked:
		return "store: the database is locked by another process"
	case Full:
		return "store: the database is full"
	case Corrupt:
		return "store: the database is broken"
	case Unwritable:
		return "store: the database cannot be written"
	case Newer:
		return "store: the database was made by a newer version of promptgate"
	case Busy:
		return "store: the database is busy"
	case Closed:
		return "store: the database is closed"
	}
	return "store: the database cannot be used"
}

const (
	pageSize  = 4096
	busyLimit = time.Second     // for which a lock of another process is waited for
	openLimit = 3 * time.Second // for opening and migrating
	patience  = 5 * time.Second // for which a fault on opening is not asked about again
)

// A DB is the file. Safe for concurrent use.
type DB struct {
	path string
	opt  Options

	mu     sync.Mutex // guards what follows
	db     *sql.DB    // nil until it is used
	fault  error      // why it could not be opened
	retry  time.Time  // when to try again
	closed bool
	writes chan write // to the writer; nil until something is written
	ended  chan struct{}
	tokens int // rows, about
}

// New makes a DB on the file at path and does not touch it.
func New(path string, o Options) *DB {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	if o.MaxTokens <= 0 {
		o.MaxTokens = 1_000_000
	}
	if o.Keep <= 0 {
		o.Keep = 30 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &DB{path: path, opt: o}
}

// Exists reports whether something was ever kept.
func (s *DB) Exists() bool {
	_, err := os.Stat(s.path)
	return err == nil
}

// Close ends the writer and gives the file back. What was accepted is written.
func (s *DB) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	ended := s.ended
	if s.writes != nil {
		close(s.writes)
	}
	s.mu.Unlock()
	if ended != nil {
		<-ended
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db != nil {
		return faultOf(s.db.Close())
	}
	return nil
}

// handle is the open file, for readers.
func (s *DB) handle(ctx context.Context) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, Closed
	}
	return s.opened(ctx)
}

// opened is the open file, with s.mu held.
func (s *DB) opened(ctx context.Context) (*sql.DB, error) {
	switch {
	case s.db != nil:
		return s.db, nil
	case s.fault != nil && s.opt.Now().Before(s.retry):
		return nil, s.fault
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	db, n, err := s.open(ctx)
	if err != nil {
		s.fault, s.retry = faultOf(err), s.opt.Now().Add(patience)
		return nil, s.fault
	}
	s.db, s.tokens, s.fault = db, n, nil
	return db, nil
}

// open makes the file when there is none, for its owner alone: SQLite gives what
// it writes beside it the same mode.
func (s *DB) open(ctx context.Context) (_ *sql.DB, tokens int, err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, 0, Unwritable
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, Unwritable
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, 0, Unwritable
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(s.path, 0o600); err != nil {
			return nil, 0, Unwritable
		}
	}
	db, err := sql.Open("sqlite", s.dsn())
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(2)
	// What the file keeps is said once, before its first table: a connection that
	// says it again waits for every writer.
	if info.Size() == 0 {
		if _, err := db.ExecContext(ctx, "PRAGMA page_size = "+strconv.Itoa(pageSize)+"; PRAGMA auto_vacuum = incremental; PRAGMA journal_mode = wal"); err != nil {
			return nil, 0, err
		}
	}
	if err := migrate(ctx, db); err != nil {
		return nil, 0, err
	}
	return db, tokens, db.QueryRowContext(ctx, "SELECT count(*) FROM tokens").Scan(&tokens)
}

// dsn opens every connection alike. What is deleted is overwritten; nothing is put
// into temporary files. synchronous=NORMAL in WAL mode outlives the process; a loss
// of power may take the last transactions with it, and leaves the file whole.
func (s *DB) dsn() string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + strconv.Itoa(int(busyLimit.Milliseconds())) + ")", "synchronous(normal)",
		"secure_delete(on)", "temp_store(memory)", "cache_size(-2000)", "journal_size_limit(4194304)",
		"max_page_count(" + strconv.FormatInt(max(s.opt.MaxBytes/pageSize, 16), 10) + ")",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date: the files of migrations in their order,
// each in a transaction with the number that says it is done.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	for {
		done, err := step(ctx, db, files)
		if done || err != nil {
			return err
		}
	}
}

// step makes the next migration. Another process may be at it, too: the number is
// read within the transaction, which only one has at a time.
func step(ctx context.Context, db *sql.DB, files []string) (done bool, err error) {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	if version == len(files) {
		return true, nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(files):
		return false, Newer
	case version == len(files):
		return true, nil
	}
	name := files[version]
	if !strings.HasPrefix(filepath.Base(name), fmt.Sprintf("%04d_", version+1)) {
		return false, fmt.Errorf("store: migration %d is not the next one: %s", version+1, name)
	}
	text, err := migrations.ReadFile(name)
	if err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return false, err
	}
	return false, tx.Commit()
}

// faultOf is an error without a word of SQLite, whose messages quote statements.
func faultOf(err error) error {
	var fault Fault
	var own *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &fault):
		return fault
	case errors.Is(err, context.DeadlineExceeded):
		return Locked
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &own):
		switch own.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return Locked
		case sqlite3.SQLITE_FULL:
			return Full
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT:
			return Corrupt
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR:
			return Unwritable
		}
	}
	return Broken
}

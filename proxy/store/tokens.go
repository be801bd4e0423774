package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"
)

// A Token is one row: a name and the sealed value that it stands for.
type Token struct {
	Scope        [16]byte // who sent it
	Kind         string   // EMAIL of [EMAIL_7Q2K9F3M4TXC]
	Code         uint64   // its 60 bits
	Conversation [16]byte // zero when it was not known
	Mark         [16]byte // of the value: equal values have equal marks
	Key          uint32   // that sealed it
	Sealed       []byte   // empty in a row whose token two values had
}

// ErrCollision says that a token of Put stands for another value already. It
// restores nothing from then on.
var ErrCollision = errors.New("store: two values have one token")

// queue is how many writes wait for the disk.
const queue = 256

// A write is tokens on their way to the disk.
type write struct {
	tokens []Token
	done   chan error // takes one
}

// Put keeps tokens, and returns when they are on their way to the disk. Those that
// come at the same time share a transaction.
func (s *DB) Put(ctx context.Context, tokens []Token) error {
	w := write{tokens, make(chan error, 1)}
	if err := s.enqueue(w); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return faultOf(ctx.Err())
	}
}

func (s *DB) enqueue(w write) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Closed
	}
	if s.writes == nil {
		s.writes, s.ended = make(chan write, queue), make(chan struct{})
		go s.writer(s.writes, s.ended)
	}
	select {
	case s.writes <- w:
		return nil
	default:
		return Busy
	}
}

// writer writes until the DB is closed, as many writes in one transaction as wait.
func (s *DB) writer(writes <-chan write, ended chan<- struct{}) {
	defer close(ended)
	var trimmed time.Time
	for first := range writes {
		batch := []write{first}
	gather:
		for len(batch) < queue {
			select {
			case w, ok := <-writes:
				if !ok {
					break gather
				}
				batch = append(batch, w)
			default:
				break gather
			}
		}
		s.commit(batch)
		if now := s.opt.Now(); now.Sub(trimmed) >= time.Minute || s.count() > s.opt.MaxTokens {
			trimmed = now
			_ = s.Trim(context.Background()) // the next one will find what is left
		}
	}
}

func (s *DB) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// writeLimit is how long one transaction may take.
const writeLimit = 5 * time.Second

// commit writes a batch and tells each how it went. A panic of the library is a
// fault like any other.
func (s *DB) commit(batch []write) {
	results := make([]error, len(batch))
	err := func() (err error) {
		defer func() {
			if recover() != nil {
				err = Broken
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
		defer cancel()
		db, err := s.write(ctx)
		if err != nil {
			return err
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		added := 0
		for i, w := range batch {
			for j := range w.tokens {
				n, err := put(ctx, tx, &w.tokens[j], s.opt.Now())
				added += n
				if errors.Is(err, ErrCollision) {
					results[i] = err
				} else if err != nil {
					return err
				}
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tokens += added
		return nil
	}()
	for i, w := range batch {
		if err != nil {
			results[i] = faultOf(err)
		}
		w.done <- results[i]
	}
}

// write is the open file, for the writer: also while Close waits for it.
func (s *DB) write(ctx context.Context) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened(ctx)
}

// refresh is how old, in seconds, the time of the last use becomes before it is
// written anew: a conversation sends its tokens with every turn.
const refresh = 3600

func put(ctx context.Context, tx *sql.Tx, t *Token, now time.Time) (added int, err error) {
	var mark []byte
	var used int64
	err = tx.QueryRowContext(ctx, "SELECT mark, used FROM tokens WHERE scope = ? AND kind = ? AND code = ?", t.Scope[:], t.Kind, int64(t.Code)).Scan(&mark, &used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, "INSERT INTO tokens (scope, kind, code, conversation, mark, key, sealed, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			t.Scope[:], t.Kind, int64(t.Code), conversation(t), t.Mark[:], int64(t.Key), t.Sealed, now.Unix())
		return 1, err
	case err != nil:
		return 0, err
	case subtle.ConstantTimeCompare(mark, t.Mark[:]) == 0:
		if _, err := tx.ExecContext(ctx, "UPDATE tokens SET sealed = x'' WHERE scope = ? AND kind = ? AND code = ?", t.Scope[:], t.Kind, int64(t.Code)); err != nil {
			return 0, err
		}
		return 0, ErrCollision
	case used+refresh < now.Unix():
		_, err = tx.ExecContext(ctx, "UPDATE tokens SET used = ? WHERE scope = ? AND kind = ? AND code = ?", now.Unix(), t.Scope[:], t.Kind, int64(t.Code))
	}
	return 0, err
}

func conversation(t *Token) []byte {
	if t.Conversation == ([16]byte{}) {
		return []byte{}
	}
	return t.Conversation[:]
}

// Get returns a token that was kept; ok is false when there is none, or it is too
// old, or it stands for two values.
func (s *DB) Get(ctx context.Context, scope [16]byte, kind string, code uint64) (t Token, ok bool, err error) {
	defer func() {
		if recover() != nil {
			t, ok, err = Token{}, false, Broken
		}
	}()
	db, err := s.handle(ctx)
	if err != nil {
		return t, false, err
	}
	var conversation, mark []byte
	var key, used int64
	err = db.QueryRowContext(ctx, "SELECT conversation, mark, key, sealed, used FROM tokens WHERE scope = ? AND kind = ? AND code = ?", scope[:], kind, int64(code)).
		Scan(&conversation, &mark, &key, &t.Sealed, &used)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Token{}, false, nil
	case err != nil:
		return Token{}, false, faultOf(err)
	case len(t.Sealed) == 0 || used < s.oldest():
		return Token{}, false, nil
	}
	t.Scope, t.Kind, t.Code, t.Key = scope, kind, code, uint32(key)
	copy(t.Conversation[:], conversation)
	copy(t.Mark[:], mark)
	return t, true, nil
}

// oldest is the last use, in unix seconds, of a token that is still kept.
func (s *DB) oldest() int64 { return s.opt.Now().Add(-s.opt.Keep).Unix() }

// Trim forgets what is too old, and of more than MaxTokens those that were not sent
// for longest, with a tenth to spare.
func (s *DB) Trim(ctx context.Context) (err error) {
	defer func() {
		if recover() != nil {
			err = Broken
		}
	}()
	db, err := s.write(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	if _, err := remove(ctx, db, "SELECT scope, kind, code FROM tokens WHERE used < ?", []any{s.oldest()}, math.MaxInt); err != nil {
		return err
	}
	n, err := s.recount(ctx, db)
	if err != nil || n <= s.opt.MaxTokens {
		return err
	}
	if _, err := remove(ctx, db, "SELECT scope, kind, code FROM tokens ORDER BY used", nil, n-s.opt.MaxTokens+s.opt.MaxTokens/10); err != nil {
		return err
	}
	if _, err = s.recount(ctx, db); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA incremental_vacuum")
	return faultOf(err)
}

func (s *DB) recount(ctx context.Context, db *sql.DB) (n int, err error) {
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM tokens").Scan(&n); err != nil {
		return 0, faultOf(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = n
	return n, nil
}

// Stats are counts of what is kept.
type Stats struct {
	Tokens int
	Scopes int            // whose they are
	Kinds  map[string]int // by kind
	Keys   map[uint32]int // by the key that sealed them
	Oldest time.Time      // last use of the one that was not sent for longest; zero when there is none
	Bytes  int64          // of the file
}

// Stats counts.
func (s *DB) Stats(ctx context.Context) (out Stats, err error) {
	defer func() {
		if recover() != nil {
			out, err = Stats{}, Broken
		}
	}()
	db, err := s.handle(ctx)
	if err != nil {
		return out, err
	}
	out.Kinds, out.Keys = map[string]int{}, map[uint32]int{}
	var oldest sql.NullInt64
	var pages int64
	if err := db.QueryRowContext(ctx, "SELECT count(*), count(DISTINCT scope), min(used) FROM tokens").Scan(&out.Tokens, &out.Scopes, &oldest); err != nil {
		return out, faultOf(err)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return out, faultOf(err)
	}
	out.Bytes = pages * pageSize
	if oldest.Valid {
		out.Oldest = time.Unix(oldest.Int64, 0).UTC()
	}
	rows, err := db.QueryContext(ctx, "SELECT kind, key, count(*) FROM tokens GROUP BY kind, key")
	if err != nil {
		return out, faultOf(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind string
		var key int64
		var n int
		if err := rows.Scan(&kind, &key, &n); err != nil {
			return out, faultOf(err)
		}
		out.Kinds[kind] += n
		out.Keys[uint32(key)] += n
	}
	return out, faultOf(rows.Err())
}

// A Purge says what is forgotten. The zero Purge is everything.
type Purge struct {
	Scope  *[16]byte // of one sender
	Before time.Time // not sent since
	Key    *uint32   // sealed by this key
}

// Purge forgets, overwrites what stood there, also in SQLite's log, and returns how
// many it was.
func (s *DB) Purge(ctx context.Context, p Purge) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, Broken
		}
	}()
	db, err := s.handle(ctx)
	if err != nil {
		return 0, err
	}
	where, args := "1", []any(nil)
	if p.Scope != nil {
		where, args = where+" AND scope = ?", append(args, p.Scope[:])
	}
	if !p.Before.IsZero() {
		where, args = where+" AND used < ?", append(args, p.Before.Unix())
	}
	if p.Key != nil {
		where, args = where+" AND key = ?", append(args, int64(*p.Key))
	}
	if n, err = remove(ctx, db, "SELECT scope, kind, code FROM tokens WHERE "+where, args, math.MaxInt); err != nil {
		return n, err
	}
	if _, err := s.recount(ctx, db); err != nil {
		return n, err
	}
	if _, err := db.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return n, faultOf(err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return n, faultOf(err)
}

// handful is how many rows go in one transaction: what is written meanwhile waits for
// no more.
const handful = 5000

// remove deletes the rows that a query names, at most so many.
func remove(ctx context.Context, db *sql.DB, query string, args []any, most int) (n int, err error) {
	for n < most {
		res, err := db.ExecContext(ctx, "DELETE FROM tokens WHERE (scope, kind, code) IN ("+query+" LIMIT ?)", append(slices.Clip(args), min(handful, most-n))...)
		if err != nil {
			return n, faultOf(err)
		}
		gone, err := res.RowsAffected()
		if err != nil {
			return n, faultOf(err)
		}
		if n += int(gone); gone == 0 {
			break
		}
	}
	return n, nil
}

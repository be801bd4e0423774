package store

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// The conformance tests of tokens: whatever keeps them behaves so.

func TestATokenComesBackAsItWasPut(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{})
	want := Token{Scope: [16]byte{1, 2}, Kind: "PAYMENT_CARD", Code: 1<<60 - 1, Conversation: [16]byte{9}, Mark: [16]byte{3}, Key: 1<<32 - 1, Sealed: []byte{0, 255, 7}}
	keep(t, s, want)
	got, ok, err := s.Get(context.Background(), want.Scope, want.Kind, want.Code)
	if err != nil || !ok || got.Conversation != want.Conversation || got.Mark != want.Mark || got.Key != want.Key || !bytes.Equal(got.Sealed, want.Sealed) {
		t.Errorf("Get = %v, %v, %v", got, ok, err)
	}
}

func TestOnlyItsScopeAndKindFindIt(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{})
	keep(t, s, token(1, 5))
	if has(t, s, 2, 5) || has(t, s, 1, 6) {
		t.Error("found for another sender or code")
	}
	if _, ok, err := s.Get(context.Background(), [16]byte{1}, "IBAN", 5); ok || err != nil {
		t.Errorf("found as another kind, %v", err)
	}
}

func TestTwoValuesOfOneTokenRestoreNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{})
	keep(t, s, token(1, 5))
	other := token(1, 5)
	other.Mark[0]++
	if err := s.Put(context.Background(), []Token{token(1, 6), other}); !errors.Is(err, ErrCollision) {
		t.Fatalf("Put = %v, want %v", err, ErrCollision)
	}
	if has(t, s, 1, 5) {
		t.Error("one of two values is restored")
	}
	if !has(t, s, 1, 6) {
		t.Error("its neighbour was lost")
	}
	if err := s.Put(context.Background(), []Token{token(1, 5)}); err != nil {
		t.Errorf("the first value again: %v", err)
	}
	if has(t, s, 1, 5) {
		t.Error("the first value is restored again: the other one had been sent, too")
	}
}

func TestTokensAreForgottenInTime(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{Keep: 10 * time.Hour, Now: c.Now})
	keep(t, s, token(1, 1), token(1, 2))
	c.add(9 * time.Hour)
	keep(t, s, token(1, 1)) // sent again
	c.add(2 * time.Hour)
	if !has(t, s, 1, 1) || has(t, s, 1, 2) {
		t.Error("the one that was sent again is gone, or the other is not")
	}
	if err := s.Trim(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(context.Background()); err != nil || st.Tokens != 1 {
		t.Errorf("%d are kept, %v", st.Tokens, err)
	}
}

func TestOfTooManyTheOldestGo(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{MaxTokens: 100, Now: c.Now})
	for i := range uint64(120) {
		keep(t, s, token(1, i+1))
		c.add(time.Second)
	}
	if err := s.Trim(context.Background()); err != nil {
		t.Fatal(err)
	}
	st, err := s.Stats(context.Background())
	if err != nil || st.Tokens > 100 || st.Tokens < 80 {
		t.Errorf("%d are kept of at most 100, %v", st.Tokens, err)
	}
	if has(t, s, 1, 1) || !has(t, s, 1, 120) {
		t.Error("the oldest is there, or the newest is not")
	}
}

// More than goes in one transaction goes all the same.
func TestManyAreForgotten(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{})
	var many []Token
	for i := range uint64(2*handful + 7) {
		many = append(many, token(1, i+1))
	}
	keep(t, s, many...)
	if n, err := s.Purge(context.Background(), Purge{}); err != nil || n != len(many) {
		t.Errorf("%d of %d, %v", n, len(many), err)
	}
	if st, err := s.Stats(context.Background()); err != nil || st.Tokens != 0 {
		t.Errorf("%d are left, %v", st.Tokens, err)
	}
}

func TestPurge(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	s := open(t, filepath.Join(t.TempDir(), "promptgate.db"), Options{Now: c.Now})
	old := token(1, 1)
	old.Key = 6
	keep(t, s, old)
	c.add(time.Hour)
	keep(t, s, token(1, 2), token(2, 3), token(2, 4))
	key := uint32(6)
	for _, tt := range []struct {
		name  string
		purge Purge
		want  int
	}{
		{"a key", Purge{Key: &key}, 1},
		{"a sender", Purge{Scope: &[16]byte{1}}, 1},
		{"before they were there", Purge{Before: c.Now()}, 0},
		{"everything", Purge{}, 2},
	} {
		if n, err := s.Purge(context.Background(), tt.purge); err != nil || n != tt.want {
			t.Errorf("%s: %d, %v; want %d", tt.name, n, err, tt.want)
		}
	}
}

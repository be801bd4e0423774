// Package upload remembers the borders of pieces of files that leave in several
// requests.
//
// A value can be cut over two pieces, and neither request holds it. Pieces cannot
// be joined before they leave: each is decided by itself. A [Book] keeps the first
// and the last 4 KiB of the text of each, sealed with a key that only this process
// has, until the request that names their order; [Book.Order] then gives the texts
// around each border:
//
//	piece 1   …his card is 4111 1111     piece 2   1111 1111, he said…
//	run       …his card is 4111 1111 │ 1111 1111, he said…
//
// It also remembers which uploads had a piece refused, and, of files whose bytes go
// to an address that the provider has issued, without a word of whose they are
// ([Book.Issue]), which file that is and whether it was refused. What it does not know (a
// piece that another process saw, one from before a restart or beyond its bounds)
// it says is missing, and never that there is nothing.
package upload

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"
	"time"
)

// Edge is how much of each end of a piece is kept, in bytes.
const Edge = 4 << 10

// The bounds of a book.
const (
	keep       = 24 * time.Hour // the longest that a provider keeps an upload open
	maxUploads = 64             // open at a time, of one sender
	maxPieces  = 2_000          // of one sender; 16 MiB of edges
	maxAll     = 20_000         // of all senders; 160 MiB
	maxSenders = 20_000
)

// A Piece is what is known of one piece of a file.
type Piece struct {
	Head, Tail []byte // its first and last Edge bytes of text
	Whole      bool   // Head is all of it
	Refused    bool   // it was not sent on
}

// Format hides the text from every verb of package fmt.
func (p Piece) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[%d and %d bytes]", len(p.Head), len(p.Tail))
}

// A Run is the text around one border or, where a piece is smaller than its two
// edges, around several.
type Run struct {
	Text    []byte
	Borders []int // offsets in Text at which a piece begins
	First   int   // ordinal of the piece that Text begins in
}

// Format hides the text from every verb of package fmt.
func (r Run) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d bytes]", len(r.Text)) }

// A Book keeps the pieces of open uploads. Safe for concurrent use.
type Book struct {
	seal cipher.AEAD

	mu      sync.Mutex // guards the rest
	senders map[string]*sender
	pieces  int
	nonce   uint64
}

type sender struct {
	uploads map[string]*file
	pieces  int
	issued  map[string]*issued // by address
}

// file is one open upload.
type file struct {
	pieces  []*piece // in the order in which they came
	refused bool
	lost    bool // a piece did not fit
	last    time.Time
}

type piece struct {
	id     string // as the provider names it; "" until it has
	sealed []byte // head and tail
	nonce  uint64
	head   int // bytes of sealed that are the head
	whole  bool
}

// NewBook makes an empty book.
func NewBook() (*Book, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	return &Book{seal: seal, senders: map[string]*sender{}}, nil
}

// Keep remembers a piece of an upload and returns how to tell its id, once that
// is known; pieces without one are taken in the order in which they came. id is
// the one that the request names, or "".
func (b *Book) Keep(who, upload, id string, p Piece, now time.Time) (name func(id string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.open(who, upload, now)
	if f == nil {
		return func(string) {}
	}
	f.last = now
	if p.Refused {
		f.refused = true
		return func(string) {}
	}
	s := b.senders[who]
	if s.pieces >= maxPieces || b.pieces >= maxAll {
		f.lost = true
		return func(string) {}
	}
	x := &piece{id: id, head: len(p.Head), whole: p.Whole}
	b.nonce++
	x.nonce = b.nonce
	text := p.Head
	if !p.Whole {
		text = append(append(make([]byte, 0, len(p.Head)+len(p.Tail)), p.Head...), p.Tail...)
	}
	x.sealed = b.seal.Seal(nil, b.nonceOf(x), text, nil)
	f.pieces = append(f.pieces, x)
	s.pieces++
	b.pieces++
	return func(id string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		x.id = id
	}
}

func (b *Book) nonceOf(x *piece) []byte {
	n := make([]byte, b.seal.NonceSize())
	for i := range 8 {
		n[i] = byte(x.nonce >> (8 * i))
	}
	return n
}

// open returns the upload, a new one if need be; nil when the sender has too many.
func (b *Book) open(who, upload string, now time.Time) *file {
	s := b.senders[who]
	if s == nil {
		s = &sender{uploads: map[string]*file{}}
		b.senders[who] = s
	}
	f := s.uploads[upload]
	if f != nil {
		return f
	}
	if len(s.uploads) >= maxUploads || b.pieces >= maxAll || len(b.senders) > maxSenders {
		b.sweep(now)
	}
	if len(s.uploads) >= maxUploads || len(b.senders) > maxSenders && len(s.uploads) == 0 {
		if len(s.uploads) == 0 {
			delete(b.senders, who)
		}
		return nil
	}
	b.senders[who] = s // the sweep may have forgotten it
	f = &file{}
	s.uploads[upload] = f
	return f
}

// sweep forgets uploads that nobody has touched for long.
func (b *Book) sweep(now time.Time) {
	for who, s := range b.senders {
		for upload, f := range s.uploads {
			if now.Sub(f.last) > keep {
				b.drop(who, upload)
			}
		}
		for address, x := range s.issued {
			if now.Sub(x.at) > keep {
				delete(s.issued, address)
			}
		}
		if len(s.uploads) == 0 && len(s.issued) == 0 {
			delete(b.senders, who)
		}
	}
}

// Drop forgets an upload that was ended.
func (b *Book) Drop(who, upload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(who, upload)
}

func (b *Book) drop(who, upload string) {
	s := b.senders[who]
	if s == nil || s.uploads[upload] == nil {
		return
	}
	n := len(s.uploads[upload].pieces)
	s.pieces -= n
	b.pieces -= n
	delete(s.uploads, upload)
	if len(s.uploads) == 0 && len(s.issued) == 0 {
		delete(b.senders, who)
	}
}

// An Order is what is known of the pieces of one upload in their order.
type Order struct {
	Runs    []Run
	Refused bool // a piece of the upload was refused
	Missing bool // some borders are not known
}

// Order joins the pieces that ids name, in that order. The texts are copies.
func (b *Book) Order(who, upload string, ids []string) Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.senders[who]
	if s == nil || s.uploads[upload] == nil {
		return Order{Missing: len(ids) > 1}
	}
	f := s.uploads[upload]
	o := Order{Refused: f.refused, Missing: f.lost && len(ids) > 1}
	var run Run
	known := false // run ends in the tail of the piece before
	emit := func() {
		if len(run.Borders) > 0 {
			o.Runs = append(o.Runs, run)
		}
		run = Run{}
	}
	for i, x := range f.ordered(ids) {
		if x == nil {
			o.Missing = o.Missing || len(ids) > 1
			emit()
			known = false
			continue
		}
		text, err := b.seal.Open(nil, b.nonceOf(x), x.sealed, nil)
		if err != nil { // cannot happen
			o.Missing, known = true, false
			emit()
			continue
		}
		if known {
			run.Borders = append(run.Borders, len(run.Text))
			run.Text = append(run.Text, text[:x.head]...)
			if x.whole {
				continue
			}
			emit()
		}
		run = Run{Text: text[x.head:], First: i}
		if x.whole {
			run.Text = text
		}
		known = true
	}
	emit()
	return o
}

// ordered are the pieces that ids name; nil for those that are not known. Where
// there are as many pieces as ids and some have no name, they are taken in the
// order in which they came.
func (f *file) ordered(ids []string) []*piece {
	out := make([]*piece, len(ids))
	byID := map[string]*piece{}
	unnamed := 0
	for _, x := range f.pieces {
		if x.id == "" {
			unnamed++
		} else {
			byID[x.id] = x // of two the later, which the provider has kept
		}
	}
	found := 0
	for i, id := range ids {
		if x := byID[id]; x != nil {
			out[i] = x
			found++
		}
	}
	if found < len(ids) && found+unnamed == len(ids) && len(f.pieces) == len(ids) {
		copy(out, f.pieces)
	}
	return out
}

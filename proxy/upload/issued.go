package upload

import (
	"bytes"
	"time"
)

// maxIssued is how many addresses of one sender are remembered.
const maxIssued = 256

// An issued address is where the bytes of a file are to be sent.
type issued struct {
	id      string // of the file, or of its reservation
	at      time.Time
	refused bool
}

// Issue remembers that the provider has told who to send the bytes of the file id
// to an address (host and path).
func (b *Book) Issue(who, address, id string, now time.Time) {
	if address == "" || len(id) < minID {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.senders[who]
	if s == nil || len(s.issued) >= maxIssued {
		b.sweep(now)
		s = b.senders[who]
	}
	switch {
	case s == nil && len(b.senders) >= maxSenders:
		return
	case s == nil:
		s = &sender{uploads: map[string]*file{}}
		b.senders[who] = s
	case len(s.issued) >= maxIssued:
		return
	}
	if s.issued == nil {
		s.issued = map[string]*issued{}
	}
	s.issued[address] = &issued{id: id, at: now}
}

// minID is the shortest id that is looked for in later requests: shorter ones stand
// in any text.
const minID = 8

// Sent notes whether the bytes that who sent to an address were refused. It
// returns the id of the file that they are of, "" when that is not known.
func (b *Book) Sent(who, address string, refused bool) (id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.senders[who]
	if s == nil || s.issued[address] == nil {
		return ""
	}
	x := s.issued[address]
	x.refused = refused // sent again, it may be another one
	return x.id
}

// Names reports whether one of the texts names a file of who that was refused.
func (b *Book) Names(who string, texts ...[]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.senders[who]
	if s == nil {
		return false
	}
	for _, x := range s.issued {
		if !x.refused {
			continue
		}
		for _, t := range texts {
			if bytes.Contains(t, []byte(x.id)) {
				return true
			}
		}
	}
	return false
}

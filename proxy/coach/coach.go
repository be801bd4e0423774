// Package coach remembers what people have been told and have acknowledged.
//
// The gate coach stops a message once and says why. A person who sends it again
// from a page, or a program that repeats it with the incident's number, has
// acknowledged the notice, and the message goes on. A [Notice] goes in: who, which rules, and which values by
// their keyed digests; never text. A [Book] answers whether it was heard.
//
// It promises that nothing is acknowledged by chance: a client that repeats a
// refused request within two seconds is a program that retries, and a value that
// was not in the notice needs one of its own. Acknowledged values stay so for
// twelve hours, because a conversation sends its history again with every turn.
// What is remembered is bounded, and forgotten at the end of the process; a
// person then reads the notice once more. Versions of a policy, which people
// acknowledge once, are kept in a file.
package coach

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors"
)

// A Notice is what somebody is told about a message.
type Notice struct {
	Who      string             // subject, or address of who is anonymous
	Rules    []string           // that ask for the acknowledgement, with the policy's revision
	Values   []detectors.Digest // of the findings they are about; none for rules about the message
	Incident string             // number of the refusal
	Version  string             // of a policy that is acknowledged once for all, or ""
	Where    string             // endpoint: a page sends many requests, and only the same one again is a repetition
	Person   bool               // a person typed it: sending it again is an acknowledgement
}

// The bounds of a book.
const (
	Wait      = 10 * time.Minute // within which a notice is acknowledged
	Patience  = 2 * time.Second  // before which a repetition is a program's
	Keep      = 12 * time.Hour   // for which an acknowledgement holds
	maxPeople = 10_000
	maxValues = 1_000 // of one person and set of rules
)

// A Book is the memory. Safe for concurrent use.
type Book struct {
	key []byte

	mu       sync.Mutex          // guards what follows
	pages    map[digest]*page    // by person and rules
	versions map[digest][]string // of policies that a person has acknowledged
	file     *os.File            // of versions; nil when they are not kept
}

type digest [16]byte

// A page is what one person was told by one set of rules.
type page struct {
	told     time.Time
	where    string
	incident string
	pending  map[detectors.Digest]bool
	plain    time.Time                      // until when the rules alone are acknowledged
	heard    map[detectors.Digest]time.Time // until when values are
}

// New makes a book that forgets versions at its end. key keys the names of people.
func New(key []byte) *Book {
	return &Book{key: key, pages: map[digest]*page{}, versions: map[digest][]string{}}
}

// record is a line of the file of versions.
type record struct {
	Who     string    `json:"who"` // keyed hash
	Version string    `json:"version"`
	Time    time.Time `json:"time"`
}

// Open makes a book that keeps acknowledged versions in a file, mode 0600. A
// last line that was cut off by a crash is left out.
func Open(key []byte, file string) (*Book, error) {
	b := New(key)
	in, err := os.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("acknowledgements: %w", err)
	default:
		defer in.Close()
		for lines := bufio.NewScanner(in); lines.Scan(); {
			var r record
			var who digest
			if json.Unmarshal(lines.Bytes(), &r) != nil {
				continue
			}
			if n, err := hex.Decode(who[:], []byte(r.Who)); err == nil && n == len(who) {
				b.versions[who] = append(b.versions[who], r.Version)
			}
		}
	}
	if b.file, err = os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("acknowledgements: %w", err)
	}
	return b, nil
}

// Close closes the file of versions.
func (b *Book) Close() error {
	if b.file == nil {
		return nil
	}
	return b.file.Close()
}

// Versions are the versions of policies that somebody has acknowledged.
func (b *Book) Versions(who string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.versions) == 0 { // saves the keyed hash
		return nil
	}
	return b.versions[b.hash("who", who)]
}

// Tell keeps a notice that is given now.
func (b *Book) Tell(n Notice, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(n, now)
	p.told, p.where, p.incident, p.pending = now, n.Where, n.Incident, map[detectors.Digest]bool{}
	if len(n.Values) > maxValues {
		p.told = time.Time{} // too much to be remembered, so it cannot be acknowledged
		return
	}
	for _, v := range n.Values {
		p.pending[v] = true
	}
}

// Heard reports whether a notice has been acknowledged: earlier, or by this
// message, which repeats it, or names the incident. "" names none.
func (b *Book) Heard(n Notice, incident string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[b.id(n)]
	if p == nil {
		return false
	}
	if p.covers(n.Values, now) {
		return true
	}
	age := now.Sub(p.told)
	named := incident != "" && hmac.Equal([]byte(incident), []byte(p.incident))
	if (!n.Person || n.Where != p.where) && !named || p.told.IsZero() || age > Wait || age < Patience && !named || incident != "" && !named {
		return false
	}
	for _, v := range n.Values {
		if _, old := p.heard[v]; !p.pending[v] && !old {
			return false
		}
	}
	if len(p.heard)+len(n.Values) > maxValues {
		clear(p.heard)
	}
	p.plain = now.Add(Keep)
	for _, v := range n.Values {
		p.heard[v] = p.plain
	}
	if n.Version != "" {
		b.keep(n, now)
	}
	return true
}

// covers reports whether every value is acknowledged, or, without any, the rules.
func (p *page) covers(values []detectors.Digest, now time.Time) bool {
	if len(values) == 0 {
		return now.Before(p.plain)
	}
	for _, v := range values {
		if !now.Before(p.heard[v]) {
			return false
		}
	}
	return true
}

// keep writes down an acknowledged version. When that is not possible the person
// is asked again after the next start.
func (b *Book) keep(n Notice, now time.Time) {
	who := b.hash("who", n.Who)
	if slices.Contains(b.versions[who], n.Version) {
		return
	}
	b.versions[who] = append(b.versions[who], n.Version)
	if b.file == nil {
		return
	}
	line, err := json.Marshal(record{hex.EncodeToString(who[:]), n.Version, now.UTC()})
	if err == nil {
		_, _ = b.file.Write(append(line, '\n'))
	}
}

// page finds or begins a page. When there are too many, old ones go.
func (b *Book) page(n Notice, now time.Time) *page {
	id := b.id(n)
	if p := b.pages[id]; p != nil {
		return p
	}
	if len(b.pages) >= maxPeople {
		for old, p := range b.pages {
			if now.Sub(p.told) > Wait && !now.Before(p.plain) {
				delete(b.pages, old)
			}
		}
	}
	for old := range b.pages { // still too many: any of them, its person is asked again
		if len(b.pages) < maxPeople {
			break
		}
		delete(b.pages, old)
	}
	p := &page{heard: map[detectors.Digest]time.Time{}}
	b.pages[id] = p
	return p
}

func (b *Book) id(n Notice) digest {
	return b.hash("page", n.Who, strings.Join(n.Rules, "\x00"))
}

func (b *Book) hash(parts ...string) (out digest) {
	h := hmac.New(sha256.New, b.key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d\x00%s", len(p), p)
	}
	copy(out[:], h.Sum(nil))
	return out
}

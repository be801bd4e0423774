package pattern

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/rarity"
)

// namedNear is how many bytes before a name may stand what the issuer is called.
const namedNear = 80

// A nameUse is a rule of shape named under the first word of one of its names.
type nameUse struct {
	rest []string // the other words
	rule *rule
}

// Of a key in a sentence, in bytes: how long it is at most, and how far before it
// the issuer may be named.
const (
	mostNear   = 130
	tokenNear  = 48
	behindNear = 24 // "… (API_SECRET)"
)

// subscribeNames puts a rule under the first words of its names. The rule has no
// anchor of its own: it is tried at every assignment of a key, token or secret, and
// at runs of token bytes with the issuer's name before them.
func (d *detector) subscribeNames(r *rule) {
	for _, name := range r.src.Names {
		var words []string
		for text, i := []byte(name), 0; i < len(text); {
			s, e := nextWord(text, i)
			if s == e {
				break
			}
			words = append(words, name[s:e])
			i = e
		}
		d.names[words[0]] = append(d.names[words[0]], nameUse{words[1:], r})
		d.nameStarts.add(words[0])
		d.longestNamed = max(d.longestNamed, r.src.MaxLength)
	}
}

// findNamed looks in the name of an assignment, then close before it, for the
// words of issuers, and tries their forms on the value.
func (c *check) findNamed(a *assignment, n int) {
	v := c.v.Text[a.value.Start:a.value.End]
	if len(c.d.names) == 0 || len(v) < 12 || a.bits < -len(v) || bytes.IndexByte(v, ' ') >= 0 {
		return
	}
	name := c.v.Text[a.name.Start:a.name.End]
	if _, known := keyName(name); !known {
		return
	}
	c.work += valueCost
	if c.tryNames(a, n, name, 0) {
		return
	}
	c.tryNames(a, n, c.v.Text[max(0, a.name.Start-namedNear):a.name.Start], -10)
}

// tryNames tries the forms of every issuer that is named in text.
func (c *check) tryNames(a *assignment, n int, text []byte, points int16) (found bool) {
	for i := 0; i < len(text); {
		s, e := nextWord(text, i)
		if s == e {
			break
		}
		for k := s + 1; k < e; k++ { // nextWord leaves auth0Secret whole
			if isDigit(text[k-1]) && isUpper(text[k]) {
				e = k // auth0Secret
			}
		}
		i = e
		if !c.d.nameStarts.has(text[s:e]) {
			continue
		}
		c.fold = lowerWord(c.fold[:0], text[s:e])
		uses := c.d.names[string(c.fold)]
		for _, u := range uses {
			if _, ok := c.phraseEnd(text, e, u.rest, 1); ok && c.tryNamed(u.rule, a, n, points) {
				found = true
			}
		}
	}
	return found
}

// nearNames tries, on a run of token bytes that is no assignment's value, the forms
// of the issuers that are named in the words before it:
//
//	new datadog\Client("…")   the coveralls token … does not work
//
// and rules of shape near. The first n bytes of the run are before the anchor. Digests and identifiers have
// the forms of many keys: of hex digits, and of what has a dash in it, the words
// must say that it is one.
func (c *check) nearNames(n int) {
	text := c.v.Text
	s := c.at - n
	if s < 4 || !opensValue(text[s-1]) {
		return
	}
	before := text[max(0, s-tokenNear):s]
	hex := hexHead(text[s:c.at])
	if hex && text[s-1] == '"' && (text[s-2] == ':' || text[s-3] == ':') {
		return // "trace_id":"…": an assignment, whose name says what it is
	}
	says := saysKey(before)
	if !says && hex {
		return // a digest, an identifier
	}
	e := c.at
	for e < len(text) && e-s <= mostNear && signs[text[e]]&signToken != 0 {
		e++
	}
	if e == len(text) && !c.has(e, 1) || e-s > mostNear || e < len(text) && !closesValue(text[e]) {
		return
	}
	if bytes.IndexByte(bytes.TrimRight(text[s:e], "="), '=') >= 0 {
		return
	}
	m := makeupOf(text[s:e])
	if m.digit < 2 || m.turns < 4 {
		return
	}
	if k := bytes.LastIndexByte(before, '\n'); k >= 0 {
		before = before[k+1:]
	}
	for _, r := range c.d.near {
		if !m.hex && m.upper > 2 && m.lower > 2 && (says || e < len(text) && text[e] != '\n' && c.has(e, behindNear) && saysKey(text[e:min(len(text), e+behindNear)])) {
			c.judge(r, candidate{start: s, end: e, head: s})
		}
	}
	if (m.hex || m.other > 0) && !says {
		return
	}
	c.work += valueCost
	c.tryNames(&assignment{value: detectors.Span{Start: s, End: e}, bare: true}, c.at-s, before, -10)
}

// opensValue reports whether a value may begin behind b, closesValue whether it
// may end before b.
func opensValue(b byte) bool {
	return b == ' ' || b == '"' || b == '\'' || b == '`' || b == '(' || b == ':' || b == '\t'
}
func closesValue(b byte) bool {
	return isSpace(b) || bytes.IndexByte([]byte("\"'`),.;:!?"), b) >= 0
}

// hexHead reports whether v begins as a number in hexadecimal digits.
func hexHead(v []byte) bool {
	for _, b := range v[:min(8, len(v))] {
		if !isDigit(b) && (b|0x20 < 'a' || b|0x20 > 'f') {
			return false
		}
	}
	return true
}

// saysKey reports whether one of the words seems to say that a key, a token, a
// secret, a credential, a password or an API follows.
func saysKey(words []byte) bool {
	for i := 0; i+2 < len(words); i++ {
		switch words[i] | 0x20 {
		case 'k':
			if b := words[i+2] | 0x20; words[i+1]|0x20 == 'e' && (b == 'y' || b == 'n' && i > 1 && words[i-1]|0x20 == 'o') {
				return true
			}
		case 'c':
			if words[i+1]|0x20 == 'r' && words[i+2]|0x20 == 'e' && i+4 < len(words) && (words[i+3]|0x20 == 't' || words[i+3]|0x20 == 'd') {
				return true
			}
		case 's':
			if words[i+1]|0x20 == 's' && words[i+2]|0x20 == 'w' {
				return true
			}
		case 'a':
			if words[i+1]|0x20 == 'p' && words[i+2]|0x20 == 'i' {
				return true
			}
		}
	}
	return false
}

func (c *check) tryNamed(r *rule, a *assignment, n int, points int16) bool {
	text := c.v.Text
	end, _, _ := c.match(r.match, text[:a.value.End], a.value.Start, r.src.MaxLength)
	if end != a.value.End || a.bare && rarity.Score(text[a.value.Start:end]) < 0 {
		return false
	}
	why := ""
	if points != 0 {
		why = "issuer near"
	}
	c.judge(r, candidate{start: a.value.Start, end: end, head: c.at - n, points: points, evidence: why, shown: true})
	return true
}

// scanned is how many bytes behind the anchor of a run of token bytes are looked
// at for heads.
const scanned = 160

// A headUse is a head and the rule whose matches begin with it.
type headUse struct {
	head string
	rule *rule
}

// headIndex finds rules by the first three bytes of their heads.
type headIndex struct {
	there [64]uint64 // a bit for each hash of three bytes
	uses  map[[3]byte][]headUse
}

func (x *headIndex) add(r *rule) {
	if x.uses == nil {
		x.uses = make(map[[3]byte][]headUse)
	}
	for _, h := range r.src.Heads {
		k := [3]byte([]byte(h))
		word, bit := headHash(k)
		x.there[word] |= 1 << bit
		x.uses[k] = append(x.uses[k], headUse{h, r})
	}
}

// at is the heads that may begin with these bytes.
func (x *headIndex) at(k [3]byte) []headUse {
	if word, bit := headHash(k); x.there[word]>>bit&1 == 0 {
		return nil
	}
	return x.uses[k]
}

func headHash(k [3]byte) (word, bit uint32) {
	h := (uint32(k[0]) | uint32(k[1])<<8 | uint32(k[2])<<16) * 0x9E3779B1
	return h >> 26, h >> 20 & 63
}

// tokenEnds reports whether the run of token bytes around the anchor ends in the
// view.
func (c *check) tokenEnds() bool {
	i := c.at
	for i < len(c.v.Text) && isToken(c.v.Text[i]) {
		i++
	}
	return i < len(c.v.Text)
}

// tokenHeads tries, in a run of token bytes whose first n are before the anchor,
// every rule with a head that begins a word there.
func (c *check) tokenHeads(n int) {
	text := c.v.Text
	if c.d.heads.uses == nil || c.at+scanned > len(text) && !c.tokenEnds() && !c.has(c.at, scanned) {
		return
	}
	stop := min(len(text), c.at+scanned)
	i := c.at - n
	if i > 0 && signs[text[i-1]]&signWord != 0 {
		i = behindWord(text, i, stop) // the view begins inside a word
	}
	for ; i+3 <= stop && signs[text[i]]&signToken != 0; i = behindWord(text, i, stop) {
		for _, u := range c.d.heads.at([3]byte(text[i : i+3])) {
			if bytes.HasPrefix(text[i:], []byte(u.head)) && u.rule.left.before(text, i) && (i > 0 || c.v.BOF) {
				c.tryAt(u.rule, i, 0, "")
			}
		}
	}
}

// behindWord is the next place in a run of token bytes at which no word goes on:
// two bytes behind the last of the word that text[i:stop] begins with, stop if the
// run ends there.
func behindWord(text []byte, i, stop int) int {
	for ; i < stop; i++ {
		if s := signs[text[i]]; s&signWord == 0 {
			if s&signToken == 0 {
				return stop
			}
			return i + 1
		}
	}
	return stop
}

package gazetteer

import (
	"encoding/binary"
	"strings"
)

// Half of the words that are looked up in texts are one of few: they have a table
// of their own, small enough to stay in the nearest cache, that is asked by the
// letters themselves. What it says is what Find says.

// MaxShort is the most letters of a word that it has.
const MaxShort = 7

const (
	shortBits = 9
	lowerCase = 0x2020202020202020
)

// common are the words up to MaxShort letters that bench/corpora look up most
// often, the most frequent first, without what only those texts speak of.
const common = "the this a to n is with if for in name of by and c into t at file small an list or these see value run command not " +
	"i u o type true use return on none you all e s from note new key it general data when field do go as b d m x p r g l f null error write string be any answer must set " +
	"please that then top text so we what how why where who there here they he she his her our your my me us no yes are was were has have had will would can could should may might " +
	"create build make show get add give find help tell explain service manage version beta returns group default options storage free license public other object number form " +
	"test only url id api json user users process policy limit feature example path node false above below zone each double define support delete int update request block size one sign " +
	"but also more most some such than them its which while after before since until under over between about out up down off just still even both either first last next " +
	"der die das und den von mit ist ein eine im zu auf sie ich wir für de la le les et un une du des en el los que y por una con se il di per che do da os " +
	"mr mrs ms dr dear hi hello thanks regards best sir john david michael james paul anna maria peter thomas " +
	"using source event changes change check config server client system windows linux unix start end time line code class context index cluster load release section offset remove " +
	"read read open close print input output signal loop local local module entry single order page table address memory basic role root head page model usage content valid groups status lock " +
	"january march april may june july august monday friday sunday english german french google microsoft github european american united states " +
	"however though because without within during through against upon per via via not never always often every any another same own few many much several two three four five"

// short is the table of common words: the bits of their letters, and what is
// known of them. It is built once and never changes.
var short = func() (t [1 << shortBits]struct {
	letters uint64
	info    Info
}) {
	for w := range strings.FieldsSeq(common) {
		if len(w) > MaxShort || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		var b [8]byte
		copy(b[:], w)
		letters := binary.LittleEndian.Uint64(b[:])
		if e := &t[shortSlot(letters)]; e.letters == 0 {
			e.letters, e.info = letters, Word([]byte(w))
		}
	}
	return t
}()

func shortSlot(letters uint64) uint64 { return letters * 0x9E3779B97F4A7C15 >> (64 - shortBits) }

// Short returns what is known of a common word, given by its letters in small
// ASCII, the first in the lowest byte; ok is false for all others.
func Short(letters uint64) (i Info, ok bool) {
	e := &short[shortSlot(letters)]
	return e.info, e.letters == letters
}

// Package gazetteer knows words: which are given names, surnames and places,
// which of them are ordinary words too, and which company says that a name is
// near ("Mr", "patient", "regards").
//
// A word goes in as it stands in a text, its [Info] comes out. Words are
// compared folded: lower case, without diacritics, "ß" as "ss".
//
// What it knows is table.bin, a hash table of 4 bytes an entry that is used as
// it is embedded, so that a start costs nothing. It is made from the lists in
// lists (their sources stand in lists/README.md) by
//
//	go generate ./detectors/names/gazetteer
//
// and a test holds it equal to them. A slot keeps 16 bits of a word's hash: one
// unknown word in some 30,000 is taken for another.
//
// Everything here is immutable and safe for concurrent use.
package gazetteer

import _ "embed"

//go:generate go run ./gen

// Info is what is known of a word; the zero value is nothing.
type Info uint16

// Strengths of a name: 0 is none, 1 is rare or known in one language, 2 is common.
const (
	givenBits   = 0
	surnameBits = 2
	ordinaryBit = 4
	placeBit    = 5
	classBits   = 6
	figureBit   = 11
)

// Given is how common the word is as a given name, 0 to 2.
func (i Info) Given() int { return int(i>>givenBits) & 3 }

// Surname is how common the word is as a surname, 0 to 2.
func (i Info) Surname() int { return int(i>>surnameBits) & 3 }

// Name reports whether the word is a name of either kind.
func (i Info) Name() bool { return i&0xF != 0 }

// Ordinary reports whether a name is an ordinary word of some language too.
func (i Info) Ordinary() bool { return i>>ordinaryBit&1 != 0 }

// Place reports whether the word or phrase names a place.
func (i Info) Place() bool { return i>>placeBit&1 != 0 }

// Figure reports whether the phrase is the name of somebody of public life.
func (i Info) Figure() bool { return i>>figureBit&1 != 0 }

// Class is the company that the word is.
func (i Info) Class() Class { return Class(i>>classBits) & 31 }

// A Class groups words that say the same of a name beside them.
type Class uint8

// The classes of lists/classes.txt.
const (
	None     Class = iota
	Title          // Mr, Frau
	Greeting       // Dear, Hallo
	Closing        // regards, Grüße
	Label          // name, patient, Kunde
	Named          // called, heiße
	Relation       // wife, colleague
	Said           // said, lives
	Reach          // call, e-mail
	By             // by, with, from
	In             // in, at
	Is             // is, am
	My             // my, our
	The            // the, a
	Who            // who, whose
	Fiction        // story, dialogue
	Culture        // novel, king
	Org            // Inc, University
	Place          // Street, Lake
	Product        // Server, Policy
	Month          // March, Montag
	Demonym        // German
	Start          // words that begin sentences
	Verb           // Write, Explain
	JobTitle       // CEO, nurse
	Near           // phone, born
	Particle       // van, de
	Suffix         // Jr, PhD
	Classes        // how many there are
)

var classNames = [Classes]string{
	"", "title", "greeting", "closing", "label", "named", "relation", "said", "reach", "by", "in", "is", "my", "the",
	"who", "fiction", "culture", "org", "place", "product", "month", "demonym", "start", "verb", "jobtitle", "near", "particle", "suffix",
}

// The table has tableSize slots of 4 bytes, little-endian: 16 bits of the hash
// above the Info. A slot of 0 is free; a word goes into the first free slot from
// where its hash says.
const (
	tableBits = 17
	tableSize = 1 << tableBits
)

//go:embed table.bin
var table string

// Find returns what is known of the word with a [Hash].
func Find(h uint64) Info {
	h = mix(h)
	mark := uint32(h>>16) | 1 // never 0
	for i := uint32(h >> (64 - tableBits)); ; i++ {
		at := i & (tableSize - 1) * 4
		e := table[at : at+4]
		slot := uint32(e[0]) | uint32(e[1])<<8 | uint32(e[2])<<16 | uint32(e[3])<<24
		if slot == 0 {
			return 0
		}
		if slot>>16 == mark&0xFFFF {
			return Info(slot)
		}
	}
}

// Word is Find for a word or phrase given as text.
func Word(b []byte) Info { return Find(Hash(b)) }

// Join merges what is known of the two parts of a hyphenated word.
func Join(a, b Info) Info {
	out := (a | b) & (1<<ordinaryBit | 1<<placeBit)
	out |= max(a&3, b&3)
	out |= max(a>>surnameBits&3, b>>surnameBits&3) << surnameBits
	if !a.Name() || !b.Name() {
		out &^= 1 << ordinaryBit
	}
	return out
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9E3779B97F4A7C15
	return h ^ h>>29
}

// Package rules holds what is data: detector rules, providers, policies and
// messages, embedded into the program, and the typed records of the detector
// rules.
//
// TOML files go in, a [Catalogue] comes out: immutable, checked, every mistake
// reported at once with file, line and column. The package knows the format
// and nothing of text: package detectors/pattern makes detectors out of it.
//
// A directory of the same layout can be laid over a catalogue: its rules and
// info types are added, replace those with the same id, or switch rules off.
package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules/strict"
)

//go:embed infotypes.toml */*.toml policies/parts/*.toml
var embedded embed.FS

// FS is everything embedded from the rules directory: infotypes.toml and the
// TOML files of pii, phi, pci, secrets, code, confidential, providers,
// policies and messages.
func FS() fs.FS { return embedded }

// Categories are the categories of info types, in the order of the policy.
func Categories() []string {
	return []string{"pii", "phi", "pci", "secret", "source_code", "confidential"}
}

// families are the directories that hold detector rules.
func families() []string {
	return []string{"pii", "phi", "pci", "secrets", "code", "confidential"}
}

// A Group is a row of the default policy: info types that are answered alike.
type Group struct {
	Name     string   `toml:"name"`     // "national_id"
	Severity string   `toml:"severity"` // low, medium, high or critical
	Controls []string `toml:"controls"` // ids of CIS, NIST and SOC 2 controls
}

// An InfoType is a kind of sensitive content.
type InfoType struct {
	Name        string   `toml:"name"`        // category.snake_case, never renamed
	Title       string   `toml:"title"`       // for people: "payment card"
	Placeholder string   `toml:"placeholder"` // "PAYMENT_CARD"; default: the name's second half in capitals
	Group       string   `toml:"group"`       // the [Group] it belongs to
	Severity    string   `toml:"severity"`    // default: its group's
	Controls    []string `toml:"controls"`    // default: its group's
	Description string   `toml:"description"`
}

// Category is the part of the name before the dot.
func (t InfoType) Category() string {
	c, _, _ := strings.Cut(t.Name, ".")
	return c
}

// A Rule says how one form of an info type is recognised. docs/rules.md explains
// each key; the zero value of each optional key is its default.
type Rule struct {
	ID          string   `toml:"id"` // category.name or category.name.form
	InfoType    string   `toml:"info_type"`
	Description string   `toml:"description"`
	Source      string   `toml:"source"` // where the format is published
	Severity    string   `toml:"severity"`
	Controls    []string `toml:"controls"`

	// Where to look: literals, or other kinds of anchors.
	Keywords    []string `toml:"keywords"`     // ASCII-caseless unless KeywordCase
	KeywordCase bool     `toml:"keyword_case"` // keywords are compared as written
	Anchors     []string `toml:"anchors"`      // digits, token, at, iban
	Heads       []string `toml:"heads"`        // with anchor token: what a match begins with; it is tried wherever a word of the run begins so
	Names       []string `toml:"names"`        // shape "named": words, one of which the name given the value must have
	Lead        []int    `toml:"lead"`         // bytes of the match before the keyword or IBAN head; default 0

	// What to recognise there.
	Shape     string   `toml:"shape"`      // a hand-written matcher; default: the pattern alone
	Pattern   string   `toml:"pattern"`    // RE2; the group "value" is the finding's span
	Formats   []string `toml:"formats"`    // digit groups: "3-2-4", "4_4_4_4=10", "9"
	Boundary  Boundary `toml:"boundary"`   // classes that must not stand beside the match
	MaxLength int      `toml:"max_length"` // bytes of the longest match; mandatory

	// Shape "signals": words of at least MinSignals different signals within
	// Within bytes; with Person also an identifier of a person there. Shape
	// "record": the same around a keyword, up to 384 bytes before it and Within
	// behind; a signal of negative points speaks against it, and the word "#" is
	// any figure.
	Signals    []Signal `toml:"signals"`
	MinSignals int      `toml:"min_signals"`
	Within     int      `toml:"within"`
	Person     bool     `toml:"person"`

	// Shape "dictionary": words and phrases of the company, in the rule or in a
	// file beside it with one on each line.
	Terms     []string `toml:"terms"`
	TermsFile string   `toml:"terms_file"`

	// What must hold of it.
	Validators     []string  `toml:"validators"`
	Rarity         int       `toml:"rarity"`  // least score of package rarity behind the head, in bits; 0 = any
	Entropy        float64   `toml:"entropy"` // least Shannon entropy of the value, bits per byte
	Exclude        Exclude   `toml:"exclude"`
	Context        []Context `toml:"context"`
	RequireContext bool      `toml:"require_context"` // no finding without a context word or label

	// What it is worth: Confidence, or computed from RandomPass.
	Confidence int     `toml:"confidence"`  // points without context
	RandomPass float64 `toml:"random_pass"` // share of random values of this form that pass
	Cap        int     `toml:"cap"`         // most points the rule can reach; 0 = no bound

	Tests []Test `toml:"test"`

	File  string `toml:"-"` // where the rule stands
	Index int    `toml:"-"` // its ordinal in File

	table    string // of File: rule if empty
	ownTerms int    // terms that stand in the rule beside terms_file
}

// Category is the part of the info type before the dot.
func (r Rule) Category() string {
	c, _, _ := strings.Cut(r.InfoType, ".")
	return c
}

// A Signal is one independent reason; any of its words shows it.
type Signal struct {
	Name   string   `toml:"name"`
	Words  []string `toml:"words"`  // whole words or phrases, ASCII-caseless
	Adjust int      `toml:"adjust"` // points; default 5
}

// A Boundary names the byte classes that must not stand directly before (after)
// a match: "word" [A-Za-z0-9_], "alnum" [A-Za-z0-9], "token" [A-Za-z0-9_+/-],
// "digit" [0-9], "number" (a digit, or one of . , - with a digit behind it), "none".
type Boundary struct {
	Left  string `toml:"left"`
	Right string `toml:"right"`
}

// Exclude lists what a value must not be.
type Exclude struct {
	Values    []string `toml:"values"`    // whole values, separators and case ignored
	Published []string `toml:"published"` // test values of the issuer: found, but never above Low without context
	Words     []string `toml:"words"`     // ASCII-caseless parts of the value
	Patterns  []string `toml:"patterns"`  // RE2 on the whole value
	Before    []string `toml:"before"`    // ASCII-caseless text that must not stand directly before the match
}

// Context says which words near a match raise (or, with negative Adjust,
// lower) the confidence.
type Context struct {
	Words  []string `toml:"words"`  // whole words or phrases, any language, case ignored
	Within int      `toml:"within"` // bytes before; a third of it behind; default 300
	Adjust int      `toml:"adjust"` // points; default 20
}

// A Test is one example. Text marks what must be found, and nothing else of the
// rule's info type may be: "ssn ⟦219-09-9998⟧". A text without marks must yield
// no finding of that info type. {{gen:REGEXP}} stands for a generated sample.
type Test struct {
	Text  string `toml:"text"`
	Label string `toml:"label"` // the JSON key or column header that holds for the text
	Level string `toml:"level"` // least level of the findings: low (default), medium, high
	Most  string `toml:"most"`  // highest level of the findings
}

// A Catalogue is all rules and info types. It is immutable and safe for
// concurrent use.
type Catalogue struct {
	rules    []Rule
	types    []InfoType
	groups   []Group
	rule     map[string]int
	typ      map[string]int
	group    map[string]int
	files    map[string][]byte // rule files by name, for messages about places in them
	own      map[string]bool   // ids of the rules of the last layer
	disabled []string          // ids that the last layer switched off
	digest   string
}

// Digest identifies the files that the catalogue was made of, layer by layer.
func (c *Catalogue) Digest() string { return c.digest }

// Own reports whether a rule stands in the layer that was loaded last, not in
// one below it.
func (c *Catalogue) Own(id string) bool { return c.own[id] }

// Disabled returns the ids of the rules that the last layer switched off.
func (c *Catalogue) Disabled() []string { return slices.Clone(c.disabled) }

// Errorf makes an error about a key of a rule ("pattern", "test[2].text"), with
// its place. It is for those who find a mistake when they put a rule to use.
func (c *Catalogue) Errorf(r Rule, key, format string, a ...any) *strict.Error {
	doc, err := strict.Parse(r.File, c.files[r.File])
	if err != nil { // it was parsed before
		return &strict.Error{File: r.File, Key: key, Msg: fmt.Sprintf(format, a...)}
	}
	return hide(doc.Errorf(r.place(key), format, a...))
}

// hide takes terms and texts of tests out of an error: they may be what a
// company must not show.
func hide(e *strict.Error) *strict.Error {
	if strings.Contains(e.Key, "].terms") || strings.Contains(e.Key, "].test") {
		e.Hide()
	}
	return e
}

// Rules returns all rules, sorted by id. They are the catalogue's own, to be read.
func (c *Catalogue) Rules() []Rule { return slices.Clip(c.rules) }

// Rule returns the rule with an id.
func (c *Catalogue) Rule(id string) (Rule, bool) {
	i, ok := c.rule[id]
	if !ok {
		return Rule{}, false
	}
	return c.rules[i], true
}

// InfoTypes returns all info types, sorted by name.
func (c *Catalogue) InfoTypes() []InfoType { return slices.Clone(c.types) }

// InfoType returns the info type with a name.
func (c *Catalogue) InfoType(name string) (InfoType, bool) {
	i, ok := c.typ[name]
	if !ok {
		return InfoType{}, false
	}
	return c.types[i], true
}

// Groups returns all groups in the order of their file.
func (c *Catalogue) Groups() []Group { return slices.Clone(c.groups) }

// Group returns the group with a name.
func (c *Catalogue) Group(name string) (Group, bool) {
	i, ok := c.group[name]
	if !ok {
		return Group{}, false
	}
	return c.groups[i], true
}

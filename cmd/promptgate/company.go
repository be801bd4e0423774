package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/promptgate/promptgate/detectors/code"
	"github.com/promptgate/promptgate/detectors/edm"
	"github.com/promptgate/promptgate/detectors/idm"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/config"
)

// A company is where what is a company's own is described: fingerprints of its
// code and documents, tables of its records, signs of its code. Its zero value is
// nothing of one's own.
type company struct {
	ownership code.Ownership
	dir       string // of the index of fingerprints and of the tables
	key       string // of both, apart from them; made when it is first needed
}

// companyOf is the company of the settings. state is the state directory, or ""
// when there is none: then only what the settings name is there.
func companyOf(c *config.Config, state string) company {
	own := company{
		ownership: code.Ownership{Companies: c.Own.Companies, Marks: c.Own.CodeMarks, Tickets: c.Own.TicketKeys},
		dir:       c.Own.Dir, key: c.Own.KeyFile,
	}
	if own.dir == "" && state != "" {
		own.dir = filepath.Join(state, "own")
	}
	if own.key == "" && state != "" {
		own.key = filepath.Join(state, "own.key")
	}
	return own
}

// company is that of an installation that need not exist.
func (p *program) company(c *config.Config) company {
	state, err := c.State(p.getenv)
	if err != nil {
		state = ""
	}
	return companyOf(c, state)
}

// ready makes what a builder writes to, and the key that it needs.
func (c company) ready() (key []byte, err error) {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, plainPathError(err)
	}
	return madeKey(c.key)
}

// fingerprints is the file of the index.
func (c company) fingerprints() string { return filepath.Join(c.dir, "fingerprints.idm") }

// table is the file of the table with a label.
func (c company) table(label string) string { return filepath.Join(c.dir, label+".edm") }

// tables are the files of all tables.
func (c company) tables() []string {
	list, _ := filepath.Glob(filepath.Join(c.dir, "*.edm")) // the pattern is well formed
	return list
}

// open opens what there is. Nothing was built yet: that is nothing, and no error.
// What is opened stays so as long as the program runs: scans may be under way.
func (c company) open() (o shipped.Options, err error) {
	o.Ownership = c.ownership
	if c.dir == "" {
		return o, nil
	}
	tables := c.tables()
	index, err := filepath.Glob(c.fingerprints())
	if err != nil || len(index)+len(tables) == 0 {
		return o, err
	}
	key, err := readKey(c.key)
	if errors.Is(err, fs.ErrNotExist) {
		return o, &usageError{
			msg:  "the key of " + c.dir + " is not there: " + c.key,
			hint: "it was made together with the first fingerprint or table; without it what was built cannot be read",
		}
	}
	if err != nil {
		return o, err
	}
	for _, file := range index {
		if o.Fingerprints, err = idm.Open(file, key); err != nil {
			return o, plainPathError(err)
		}
	}
	for _, file := range tables {
		t, err := edm.Open(file, key)
		if err != nil {
			return o, plainPathError(err)
		}
		o.Records = append(o.Records, t)
	}
	return o, nil
}

// labelOf is the label of what is called by a path: its last name, with hyphens
// for what a label cannot have.
func labelOf(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	base := filepath.Base(abs)
	if ext := filepath.Ext(base); ext != "" && len(ext) < len(base) {
		base = strings.TrimSuffix(base, ext)
	}
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '-'
	}, base), nil
}

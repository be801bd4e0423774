package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors/edm"
)

func edmVerb() verb {
	return verb{
		name: "edm", args: "build FILE | list | remove LABEL...", short: "teach the company's own records: exact data match",
		long: `build reads a table with a header line, separated by commas or tabs, and keeps keyed
hashes of some columns, never a value: prompts with values of --any different columns
of one row within --within bytes are then found. FILE may be "-", and with --query it
is a database of SQLite. One column at least
must have numbers of five digits and more, dates or e-mail addresses. The table is in
the state directory; its key is apart. serve reads it when it is started or told to
reload (SIGHUP). list shows the tables, remove deletes them.`,
		examples: [3]string{
			"promptgate edm build --columns name,account,birth_date customers.csv",
			"promptgate edm build --columns surname,mail --query 'select * from holders' crm.db",
			"promptgate edm remove holders",
		},
		set: func(f *flags) runner {
			o := edmOptions{settings: settingsFlags(f)}
			o.columns = f.text("columns", "A,B,C", "", "build: names of the columns, two to eight")
			o.any = f.text("any", "N", "2", "build: so many columns of one row are a finding")
			o.within = f.text("within", "BYTES", "300", "build: how far they may stand apart")
			o.label = f.text("label", "NAME", "", "build: what findings call the table, instead of the file's name")
			o.query = f.text("query", "SQL", "", "build: FILE is a database of SQLite, and these are its rows")
			o.monthFirst = f.onOff("month-first", "build: 03/04/1985 is in March")
			return func(ctx context.Context, p *program, args []string) error {
				c, err := o.load()
				if err != nil {
					return err
				}
				own := p.company(c)
				if own.dir == "" {
					_, err := c.State(p.getenv)
					return err
				}
				if len(args) == 0 {
					return &usageError{msg: "edm wants: build, list or remove", hint: "promptgate edm --help"}
				}
				switch verb, rest := args[0], args[1:]; {
				case verb == "build" && len(rest) == 1:
					return p.buildTable(ctx, own, o, rest[0])
				case verb == "build":
					return usagef("edm build wants one file, or - for stdin")
				case verb == "remove" && len(rest) > 0:
					return removeTables(own, rest)
				case verb == "remove":
					return usagef("edm remove wants at least one label")
				case verb == "list" && len(rest) == 0:
					return p.listTables(own)
				case verb == "list":
					return noArgs(rest)
				default:
					return unknown("verb of edm", verb, []string{"build", "list", "remove"})
				}
			}
		},
	}
}

type edmOptions struct {
	settings
	columns, any, within, label, query *string
	monthFirst                         *bool
}

// shape reads the flags of build.
func (o edmOptions) shape(file string) (columns []string, s edm.Shape, err error) {
	if *o.columns == "" {
		return nil, s, &usageError{msg: "edm build wants --columns", hint: "promptgate edm build --columns name,account customers.csv"}
	}
	columns = strings.Split(*o.columns, ",")
	s.Columns = len(columns)
	if s.Any, err = strconv.Atoi(*o.any); err != nil {
		return nil, s, usagef("--any wants a number")
	}
	if s.Within, err = strconv.Atoi(*o.within); err != nil {
		return nil, s, usagef("--within wants a number of bytes")
	}
	switch s.Label = *o.label; {
	case s.Label == "" && file == "-":
		return nil, s, usagef("stdin has no name: --label wants one")
	case s.Label == "":
		s.Label, err = labelOf(file)
	}
	return columns, s, err
}

func (p *program) buildTable(ctx context.Context, own company, o edmOptions, file string) error {
	columns, s, err := o.shape(file)
	if err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return &usageError{msg: err.Error()}
	}
	if *o.query != "" {
		return p.buildFromQuery(ctx, own, o, file, columns, s)
	}
	in, size := p.stdin, int64(0)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return plainPathError(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return plainPathError(err)
		}
		in, size = f, info.Size()
	}
	g := p.newProgress()
	g.start(file, size)
	defer g.end()
	rows, err := edm.CSV(&countingReader{in, g}, comma(file), columns)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return p.buildRows(ctx, own, o, file, s, rows, g)
}

// buildFromQuery reads rows out of a database of SQLite, which it opens to read.
func (p *program) buildFromQuery(ctx context.Context, own company, o edmOptions, file string, columns []string, s edm.Shape) error {
	if file == "-" {
		return usagef("--query wants the file of a database")
	}
	if _, err := os.Stat(file); err != nil {
		return plainPathError(err)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?mode=ro") // package store registers the driver
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer db.Close()
	result, err := db.QueryContext(ctx, *o.query)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer result.Close()
	rows, err := edm.SQL(result, columns)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	g := p.newProgress()
	g.start(file, 0)
	defer g.end()
	return p.buildRows(ctx, own, o, file, s, rows, g)
}

// buildRows writes the table of rows and says what became of them.
func (p *program) buildRows(ctx context.Context, own company, o edmOptions, file string, s edm.Shape, rows edm.Rows, g *progress) error {
	key, err := own.ready()
	if err != nil {
		return err
	}
	options := edm.Options{}
	if *o.monthFirst {
		options.Order = edm.MonthFirst
	}
	r, err := edm.Build(ctx, own.table(s.Label), key, s, rows, options)
	g.end()
	if err != nil {
		return fmt.Errorf("%s: %w", file, plainPathError(err))
	}
	info, err := os.Stat(own.table(s.Label))
	if err != nil {
		return plainPathError(err)
	}
	if _, err := fmt.Fprintf(p.stdout, "%s: %s, %s\n", s.Label, count(r.Rows, "row"), megabytes(info.Size())); err != nil {
		return err
	}
	if left := r.Rows - r.Used; left > 0 {
		p.say("%s cannot be found: without a number of five digits and more, a date or an e-mail address, or with nothing beside it", count(left, "row"))
	}
	return nil
}

// comma is what separates the fields of a file: tabs in .tsv and .tab.
func comma(file string) rune {
	if strings.HasSuffix(file, ".tsv") || strings.HasSuffix(file, ".tab") {
		return '\t'
	}
	return ','
}

// A countingReader shows how far a file is read.
type countingReader struct {
	r io.Reader
	g *progress
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.g.add(int64(n))
	return n, err
}

func (p *program) listTables(own company) error {
	o, err := own.open()
	if err != nil {
		return err
	}
	for _, t := range o.Records {
		if _, err := fmt.Fprintf(p.stdout, "%-24s %s, any %d of %s within %d bytes, %s\n", t.Label, count(t.Rows, "row"), t.Any, count(t.Columns, "column"), t.Within, megabytes(int64(t.Size()))); err != nil {
			return err
		}
	}
	return nil
}

func removeTables(own company, labels []string) error {
	for _, l := range labels {
		if strings.ContainsAny(l, `/\`) {
			return usagef("%q is no label", l)
		}
		if err := os.Remove(own.table(l)); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				var known []string
				for _, t := range own.tables() {
					if name, err := labelOf(t); err == nil {
						known = append(known, name)
					}
				}
				return unknown("label", l, known)
			}
			return plainPathError(err)
		}
	}
	return nil
}

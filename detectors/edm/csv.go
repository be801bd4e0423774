package edm

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A table of text with a header line, of which some columns are read.
type table struct {
	r      *csv.Reader
	index  []int // of the columns
	names  []string
	values [][]byte
	line   int
}

// CSV reads a table with a header line, its fields separated by comma, and of
// each row the columns with these names. The error names the columns there are
// when one is missing: a header is no record.
func CSV(r io.Reader, comma rune, columns []string) (Rows, error) {
	c := csv.NewReader(r)
	c.Comma, c.ReuseRecord, c.LazyQuotes, c.FieldsPerRecord = comma, true, true, -1
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: a header line with the names of the columns is wanted")
	}
	if err != nil {
		return nil, placed(err)
	}
	t := &table{r: c, names: columns, values: make([][]byte, len(columns))}
	if len(head) > 0 {
		head[0] = strings.TrimPrefix(head[0], "\ufeff")
	}
	for _, name := range columns {
		at := -1
		for i, h := range head {
			if strings.EqualFold(strings.TrimSpace(h), name) {
				at = i
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("no column is called %q; the header has %s", name, strings.Join(head, ", "))
		}
		t.index = append(t.index, at)
	}
	return t, nil
}

// Next implements [Rows]. A row that is too short is an error with its line.
func (t *table) Next() ([][]byte, error) {
	record, err := t.r.Read()
	if err != nil {
		return nil, placed(err)
	}
	for i, at := range t.index {
		if at >= len(record) {
			line, _ := t.r.FieldPos(0)
			return nil, fmt.Errorf("line %d has %d fields; %q is the %dth", line, len(record), t.names[i], at+1)
		}
		t.values[i] = append(t.values[i][:0], record[at]...)
	}
	return t.values, nil
}

// placed keeps of an error of the CSV reader where it is: not what stands there.
func placed(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("line %d: the quotes or separators are not those of a table", p.Line)
	}
	return err
}

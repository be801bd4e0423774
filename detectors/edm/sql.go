package edm

import (
	"database/sql"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A query is the rows of a query, of which some columns are read.
type query struct {
	rows   *sql.Rows
	index  []int // of the columns
	cells  []any
	dest   []any // pointers to cells
	values [][]byte
}

// SQL reads rows of a query, of whatever driver, and of each the columns with
// these names. Numbers are read as they are written, times as their dates, NULL as
// nothing. The error names the columns there are when one is missing. The rows are
// the caller's to close.
func SQL(rows *sql.Rows, columns []string) (Rows, error) {
	have, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	q := &query{rows: rows, cells: make([]any, len(have)), values: make([][]byte, len(columns))}
	for i := range q.cells {
		q.dest = append(q.dest, &q.cells[i])
	}
	for _, name := range columns {
		at := -1
		for i, h := range have {
			if strings.EqualFold(h, name) {
				at = i
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("no column is called %q; the query has %s", name, strings.Join(have, ", "))
		}
		q.index = append(q.index, at)
	}
	return q, nil
}

// Next implements [Rows].
func (q *query) Next() ([][]byte, error) {
	if !q.rows.Next() {
		if err := q.rows.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if err := q.rows.Scan(q.dest...); err != nil {
		return nil, err
	}
	for i, at := range q.index {
		v := q.values[i][:0]
		switch x := q.cells[at].(type) {
		case string:
			v = append(v, x...)
		case []byte:
			v = append(v, x...)
		case int64:
			v = strconv.AppendInt(v, x, 10)
		case float64:
			v = strconv.AppendFloat(v, x, 'f', -1, 64)
		case time.Time:
			v = x.AppendFormat(v, time.DateOnly)
		}
		q.values[i] = v
	}
	return q.values, nil
}

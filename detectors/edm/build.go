package edm

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/promptgate/promptgate/detectors/keyed"
)

// Rows is where rows come from: a file, or a query. Next returns the values of
// the columns, valid until it is called again, or io.EOF as the error.
type Rows interface {
	Next() ([][]byte, error)
}

// Options of a table.
type Options struct {
	Order    Order          // of day and month in dates that leave it open
	Progress func(rows int) // called after every 10,000 rows, if set
}

// A Report says what became of the rows.
type Report struct {
	Rows    int   // read
	Used    int   // those that have an anchor and a second value
	Anchors []int // values at which a search may begin, by column
	Size    int64 // of the file, in bytes; about
}

// ErrAnchor says that no column has values at which a search can begin.
var ErrAnchor = errors.New("no column has numbers of five digits and more, dates or e-mail addresses: a search has nowhere to begin")

// Build reads rows and writes an index to a file, whole or not at all. It needs
// about 40 bytes of memory for each row of three columns.
func Build(ctx context.Context, file string, k []byte, s Shape, rows Rows, o Options) (Report, error) {
	key, err := keyed.NewKey(k)
	if err != nil {
		return Report{}, err
	}
	if err := s.Check(); err != nil {
		return Report{}, err
	}
	r := Report{Anchors: make([]int, s.Columns)}
	var anchors []uint64
	var pairs []keyed.Entry
	hashes, forms := make([]uint64, s.Columns), make([]form, s.Columns)
	var buf []byte
	var looks uint64
	for {
		values, err := rows.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return r, err
		}
		if len(values) != s.Columns {
			return r, fmt.Errorf("a row has %d values, want %d", len(values), s.Columns)
		}
		r.Rows++
		if r.Rows%10_000 == 0 {
			if err := ctx.Err(); err != nil {
				return r, err
			}
			if o.Progress != nil {
				o.Progress(r.Rows)
			}
		}
		for i, v := range values {
			forms[i], buf = canonical(buf[:0], v, o.Order)
			hashes[i] = value(key, forms[i], buf)
			if forms[i].anchor() {
				looks |= look(forms[i], len(buf))
			}
		}
		used := false
		for i := range values {
			if !forms[i].anchor() {
				continue
			}
			anchors = append(anchors, hashes[i])
			r.Anchors[i]++
			for j := range values {
				if j == i || forms[j] == noForm || forms[j].anchor() && j < i {
					continue // a pair of anchors is there once
				}
				pairs = append(pairs, keyed.Entry{Hash: row(key, i, hashes[i], j, hashes[j])})
				used = true
			}
		}
		if used {
			r.Used++
		}
		if s.Any > 2 { // the others must be of the same row as well
			for i := range values {
				for j := i + 1; j < len(values) && !forms[i].anchor(); j++ {
					if forms[i] != noForm && forms[j] != noForm && !forms[j].anchor() {
						pairs = append(pairs, keyed.Entry{Hash: row(key, i, hashes[i], j, hashes[j])})
					}
				}
			}
		}
	}
	if r.Used == 0 {
		return r, ErrAnchor
	}
	s.Rows = r.Rows
	filter := make([]byte, (len(anchors)*filterBits+7)/8)
	for _, h := range anchors {
		for i := range probes {
			bit := probe(h, i, len(filter))
			filter[bit/8] |= 1 << (bit % 8)
		}
	}
	le := binary.LittleEndian
	head := make([]byte, headerSize)
	copy(head, magic)
	le.PutUint64(head[8:], key.Check())
	head[16], head[17], head[20] = byte(s.Columns), byte(s.Any), byte(len(s.Label))
	le.PutUint16(head[18:], uint16(s.Within))
	le.PutUint64(head[24:], uint64(s.Rows))
	le.PutUint64(head[32:], uint64(len(filter)))
	le.PutUint64(head[40:], looks)
	return r, keyed.Create(file, func(w *bufio.Writer) {
		_, _ = w.Write(head) // the error of a bufio.Writer stays for Flush
		_, _ = w.WriteString(s.Label)
		_, _ = w.Write(filter)
		keyed.WriteTable(w, pairs, hashBits, 0)
	})
}

// anchor reports whether a search may begin at a value of a form.
func (f form) anchor() bool { return f == number || f == date || f == address }

package main

import (
	"bytes"
	"encoding/json"
	"sort"
)

// maxLineStarts bounds how many lines a lineIndex remembers.
const maxLineStarts = 1 << 16

// A lineIndex turns byte offsets of a text that streams by into lines and
// columns. It remembers the last lines only: findings that are known late (code,
// whole documents) may begin before them.
type lineIndex struct {
	read   int64   // bytes so far
	first  int64   // number of the line that starts[0] begins, from 0
	starts []int64 // where lines begin, ascending
}

// write takes the next bytes of the text.
func (x *lineIndex) write(p []byte) {
	if x.starts == nil {
		x.starts = append(make([]int64, 0, 256), 0)
	}
	for off := 0; ; {
		i := bytes.IndexByte(p[off:], '\n')
		if i < 0 {
			break
		}
		off += i + 1
		if len(x.starts) == maxLineStarts {
			half := copy(x.starts, x.starts[maxLineStarts/2:])
			x.starts = x.starts[:half]
			x.first += maxLineStarts / 2
		}
		x.starts = append(x.starts, x.read+int64(off))
	}
	x.read += int64(len(p))
}

// place returns line and column of an offset, both from 1 and the column in
// bytes; 0, 0 when the line is no longer remembered.
func (x *lineIndex) place(off int64) (line, column int64) {
	i := sort.Search(len(x.starts), func(i int) bool { return x.starts[i] > off }) - 1
	if i < 0 {
		return 0, 0
	}
	return x.first + int64(i) + 1, off - x.starts[i] + 1
}

func appendJSONString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic("promptgate: internal error: " + err.Error())
	}
	return append(b, quoted...)
}

package strict

import (
	"bytes"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An index knows where every key of a file stands. The TOML library tells
// positions of syntax errors only, so this reads the file a second time. It
// judges nothing: on a file the library refuses it does its best.
type index struct {
	pos        map[string]int // canonical path → offset of its first definition
	statements []statement    // in file order
	duplicates []duplicate
}

// A statement is a table header or a key with its value.
type statement struct {
	start, value, end int // value is the offset of the value, or end for headers
	path              string
	secret            bool // it, or a key inside its value, looks like a secret
}

type duplicate struct {
	path         string
	first, again int
}

// find is the offset of path or of the nearest thing above it, −1 for the root.
func (x *index) find(path string) int {
	for path != "" {
		if off, ok := x.pos[path]; ok {
			return off
		}
		path = parentPath(path)
	}
	if len(x.statements) > 0 {
		return x.statements[0].start
	}
	return -1
}

// statementAt is the statement that begins at or before off and reaches it.
func (x *index) statementAt(off int) (statement, bool) {
	i := sort.Search(len(x.statements), func(i int) bool { return x.statements[i].start > off }) - 1
	if i < 0 || off > x.statements[i].end {
		return statement{}, false
	}
	return x.statements[i], true
}

// duplicateAt is the repeated definition in the statement at off.
func (x *index) duplicateAt(off int) (duplicate, bool) {
	s, ok := x.statementAt(off)
	if !ok {
		return duplicate{}, false
	}
	for _, d := range x.duplicates {
		if s.start <= d.again && d.again <= s.end {
			return d, true
		}
	}
	return duplicate{}, false
}

// joinKey appends a key to a path, quoting it unless it is bare.
func joinKey(path, key string) string {
	bare := key != ""
	for i := 0; i < len(key); i++ {
		if c := key[i]; !isBare(c) {
			bare = false
		}
	}
	if !bare {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinOrdinal(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parentPath removes the last key or ordinal.
func parentPath(path string) string {
	if strings.HasSuffix(path, `"`) {
		for i := len(path) - 2; i >= 0; i-- {
			if path[i] != '"' {
				continue
			}
			if _, err := strconv.Unquote(path[i:]); err == nil {
				return strings.TrimSuffix(path[:i], ".")
			}
		}
		return ""
	}
	i := strings.LastIndexAny(path, ".[")
	if i < 0 {
		return ""
	}
	return path[:i]
}

func isBare(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func bomLen(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return 2
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return 3
	}
	return 0
}

// A scanner walks the file once.
type scanner struct {
	*index
	d      []byte
	i      int
	arrays map[string]int  // path of an array of tables → its length so far
	values map[string]bool // paths that were given a value or a [header]
	hidden map[string]bool // names of keys met so far → whether they look secret
	secret bool            // a key of the statement looks like a secret
}

func newIndex(data []byte) *index {
	s := &scanner{
		index:  &index{pos: map[string]int{}},
		d:      data,
		i:      bomLen(data),
		arrays: map[string]int{},
		values: map[string]bool{},
		hidden: map[string]bool{},
	}
	table := ""
	for {
		s.skip()
		if s.i >= len(s.d) {
			return s.index
		}
		start := s.i
		s.secret = false
		st := statement{start: start}
		if s.d[s.i] == '[' {
			table = s.header()
			st.path, st.value = table, s.i
		} else {
			st.path = s.keys(table)
			s.values[st.path] = true
			s.blanks()
			if s.peek() == '=' {
				s.i++
			}
			s.blanks()
			st.value = s.i
			s.any(st.path)
		}
		if s.i == start {
			s.i++ // whatever this is, the library will say
		}
		st.end, st.secret = s.i, s.secret
		s.statements = append(s.statements, st)
		s.restOfLine()
	}
}

func (s *scanner) peek() byte {
	if s.i < len(s.d) {
		return s.d[s.i]
	}
	return 0
}

func (s *scanner) blanks() {
	for s.i < len(s.d) && (s.d[s.i] == ' ' || s.d[s.i] == '\t') {
		s.i++
	}
}

// skip passes white space, line breaks and comments.
func (s *scanner) skip() {
	for s.i < len(s.d) {
		switch s.d[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		case '#':
			s.restOfLine()
		default:
			return
		}
	}
}

func (s *scanner) restOfLine() {
	if i := bytes.IndexByte(s.d[s.i:], '\n'); i >= 0 {
		s.i += i
	} else {
		s.i = len(s.d)
	}
}

// define records the place of path; the first one stays.
func (s *scanner) define(path string, off int) {
	if _, ok := s.pos[path]; !ok {
		s.pos[path] = off
	}
	key := lastKey(path)
	hidden, met := s.hidden[key]
	if !met {
		hidden = secretKey(key)
		s.hidden[key] = hidden
	}
	s.secret = s.secret || hidden
}

// header reads [a.b] or [[a.b]] and returns the path of the table it opens.
func (s *scanner) header() string {
	s.i++
	array := s.peek() == '['
	if array {
		s.i++
	}
	path := ""
	for {
		s.blanks()
		off := s.i
		key, ok := s.key()
		if !ok {
			break
		}
		path = joinKey(path, key)
		s.define(path, off)
		s.blanks()
		last := s.peek() != '.'
		if last && array {
			n := s.arrays[path]
			s.arrays[path] = n + 1
			path = joinOrdinal(path, n)
			s.define(path, off)
		} else if n := s.arrays[path]; n > 0 {
			if last {
				s.duplicates = append(s.duplicates, duplicate{path, s.pos[path], off})
			}
			path = joinOrdinal(path, n-1)
		}
		if last {
			s.value(path, off)
			break
		}
		s.i++
	}
	for n := 0; n < 2 && s.peek() == ']'; n++ {
		s.i++
	}
	return path
}

// value records that path now has a value, and whether it had one before.
func (s *scanner) value(path string, off int) {
	if s.values[path] {
		s.duplicates = append(s.duplicates, duplicate{path, s.pos[path], off})
	}
	s.values[path] = true
}

// keys reads a dotted key below table and returns its path.
func (s *scanner) keys(table string) string {
	path := table
	for {
		s.blanks()
		off := s.i
		key, ok := s.key()
		if !ok {
			return path
		}
		path = joinKey(path, key)
		s.define(path, off)
		s.blanks()
		if s.peek() != '.' {
			s.value(path, off)
			return path
		}
		s.i++
	}
}

// key reads one key: bare or quoted.
func (s *scanner) key() (string, bool) {
	switch s.peek() {
	case '"', '\'':
		start := s.i
		s.str()
		return unquote(s.d[start:s.i]), true
	}
	start := s.i
	for s.i < len(s.d) && isBare(s.d[s.i]) {
		s.i++
	}
	return string(s.d[start:s.i]), s.i > start
}

// any passes one value and records the keys inside it.
func (s *scanner) any(path string) {
	switch s.peek() {
	case '"', '\'':
		s.str()
	case '[':
		s.i++
		for n := 0; ; n++ {
			s.skip()
			if s.end(']') {
				return
			}
			before := s.i
			p := joinOrdinal(path, n)
			s.define(p, s.i)
			s.any(p)
			s.next(before)
		}
	case '{':
		s.i++
		for {
			s.skip()
			if s.end('}') {
				return
			}
			before := s.i
			p := s.keys(path)
			s.skip()
			if s.peek() == '=' {
				s.i++
			}
			s.skip()
			s.any(p)
			s.next(before)
		}
	default:
		start := s.i
		for s.i < len(s.d) && !bytes.ContainsRune([]byte(",]}#\r\n"), rune(s.d[s.i])) {
			s.i++
		}
		for s.i > start && (s.d[s.i-1] == ' ' || s.d[s.i-1] == '\t') {
			s.i--
		}
	}
}

// end reports whether the array or inline table is over, passing its bracket.
func (s *scanner) end(bracket byte) bool {
	if s.i >= len(s.d) {
		return true
	}
	if s.d[s.i] == bracket {
		s.i++
		return true
	}
	return false
}

// next passes a comma and whatever else keeps an element from making progress.
func (s *scanner) next(before int) {
	s.skip()
	if s.peek() == ',' {
		s.i++
	}
	if s.i == before {
		s.i++
	}
}

// str passes a string of any of the four kinds.
func (s *scanner) str() {
	q := s.d[s.i]
	three := []byte{q, q, q}
	if bytes.HasPrefix(s.d[s.i:], three) {
		s.i += 3
		for s.i < len(s.d) {
			if q == '"' && s.d[s.i] == '\\' {
				s.i += 2
				continue
			}
			if bytes.HasPrefix(s.d[s.i:], three) {
				s.i += 3
				// Up to two quotes may stand before the closing three.
				for n := 0; n < 2 && s.peek() == q; n++ {
					s.i++
				}
				return
			}
			s.i++
		}
		s.i = len(s.d)
		return
	}
	s.i++
	for s.i < len(s.d) && s.d[s.i] != '\n' {
		c := s.d[s.i]
		if c == '\\' && q == '"' {
			s.i = min(s.i+2, len(s.d))
			continue
		}
		s.i++
		if c == q {
			return
		}
	}
}

// unquote undoes a one-line quoted key, leniently.
func unquote(raw []byte) string {
	if len(raw) < 2 || raw[len(raw)-1] != raw[0] {
		return string(raw)
	}
	body := raw[1 : len(raw)-1]
	if raw[0] == '\'' || bytes.IndexByte(body, '\\') < 0 {
		return string(body)
	}
	var out []byte
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			out = append(out, body[i])
			continue
		}
		i++
		if j := strings.IndexByte(`btnfre"\`, body[i]); j >= 0 {
			out = append(out, "\b\t\n\f\r\x1b\"\\"[j])
			continue
		}
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[body[i]]
		if digits == 0 || i+digits >= len(body) {
			continue
		}
		if n, err := strconv.ParseUint(string(body[i+1:i+1+digits]), 16, 32); err == nil {
			out = utf8.AppendRune(out, rune(n))
		}
		i += digits
	}
	return string(out)
}

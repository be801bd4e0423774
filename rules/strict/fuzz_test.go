package strict

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// FuzzStrictTOML: Parse never panics, accepts what the library accepts and
// nothing else, and the place of every key is a place where that key stands.
func FuzzStrictTOML(f *testing.F) {
	for _, s := range []string{
		"", "a = 1", "a.b.c = 'x'\n[t]\nx = 1 # c\n[[t.u]]\n[[t.u]]\ny = 2",
		"\"q\\u00e9\" = [1, [2, {k = 'v', 'l m'.n = 1}],\n # c ]\n 3]\n", "a = \"\"\"x\n\\\"\"\"\" \"\"\"\"\nb = ''' '' ''''\n",
		"\xef\xbb\xbfa = 1\r\nb = 1979-05-27 07:32:00Z # c\r\n", "a = {\n b = 1, # x\n}\n", "a = 1\na = 2", "[x", "x = \"", "\x00", "[[a.b]]\n[a.b.c]\nd = 1\n[[a.b]]\n[a.b.c]\nd = 1",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Parse("f.toml", data)
		var tree map[string]any
		_, want := toml.Decode(string(data), &tree)
		if (err == nil) != (want == nil) {
			t.Fatalf("Parse: %v, library: %v", err, want)
		}
		if err != nil {
			var es Errors
			if !errors.As(err, &es) || len(es) == 0 || es.Render() == "" {
				t.Fatalf("error is %T", err)
			}
			for _, e := range es {
				if e.Line < 1 || e.Col < 1 || e.Line > strings.Count(string(data), "\n")+1 {
					t.Fatalf("error at %d:%d", e.Line, e.Col)
				}
			}
			return
		}
		checkPlaces(t, doc, "", "", tree)
	})
}

// checkPlaces walks the tree and compares the text at each key's place with the key.
func checkPlaces(t *testing.T, doc *Document, path, key string, v any) {
	if path != "" {
		off, ok := doc.index.pos[path]
		if !ok && nested(doc) {
			return
		}
		if !ok {
			t.Fatalf("no place for %s", path)
		}
		if e := doc.Errorf(path, "m"); e.Line < 1 || e.Col < 1 {
			t.Fatalf("%s is at %d:%d", path, e.Line, e.Col)
		}
		if key != "" || strings.HasSuffix(path, `""`) {
			s := scanner{index: &index{}, d: doc.data, i: off}
			if got, _ := s.key(); got != key {
				t.Fatalf("at the place of %s stands %q, want %q", path, got, key)
			}
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			checkPlaces(t, doc, joinKey(path, k), k, e)
		}
	case []map[string]any:
		for i, e := range v {
			checkPlaces(t, doc, joinOrdinal(path, i), "", e)
		}
	case []any:
		for i, e := range v {
			checkPlaces(t, doc, joinOrdinal(path, i), "", e)
		}
	}
}

// nested reports an array directly in an array: the library (v1.6.0) makes
// [[{k = 1}]] the same as [{k = 1}], so that paths differ. Errors there point
// at the nearest thing above.
func nested(doc *Document) bool {
	for path := range doc.index.pos {
		if strings.Contains(path, "][") {
			return true
		}
	}
	return false
}

// FuzzStrictDecode: a struct takes what the library decodes with no key left
// over, but for the library's own laxness (names that differ in case, numbers
// for durations), which the sample's types avoid.
func FuzzStrictDecode(f *testing.F) {
	for _, s := range []string{"name = 'x'", "nome = 1", "rule = [{id = 'a'}]\n", "[[rule]]\nid = 'a'\npoints = 3\n[rule.x]", "enabled = 1", "words = ['a', 1]"} {
		f.Add([]byte(s))
	}
	type flat struct {
		Name    string       `toml:"name"`
		Enabled bool         `toml:"enabled"`
		Size    int64        `toml:"size"`
		Words   []string     `toml:"words"`
		Rule    []sampleRule `toml:"rule"`
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours, theirs flat
		_, err := Decode("f.toml", data, &ours)
		md, want := toml.Decode(string(data), &theirs)
		if want == nil && len(md.Undecoded()) > 0 {
			want = fmt.Errorf("undecoded %v", md.Undecoded())
		}
		if want != nil && err == nil {
			t.Fatalf("accepted what the library refuses: %v", want)
		}
		for _, k := range md.Keys() {
			if k.String() != strings.ToLower(k.String()) {
				return // the library matches names in any case
			}
		}
		if want == nil && err != nil {
			t.Fatalf("refused what the library accepts: %v", err)
		}
		if want == nil && fmt.Sprint(ours) != fmt.Sprint(theirs) {
			t.Fatalf("decoded differently")
		}
	})
}

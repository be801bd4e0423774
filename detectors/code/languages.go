package code

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"slices"
	"strings"
)

// A language is an index into names.
type language uint8

const unknown language = 0

// Languages that the code asks for by name.
var (
	diff       = languageOf("diff")
	trace      = languageOf("stack_trace")
	notebook   = languageOf("notebook")
	python     = languageOf("python")
	golang     = languageOf("go")
	ruby       = languageOf("ruby")
	javascript = languageOf("javascript")
	typescript = languageOf("typescript")
	clang      = languageOf("c")
	cpp        = languageOf("cpp")
	objc       = languageOf("objectivec")
	java       = languageOf("java")
	csharp     = languageOf("csharp")
	sql        = languageOf("sql")
	docker     = languageOf("dockerfile")
	shell      = languageOf("shell")
	css        = languageOf("css")
	yaml       = languageOf("yaml")
	perl       = languageOf("perl")
)

// maxLanguages bounds the names.
const maxLanguages = 48

//go:embed languages.txt
var languageFile string

// An opening is how a line of code may begin; see languages.txt.
type opening struct {
	head  uint64 // the first eight bytes of text, fewer if it has fewer
	mask  uint64 // of them
	text  string
	parts []string // what follows, in this order
	ends  bool     // the last part ends the line; without a part the line is the text
	lang  language
	sure  bool // it shows the language
	later bool // it counts only where the language was seen
	size  int  // bytes that are asked for
}

// A lexicon is languages.txt, made ready. It is built once and never changes.
type lexicon struct {
	names   []string        // [0] is "unknown"
	there   [512]uint64     // a bit for each hash of the first three bytes
	buckets [4096][]opening // by the first three bytes; what asks for most comes first
	short   [256][]opening  // those of one or two bytes, by the first
}

var lexical = readLexicon(languageFile)

func languageOf(name string) language {
	for i, n := range lexical.names {
		if n == name {
			return language(i)
		}
	}
	panic("code: internal error: no language is called " + name)
}

func readLexicon(file string) *lexicon {
	x := &lexicon{names: []string{"unknown", "diff", "stack_trace", "notebook"}}
	lang := unknown
	for line := range strings.Lines(file) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || line == "#" || strings.HasPrefix(line, "# "):
			continue
		case line == "[]":
			lang = unknown
			continue
		case line[0] == '[' && strings.HasSuffix(line, "]") && strings.Trim(line[1:len(line)-1], "abcdefghijklmnopqrstuvwxyz") == "":
			x.names = append(x.names, line[1:len(line)-1])
			lang = language(len(x.names) - 1)
			continue
		}
		o := opening{lang: lang}
		switch line[0] {
		case '!':
			o.sure, line = true, line[1:]
		case '~':
			o.later, line = true, line[1:]
		}
		line, o.ends = strings.CutSuffix(line, "¶")
		parts := strings.Split(strings.ReplaceAll(line, "␣", " "), " …")
		o.text = parts[0]
		for _, p := range parts[1:] {
			if p = strings.TrimPrefix(p, "…"); p != "" {
				o.parts = append(o.parts, p)
			}
		}
		o.head, o.mask = headOf([]byte(o.text))
		o.size = len(o.text)
		for _, p := range o.parts {
			o.size += len(p)
		}
		list := &x.short[o.text[0]]
		if len(o.text) > 2 {
			list = &x.buckets[bucket(o.text)]
			h := hashOf([]byte(o.text))
			x.there[h>>6] |= 1 << (h & 63)
		}
		*list = append(*list, o)
	}
	most := func(a, b opening) int { return b.size - a.size }
	for i := range x.buckets {
		slices.SortStableFunc(x.buckets[i], most)
	}
	for i := range x.short {
		slices.SortStableFunc(x.short[i], most)
	}
	if len(x.names) > maxLanguages {
		panic("code: internal error: more languages than a region counts")
	}
	return x
}

func bucket[T string | []byte](t T) int { return (int(t[0])*961 + int(t[1])*31 + int(t[2])) & 4095 }

// headOf is the first eight bytes of t, and a mask of those that it has.
func headOf(t []byte) (head, mask uint64) {
	if len(t) >= 8 {
		return binary.LittleEndian.Uint64(t), ^uint64(0)
	}
	for i, b := range t {
		head |= uint64(b) << (8 * i)
	}
	return head, 1<<(8*len(t)) - 1
}

// find is the opening of a line that asks for most, nil if there is none; of
// equals, one of a language that the region has.
func (x *lexicon) find(t []byte, seen *[maxLanguages]uint16) (best *opening) {
	begins := false // with the first three bytes of an opening: most lines do not
	if len(t) > 2 {
		h := hashOf(t)
		begins = x.there[h>>6]>>(h&63)&1 == 1
	}
	if !begins && len(x.short[t[0]]) == 0 {
		return nil
	}
	head, _ := headOf(t)
	if begins {
		best = pick(nil, x.buckets[bucket(t)], t, head, seen)
	}
	return pick(best, x.short[t[0]], t, head, seen)
}

// hashOf is a hash of 15 bits of the first three bytes.
func hashOf(t []byte) uint32 {
	return (uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16) * 0x9E3779B1 >> 17
}

func pick(best *opening, list []opening, t []byte, head uint64, seen *[maxLanguages]uint16) *opening {
	for i := range list {
		o := &list[i]
		if best != nil && (o.size < best.size || seen[best.lang] > 0 || o.size == best.size && seen[o.lang] == 0) {
			break
		}
		if head&o.mask != o.head || len(o.text) > len(t) || string(t[:len(o.text)]) != o.text {
			continue
		}
		if o.later && seen[o.lang] == 0 || !o.rest(t[len(o.text):]) {
			continue
		}
		best = o
	}
	return best
}

func (o *opening) rest(t []byte) bool {
	for i, p := range o.parts {
		if o.ends && i == len(o.parts)-1 {
			return bytes.HasSuffix(t, []byte(p))
		}
		k := bytes.Index(t, []byte(p))
		if k < 0 {
			return false
		}
		t = t[k+len(p):]
	}
	return !o.ends || len(o.parts) > 0 || len(t) == 0
}

// fences are the info strings of a fence that name a language by another name.
var fences = map[string]string{
	"golang": "go", "py": "python", "python3": "python", "js": "javascript", "jsx": "javascript", "node": "javascript", "ts": "typescript", "tsx": "typescript",
	"c++": "cpp", "cc": "cpp", "h": "c", "cs": "csharp", "c#": "csharp", "rs": "rust", "rb": "ruby", "postgresql": "sql", "mysql": "sql", "tsql": "sql", "plsql": "sql",
	"ps1": "powershell", "pwsh": "powershell", "docker": "dockerfile", "terraform": "hcl", "tf": "hcl", "scss": "css", "less": "css", "kt": "kotlin", "pl": "perl",
	"hs": "haskell", "ex": "elixir", "make": "makefile", "asm": "assembly", "nasm": "assembly", "proto": "protobuf", "objc": "objectivec", "objective-c": "objectivec", "vbnet": "vb", "vba": "vb", "jl": "julia", "vue": "html", "ipynb": "notebook",
}

// fencedLanguage is the language that the info string of a fence names.
func fencedLanguage(name string) language {
	if n, ok := fences[name]; ok {
		name = n
	}
	for i, n := range lexical.names[1:] {
		if n == name {
			return language(i + 1)
		}
	}
	return unknown
}

package corpus

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxFile bounds what one file adds, so that no generated table fills a corpus.
const maxFile = 256 << 10

// Prose collects at most size bytes of documentation and says from how many
// files. Change logs and copyright files are left out: they are lists of
// addresses, not prose.
func Prose(size int) ([]byte, int) {
	wanted := func(path string) bool {
		base := strings.ToLower(filepath.Base(path))
		for _, no := range []string{"changelog", "copyright", "authors", "credits", "maintainers", "thanks"} {
			if strings.HasPrefix(base, no) {
				return false
			}
		}
		stem := strings.TrimSuffix(base, ".gz")
		switch {
		case strings.Contains(path, "/common-licenses/"):
			return true
		case strings.Contains(path, "/man/man") || manLanguage.MatchString(path):
			return strings.HasSuffix(base, ".gz")
		case strings.HasSuffix(stem, ".txt"), strings.HasSuffix(stem, ".md"), strings.HasSuffix(stem, ".rst"),
			strings.HasSuffix(stem, ".html"), strings.HasSuffix(stem, ".htm"), strings.HasSuffix(stem, ".pod"),
			strings.HasPrefix(stem, "readme"), strings.HasPrefix(stem, "news"), strings.HasPrefix(stem, "faq"):
			return true
		}
		return false
	}
	roots := []string{"/usr/share/doc", "/usr/share/man", "/usr/share/common-licenses", "/usr/share/perl", "/usr/share/info", filepath.Join(goRoot(), "doc")}
	return collect("prose", roots, size, wanted, clean)
}

// Code collects at most size bytes of source files and says from how many.
func Code(size int) ([]byte, int) {
	wanted := func(path string) bool {
		if strings.Contains(path, "/testdata/") || strings.Contains(path, "/unicode/") {
			return false // tables and crash inputs, not what people paste
		}
		switch filepath.Ext(path) {
		case ".go", ".py", ".pl", ".pm", ".sh", ".c", ".h", ".js", ".java", ".rb", ".s":
			return true
		}
		return false
	}
	roots := []string{filepath.Join(goRoot(), "src"), "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/perl", "/usr/include", "/usr/share/nodejs"}
	return collect("code", roots, size, wanted, func(_ string, b []byte) []byte { return b })
}

var manLanguage = regexp.MustCompile(`/man/(de|fr|es|it|pt|nl|pl)(\.[^/]*)?/man`)

// collect reads wanted files of the roots in a seeded order.
func collect(name string, roots []string, size int, wanted func(string) bool, clean func(string, []byte) []byte) ([]byte, int) {
	var paths []string
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && wanted(path) {
				paths = append(paths, path)
			}
			return nil // what cannot be read is not part of the corpus
		})
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	r := Rand(name)
	r.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	out := make([]byte, 0, size+maxFile)
	files := 0
	for _, path := range paths {
		if len(out) >= size {
			break
		}
		data := clean(path, readFile(path))
		if len(data) < 200 || bytes.IndexByte(data, 0) >= 0 {
			continue
		}
		out = append(append(out, data...), '\n')
		files++
	}
	return out[:min(size, len(out))], files
}

func readFile(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil
		}
		in = z
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFile))
	if err != nil {
		return nil
	}
	return data
}

var (
	troffLine   = regexp.MustCompile(`(?m)^[.'].*\n?`)
	troffFont   = regexp.MustCompile(`\\f(?:\(..|\[[^\]]*\]|.)|\\s[-+]?\d|\\[&|^]`)
	troffMark   = strings.NewReplacer(`\-`, "-", `\(bu`, "*", `\(em`, "-", `\(aq`, "'", `\(dq`, `"`, `\e`, `\`, `\ `, " ")
	troffBold   = regexp.MustCompile(`(?m)^\.(?:B|I|BR|IR|Nm|Fl|SH|SS) (.*)$`)
	htmlElement = regexp.MustCompile(`(?s)<(?:script|style).*?</(?:script|style)>|<[^>]*>`)
	htmlEntity  = strings.NewReplacer("&nbsp;", " ", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&amp;", "&")
	blankLines  = regexp.MustCompile(`\n[ \t]*\n(?:[ \t]*\n)+`)
)

// clean turns marked-up documentation into the text that a reader sees.
func clean(path string, data []byte) []byte {
	switch {
	case strings.Contains(path, "/man/"):
		data = troffBold.ReplaceAll(data, []byte("$1"))
		data = troffLine.ReplaceAll(data, nil)
		data = troffFont.ReplaceAll(data, nil)
		data = []byte(troffMark.Replace(string(data)))
	case strings.Contains(path, ".htm"):
		data = htmlElement.ReplaceAll(data, nil)
		data = []byte(htmlEntity.Replace(string(data)))
	}
	return blankLines.ReplaceAll(data, []byte("\n\n"))
}

// goRoot asks the go command: a binary built with -trimpath does not know.
func goRoot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "/usr/local/go"
	}
	return strings.TrimSpace(string(out))
}

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors/engine"
)

// excerptLines is how many lines of a file someone pastes.
const excerptLines = 60

// sourceExcerpts reads ordinary source code below directories and cuts it into
// excerpts of 60 lines, n at most, spread over all files. Test data is left out:
// keys stand there on purpose.
func sourceExcerpts(dirs string, n int) ([]Case, error) {
	var files []string
	for _, dir := range filepath.SplitList(dirs) {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				if err == nil && slices.Contains([]string{"testdata", "test", "tests", "fixtures", ".git"}, e.Name()) {
					return fs.SkipDir
				}
				return err
			}
			switch filepath.Ext(path) {
			case ".go", ".py", ".js", ".ts", ".c", ".h", ".cc", ".rs", ".java", ".rb", ".sh", ".sql", ".yaml", ".yml", ".toml", ".tf", ".proto", ".md", ".php", ".pl", ".pm":
				if !strings.HasSuffix(path, "_test.go") {
					files = append(files, path)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var out []Case
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for i, lines := 0, bytes.SplitAfter(b, []byte("\n")); len(lines) > 0; i++ {
			k := min(excerptLines, len(lines))
			out = append(out, Case{ID: fmt.Sprintf("%s:%d", path, i*excerptLines+1), Text: string(bytes.Join(lines[:k], nil)), Class: "source" + filepath.Ext(path)})
			lines = lines[k:]
		}
	}
	if len(out) > n {
		spread := make([]Case, 0, n)
		for i := range n {
			spread = append(spread, out[i*len(out)/n])
		}
		out = spread
	}
	return out, nil
}

// onSource counts false alarms on ordinary source code, those of credentials
// beside all. Code is code by right, and addresses of its authors stand in it.
func onSource(e *engine.Engine, o options) error {
	list, err := sourceExcerpts(o.source, o.excerpts)
	if err != nil {
		return err
	}
	all := score{engine: e, options: o, except: map[string]bool{"pii.email": true, "pii.ip_address": true, "pii.person_name": true, "pii.phone": true}}
	secrets := score{engine: e, options: o, within: "secret"}
	for _, k := range list {
		secrets.harmless(k)
		all.misses = 0
		all.harmless(k)
	}
	fmt.Println("credentials:")
	secrets.print(os.Stdout)
	fmt.Println("\nall but contacts and names:")
	all.print(os.Stdout)
	return nil
}

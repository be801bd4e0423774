package shipped_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// Ordinary source code, cut into excerpts of 60 lines, must stay quiet: Go's
// own library and commands without their test data and test files, in which
// keys and numbers stand on purpose.
func TestOrdinarySourceCodeIsQuiet(t *testing.T) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no Go tree to read")
	}
	_, e := load(t)
	excerpts := 0
	high, medium := make(map[string]int), make(map[string]int)
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(out)), "src"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "cmd" || entry.Name() == "vendor") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || excerpts > 4000 {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for lines := bytes.SplitAfter(b, []byte("\n")); len(lines) > 0; {
			n := min(60, len(lines))
			excerpts++
			found, _ := e.Scan(bytes.Join(lines[:n], nil), engine.Options{})
			for _, f := range found {
				kind := f.Type.Category()
				if kind == "source_code" {
					continue // so it is
				}
				if kind == "pii" && (f.Type == "pii.email" || f.Type == "pii.ip_address" || f.Type == "pii.person_name") {
					continue // authors and addresses do stand in source code; detectors/names has a bound on names of its own
				}
				switch f.Confidence.Level() {
				case detectors.High:
					high[string(f.Rule)]++
				case detectors.Medium:
					medium[string(f.Rule)]++
				}
			}
			lines = lines[n:]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if excerpts < 3000 {
		t.Fatalf("only %d excerpts", excerpts)
	}
	sum := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	t.Logf("%d excerpts: high %v, medium %v", excerpts, high, medium)
	if n := sum(high); n*1000 > 2*excerpts {
		t.Errorf("%d findings of high confidence in %d excerpts: %v", n, excerpts, high)
	}
	if n := sum(medium); n*1000 > 10*excerpts {
		t.Errorf("%d findings of medium confidence in %d excerpts: %v", n, excerpts, medium)
	}
}

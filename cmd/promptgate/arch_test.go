package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/promptgate/promptgate/"

// floors lists what each package of floors 0 to 2 may import of ours; the
// others may import anything on a lower floor. See ARCHITECTURE.md.
var floors = []struct {
	floor   int
	pkg     string
	imports []string
}{
	{0, "detectors/anchor", nil},
	{0, "detectors/decode", nil},
	{0, "detectors/dictionary", nil},
	{0, "detectors/validate", nil},
	{0, "detectors/rarity", nil},
	{0, "detectors/keyed", nil},
	{0, "detectors", []string{"detectors/anchor"}},
	{0, "rules/strict", nil},
	{0, "rules", []string{"rules/strict"}},
	{0, "proxy/identity", nil},
	{0, "proxy/ca", nil},
	{0, "proxy/telemetry", nil},
	{0, "proxy/content/stream", nil},
	{0, "proxy/store", nil},
	{1, "detectors/engine", []string{"detectors", "detectors/anchor", "detectors/decode"}},
	{1, "detectors/pattern", []string{"detectors", "detectors/anchor", "detectors/dictionary", "detectors/names/gazetteer", "detectors/rarity", "detectors/validate", "rules", "rules/strict"}},
	{1, "detectors/code", []string{"detectors", "detectors/anchor", "detectors/validate", "rules"}},
	{1, "detectors/edm", []string{"detectors", "detectors/anchor", "detectors/keyed"}},
	{1, "detectors/idm", []string{"detectors", "detectors/anchor", "detectors/keyed"}},
	{0, "detectors/names/gazetteer", nil},
	{1, "detectors/names/sequence", []string{"detectors/names/gazetteer"}},
	{1, "detectors/names", []string{"detectors", "detectors/anchor", "detectors/names/gazetteer", "detectors/names/sequence"}},
	{1, "proxy/content", []string{"detectors", "proxy/content/tokens"}},
	{0, "proxy/content/tokens", nil},
	{1, "proxy/policy", []string{"proxy/identity", "proxy/content", "detectors", "rules", "rules/strict"}},
	{1, "proxy/provider", []string{"proxy/content", "proxy/policy", "detectors", "rules/strict"}},
	{1, "proxy/coach", []string{"detectors"}},
	{0, "proxy/bundle", nil},
	{1, "proxy/glass", []string{"proxy/identity"}},
	{1, "proxy/spent", []string{"detectors"}},
	{0, "proxy/upload", nil},
	{2, "proxy/unlisted", []string{"proxy/content"}},
	{0, "proxy/spool", nil},
	{0, "proxy/jsonl", nil},
	{0, "proxy/pseudonym", nil},
	{1, "proxy/config", []string{"rules/strict"}},
	{1, "proxy/analyzer", []string{"detectors"}},
	{2, "detectors/shipped", []string{"detectors", "detectors/anchor", "detectors/engine", "detectors/pattern", "detectors/code", "detectors/edm", "detectors/idm", "detectors/names", "rules", "rules/strict"}},
	{2, "proxy/redact", []string{"proxy/content", "proxy/policy", "proxy/store", "detectors"}},
	{2, "proxy/refuse", []string{"proxy/policy", "proxy/provider", "rules/strict", "detectors"}},
	{2, "proxy/content/file", []string{"proxy/content", "detectors"}},
	{2, "proxy/content/worker", []string{"proxy/content", "detectors"}},
	{2, "proxy/shape", []string{"proxy/policy", "proxy/content", "proxy/identity", "proxy/jsonl", "proxy/pseudonym", "detectors"}},
	{2, "proxy/audit", []string{"proxy/policy", "proxy/jsonl", "detectors"}},
	{3, "proxy/inspect", nil},
	{4, "proxy", nil},
	{4, "proxy/admin", nil},
	{4, "proxy/portal", nil},
	{4, "proxy/proxytest", nil},
	{5, "cmd/promptgate", nil},
}

// importers says which packages may import a dependency, and why only they.
var importers = []struct {
	dependency, why string
	allowed         []string
}{
	{"github.com/elazarl/goproxy", "its traps are fenced in one place", []string{"proxy", "bench"}},
	{"github.com/coregx/ahocorasick", "tenant dictionaries only; quadratic on some input", []string{"detectors/dictionary"}},
	{"github.com/wasilibs/go-re2", "patterns run on bounded views only", []string{"detectors/pattern"}},
	{"github.com/BurntSushi/toml", "one strict loader, one kind of error", []string{"rules/strict"}},
	{"go.opentelemetry.io/otel/sdk", "exporters are set up once", []string{"proxy/telemetry"}},
	{"go.opentelemetry.io/otel/exporters", "exporters are set up once", []string{"proxy/telemetry"}},
	{"go.opentelemetry.io/otel", "spans are opened where a message lives", []string{"proxy/telemetry", "proxy", "proxy/inspect", "proxy/audit", "cmd/promptgate"}},
	{"github.com/klippa-app/go-pdfium", "hostile files are read in a child process", []string{"proxy/content/file"}},
	{"github.com/nwaples/rardecode/v2", "hostile files are read in a child process", []string{"proxy/content/file"}},
	{"github.com/bep/imagemeta", "hostile files are read in a child process", []string{"proxy/content/file"}},
	{"modernc.org/sqlite", "one file, one schema, one place where its faults are told", []string{"proxy/store"}},
	{"github.com/landlock-lsm/go-landlock", "only a child locks itself in", []string{"proxy/content/worker"}},
	{"github.com/prometheus/client_golang", "metric names live in one list", []string{"proxy/telemetry"}},
}

// never are imports a subtree must not have: what cannot log cannot leak.
var never = []struct{ tree, dependency, why string }{
	{"detectors", "net/http", "detectors know nothing of HTTP"},
	{"detectors", "log/slog", "detectors cannot log, so they cannot leak"},
	{"detectors", "log", "detectors cannot log, so they cannot leak"},
	{"detectors", "go.opentelemetry.io/", "detectors cannot log, so they cannot leak"},
	{"detectors", module + "proxy", "imports point down"},
	{"rules", "net/http", "rules are data"},
	{"rules", "log/slog", "rules are data"},
	{"rules", module + "proxy", "imports point down"},
	{"rules", module + "detectors", "imports point down"},
	{"proxy/policy", "net/http", "a decision is a pure function"},
	{"proxy/policy", "os", "a decision is a pure function"},
}

// identifiers that must not stand in product code.
var forbidden = []struct{ selector, why string }{
	{"goproxy.GoproxyCa", "its private key is public"},
	{"goproxy.MitmConnect", "built on GoproxyCa"},
	{"goproxy.OkConnect", "an uninspected tunnel"},
	{"goproxy.AlwaysMitm", "built on GoproxyCa"},
	{"time.Now", "only where a clock is handed out; policy, content and detectors take time as a value"},
}

type source struct {
	dir  string // module-relative package folder
	name string
	test bool
	file *ast.File
	fset *token.FileSet
	text string
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || n == "node_modules" || (strings.HasPrefix(n, ".") && n != ".." && n != ".") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && rel != "." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{filepath.ToSlash(filepath.Dir(rel)), filepath.Base(path), strings.HasSuffix(path, "_test.go"), f, fset, string(text)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files found: the walk is broken", len(out))
	}
	return out
}

func imports(s source) []string {
	var out []string
	for _, i := range s.file.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}

func TestImportsPointDown(t *testing.T) {
	floor := map[string]int{}
	allowed := map[string][]string{}
	for _, f := range floors {
		floor[f.pkg] = f.floor
		allowed[f.pkg] = f.imports
		if _, err := os.Stat(filepath.Join("..", "..", f.pkg)); err != nil {
			t.Errorf("floors names %s, which does not exist", f.pkg)
		}
	}
	for _, s := range sources(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		own, known := floor[s.dir]
		if !known {
			if !strings.HasPrefix(s.dir, "bench") && !strings.HasPrefix(s.dir, "cmd/") {
				t.Errorf("%s/%s: package %s stands on no floor", s.dir, s.name, s.dir)
			}
			continue
		}
		for _, imp := range imports(s) {
			dep, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			switch f, known := floor[dep]; {
			case own <= 2 && !slices.Contains(allowed[s.dir], dep):
				t.Errorf("%s/%s imports %s, which its floor does not list", s.dir, s.name, dep)
			case own > 2 && known && f >= own:
				t.Errorf("%s/%s (floor %d) imports %s (floor %d)", s.dir, s.name, own, dep, f)
			}
		}
	}
}

func TestEachDependencyHasItsImporters(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, imp := range imports(s) {
			// The longest entry decides: otel/sdk is stricter than otel.
			best := -1
			for i, r := range importers {
				if (imp == r.dependency || strings.HasPrefix(imp, r.dependency+"/")) && (best < 0 || len(r.dependency) > len(importers[best].dependency)) {
					best = i
				}
			}
			if best < 0 {
				continue
			}
			r := importers[best]
			used[r.dependency] = true
			if s.test || slices.ContainsFunc(r.allowed, func(a string) bool { return s.dir == a || (a == "bench" && strings.HasPrefix(s.dir, "bench/")) }) {
				continue
			}
			t.Errorf("%s/%s imports %s: %s", s.dir, s.name, imp, r.why)
		}
	}
	for _, r := range importers {
		if !used[r.dependency] {
			t.Errorf("nothing imports %s any more: take it off the list", r.dependency)
		}
	}
}

func TestWhatMustNeverBeImported(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, n := range never {
			if s.dir != n.tree && !strings.HasPrefix(s.dir, n.tree+"/") {
				continue
			}
			for _, imp := range imports(s) {
				if imp == n.dependency || (strings.HasSuffix(n.dependency, "/") && strings.HasPrefix(imp, n.dependency)) || strings.HasPrefix(imp, n.dependency+"/") {
					t.Errorf("%s/%s imports %s: %s", s.dir, s.name, imp, n.why)
				}
			}
		}
	}
}

func TestForbiddenIdentifiers(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				sel := x.Name + "." + n.Sel.Name
				for _, f := range forbidden {
					if sel != f.selector || s.test {
						continue
					}
					if sel == "time.Now" && !pure(s.dir) {
						continue
					}
					t.Errorf("%s: %s: %s", s.fset.Position(n.Pos()), sel, f.why)
				}
				if !s.test && s.dir != "cmd/promptgate" && !strings.HasPrefix(s.dir, "bench") && s.file.Name.Name != "main" && (sel == "os.Exit" || strings.HasPrefix(sel, "log.Fatal")) {
					t.Errorf("%s: %s: only main ends the process", s.fset.Position(n.Pos()), sel)
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "InsecureSkipVerify" && !s.test {
					if v, ok := n.Value.(*ast.Ident); !ok || v.Name != "false" {
						t.Errorf("%s: verification is never switched off", s.fset.Position(n.Pos()))
					}
				}
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil && !s.test {
					t.Errorf("%s: no init functions", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

// pure packages take the time as a value.
func pure(dir string) bool {
	return dir == "proxy/policy" || dir == "proxy/content" || dir == "proxy/redact" || strings.HasPrefix(dir, "detectors") || strings.HasPrefix(dir, "rules")
}

func TestEachPackageHasOneComment(t *testing.T) {
	docs := map[string]int{}
	for _, s := range sources(t) {
		if s.test || strings.HasSuffix(s.file.Name.Name, "_test") {
			continue
		}
		if _, ok := docs[s.dir]; !ok {
			docs[s.dir] = 0
		}
		if s.file.Doc != nil && strings.TrimSpace(s.file.Doc.Text()) != "" {
			docs[s.dir]++
		}
	}
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, n)
		}
	}
}

func TestTheTopLevelIsTheOneThatWasAgreed(t *testing.T) {
	want := []string{"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "bench", "cmd", "deploy", "detectors", "docs", "go.mod", "go.sum", "proxy", "rules"}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		n := e.Name()
		if strings.HasPrefix(n, ".") || n == "bin" || n == "state" {
			continue
		}
		if !slices.Contains(want, n) {
			t.Errorf("%s does not belong at the top level", n)
		}
	}
}

package idm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/keyed"
)

var testKey = bytes.Repeat([]byte{7}, keyed.KeySize)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// A tree is files under their names.
type tree map[string]string

func (f tree) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// built makes an index of one source for each tree.
func built(t *testing.T, public string, sources map[string]tree) *Index {
	t.Helper()
	b, err := NewBuilder(testKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if public != "" {
		if err := b.Exclude(context.Background(), public); err != nil {
			t.Fatal(err)
		}
	}
	for label, files := range sources {
		if _, err := b.Add(context.Background(), label, files.write(t), noon); err != nil {
			t.Fatal(err)
		}
	}
	return opened(t, b)
}

func opened(t *testing.T, b *Builder) *Index {
	t.Helper()
	file := filepath.Join(t.TempDir(), "index")
	if err := b.Write(file); err != nil {
		t.Fatal(err)
	}
	x, err := Open(file, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func scanner(t *testing.T, x *Index) *engine.Engine {
	t.Helper()
	e, err := engine.New(engine.Config{Plain: true, Key: testKey}, New(x))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func scan(t *testing.T, x *Index, text string) []detectors.Finding {
	t.Helper()
	found, _ := scanner(t, x).Scan([]byte(text), engine.Options{})
	return found
}

// ours is code that was written for these tests.
const ours = `// settle closes the day of a branch.
func settle(ledger *Ledger, branch string, cutoff time.Time) (Balance, error) {
	var total Balance
	for _, entry := range ledger.Entries(branch) {
		if entry.Booked.After(cutoff) || entry.State == StateDraft {
			continue // tomorrow
		}
		amount, rate := entry.Amount, ledger.Rates[entry.Currency]
		if rate.IsZero() {
			return total, fmt.Errorf("no rate for %s on %s", entry.Currency, cutoff.Format("2006-01-02"))
		}
		total.Gross += amount.Mul(rate).Round(4)
		total.Fees += amount.Mul(ledger.Fee(entry.Kind)).Round(4)
		if entry.Kind == KindReversal && total.Gross < 1750 {
			total.Gross, total.Fees = total.Fees, total.Gross
		}
	}
	return total, ledger.Mark(branch, cutoff, total.Gross-total.Fees)
}
`

const memo = `The board of the society met on the third of May to hear how the northern
warehouse will be closed. Deliveries to the islands move to the harbour depot in
stages, beginning with refrigerated goods, while the carriers that lose their
contracts are offered routes along the coast until the end of the winter season.
`

var names = regexp.MustCompile(`"[^"]*"|[A-Za-z_][A-Za-z0-9_]*`)

// renamed gives every identifier another name, each always the same, changes
// white space and takes comments out.
func renamed(code string) string {
	keep := map[string]bool{"func": true, "var": true, "for": true, "range": true, "if": true, "continue": true, "return": true, "string": true}
	other := map[string]string{}
	code = regexp.MustCompile(`//.*`).ReplaceAllString(code, "")
	code = names.ReplaceAllStringFunc(code, func(w string) string {
		if w[0] == '"' || keep[w] {
			return w
		}
		if other[w] == "" {
			other[w] = fmt.Sprintf("thing%d", len(other))
		}
		return other[w]
	})
	return strings.ReplaceAll(strings.ReplaceAll(code, "\t", "    "), " := ", "  :=\t")
}

func TestARenamedExcerptIsFound(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours}})
	lines := strings.SplitAfter(renamed(ours), "\n")
	before := "Could you have a look at this for us?\n\n"
	excerpt := strings.Join(lines[3:14], "")
	found := scan(t, x, before+excerpt+"\nIt is slow on large branches.\n")
	if len(found) != 1 {
		t.Fatalf("%v, want one finding", found)
	}
	f := found[0]
	if f.Type != TypeCode || f.Rule != RuleCode || !f.Late || f.Confidence.Level() < detectors.Medium {
		t.Errorf("%s %s %s late=%v", f.Type, f.Rule, f.Confidence, f.Late)
	}
	if f.Span.Start < len(before) || f.Span.End > len(before)+len(excerpt) || f.Span.Len() < len(excerpt)/2 {
		t.Errorf("span %v of an excerpt at [%d,%d)", f.Span, len(before), len(before)+len(excerpt))
	}
	if got := f.Evidence[0].Name; got != "fingerprint:ledger" {
		t.Errorf("evidence %q", got)
	}
	for i, prefix := range []string{"of_message:", "of_source:"} {
		var share int
		if n, _ := fmt.Sscanf(f.Evidence[1+i].Name, prefix+"%d%%", &share); n != 1 || share < 30 || share > 100 {
			t.Errorf("share %q", f.Evidence[1+i].Name)
		}
	}
}

// Two lines say enough where there is no other code, and not amid other code.
func TestAFewLinesAreFoundAlone(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours}})
	few := strings.Join(strings.SplitAfter(renamed(ours), "\n")[3:5], "")
	if found := scan(t, x, "Is this loop slow, and why would it be?\n\n"+few); len(found) != 1 {
		t.Errorf("alone: %v, want one finding", found)
	}
	other := "def load(path, retries=7):\n    with open(path, encoding='latin-1') as f:\n        head = f.readline().split(';')[2]\n        return {k: float(v) * 1.75 for k, v in zip(head, f) if v != '-'}\n\n" +
		"class Pump(Valve):\n    def turn(self, angle, *, slow=False):\n        self.flow += (angle - self.rest) ** 2 / 360 if slow else 19\n        assert self.flow < self.most, 'burst: %r' % self\n        return self.flow % 4\n"
	if found := scan(t, x, other+few+other); len(found) != 0 {
		t.Errorf("amid other code: %v", found)
	}
}

// Ten lines are found, wherever they begin.
func TestExcerptsAreFoundWhereverTheyBegin(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours}})
	lines := strings.SplitAfter(renamed(ours), "\n")
	for from := 1; from+10 < len(lines); from++ {
		if found := scan(t, x, strings.Join(lines[from:from+10], "")); len(found) != 1 {
			t.Errorf("10 lines from line %d: %v", from, found)
		}
	}
}

func TestOtherCodeIsNotFound(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours}})
	for name, text := range map[string]string{
		"idioms": "func load(path string) (*Config, error) {\n\tf, err := os.Open(path)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\tdefer f.Close()\n\tdata, err := io.ReadAll(f)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn parse(data)\n}\n",
		"prose":  memo,
		"table":  strings.Repeat("{\"a\", 1, 2},\n", 60),
		"little": strings.Join(strings.SplitAfter(renamed(ours), "\n")[3:4], ""),
	} {
		if found := scan(t, x, text); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestAnExcerptOfADocumentIsFound(t *testing.T) {
	x := built(t, "", map[string]tree{"board": {"minutes.md": memo}})
	words := strings.Fields(memo)
	found := scan(t, x, "Please translate: \""+strings.Join(words[5:52], " \n")+"\" Thank you.")
	if len(found) != 1 || found[0].Type != TypeText {
		t.Fatalf("%v, want one %s", found, TypeText)
	}
	if found := scan(t, x, "The board met in May. Deliveries to the islands are late, and the harbour is closed until the end of the season."); len(found) != 0 {
		t.Errorf("other words of the same: %v", found)
	}
}

func TestPublicCodeIsSubtracted(t *testing.T) {
	public := tree{"copy.go": "package public\n\n" + ours}.write(t)
	x := built(t, public, map[string]tree{"ledger": {"settle.go": ours + "\n" + memo}})
	if found := scan(t, x, renamed(ours)); len(found) != 0 {
		t.Errorf("%v, want nothing", found)
	}
}

func TestSourcesComeAndGo(t *testing.T) {
	b, err := NewBuilder(testKey, opened(t, mustBuild(t, "one", "two")))
	if err != nil {
		t.Fatal(err)
	}
	if !b.Remove("one") || b.Remove("one") {
		t.Error("a source is not removed once")
	}
	x := opened(t, b)
	found := scan(t, x, ours)
	if len(x.Sources()) != 1 || len(found) != 1 || found[0].Evidence[0].Name != "fingerprint:two" {
		t.Errorf("%v in %v", found, x.Sources())
	}
	if _, err := b.Add(context.Background(), "two", tree{"a.md": memo}.write(t), noon); err != nil { // replaces
		t.Fatal(err)
	}
	if found := scan(t, opened(t, b), ours); len(found) != 0 {
		t.Errorf("what a label had before is found: %v", found)
	}
}

func mustBuild(t *testing.T, labels ...string) *Builder {
	t.Helper()
	b, err := NewBuilder(testKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labels {
		if _, err := b.Add(context.Background(), l, tree{"settle.go": ours}.write(t), noon); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// The index has no text: no word of four letters, of the code or of its files.
func TestTheIndexHoldsNoText(t *testing.T) {
	b := mustBuild(t, "books")
	file := filepath.Join(t.TempDir(), "index")
	if err := b.Write(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append(names.FindAllString(ours, -1), "settle.go", string(testKey)) {
		if len(w) >= 5 && bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(w))) {
			t.Errorf("%d bytes of the source stand in the index", len(w))
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestTheKeyIsNeeded(t *testing.T) {
	b := mustBuild(t, "ledger")
	file := filepath.Join(t.TempDir(), "index")
	if err := b.Write(file); err != nil {
		t.Fatal(err)
	}
	other := bytes.Repeat([]byte{8}, keyed.KeySize)
	if _, err := Open(file, other); !errors.Is(err, keyed.ErrKey) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Open(file, testKey[:5]); err == nil {
		t.Error("a short key is taken")
	}
}

// A damaged index is refused or answers, and never leads outside.
func TestDamagedIndexesAreRefused(t *testing.T) {
	b := mustBuild(t, "ledger")
	file := filepath.Join(t.TempDir(), "index")
	if err := b.Write(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := parse(data[:n], keyOfTests(t)); err == nil {
			t.Fatalf("the first %d of %d bytes are an index", n, len(data))
		}
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 0xFF
		if x, err := parse(bad, keyOfTests(t)); err == nil {
			scan(t, x, ours)
		}
	}
}

func TestWhatCannotBeFingerprintedIsSaid(t *testing.T) {
	b := mustBuild(t, "ledger")
	for name, add := range map[string]func() error{
		"no such path": func() error { _, err := b.Add(context.Background(), "x", "/does/not/exist", noon); return err },
		"no text": func() error {
			_, err := b.Add(context.Background(), "x", tree{"a.json": "{}"}.write(t), noon)
			return err
		},
		"bad label": func() error { _, err := b.Add(context.Background(), "a b", t.TempDir(), noon); return err },
		"no label":  func() error { _, err := b.Add(context.Background(), "", t.TempDir(), noon); return err },
	} {
		if err := add(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Law L1: what is found does not depend on how the text was cut.
func TestCutsDoNotMatter(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours, "minutes.md": memo}})
	text := strings.Repeat("Some words before it.\n", 150) + renamed(ours) + strings.Repeat("x", 3000) + "\n" + memo + strings.Repeat("y = f(1, 2)\n", 90) + ours
	e := scanner(t, x)
	want, _ := e.Scan([]byte(text), engine.Options{})
	if len(want) < 3 {
		t.Fatalf("only %d findings", len(want))
	}
	for _, size := range []int{1, 3, 97, 1023, 1025, 4095, 4096, 5000} {
		var got []detectors.Finding
		s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) { got = append(got, f) }})
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			s.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		s.Close()
		s.Release()
		if fmt.Sprint(got) != fmt.Sprint(sortedByEnd(want)) {
			t.Errorf("writes of %d: %v, want %v", size, got, want)
		}
	}
}

// Where the blocks of the engine end does not matter.
func TestAnExcerptMayStandAcrossBlocks(t *testing.T) {
	x := built(t, "", map[string]tree{"ledger": {"settle.go": ours}})
	code := renamed(ours)
	want := scan(t, x, "\n"+code)
	if len(want) != 1 {
		t.Fatalf("%v, want one finding", want)
	}
	for before := 4096 - len(code); before < 4096; before += 7 {
		found := scan(t, x, strings.Repeat("-", before-1)+"\n"+code)
		if len(found) != 1 || found[0].Span.Start != want[0].Span.Start+before-1 || found[0].Span.Len() != want[0].Span.Len() {
			t.Fatalf("behind %d bytes: %v, want %v", before, found, want)
		}
	}
}

func sortedByEnd(found []detectors.Finding) []detectors.Finding {
	out := append([]detectors.Finding(nil), found...)
	for i := range out {
		for k := i; k > 0 && out[k].Span.End < out[k-1].Span.End; k-- {
			out[k], out[k-1] = out[k-1], out[k]
		}
	}
	return out
}

func TestResetForgetsTheText(t *testing.T) {
	p := New(built(t, "", map[string]tree{"ledger": {"settle.go": ours}})).NewPass().(*pass)
	p.line = append(p.line, "a secret line"...)
	p.Reset()
	if !bytes.Equal(p.line[:cap(p.line)], make([]byte, cap(p.line))) {
		t.Error("text remains after Reset")
	}
}

// The library of Go is unrelated to this repository's code: of its snippets, at
// most one in ten thousand may be taken for ours. The common ones are in
// common.bin, so what is measured beside them is the packages of the module cache
// in the benchmark; this holds the bound where everybody has the files.
func TestUnrelatedCodeOfTheSameLanguageIsQuiet(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the library")
	}
	b, err := NewBuilder(testKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Add(context.Background(), "ours", "..", noon); err != nil {
		t.Fatal(err)
	}
	e := scanner(t, opened(t, b))
	snippets, alarms := 0, 0
	root := filepath.Join(runtime.GOROOT(), "src")
	for _, dir := range []string{"net", "go", "encoding", "crypto", "text", "database", "archive", "image"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			lines := bytes.SplitAfter(data, []byte("\n"))
			for from := 0; from+30 <= len(lines) && snippets < 10_000; from += 30 {
				snippets++
				if found, _ := e.Scan(bytes.Join(lines[from:from+30], nil), engine.Options{}); len(found) > 0 {
					alarms++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if snippets < 5_000 || alarms > 1 {
		t.Errorf("%d of %d snippets are taken for ours", alarms, snippets)
	}
}

func BenchmarkScan(b *testing.B) {
	build, err := NewBuilder(testKey, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := build.Add(context.Background(), "ours", "..", noon); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "index")
	if err := build.Write(file); err != nil {
		b.Fatal(err)
	}
	x, err := Open(file, testKey)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	x.text = false
	e, err := engine.New(engine.Config{Plain: true, Key: testKey}, New(x))
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"prose": strings.Repeat(memo, 60), "code": strings.Repeat("x := y\n", 3) + strings.Repeat(strings.ReplaceAll(ours, "1750", "1"), 20)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				e.Scan([]byte(text), engine.Options{})
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		build, err := NewBuilder(testKey, nil)
		if err != nil {
			b.Fatal(err)
		}
		s, err := build.Add(context.Background(), "ours", "..", noon)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(s.Bytes)
	}
}

func keyOfTests(t *testing.T) keyed.Key {
	t.Helper()
	key, err := keyed.NewKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

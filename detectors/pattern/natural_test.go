package pattern

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// differential is the environment variable that says how many MiB of natural
// text the engine and the whole reading are compared on; `make differential`
// sets it to 64.
const differential = "PROMPTGATE_DIFFERENTIAL_MIB"

// A wholeReading is the simplest reading of the rules: keywords and runs looked
// for in the whole text one after the other, and at each the rule, which sees the
// text from its beginning to its end. Rules of the plain shape are matched by the
// standard library.
type wholeReading struct{ d *detector }

func newWholeReading(t testing.TB) wholeReading {
	_, ds := embedded(t)
	d := ds[0].(*detector)
	for _, r := range d.rules {
		if r.src.Shape == "" && len(r.src.Keywords) > 0 {
			r.find = findByStandardLibrary
		}
	}
	return wholeReading{d}
}

func findByStandardLibrary(c *check, r *rule, n int) {
	for _, lead := range r.leads {
		start := c.at - n - lead
		if start < 0 || !r.left.before(c.v.Text, start) {
			continue
		}
		end, value := standard(r.match, c.v.Text, start, r.src.MaxLength)
		if end >= 0 && r.right.behind(c.v.Text, end) {
			c.judge(r, candidate{start: value.Start, end: value.End, head: start})
		}
	}
}

// standard is oracle, faster where the window is ASCII.
func standard(m *matcher, text []byte, start, limit int) (int, detectors.Span) {
	window := text[start:min(len(text), start+limit)]
	if slices.ContainsFunc(window, func(b byte) bool { return b >= utf8.RuneSelf }) {
		return oracle(m, text, start, limit)
	}
	return place(m, compiled(m).FindSubmatchIndex(window), start, func(i int) int { return i })
}

// read is what is found in a text, before dominance and without what is late.
func (w wholeReading) read(text []byte) (out []detectors.Finding) {
	p := w.d.NewPass().(*pass)
	c := &p.check
	for _, h := range naiveHits(w.d.Needs(), text) {
		c.v, c.at, c.more, c.told = detectors.View{Text: text, At: h.End, BOF: true, EOF: true}, h.End, 0, nil
		c.emit = func(f detectors.Finding) {
			if !f.Late {
				out = append(out, f)
			}
		}
		p.look(c, h)
	}
	return out
}

// compare holds that an engine finds in a text, written in pieces, what the whole
// reading finds; it returns how many findings there were.
func (w wholeReading) compare(t *testing.T, e *engine.Engine, name string, text []byte) int {
	t.Helper()
	var got []string
	s := e.NewScanner(engine.Options{Found: func(f detectors.Finding) {
		if !f.Late {
			got = append(got, told(f))
		}
	}})
	for p := text; len(p) > 0; {
		n := min(len(p), 3000)
		s.Write(p[:n])
		p = p[n:]
	}
	s.Close()
	s.Release()
	var want []string
	for _, f := range dominant(w.read(text)) {
		want = append(want, told(f))
	}
	slices.Sort(got)
	slices.Sort(want)
	for _, f := range got {
		if _, ok := slices.BinarySearch(want, f); !ok {
			t.Errorf("%s: only the engine finds %s", name, f)
		}
	}
	for _, f := range want {
		if _, ok := slices.BinarySearch(got, f); !ok {
			t.Errorf("%s: only the whole reading finds %s", name, f)
		}
	}
	return len(want)
}

func told(f detectors.Finding) string {
	return fmt.Sprintf("%s [%d,%d) %d %v", f.Rule, f.Span.Start, f.Span.End, f.Confidence, f.Evidence)
}

// unlayered is an engine of the rules that reads no layers.
func unlayered(t *testing.T) *engine.Engine {
	t.Helper()
	_, ds := embedded(t)
	e, err := engine.New(engine.Config{Key: []byte("k"), Plain: true}, ds...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Samples of every rule, generated from its tests, between natural text: three
// of each, twelve with `make differential`.
func TestPlantedSamplesOfEveryRuleEqualTheWholeReading(t *testing.T) {
	c, _ := embedded(t)
	w, e := newWholeReading(t), unlayered(t)
	rnd := rand.New(rand.NewPCG(23, 24))
	each := 3
	if os.Getenv(differential) != "" {
		each = 12
	}
	found := 0
	var text []byte
	first := ""
	list := c.Rules()
	for k, r := range list {
		if first == "" {
			first = r.ID
		}
		for i := range each {
			sample, _, err := Sample(r.Tests[i%len(r.Tests)].Text, fmt.Sprint(r.ID, "/planted/", i))
			if err != nil {
				t.Fatal(err)
			}
			at := rnd.IntN(len(filler))
			text = append(append(append(text, filler[at:]...), ' '), sample...)
			text = append(append(text, '\n'), filler[:at]...)
		}
		if len(text) > 64<<10 || k == len(list)-1 {
			found += w.compare(t, e, "samples from "+first+" on", text)
			text, first = text[:0], ""
		}
	}
	if found < each*len(list)/3 {
		t.Errorf("only %d findings: the test has lost its subject", found)
	}
}

// Natural text: documentation and source code of this machine, 64 MiB with
// `make differential`.
func TestNaturalTextEqualsTheWholeReading(t *testing.T) {
	mib := 1
	if v := os.Getenv(differential); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q, not a number of MiB", differential, v)
		}
		mib = n
	}
	w, e := newWholeReading(t), unlayered(t)
	bytes, found := 0, 0
	natural(t, mib<<20, func(name string, text []byte) {
		bytes += len(text)
		found += w.compare(t, e, name, text)
	})
	t.Logf("%d findings in %d bytes", found, bytes)
	if bytes < mib<<20*9/10 {
		t.Errorf("only %d bytes of natural text on this machine", bytes)
	}
}

// natural shows at most size bytes of text in excerpts of 64 KiB.
func natural(t *testing.T, size int, show func(name string, text []byte)) {
	roots := []string{filepath.Join(runtime.GOROOT(), "src"), "/usr/share/doc", "/usr/include", "/usr/lib/python3", "/usr/share/perl", "/usr/share/nodejs", "/usr/lib", filepath.Join(runtime.GOROOT(), "test")}
	wanted := regexp.MustCompile(`(?i)(?:\.(?:go|md|txt|rst|html?|py|p[lm]|sh|[ch]|js|json|ya?ml|toml|css|xml|s)|/readme|/copyright|/news)$`)
	var text []byte
	first := ""
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || size <= 0 {
				return fs.SkipAll
			}
			if !entry.Type().IsRegular() || !wanted.MatchString(path) || strings.Contains(path, "/testdata/") {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil || len(b) > 1<<20 {
				return nil
			}
			if first == "" {
				first = path
			}
			for text = append(text, b...); len(text) >= 64<<10 && size > 0; text = text[64<<10:] {
				show("text from "+first+" on", text[:64<<10])
				size -= 64 << 10
				first = path
			}
			return nil
		})
	}
}

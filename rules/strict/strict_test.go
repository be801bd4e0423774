package strict

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files")

type sample struct {
	Name     string            `toml:"name"`
	Enabled  bool              `toml:"enabled"`
	Size     int64             `toml:"size"`
	Small    int8              `toml:"small"`
	Port     uint16            `toml:"port"`
	Score    float64           `toml:"score"`
	Wait     time.Duration     `toml:"wait"`
	Words    []string          `toml:"words"`
	Labels   map[string]string `toml:"labels"`
	Level    *int              `toml:"level"`
	Password string            `toml:"password"`
	Proxy    string            `toml:"proxy"`
	Rule     []sampleRule      `toml:"rule"`
	Limits   sampleLimits      `toml:"limits"`
	Ignored  string            `toml:"-"`
	shared
}

type shared struct {
	Comment string `toml:"comment"`
}

type sampleRule struct {
	ID      string       `toml:"id"`
	Pattern string       `toml:"pattern"`
	Points  int          `toml:"points"`
	Test    []sampleTest `toml:"test"`
}

type sampleTest struct {
	Text string `toml:"text"`
	Want bool   `toml:"want"`
}

type sampleLimits struct {
	MaxBody int64         `toml:"max_body"`
	Timeout time.Duration `toml:"timeout"`
}

func TestDecodeFillsEveryKind(t *testing.T) {
	in := "name = 'n'\nenabled = true\nsize = 7\nsmall = -3\nport = 8080\nscore = 1\nwait = '250ms'\nwords = ['a', 'b']\n" +
		"level = 4\ncomment = 'c'\nlabels = {x = '1', \"a.b\" = '2'}\n" +
		"[limits]\nmax_body = 1\n[[rule]]\nid = 'r0'\n[[rule.test]]\ntext = 't'\nwant = true\n[[rule]]\nid = 'r1'\n"
	got := sample{Limits: sampleLimits{Timeout: time.Second}}
	if _, err := Decode("f.toml", []byte(in), &got); err != nil {
		t.Fatal(err)
	}
	level := 4
	want := sample{Name: "n", Enabled: true, Size: 7, Small: -3, Port: 8080, Score: 1, Wait: 250 * time.Millisecond,
		Words: []string{"a", "b"}, Labels: map[string]string{"x": "1", "a.b": "2"}, Level: &level,
		Rule:   []sampleRule{{ID: "r0", Test: []sampleTest{{"t", true}}}, {ID: "r1"}},
		Limits: sampleLimits{MaxBody: 1, Timeout: time.Second}, shared: shared{Comment: "c"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The golden files show what a person sees; each holds the file and its errors.
func TestErrorsAreShownAllAtOnceWithTheirPlace(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var s sample
			_, err = Decode(filepath.Base(f), data, &s)
			var es Errors
			if !errors.As(err, &es) {
				t.Fatalf("error is %T, want Errors", err)
			}
			got := es.Render()
			golden := strings.TrimSuffix(f, ".toml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if strings.Contains(got, "hunter") {
				t.Error("a secret value is shown")
			}
		})
	}
}

func TestErrorLineIsOneLineWithTheHint(t *testing.T) {
	var s sample
	_, err := Decode("default.toml", []byte("[[rule]]\nid = 'a'\n[[rule]]\n  poinst = 3\n"), &s)
	want := `default.toml:4:3: unknown key "poinst" (points?)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAKeyThatIsAlreadyThereIsSuggestedToo(t *testing.T) {
	for in, want := range map[string]string{
		"name = 'x'\nnaem = 'y'\n": `f.toml:2:1: unknown key "naem" (name?)`,
		"naem = 'y'\n":             `f.toml:1:1: unknown key "naem" (name?)`,
		"port = 1\npor = 2\n":      `f.toml:2:1: unknown key "por" (port?)`,
	} {
		var s sample
		if _, err := Decode("f.toml", []byte(in), &s); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

func TestErrorfPointsAtTheKeyOrTheNearestTable(t *testing.T) {
	doc, err := Parse("p.toml", []byte("# c\nname = 'x'\n\n[[rule]]\nid = 'a'\n\n[[rule]]\n\tpattern = '''\nx\ny'''\n[rule.\"q.r\"]\nz.w = [1, {k = 2}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path      string
		line, col int
	}{
		{"name", 2, 1},
		{"rule", 4, 3},
		{"rule[0]", 4, 3},
		{"rule[0].id", 5, 1},
		{"rule[0].missing", 4, 3},
		{"rule[1]", 7, 3},
		{"rule[1].pattern", 8, 2},
		{"rule[1].test[3].text", 7, 3},
		{`rule[1]."q.r"`, 11, 7},
		{`rule[1]."q.r".z`, 12, 1},
		{`rule[1]."q.r".z.w`, 12, 3},
		{`rule[1]."q.r".z.w[0]`, 12, 8},
		{`rule[1]."q.r".z.w[1].k`, 12, 12},
		{`rule[1]."q.x".none`, 7, 3},
		{"nothing.here", 2, 1},
		{"", 2, 1},
	} {
		if e := doc.Errorf(c.path, "m"); e.Line != c.line || e.Col != c.col {
			t.Errorf("Errorf(%s) at %d:%d, want %d:%d", c.path, e.Line, e.Col, c.line, c.col)
		}
	}
}

func TestHas(t *testing.T) {
	doc, err := Parse("p.toml", []byte("a.b = 1\n[[c]]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"a": true, "a.b": true, "c[0]": true, "c[1]": false, "b": false} {
		if got := doc.Has(path); got != want {
			t.Errorf("Has(%s) = %v, want %v", path, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		word string
		from []string
		want string
	}{
		{"scoer", []string{"scope", "score"}, "score"},
		{"blok", []string{"allow", "block"}, "block"},
		{"max-body", []string{"max_body"}, "max_body"},
		{"Listen", []string{"listen"}, "listen"},
		{"x", []string{"y"}, ""},
		{"timeout", []string{"listen", "profile"}, ""},
		{"", []string{"a"}, ""},
		{"anything", nil, ""},
	} {
		if got := Suggest(c.word, c.from); got != c.want {
			t.Errorf("Suggest(%q) = %q, want %q", c.word, got, c.want)
		}
	}
}

func TestErrorsSortAndUnwrap(t *testing.T) {
	var es Errors
	es.Add(nil)
	es.Add(&Error{File: "b", Line: 1, Msg: "x"})
	es.Add(Errors{{File: "a", Line: 9, Msg: "y"}, {File: "a", Line: 2, Msg: "z"}})
	es.Add(errors.New("plain"))
	if got, want := es.Err().Error(), "plain\na:2:0: z\na:9:0: y\nb:1:0: x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var e *Error
	if !errors.As(es.Err(), &e) {
		t.Error("errors.As does not reach one error")
	}
	if (Errors{}).Err() != nil {
		t.Error("no errors is not nil")
	}
}

func TestAFieldWithoutATagIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var s struct{ Name string }
	_, _ = Decode("f", []byte("name = 'x'"), &s)
}

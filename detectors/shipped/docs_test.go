package shipped_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is the table of the keys of something.
func section(text, of string) string {
	_, table, _ := strings.Cut(text, "<!-- keys of "+of+" -->\n")
	table, _, _ = strings.Cut(table, "\n\n")
	return table
}

// Each table of keys in the manual names the keys that the loader reads, and no other.
func TestTheManualNamesEveryKey(t *testing.T) {
	text := manual(t)
	for _, c := range []struct {
		table string
		of    any
	}{
		{"a rule", rules.Rule{}}, {"boundary", rules.Boundary{}}, {"exclude", rules.Exclude{}}, {"context", rules.Context{}},
		{"signals", rules.Signal{}}, {"test", rules.Test{}}, {"format", rules.Format{}}, {"an info type", rules.InfoType{}}, {"a group", rules.Group{}},
	} {
		table := section(text, c.table)
		if table == "" {
			t.Errorf("there is no table of the keys of %s", c.table)
			continue
		}
		var told []string
		for _, line := range strings.Split(table, "\n") {
			cells := strings.Split(line, "|")
			if len(cells) < 3 {
				t.Errorf("%s: %q is no row", c.table, line)
				continue
			}
			for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
				told = append(told, m[1])
			}
		}
		var read []string
		for i := range reflect.TypeOf(c.of).NumField() {
			if tag := reflect.TypeOf(c.of).Field(i).Tag.Get("toml"); tag != "" && tag != "-" {
				read = append(read, tag)
			}
		}
		slices.Sort(told)
		slices.Sort(read)
		if !slices.Equal(told, read) {
			t.Errorf("keys of %s: the manual names %v, the loader reads %v", c.table, told, read)
		}
	}
	var names []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section(text, "a file"), -1) {
		names = append(names, m[1])
	}
	for _, key := range rules.FileKeys() {
		if !slices.Contains(names, key) {
			t.Errorf("the manual does not name %s among the keys of a file", key)
		}
	}
	for shape := range rules.Shapes() {
		if !strings.Contains(text, "`"+shape+"`") {
			t.Errorf("the manual does not name shape %s", shape)
		}
	}
}

// The examples of the manual make a directory that loads, and their tests pass.
func TestTheExamplesOfTheManualWork(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^ *```toml\n(.*?)^ *```").FindAllStringSubmatch(manual(t), -1)
	if len(blocks) != 5 {
		t.Fatalf("%d examples", len(blocks))
	}
	files := fstest.MapFS{"confidential/customers.txt": {Data: []byte("# customers\nKontor Nord\n")}}
	for i, name := range []string{"infotypes.toml", "confidential/projects.toml", "secrets/acme.toml", "confidential/customers.toml", "secrets/formats.toml"} {
		files[name] = &fstest.MapFile{Data: []byte(blocks[i][1])}
	}
	c, err := base.Overlay(files)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Rules()) - len(base.Rules()); n != 5 {
		t.Errorf("the examples have %d rules", n)
	}
	e, err := shipped.Engine(c, engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := shipped.Prove(c, e); err != nil {
		t.Error(err)
	}
}

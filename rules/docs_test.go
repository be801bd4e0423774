package rules

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each table of keys in the manual names the keys that the loader reads, and no
// other; every shape is named.
func TestTheManualNamesEveryKey(t *testing.T) {
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		table string
		of    reflect.Type
	}{
		{"a file", reflect.TypeFor[ruleFile]()},
		{"a rule", reflect.TypeFor[Rule]()},
		{"boundary", reflect.TypeFor[Boundary]()},
		{"exclude", reflect.TypeFor[Exclude]()},
		{"context", reflect.TypeFor[Context]()},
		{"signals", reflect.TypeFor[Signal]()},
		{"test", reflect.TypeFor[Test]()},
		{"format", reflect.TypeFor[Format]()},
		{"an info type", reflect.TypeFor[InfoType]()},
		{"a group", reflect.TypeFor[Group]()},
	} {
		_, table, ok := strings.Cut(string(text), "<!-- keys of "+c.table+" -->\n")
		if !ok {
			t.Errorf("there is no table of the keys of %s", c.table)
			continue
		}
		table, _, _ = strings.Cut(table, "\n\n")
		var told, read []string
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
		for i := range c.of.NumField() {
			if tag := c.of.Field(i).Tag.Get("toml"); tag != "" && tag != "-" {
				read = append(read, tag)
			}
		}
		slices.Sort(told)
		slices.Sort(read)
		if !slices.Equal(told, read) {
			t.Errorf("keys of %s: the manual names %v, the loader reads %v", c.table, told, read)
		}
	}
	for shape := range Shapes() {
		if !strings.Contains(string(text), "`"+shape+"`") {
			t.Errorf("the manual does not name shape %s", shape)
		}
	}
}

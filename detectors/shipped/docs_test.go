package shipped_test

import (
	"os"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

// The examples of the manual make a directory that loads, and their tests pass.
func TestTheExamplesOfTheManualWork(t *testing.T) {
	base, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^ *```toml\n(.*?)^ *```").FindAllStringSubmatch(string(text), -1)
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

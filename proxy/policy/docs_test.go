package policy_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
)

// The examples of the manual load, and pass the tests they carry.
func TestExamplesOfTheManualWork(t *testing.T) {
	text, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	redaction, err := os.ReadFile("../../docs/redaction.md")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, redaction...)
	blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 4 {
		t.Fatalf("only %d examples", len(blocks))
	}
	for i, b := range blocks {
		p, err := policy.Parse(fmt.Sprintf("example%d.toml", i+1), b[1], catalogue(t))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, r := range p.Test() {
			if r.Failure != "" {
				t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, r.Failure)
			}
		}
	}
}

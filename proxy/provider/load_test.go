package provider_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each testdata/*.toml is wrong in many ways at once; its golden file holds what
// is said about it.
func TestEveryMistakeIsReportedWithItsPlace(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.toml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = provider.Load(fstest.MapFS{"providers/" + filepath.Base(file): {Data: data}})
		var errs strict.Errors
		if !errors.As(err, &errs) {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := errs.Render()
		golden := strings.TrimSuffix(file, ".toml") + ".golden"
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
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

const small = `
[[surface]]
id = "api"
app = "example_api"
roots = ["/v1"]
[[host]]
names = ["api.example.com"]
class = "inspect"
surface = "api"
[[endpoint]]
id = "api.chat"
surface = "api"
paths = ["/chat", "/{a|b}/x", "/files/{file}"]
activity = "chat"
`

func TestRowsOfALaterLayerReplaceThoseOfAnEarlierOne(t *testing.T) {
	base := fstest.MapFS{"providers/example.toml": {Data: []byte(small)}}
	over := fstest.MapFS{"providers/mine.toml": {Data: []byte(`
[[endpoint]]
id = "api.chat"
surface = "api"
paths = ["/chat"]
activity = "chat"
closed = true
reason = "We do not use this."
[[host]]
names = ["api.example.com"]
class = "refuse"
app = "example_api"
reason = "We do not use this."
[[host]]
names = ["gateway.example.net"]
class = "inspect"
surface = "api"
`)}}
	before, err := provider.Load(base)
	if err != nil {
		t.Fatal(err)
	}
	after, err := provider.Load(base, over)
	if err != nil {
		t.Fatal(err)
	}
	if e := before.Match("POST", "api.example.com", "/v1/b/x"); e.ID != "api.chat" || e.Route != "/v1/b/x" || e.Closed {
		t.Errorf("before: %s %s", e.ID, e.Route)
	}
	if h := after.Host("api.example.com"); h.Class != policy.HostRefuse || h.Reason == "" {
		t.Errorf("after: %+v", h)
	}
	if e := after.Match("POST", "gateway.example.net", "/v1/chat"); !e.Closed || e.Reason != "We do not use this." || e.App != "example_api" {
		t.Errorf("after: %s closed %v", e.ID, e.Closed)
	}
	if e := after.Match("POST", "gateway.example.net", "/v1/b/x"); e.ID != "api.unknown" {
		t.Errorf("after: %s", e.ID)
	}
	if before.Digest() == after.Digest() {
		t.Error("both have the same digest")
	}
}

func TestACompanyAddsAHostToTheShippedRows(t *testing.T) {
	over := fstest.MapFS{"providers/gateway.toml": {Data: []byte("[[host]]\nnames = [\"llm.example.net\"]\nclass = \"inspect\"\nsurface = \"openai\"\n")}}
	c, err := provider.Load(rules.FS(), over)
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Match("POST", "llm.example.net", "/v1/chat/completions"); e.ID != "openai.chat_completions" {
		t.Errorf("%s", e.ID)
	}
}

func TestNoProviderFilesIsAnError(t *testing.T) {
	if _, err := provider.Load(fstest.MapFS{"infotypes.toml": {}}); err == nil {
		t.Error("an empty catalogue was made")
	}
}

// What is the same for several endpoints is one shape: compiled once, and the
// memory of its walks is shared.
func TestEndpointsShareTheirShapes(t *testing.T) {
	c := shipped(t)
	a, b := c.Match("POST", "api.openai.com", "/v1/responses"), c.Match("POST", "r.openai.azure.com", "/openai/v1/responses/compact")
	if a.Shape != b.Shape || len(a.Shape.Select) == 0 {
		t.Error("responses and compact have shapes of their own")
	}
	if c.Match("POST", "chatgpt.com", "/x").Shape != c.Match("POST", "api.openai.com", "/x").Shape {
		t.Error("unknown endpoints have shapes of their own")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := provider.Load(rules.FS()); err != nil {
			b.Fatal(err)
		}
	}
}

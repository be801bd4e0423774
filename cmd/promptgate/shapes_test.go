package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/unlisted"
	"github.com/promptgate/promptgate/rules"
)

// Whatever is drafted is a file that loads beside the built-in rows, and its rows
// answer the requests they were drafted for.
func TestDraftsLoad(t *testing.T) {
	list := []unlisted.Request{
		{Surface: "openai", Method: "POST", Path: "/v1/threads/{}/notes", Format: "json", Fields: []unlisted.Field{
			{Path: "thread_id", Types: []string{"string"}}, {Path: "notes", Types: []string{"array"}}, {Path: "notes[*].text", Types: []string{"null", "string"}}, {Path: "*", Types: []string{"string"}},
		}},
		{Surface: "azure", Method: "PUT", Path: "/openai/deployments/{}/brand-new", Format: "multipart", Fields: []unlisted.Field{{Path: "file", Types: []string{"file"}}, {Path: "tags[]", Types: []string{"string"}}}},
		{Surface: "chatgpt", Method: "POST", Path: "/{}/{}", Format: "text"},
		{Surface: "chatgpt", Method: "PATCH", Path: "/{}/{}", Format: "form"},
		{Surface: "chatgpt", Method: "PATCH", Path: "/{}/{}", Format: "json"},
		{Surface: "other", Method: "POST", Path: "/x", Format: "json"},
	}
	draft := drafts(list)
	c, err := provider.Load(rules.FS(), fstest.MapFS{"providers/new.toml": {Data: []byte(draft)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, draft)
	}
	for _, x := range []struct{ method, host, path, id string }{
		{"POST", "api.openai.com", "/v1/threads/thread_1/notes", "openai.threads.notes"},
		{"PUT", "r.openai.azure.com", "/openai/deployments/d/brand-new", "openai.brand_new"},
		{"POST", "chatgpt.com", "/a/b", "chatgpt.new"},
		{"PATCH", "chatgpt.com", "/a/b", "chatgpt.new_2"},
	} {
		if e := c.Match(x.method, x.host, x.path); e.ID != x.id {
			t.Errorf("%s %s is %s, want %s of\n%s", x.method, x.path, e.ID, x.id, draft)
		}
	}
	e := c.Match("POST", "api.openai.com", "/v1/threads/t/notes")
	want := map[string]content.Do{"thread_id": content.Reference, "notes[*].text": content.Read}
	for _, s := range e.Shape.Select {
		if do, ok := want[s.Path]; !ok || do != s.Do {
			t.Errorf("drafted %+v", s)
		}
		delete(want, s.Path)
	}
	if len(want) > 0 {
		t.Errorf("not drafted: %v", want)
	}
	if strings.Contains(draft, `"*"`) {
		t.Error("a key that is not shown has a path")
	}
}

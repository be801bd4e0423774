package unlisted

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/content"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestOutlinesAreKept(t *testing.T) {
	dir := t.TempDir()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	values := []content.Outlined{{Path: "a", Type: "string", Size: 4}, {Path: "a", Type: "null"}, {Path: "b[*]", Type: "number", Size: 2}}
	for range 2 {
		if err := b.Note("openai", "POST", "/v1/notes/note_123", "json", values, true, noon); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	again, err := Open(dir) // a later process goes on
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Note("openai", "POST", "/v1/notes/note_7", "json", nil, true, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	list, err := Read(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if got, want := fmt.Sprintf("%+v", list[0]), "{Surface:openai Method:POST Path:/v1/notes/{} Format:json Count:3 First:2026-11-28 12:00:00 +0000 UTC Last:2026-11-28 13:00:00 +0000 UTC "+
		"Fields:[{Path:a Types:[null string] Count:4 Min:0 Max:4} {Path:b[*] Types:[number] Count:2 Min:2 Max:2}]}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestABookIsBounded(t *testing.T) {
	b := &Book{index: map[string]*Request{}}
	for i := range maxRequests + 10 {
		_ = b.Note("openai", "POST", "/"+strings.Repeat("a", i%30+1)+"/"+strings.Repeat("b", i/30+1), "json", nil, true, noon)
	}
	var many []content.Outlined
	for i := range maxFields + 10 {
		many = append(many, content.Outlined{Path: fmt.Sprint("p", i)})
	}
	_ = b.Note("openai", "POST", "/a/b", "json", many, true, noon)
	if len(b.known) != maxRequests || len(b.known[0].Fields) != maxFields {
		t.Errorf("%d requests, %d fields", len(b.known), len(b.known[0].Fields))
	}
}

func TestShare(t *testing.T) {
	b := &Book{index: map[string]*Request{}}
	for i := range 100 {
		b.Count(i < 3, noon)
	}
	for _, c := range []struct {
		after         time.Duration
		unlisted, all int64
	}{{0, 3, 100}, {40 * time.Minute, 3, 100}, {2 * time.Hour, 0, 0}} {
		if u, all := b.Share(noon.Add(c.after)); u != c.unlisted || all != c.all {
			t.Errorf("after %v: %d of %d", c.after, u, all)
		}
	}
	var none *Book
	none.Count(true, noon)
	if u, _ := none.Share(noon); u != 0 || none.Close() != nil {
		t.Error("no book counts")
	}
}

func TestWordsAndTemplates(t *testing.T) {
	for s, want := range map[string]bool{
		"v1": true, "chat": true, "backend-api": true, "b64_json": true, "imageUrl": true, "files[]": true,
		"": false, "4111": false, "note_123": false, "Lena": false, "lena@example.com": false, "two words": false, "a%20b": false, "é": false, strings.Repeat("a", 41): false,
	} {
		if Word([]byte(s)) != want {
			t.Errorf("Word(%q) = %v", s, !want)
		}
	}
	if got := Template("/v1/threads/thread_123/4111/x", true); got != "/v1/threads/{}/{}/x" {
		t.Error(got)
	}
	if got := Template("/v1/threads", false); got != "/{}/{}" {
		t.Error(got)
	}
	if got := Template(strings.Repeat("/a", 100), true); len(got) > 40 {
		t.Error(got)
	}
}

package inspect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/unlisted"
)

// What a request without a row is made of is kept, and nothing of what it says.
func TestUnlistedRequestsAreOutlined(t *testing.T) {
	dir := t.TempDir()
	book, err := unlisted.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	i := New(shippedRules(t, "l2"), Config{Unlisted: book})
	card, mail := synthetic.Card(), synthetic.Email()
	for _, q := range []*Request{
		chat(t, "credit card "+card), // has its row
		post(t, "https://api.openai.com/v1/brand_new/thing_8812/notes?q=credit+card+"+card, `{"note":{"text":"credit card `+card+`","to":["`+mail+`"]},"count":3}`),
		post(t, "https://api.openai.com/v1/brand_new/"+card, `{"`+mail+`":"x","credit card `+card+`":{"x":1}}`),
	} {
		i.Request(t.Context(), q)
	}
	if few, all := book.Share(i.cfg.Now()); few != 2 || all != 3 {
		t.Errorf("%d of %d", few, all)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := unlisted.Read(dir)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	first := list[0]
	fields, _ := json.Marshal(first.Fields)
	if first.Surface != "openai" || first.Path != "/v1/brand_new/{}/notes" || first.Format != "json" || !strings.Contains(string(fields), `"path":"note.to[*]"`) {
		t.Errorf("%+v", first)
	}
	if list[1].Path != "/{}/{}/{}" || list[1].Fields[0].Path != "*" {
		t.Errorf("words beside what was found are shown: %+v", list[1])
	}
	kept, err := os.ReadFile(filepath.Join(dir, "unlisted.json"))
	if err != nil || strings.Contains(string(kept), card) || strings.Contains(string(kept), mail) || strings.Contains(string(kept), "8812") {
		t.Errorf("a value is kept: %s (%v)", kept, err)
	}
}

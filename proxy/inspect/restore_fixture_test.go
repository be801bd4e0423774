package inspect

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/redact"
)

// textsOf are the documents of a body.
func textsOf(t testing.TB, q *Request, body []byte) (*content.Walk, *texts) {
	t.Helper()
	out := newTexts()
	w := content.NewWalk(q.Endpoint.Shape, content.Media{ContentType: q.Header.Get("Content-Type")}, content.Limits{}, out)
	if err := w.Run(context.Background(), body); err != nil {
		t.Fatal(err)
	}
	return w, out
}

// A request to every endpoint, with a value behind each of its texts: it leaves with
// tokens, and an answer that says the same texts shows what was sent, wherever it is
// cut.
func TestEveryFixtureRestoresAtEveryCut(t *testing.T) {
	root := "../../cmd/promptgate/e2e/testdata/requests"
	files, err := filepath.Glob(root + "/*/*.req.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	i := vaulted(t, nil, Tokens{})
	checked, values := 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		host := filepath.Base(filepath.Dir(file))
		path, _, _ := strings.Cut(filepath.Base(file), ".")
		q := post(t, "https://"+host+"/"+strings.ReplaceAll(path, "_", "/"), string(body))
		q.Endpoint = theWorld(t).providers.Match(http.MethodPost, host, "/v1/responses") // reads every string it does not know
		w, before := textsOf(t, q, body)
		var edits []content.Edit
		for k := range before.docs {
			end := len(before.of(k))
			for _, p := range w.Places(k, detectors.Span{Start: end, End: end}) {
				if p.Quote == content.JSONString {
					edits = append(edits, content.Edit{Place: p, With: []byte("\n\nPlease write to " + synthetic.Email() + " and\n" + synthetic.Email() + ".")})
				}
			}
		}
		planted, err := w.Splice(edits)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		q.Body = planted
		v := i.Request(context.Background(), q)
		if v.Refusal != nil || !v.Changed {
			continue // a file in it, or another gap that blocks
		}
		_, sent := textsOf(t, q, planted)
		_, left := textsOf(t, q, v.Body)
		if len(sent.docs) != len(left.docs) {
			t.Errorf("%s: %d texts were sent, %d left", file, len(sent.docs), len(left.docs))
			continue
		}
		checked++
		for k := range sent.docs {
			want, text := string(sent.of(k)), string(left.of(k))
			tokens := tokenForm.FindAllStringIndex(text, -1)
			values += len(tokens)
			near := func(c int) bool {
				for _, at := range tokens {
					if c >= at[0]-2 && c <= at[1]+2 {
						return true
					}
				}
				return c%101 == 0
			}
			for c := 0; c <= len(text); c++ {
				if !near(c) {
					continue
				}
				r := redact.NewRestorer(v.restoring(), i.tokenKinds(v.rules.Catalogue), redact.Plain)
				got := string(r.Write([]byte(text[:c])))
				got += string(r.Write([]byte(text[c:])))
				if got += string(r.Close()); got != want {
					t.Fatalf("%s, %s, cut at %d:\n%s\nrestored\n%s\nwant\n%s", file, sent.docs[k].Locator, c, text, got, want)
				}
			}
		}
	}
	t.Logf("%d fixtures, %d tokens", checked, values)
	if checked < 40 || values < 500 {
		t.Errorf("only %d fixtures with %d tokens were looked at", checked, values)
	}
}

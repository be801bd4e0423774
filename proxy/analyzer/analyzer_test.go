package analyzer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/rules"
)

// service is an analyzer that answers with what f says of the text it got.
func service(t *testing.T, f func(w http.ResponseWriter, r *http.Request, text string)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Errorf("the question is no JSON: %v", err)
		}
		f(w, r, q.Text)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/analyze"
}

func client(t *testing.T, c Config) *Client {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// finds answers with the place of each word, counted in characters as Python does.
func finds(typ string, score float64, words ...string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, text string) {
		list := []answer{}
		for _, word := range words {
			if before, _, ok := strings.Cut(text, word); ok {
				start := utf8.RuneCountInString(before)
				list = append(list, answer{typ, start, start + utf8.RuneCountInString(word), score})
			}
		}
		_ = json.NewEncoder(w).Encode(list)
	}
}

// Offsets are characters there and bytes here, also behind bytes that are no text.
func TestFindingsStandWhereTheValueStands(t *testing.T) {
	a := client(t, Config{URL: service(t, finds("PERSON", 0.7, "Zoë", "Ada"))})
	for _, text := range []string{"Ada met Zoë.", "Ünïcödé 東京 🙂 Ada und Zoë", "\xff\xfe broken \xc3 Ada, Zoë \xe2\x82"} {
		found, err := a.Analyze(context.Background(), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			got = append(got, text[f.Span.Start:f.Span.End])
			if f.Type != "pii.person_name" || f.Confidence != 70 || f.Rule != "pii.person_name.analyzer" {
				t.Errorf("finding %+v", f)
			}
		}
		want := []string{"Ada", "Zoë"}
		if strings.Index(text, "Zoë") < strings.Index(text, "Ada") {
			want = []string{"Zoë", "Ada"}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

func TestFindingsAreNeverHigh(t *testing.T) {
	a := client(t, Config{URL: service(t, finds("PERSON", 1, "Ada"))})
	found, err := a.Analyze(context.Background(), []byte("Ada"))
	if err != nil || len(found) != 1 || found[0].Confidence.Level() != detectors.Medium {
		t.Errorf("found %v, %v", found, err)
	}
}

// Kinds that are not taken, and scores below the least, are no findings.
func TestWhatIsNotTaken(t *testing.T) {
	for name, f := range map[string]func(http.ResponseWriter, *http.Request, string){
		"kind":  finds("LOCATION", 0.9, "Ada"),
		"score": finds("PERSON", 0.4, "Ada"),
		"none":  finds("PERSON", 0.9),
	} {
		found, err := client(t, Config{URL: service(t, f)}).Analyze(context.Background(), []byte("Ada"))
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// Every failure is an error with its gap, and says nothing of the text, of the
// answer, of the token or of the address.
func TestFailuresAreGaps(t *testing.T) {
	const canary = "Canary-7Q2K9F"
	answers := func(status int, body string) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	slow := func(_ http.ResponseWriter, r *http.Request, _ string) { <-r.Context().Done() }
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, k := range []struct {
		name, url, text string
		want            detectors.Cause
	}{
		{"status", service(t, answers(500, canary)), canary, detectors.CauseEngineError},
		{"redirect", service(t, func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "http://127.0.0.1:1/"+canary, http.StatusTemporaryRedirect)
		}), canary, detectors.CauseEngineError},
		{"no JSON", service(t, answers(200, canary)), canary, detectors.CauseEngineError},
		{"no list", service(t, answers(200, `{"error":"`+canary+`"}`)), canary, detectors.CauseEngineError},
		{"outside", service(t, answers(200, `[{"entity_type":"PERSON","start":5,"end":5000,"score":0.9}]`)), canary, detectors.CauseEngineError},
		{"backwards", service(t, answers(200, `[{"entity_type":"PERSON","start":5,"end":2,"score":0.9}]`)), canary, detectors.CauseEngineError},
		{"endless", service(t, answers(200, "["+strings.Repeat(" ", maxAnswer)+"]")), canary, detectors.CauseEngineError},
		{"slow", service(t, slow), canary, detectors.CauseTimeout},
		{"gone", gone.URL + "/" + canary, canary, detectors.CauseEngineError},
		{"long", gone.URL, strings.Repeat("x", MaxText+1), detectors.CauseOversize},
	} {
		t.Run(k.name, func(t *testing.T) {
			found, err := client(t, Config{URL: k.url, Timeout: 200 * time.Millisecond, Token: canary}).Analyze(context.Background(), []byte(k.text))
			if err == nil || len(found) > 0 {
				t.Fatalf("found %v, %v", found, err)
			}
			if got := Cause(err); got != k.want {
				t.Errorf("gap %s, want %s", got, k.want)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), canary) || strings.Contains(e.Error(), "127.0.0.1") {
					t.Errorf("the error tells too much: %d bytes", len(e.Error()))
				}
			}
		})
	}
}

// The deadline holds while others are being served, too.
func TestWaitingHasADeadline(t *testing.T) {
	release := make(chan struct{})
	a := client(t, Config{URL: service(t, func(w http.ResponseWriter, _ *http.Request, _ string) { <-release; fmt.Fprint(w, "[]") }), Timeout: 300 * time.Millisecond, Calls: 1})
	first := make(chan error, 1)
	go func() {
		_, err := a.Analyze(context.Background(), []byte("one"))
		first <- err
	}()
	for len(a.calls) == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := a.Analyze(ctx, []byte("two")); Cause(err) != detectors.CauseTimeout {
		t.Errorf("the second: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

func TestTokenAndLanguageAreSent(t *testing.T) {
	url := ""
	url = service(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if got := r.Header.Get("Authorization"); got != "Bearer t0ken" {
			t.Errorf("Authorization is %d bytes", len(got))
		}
		fmt.Fprint(w, "[]")
	})
	if _, err := client(t, Config{URL: url, Token: "t0ken"}).Analyze(context.Background(), []byte("x")); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	for _, c := range []Config{
		{}, {URL: "ftp://127.0.0.1/"}, {URL: "http://analyzer.example.com/analyze"}, {URL: "https://user:pw@analyzer.example.com/"},
		{URL: "http://127.0.0.1/", MinScore: 2},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", c.URL)
		}
	}
	for _, u := range []string{"http://127.0.0.1:5002/analyze", "http://localhost/analyze", "http://[::1]:5002/analyze", "https://analyzer.example.com/analyze"} {
		if _, err := New(Config{URL: u}); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// What the service finds is a kind that the catalogue knows.
func TestEntitiesAreInTheCatalogue(t *testing.T) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	for name, typ := range Entities() {
		if _, ok := c.InfoType(string(typ)); !ok {
			t.Errorf("%s: no info type %s", name, typ)
		}
	}
}

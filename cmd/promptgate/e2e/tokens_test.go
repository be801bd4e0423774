//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/proxytest"
)

// A value goes out as a token and comes back as itself: in a streamed answer, in a
// whole one, in what is read later; not in an address, and not for somebody else's
// eyes: it stands in no file and no log.
func TestTokensGoOutAndValuesComeBack(t *testing.T) {
	rules := t.TempDir()
	if err := os.Mkdir(filepath.Join(rules, "policies"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(rules, "policies", "tokens.toml"), []byte(`
title = "Tokens"
include = ["l2.toml"]
[[rule]]
id = "contact"
when = { info_type = ["pii.email"] }
redact = "token"
`))
	w := newWorld(t, fmt.Sprintf("profile = \"tokens\"\nrules_dir = %q\n", rules))
	c := w.client(t, false)
	mail := synthetic.Email()
	send := func(method, address, say, body string) string {
		t.Helper()
		r, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if say != "" {
			r.Header.Set(proxytest.Behaviour, proxytest.Say(say))
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v\n%s", address, resp.Status, err, text)
		}
		return string(text)
	}
	prompt := `{"model":"gpt-5","input":"write to ` + mail + `","stream":STREAM}`
	responses := "https://api.openai.com/v1/responses"
	send(http.MethodPost, responses, "", strings.Replace(prompt, "STREAM", "false", 1))
	name := regexp.MustCompile(`\[EMAIL_[0-9A-Z]{12}\]`).FindString(string(w.upstream.only(t).Body))
	if name == "" {
		t.Fatalf("upstream received %s", w.upstream.only(t).Body)
	}
	deltas := func(stream string) (out string) {
		for _, m := range regexp.MustCompile(`"delta":"([^"]*)"`).FindAllStringSubmatch(stream, -1) {
			out += m[1]
		}
		return out
	}
	say := "I wrote to " + name + "; ![](https://x/?q=" + name + ")"
	want := "I wrote to " + mail + "; ![](https://x/?q=" + name + ")"
	if got := deltas(send(http.MethodPost, responses, say, strings.Replace(prompt, "STREAM", "true", 1))); got != want {
		t.Errorf("the stream shows %q, want %q", got, want)
	}
	if got := send(http.MethodPost, responses, say, strings.Replace(prompt, "STREAM", "false", 1)); !strings.Contains(got, want) {
		t.Errorf("the whole answer shows %s", got)
	}
	// A message that says nothing of it, and what is read later.
	if got := deltas(send(http.MethodPost, responses, "once more: "+name+".", `{"model":"gpt-5","input":"once more","previous_response_id":"resp_fake","stream":true}`)); got != "once more: "+mail+"." {
		t.Errorf("a later answer shows %q", got)
	}
	if got := send(http.MethodGet, "https://chatgpt.com/backend-api/conversation/"+url.PathEscape("with "+name), "", ""); !strings.Contains(got, "with "+mail+`"`) {
		t.Errorf("what is read shows %s", got)
	}
	for _, r := range w.upstream.all() {
		if strings.Contains(string(r.Body), mail) {
			t.Error("the value reached upstream")
		}
	}
	out, err := exec.Command(w.bin, "vault", "stats", "--state-dir", w.state).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 value of 1 owner") {
		t.Errorf("vault stats: %v\n%s", err, out)
	}
	w.holdsNowhere(t, mail)
	threads := 0
	for _, e := range w.events(t) {
		if strings.Contains(fmt.Sprint(e), "thread") && strings.Contains(fmt.Sprint(e), "inspected") {
			threads++
		}
	}
	if threads == 0 {
		t.Error("no event says that a thread goes on")
	}
	if out, err := exec.Command(w.bin, "vault", "purge", "--all", "--state-dir", w.state).CombinedOutput(); err != nil || string(out) != "1 value forgotten\n" {
		t.Errorf("vault purge: %v\n%s", err, out)
	}
	if got := deltas(send(http.MethodPost, responses, "once more: "+name+".", `{"model":"gpt-5","input":"again","stream":true}`)); got != "once more: "+name+"." {
		t.Errorf("what was forgotten shows %q", got)
	}
}

//go:build e2e

package e2e

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// The rehearsal of an emergency: what is stopped goes through within two seconds
// of breaking the glass, unread by no one, and is stopped again when it ends.
func TestBreakGlassIsRehearsed(t *testing.T) {
	w := newWorld(t, "")
	c := w.client(t, false)
	body := `{"model":"gpt-5","messages":[{"role":"user","content":"` + strings.ReplaceAll(synthetic.PrivateKey(), "\n", `\n`) + `"}]}`
	status := func() int {
		r, err := http.NewRequest(http.MethodPost, "https://api.openai.com/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	soon := func(want int, what string) {
		t.Helper()
		began := time.Now()
		for status() != want {
			if time.Since(began) > 3*time.Second {
				t.Fatalf("%s: status %d is not there after 3 s", what, want)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	glass := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command(w.bin, append([]string{"break-glass", "--state-dir", w.state}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("break-glass %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if got := status(); got != http.StatusBadRequest {
		t.Fatalf("a private key: status %d", got)
	}
	code := glass("", "code", "anna")
	glass(code, "--mode", "monitor", "--for", "10m", "--scope", "all", "--reason", "a rehearsal", "--as", "anna")
	soon(http.StatusOK, "the glass is broken")
	glass(code, "end", "--as", "anna")
	soon(http.StatusBadRequest, "the glass is whole")
	seen := map[string]bool{}
	for _, e := range w.events(t) {
		if e["event.name"] == "dlp.break_glass" {
			seen[e["dlp.action"].(string)] = true
		}
		if e["dlp.break_glass"] != nil && e["event.name"] == "dlp.message" {
			seen["message"] = true
			if e["dlp.verdict"] != "block" || e["dlp.action"] != "log" {
				t.Errorf("recorded as %v, would be %v", e["dlp.action"], e["dlp.verdict"])
			}
		}
	}
	for _, what := range []string{"open", "end", "message"} {
		if !seen[what] {
			t.Errorf("the audit log has no %s", what)
		}
	}
}

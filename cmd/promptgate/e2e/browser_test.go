//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// The page of the fake chatgpt.com posts three conversations and one prepare,
// as the web app does, and reports what it saw to a telemetry path, which the
// proxy passes untouched.
const page = `<!doctype html><title>fake</title><script>
const prompts = %s;
async function post(path, body) {
  try {
    const r = await fetch(path, {method: 'POST', headers: {'content-type': 'application/json', accept: 'text/event-stream'}, body: JSON.stringify(body)});
    return {status: r.status, type: r.headers.get('content-type'), action: r.headers.get('x-promptgate-action'), body: await r.text()};
  } catch (e) { return {error: String(e)}; }
}
const turn = text => ({action: 'next', messages: [{id: crypto.randomUUID(), author: {role: 'user'}, content: {content_type: 'text', parts: [text]}, metadata: {}}], parent_message_id: 'client-created-root', model: 'gpt-5-6', supported_encodings: ['v1']});
(async () => {
  const saw = {secure: isSecureContext, prepare: null, turns: []};
  saw.prepare = await post('/backend-api/f/conversation/prepare', {action: 'next', model: 'gpt-5-6', partial_query: {id: crypto.randomUUID(), author: {role: 'user'}, content: {content_type: 'text', parts: [prompts[1]]}}});
  for (const p of prompts) saw.turns.push(await post('/backend-api/f/conversation', turn(p)));
  await fetch('/ces/v1/t', {method: 'POST', body: JSON.stringify(saw)});
})();
</script>`

func TestChromium(t *testing.T) {
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			chromium = p
			break
		}
	}
	if chromium == "" {
		unavailable(t, "Chromium", "no chromium in the PATH")
	}
	if _, err := exec.LookPath("certutil"); err != nil {
		unavailable(t, "Chromium", err.Error())
	}
	finished(t, "Chromium", version(t, chromium, "--version"))
	w := newWorld(t, "")
	card, key := synthetic.CardSpaced(), synthetic.PrivateKey()
	prompts, err := json.Marshal([]string{"Name three rivers of Europe.", "Refund the credit card " + card + " please", "Why does this not load?\n" + key})
	if err != nil {
		t.Fatal(err)
	}
	w.upstream.page("chatgpt.com", fmt.Sprintf(page, prompts))
	// The page itself carries the values to the browser; they are in an answer,
	// which this proxy does not inspect. Only requests count below.

	home := t.TempDir()
	db := "sql:" + filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(filepath.Join(home, ".pki", "nssdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-t", "C,,", "-n", "promptgate", "-i", w.ca}} {
		if out, stderr, err := run(t, nil, "certutil", append([]string{"-d", db}, args...)...); err != nil {
			t.Fatalf("certutil: %v: %s%s", err, out, stderr)
		}
	}
	cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+filepath.Join(home, "profile"), "--proxy-pac-url=http://"+w.admin+"/proxy.pac",
		"--remote-debugging-port=0", "https://chatgpt.com/")
	cmd.Env = append(os.Environ(), "HOME="+home, "HTTPS_PROXY=", "https_proxy=", "HTTP_PROXY=", "http_proxy=")
	var printed tail
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}()

	type answer struct {
		Status             int
		Type, Action, Body string
		Error              string
	}
	var saw struct {
		Secure  bool
		Prepare answer
		Turns   []answer
	}
	deadline := time.Now().Add(60 * time.Second)
	for {
		if r := w.upstream.to("/ces/v1/t"); len(r) > 0 {
			if err := json.Unmarshal(r[0].Body, &saw); err != nil {
				t.Fatal(err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the page reported nothing within a minute; chromium printed:\n%s", last(printed.String(), 3000))
		}
		time.Sleep(50 * time.Millisecond)
	}

	if !saw.Secure || len(saw.Turns) != 3 {
		t.Fatalf("secure context %v, %d turns", saw.Secure, len(saw.Turns))
	}
	if a := saw.Turns[0]; a.Status != 200 || !strings.HasPrefix(a.Type, "text/event-stream") || !strings.Contains(a.Body, "[DONE]") {
		t.Errorf("answer: %+v", a)
	}
	if a := saw.Turns[1]; a.Status != 200 || a.Action != "redact" {
		t.Errorf("redaction: status %d, action %q", a.Status, a.Action)
	}
	var detail struct {
		Detail struct{ Message, Code string }
	}
	if a := saw.Turns[2]; a.Status != 400 || json.Unmarshal([]byte(a.Body), &detail) != nil || detail.Detail.Code != "dlp_blocked" || detail.Detail.Message == "" {
		t.Errorf("refusal: %+v", a)
	}
	if saw.Prepare.Status != 200 {
		t.Errorf("prepare: %+v", saw.Prepare)
	}

	posts := w.upstream.to("/backend-api/f/conversation")
	if len(posts) != 2 {
		t.Fatalf("upstream received %d conversation posts, want 2: the third is refused and not repeated", len(posts))
	}
	if !strings.Contains(string(posts[1].Body), "Refund the credit card [PAYMENT_CARD_1] please") {
		t.Errorf("upstream received %s", posts[1].Body)
	}
	for _, r := range append(posts, w.upstream.to("/backend-api/f/conversation/prepare")...) {
		if strings.Contains(string(r.Body), card) {
			t.Errorf("the card number reached upstream at %s", r.Path)
		}
		if strings.Contains(string(r.Body), "partial_query") {
			t.Errorf("partial_query reached upstream")
		}
	}
	w.holdsNowhere(t, card, strings.Split(key, "\n")[1])
}

func TestSquidChainsToPromptgate(t *testing.T) {
	squid, err := exec.LookPath("squid")
	if err != nil {
		if squid, err = exec.LookPath("/usr/sbin/squid"); err != nil {
			unavailable(t, "Squid", "no squid in the PATH")
		}
	}
	needCurl(t)
	finished(t, "Squid", strings.TrimPrefix(version(t, squid, "--version"), "Squid Cache: "))
	w := newWorld(t, "")

	// deploy/squid.conf with this machine's addresses, and what an instance of
	// one's own beside a system Squid needs.
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", "squid.conf"))
	if err != nil {
		t.Fatal(err)
	}
	listen, dir := freeAddr(t), squidDir(t)
	conf := squidConf(t, string(b), listen, w.proxy, dir)
	file := filepath.Join(dir, "squid.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, stderr, err := run(t, nil, squid, "-k", "parse", "-f", file); err != nil {
		t.Fatalf("squid -k parse: %v: %s%s", err, last(out, 2000), last(stderr, 2000))
	}
	cmd := exec.Command(squid, "-N", "-f", file, "-n", "promptgate"+fmt.Sprint(os.Getpid()))
	var printed tail
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() {
		_ = cmd.Process.Kill()
		<-ended
	}()
	deadline := time.Now().Add(30 * time.Second)
	for {
		c, err := net.Dial("tcp", listen)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("squid did not listen within 30 s:\n%s", last(printed.String(), 3000))
		}
		time.Sleep(50 * time.Millisecond)
	}

	through := func(prompt string) reply {
		return w.curl(t, "-x", "http://"+listen, "-H", "Content-Type: application/json", "--data-binary", chat(prompt), chatURL)
	}
	if r := through("Name three rivers of Europe."); r.Status != 200 {
		t.Fatalf("answer: status %d, CONNECT %d, exit %d: %s %s\n%s", r.Status, r.Connect, r.Exit, r.Body, r.Stderr, last(printed.String(), 2000))
	}
	w.upstream.reset()
	card := synthetic.CardSpaced()
	if r := through("Refund the credit card " + card); r.Status != 200 || !strings.Contains(string(w.upstream.only(t).Body), "[PAYMENT_CARD_1]") {
		t.Errorf("redaction: status %d", r.Status)
	}
	w.upstream.reset()
	if r := through("Why does this not load?\n" + synthetic.PrivateKey()); r.Status != http.StatusBadRequest || !strings.Contains(r.Body, "dlp_blocked") {
		t.Errorf("refusal: status %d: %s", r.Status, r.Body)
	}
	w.upstream.nothing(t)
}

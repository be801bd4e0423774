//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/content/file"
)

// A reply is what curl saw.
type reply struct {
	Exit    int
	Status  int    `json:"http_code"`
	Connect int    `json:"http_connect"`
	Version string `json:"http_version"`
	Proxied int    `json:"num_connects"`
	Header  http.Header
	Body    string
	Stderr  string
}

// curl runs one curl through the proxy.
func (w *world) curl(t *testing.T, args ...string) reply {
	t.Helper()
	dir := t.TempDir()
	body, head := filepath.Join(dir, "body"), filepath.Join(dir, "head")
	all := append([]string{"-sS", "--max-time", "20", "--noproxy", "", "-x", "http://" + w.proxy, "--cacert", w.ca,
		"-o", body, "-D", head, "-w", "%{json}"}, args...)
	out, stderr, err := run(t, nil, "curl", all...)
	r := reply{Exit: exitCode(err), Stderr: stderr, Header: http.Header{}}
	if jsonErr := json.Unmarshal([]byte(out), &r); jsonErr != nil {
		t.Fatalf("curl printed no summary: %v (exit %d): %s", jsonErr, r.Exit, stderr)
	}
	b, _ := os.ReadFile(body)
	r.Body = string(b)
	h, _ := os.ReadFile(head)
	for _, line := range strings.Split(string(h), "\r\n") { // the last answer's value wins, as it should
		if k, v, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(k, v)
		}
	}
	return r
}

// chat is a chat completion with one prompt.
func chat(prompt string) string {
	b, err := json.Marshal(map[string]any{"model": "gpt-5.5", "messages": []any{map[string]any{"role": "user", "content": prompt}}})
	if err != nil {
		panic(err)
	}
	return string(b)
}

var chatURL = "https://api.openai.com/v1/chat/completions"

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		unavailable(t, "curl", err.Error())
	}
}

func TestCurlSeesAnswerRedactionAndRefusal(t *testing.T) {
	needCurl(t)
	finished(t, "curl", version(t, "curl", "--version"))
	w := newWorld(t, "")
	for _, p := range []struct {
		name, version string
		args          []string
	}{
		{"h1", "1.1", []string{"--http1.1"}},
		{"h2", "2", []string{"--http2"}},
		{"chunked", "1.1", []string{"--http1.1", "-H", "Transfer-Encoding: chunked"}},
		{"expect", "1.1", []string{"--http1.1", "-H", "Expect: 100-continue"}},
	} {
		t.Run(p.name, func(t *testing.T) {
			post := func(body string) reply {
				return w.curl(t, append(p.args, "-H", "Content-Type: application/json", "-H", "Authorization: Bearer sk-e2e-not-a-key", "--data-binary", body, chatURL)...)
			}
			t.Run("answer", func(t *testing.T) {
				w.upstream.reset()
				body := chat("Name three rivers of Europe.")
				r := post(body)
				if r.Exit != 0 || r.Status != 200 || r.Version != p.version || !strings.Contains(r.Body, "chat.completion") {
					t.Fatalf("status %d over HTTP/%s, exit %d: %s %s", r.Status, r.Version, r.Exit, r.Body, r.Stderr)
				}
				got := w.upstream.only(t)
				if string(got.Body) != body {
					t.Errorf("upstream received %d bytes, want the %d that were sent, unchanged", len(got.Body), len(body))
				}
				if got.Header.Get("Authorization") != "Bearer sk-e2e-not-a-key" {
					t.Errorf("the credential for the provider did not arrive as it was sent")
				}
			})
			t.Run("redaction", func(t *testing.T) {
				w.upstream.reset()
				card := synthetic.CardSpaced()
				r := post(chat("Refund the credit card " + card + " please"))
				if r.Status != 200 || r.Header.Get("X-Promptgate-Action") != "redact" {
					t.Fatalf("status %d, action %q: %s", r.Status, r.Header.Get("X-Promptgate-Action"), r.Body)
				}
				want := chat("Refund the credit card [PAYMENT_CARD_1] please")
				if got := w.upstream.only(t); string(got.Body) != want {
					t.Errorf("upstream received\n%s, want\n%s", got.Body, want)
				}
				w.holdsNowhere(t, card)
			})
			t.Run("refusal", func(t *testing.T) {
				w.upstream.reset()
				key := synthetic.PrivateKey()
				r := post(chat("Why does this not load?\n" + key))
				var e struct {
					Error struct{ Message, Type, Param, Code string }
				}
				if err := json.Unmarshal([]byte(r.Body), &e); err != nil {
					t.Fatalf("the refusal is not JSON: %v: %s", err, r.Body)
				}
				if r.Status != 400 || e.Error.Code != "dlp_blocked" || r.Header.Get("X-Should-Retry") != "false" || len(r.Header.Get("X-Promptgate-Incident")) != 26 {
					t.Errorf("status %d, code %q, retry %q, incident %q", r.Status, e.Error.Code, r.Header.Get("X-Should-Retry"), r.Header.Get("X-Promptgate-Incident"))
				}
				if !strings.Contains(e.Error.Message, "messages[0].content") {
					t.Errorf("the message does not say where: %s", e.Error.Message)
				}
				w.upstream.nothing(t)
				w.holdsNowhere(t, strings.Split(key, "\n")[1])
			})
		})
	}
}

func TestCurlCompressedBodies(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	card := synthetic.CardSpaced()
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	_, _ = g.Write([]byte(chat("credit card " + card)))
	_ = g.Close()
	file := filepath.Join(t.TempDir(), "body.gz")
	write(t, file, z.Bytes())
	r := w.curl(t, "-H", "Content-Type: application/json", "-H", "Content-Encoding: gzip", "--data-binary", "@"+file, chatURL)
	if r.Status != 200 {
		t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	got := w.upstream.only(t)
	if bytes.Equal(got.Body, z.Bytes()) {
		t.Fatal("the compressed body arrived unchanged")
	}
	zr, err := gzip.NewReader(bytes.NewReader(got.Body))
	if err != nil || got.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("upstream did not receive gzip: %v, %q", err, got.Header.Get("Content-Encoding"))
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(zr); err != nil {
		t.Fatal(err)
	}
	if want := chat("credit card [PAYMENT_CARD_1]"); plain.String() != want {
		t.Errorf("inside the gzip: %s, want %s", plain.String(), want)
	}
}

func TestCurlMultipartUpload(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	iban := synthetic.IBAN()
	file := filepath.Join(t.TempDir(), "customers.csv")
	write(t, file, []byte("name,iban\nA. Person,"+iban+"\n"))
	r := w.curl(t, "-F", "purpose=assistants", "-F", "file=@"+file+";type=text/csv", "https://api.openai.com/v1/files")
	for _, got := range w.upstream.all() {
		if bytes.Contains(got.Body, []byte(iban)) {
			t.Errorf("status %d, and the account number reached upstream", r.Status)
		}
	}
	if len(w.upstream.all()) == 0 && r.Status != 400 {
		t.Errorf("nothing reached upstream and the status is %d: %s", r.Status, r.Body)
	}
}

// A document is read in a child of the binary: its label stops it, and one
// without a label and without anything else in it goes through as it is.
func TestCurlUploadsDocuments(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	files := filepath.Join("..", "..", "..", "proxy", "content", "file", "testdata")
	upload := func(name string) reply {
		return w.curl(t, "-F", "purpose=user_data", "-F", "file=@"+filepath.Join(files, name)+";type=application/octet-stream", "https://api.openai.com/v1/files")
	}
	for _, name := range []string{"letter.docx", "customers.xlsx"} {
		if r := upload(name); r.Status != 400 || !strings.Contains(r.Body, "dlp_blocked") || !strings.Contains(r.Body, "sensitivity label") {
			t.Errorf("%s: status %d: %s", name, r.Status, r.Body)
		}
	}
	var r reply
	for range 10 { // what reads PDF is compiled at the first start, which may take longer than a file may
		if r = upload("locked.pdf"); !strings.Contains(r.Body, "too long") {
			break
		}
	}
	if r.Status != 400 || !strings.Contains(r.Body, "encrypted file") {
		t.Errorf("a locked PDF: status %d: %s", r.Status, r.Body)
	}
	w.upstream.nothing(t)
	want, err := os.ReadFile(filepath.Join(files, "roadmap.pptx"))
	if err != nil {
		t.Fatal(err)
	}
	if r := upload("refund.docx"); r.Status != 200 || r.Header.Get("X-Promptgate-Action") != "redact" {
		t.Errorf("a letter with a card number: status %d: %s", r.Status, r.Body)
	}
	got := w.upstream.only(t).Body
	x := (&file.Reader{}).Read(t.Context(), got[bytes.Index(got, []byte("PK")):], "")
	if i := slices.IndexFunc(x.Parts, func(p content.FilePart) bool { return p.Locator == "text" }); i < 0 ||
		string(x.Parts[i].Text) != "Please refund the credit card [PAYMENT_CARD_1] today." {
		t.Errorf("upstream received %+v", x)
	}
	w.upstream.reset()
	if r := upload("roadmap.pptx"); r.Status != 200 || !bytes.Contains(w.upstream.only(t).Body, want) {
		t.Errorf("slides without anything in them: status %d: %s", r.Status, r.Body)
	}
}

func TestCurlStreamsAsItComes(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	body := strings.TrimSuffix(chat("Count to three"), "}") + `,"stream":true}`
	r := w.curl(t, "-N", "-H", "Content-Type: application/json", "--data-binary", body, chatURL)
	if r.Status != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/event-stream") || !strings.Contains(r.Body, "[DONE]") {
		t.Fatalf("status %d, %s: %s", r.Status, r.Header.Get("Content-Type"), r.Body)
	}
}

// Three megabytes go through a body that curl announces and a body it does not.
func TestCurlLongPrompt(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	prose := strings.Repeat("The harbour was quiet and the boats lay still. ", 3<<20/47)
	file := filepath.Join(t.TempDir(), "long.json")
	write(t, file, []byte(chat(prose)))
	for _, args := range [][]string{{"--http1.1"}, {"--http2"}, {"--http1.1", "-H", "Transfer-Encoding: chunked"}} {
		w.upstream.reset()
		r := w.curl(t, append(args, "-H", "Content-Type: application/json", "--data-binary", "@"+file, chatURL)...)
		if r.Status != 200 {
			t.Fatalf("%v: status %d: %s", args, r.Status, r.Body)
		}
		if got := w.upstream.only(t); string(got.Body) != chat(prose) {
			t.Errorf("%v: upstream received %d bytes, want %d unchanged", args, len(got.Body), len(chat(prose)))
		}
	}
}

// The first screen of the program: the line it prints works as printed.
func TestServePrintsWhatToDoNext(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "")
	for _, want := range []string{"http://" + w.admin + "/proxy.pac", "curl"} {
		if !strings.Contains(w.stderr.String(), want) {
			t.Errorf("the first lines do not hold %q:\n%s", want, last(w.stderr.String(), 2000))
		}
	}
	der := w.get(t, "/ca.crt")
	if len(der) == 0 || der[0] != 0x30 {
		t.Errorf("/ca.crt is not DER")
	}
	out, stderr, err := run(t, nil, w.bin, "ca", "export", "--format", "pem", "--state-dir", w.state)
	if err != nil {
		t.Fatalf("ca export: %v: %s", err, stderr)
	}
	if pem, _ := os.ReadFile(w.ca); out != string(pem) {
		t.Errorf("ca export prints %d bytes, the portal serves %d", len(out), len(pem))
	}
}

// A body that is too large, of a length nobody announced, is refused in words
// that arrive: on HTTP/2 the stream must not be reset under the answer.
func TestCurlHearsWhyALargeBodyIsRefused(t *testing.T) {
	needCurl(t)
	w := newWorld(t, "[limits]\nmax_body = 33554432")
	file := filepath.Join(t.TempDir(), "large")
	write(t, file, append([]byte(chat(strings.Repeat("harbour ", 4<<20+1<<17))), '\n'))
	for _, proto := range []string{"--http1.1", "--http2"} {
		r := w.curl(t, proto, "-H", "Content-Type: application/json", "-H", "Transfer-Encoding: chunked", "--data-binary", "@"+file, chatURL)
		if r.Exit != 0 || r.Status != 400 || !strings.Contains(r.Body, "dlp_blocked") {
			t.Errorf("%s: exit %d, status %d, %d bytes of answer: %s", proto, r.Exit, r.Status, len(r.Body), r.Stderr)
		}
	}
	w.upstream.nothing(t)
}

//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// An outcome is the one line each SDK client prints.
type outcome struct {
	OK       bool
	Text     string
	Chunks   int
	Attempts int
	Error    string
	Status   int
	Code     string
	Param    string
	Message  string
	Cause    string
	Incident string
}

// sdk drives one SDK through the three things every client must see, in each
// of its modes. call runs the client and returns its line.
func sdk(t *testing.T, w *world, badRequest string, call func(t *testing.T, mode, prompt string) outcome) {
	for _, mode := range []string{"json", "stream", "responses"} {
		place := "messages[0].content"
		if mode == "responses" {
			place = "input"
		}
		t.Run(mode, func(t *testing.T) {
			t.Run("answer", func(t *testing.T) {
				w.upstream.reset()
				got := call(t, mode, "Name three rivers of Europe.")
				if !got.OK || got.Text == "" || got.Attempts != 1 {
					t.Fatalf("%+v", got)
				}
				if mode == "stream" && got.Chunks < 2 {
					t.Errorf("the answer came in %d chunks, want several", got.Chunks)
				}
				if r := w.upstream.only(t); !strings.Contains(string(r.Body), "Name three rivers of Europe.") {
					t.Errorf("upstream received %s", r.Body)
				}
			})
			t.Run("redaction", func(t *testing.T) {
				w.upstream.reset()
				card := synthetic.CardSpaced()
				got := call(t, mode, "Refund the credit card "+card+" please")
				if !got.OK || got.Attempts != 1 {
					t.Fatalf("%+v", got)
				}
				if r := w.upstream.only(t); strings.Contains(string(r.Body), card) || !strings.Contains(string(r.Body), "Refund the credit card [PAYMENT_CARD_1] please") {
					t.Errorf("upstream received %d bytes without the placeholder, or with the value", len(r.Body))
				}
			})
			t.Run("refusal", func(t *testing.T) {
				w.upstream.reset()
				got := call(t, mode, "Why does this not load?\n"+synthetic.PrivateKey())
				if got.OK || got.Error != badRequest || got.Status != 400 || got.Code != "dlp_blocked" || got.Attempts != 1 {
					t.Errorf("%+v, want one %s with status 400 and code dlp_blocked", got, badRequest)
				}
				if !strings.HasPrefix(got.Param, place) || !strings.Contains(got.Message, place) || len(got.Incident) != 26 {
					t.Errorf("param %q, incident %q, message %q: want the place %s", got.Param, got.Incident, got.Message, place)
				}
				w.upstream.nothing(t)
			})
		})
	}
}

// sdkAnswers drives one SDK through what it must see of answers. ended is the error
// that it raises in the middle of a stream.
func sdkAnswers(t *testing.T, w *world, badRequest, ended string, call func(t *testing.T, mode, prompt string) outcome) {
	t.Cleanup(func() { w.upstream.fake.Says("") })
	card, key := synthetic.CardSpaced(), synthetic.PrivateKey()
	for _, mode := range []string{"json", "stream", "responses", "responses_stream"} {
		streams := strings.HasSuffix(mode, "stream")
		t.Run(mode+"/answer", func(t *testing.T) {
			w.upstream.fake.Says("Your card is " + card + ", and the boats are in.")
			got := call(t, mode, "Name my card.")
			if !got.OK || got.Attempts != 1 || got.Text != "Your card is [PAYMENT_CARD_1], and the boats are in." {
				t.Errorf("redaction: %+v", got)
			}
			w.upstream.fake.Says("Here it is:\n" + key + "\nKeep it.")
			got = call(t, mode, "Make a key.")
			if got.OK || got.Attempts != 1 || strings.Contains(got.Text, strings.Split(key, "\n")[1]) || strings.Contains(got.Text, "Keep it") {
				t.Fatalf("withheld: %+v", got)
			}
			said := got.Message + got.Cause
			if !strings.Contains(said, "The answer was withheld") || !strings.Contains(said, "Incident: ") {
				t.Errorf("withheld: %+v", got)
			}
			if streams && got.Error != ended || !streams && (got.Error != badRequest || got.Status != 400 || got.Code != "dlp_blocked") {
				t.Errorf("withheld: %+v", got)
			}
		})
	}
}

func TestNodeSDK(t *testing.T) {
	for _, p := range []string{"node", "npm"} {
		if _, err := exec.LookPath(p); err != nil {
			unavailable(t, "openai npm SDK", err.Error())
		}
	}
	dir := cache(t, "node")
	for _, f := range []string{"client.mjs", "package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join("clients", "node", f))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, f), b)
	}
	if out, stderr, err := run(t, nil, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "--omit=peer"); err != nil {
		unavailable(t, "openai npm SDK", fmt.Sprintf("npm install: %v: %s%s", err, last(out, 500), last(stderr, 500)))
	}
	var pkg struct{ Version string }
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", "openai", "package.json"))
	if err != nil || json.Unmarshal(b, &pkg) != nil {
		t.Fatalf("the installed package has no version: %v", err)
	}
	finished(t, "openai npm SDK", pkg.Version+" on node "+version(t, "node", "--version"))
	w := newWorld(t, "")
	call := func(t *testing.T, mode, prompt string) outcome {
		out, stderr, err := run(t, []string{"NODE_EXTRA_CA_CERTS=" + w.ca}, "node", filepath.Join(dir, "client.mjs"), "http://"+w.proxy, mode, prompt)
		return line(t, out, stderr, err)
	}
	sdk(t, w, "BadRequestError", call)
	sdkAnswers(t, w, "BadRequestError", "APIError", call)
}

func TestPythonSDK(t *testing.T) {
	requirements, err := filepath.Abs(filepath.Join("clients", "python", "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := cache(t, "python")
	python := filepath.Join(dir, "bin", "python")
	if _, stderr, err := run(t, nil, "python3", "-m", "venv", dir); err != nil {
		unavailable(t, "openai Python SDK", fmt.Sprintf("python3 -m venv: %v %s", err, last(stderr, 200)))
	}
	if _, stderr, err := run(t, nil, python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements); err != nil {
		unavailable(t, "openai Python SDK", fmt.Sprintf("pip install: %v %s", err, last(stderr, 300)))
	}
	finished(t, "openai Python SDK", version(t, python, "-c", "import openai, sys; print(openai.__version__, 'on python', sys.version.split()[0])"))
	w := newWorld(t, "")
	call := func(t *testing.T, mode, prompt string) outcome {
		out, stderr, err := run(t, append(proxyEnv(w), "SSL_CERT_FILE="+w.ca), python, filepath.Join("clients", "python", "client.py"), mode, prompt)
		return line(t, out, stderr, err)
	}
	sdk(t, w, "BadRequestError", call)
	sdkAnswers(t, w, "BadRequestError", "APIError", call)
}

// The Go client is this test binary, started again with the environment that a
// laptop has: net/http reads the proxy and crypto/x509 the roots once a process.
func TestGoSDK(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := run(t, nil, "go", "list", "-m", "-f", "{{.Version}}", "github.com/openai/openai-go/v3")
	if err != nil {
		t.Fatal(err)
	}
	finished(t, "openai-go SDK", strings.TrimSpace(v))
	w := newWorld(t, "")
	call := func(t *testing.T, mode, prompt string) outcome {
		out, stderr, err := run(t, append(proxyEnv(w), "SSL_CERT_FILE="+w.ca, "PROMPTGATE_E2E_GO_CLIENT="+prompt, "PROMPTGATE_E2E_GO_MODE="+mode), self)
		return line(t, out, stderr, err)
	}
	sdk(t, w, "*openai.Error", call)
	sdkAnswers(t, w, "*openai.Error", "*ssestream.StreamError", call)
}

// goClient sends one request as its environment says and prints its outcome.
func goClient(prompt, mode string) {
	var attempts atomic.Int64
	transport := http.DefaultTransport.(*http.Transport).Clone()
	client := openai.NewClient(option.WithAPIKey("sk-e2e-not-a-key"), option.WithHTTPClient(&http.Client{
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			attempts.Add(1)
			return transport.RoundTrip(r)
		}),
	}))
	ctx := context.Background()
	params := openai.ChatCompletionNewParams{Model: "gpt-5.5", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(prompt)}}
	var o outcome
	var err error
	switch mode {
	case "json":
		var answer *openai.ChatCompletion
		if answer, err = client.Chat.Completions.New(ctx, params); err == nil {
			o.Text = answer.Choices[0].Message.Content
		}
	case "stream":
		stream := client.Chat.Completions.NewStreaming(ctx, params)
		for stream.Next() {
			o.Chunks++
			if c := stream.Current().Choices; len(c) > 0 {
				o.Text += c[0].Delta.Content
			}
		}
		err = stream.Err()
	case "responses_stream":
		stream := client.Responses.NewStreaming(ctx, responses.ResponseNewParams{Model: "gpt-5.5", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(prompt)}})
		for stream.Next() {
			o.Chunks++
			if e := stream.Current(); e.Type == "response.output_text.delta" {
				o.Text += e.Delta
			}
		}
		err = stream.Err()
	default:
		var answer *responses.Response
		answer, err = client.Responses.New(ctx, responses.ResponseNewParams{Model: "gpt-5.5", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(prompt)}})
		if err == nil {
			o.Text = answer.OutputText()
		}
	}
	o.OK, o.Attempts = err == nil, int(attempts.Load())
	var e *openai.Error
	switch {
	case errors.As(err, &e):
		o.Error, o.Status, o.Code, o.Param, o.Message = "*openai.Error", e.StatusCode, e.Code, e.Param, e.Message
		o.Incident = e.Response.Header.Get("X-Promptgate-Incident")
	case err != nil:
		o.Error, o.Cause = fmt.Sprintf("%T", err), err.Error()
	}
	b, _ := json.Marshal(o)
	fmt.Println(string(b))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func proxyEnv(w *world) []string {
	return []string{"HTTPS_PROXY=http://" + w.proxy, "https_proxy=http://" + w.proxy, "HTTP_PROXY=", "http_proxy=", "ALL_PROXY=", "all_proxy=", "NO_PROXY=", "no_proxy=", "OPENAI_BASE_URL=https://api.openai.com/v1"}
}

func line(t *testing.T, out, stderr string, err error) outcome {
	t.Helper()
	var o outcome
	if jsonErr := json.Unmarshal([]byte(out), &o); jsonErr != nil {
		t.Fatalf("the client printed no line: %v, %v\n%s%s", err, jsonErr, last(out, 1000), last(stderr, 2000))
	}
	return o
}

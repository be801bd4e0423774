package proxy

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/rules"
)

// verdicts keeps what was recorded, of requests and of answers.
type verdicts struct {
	mu   sync.Mutex
	all  []*inspect.Verdict
	done int
}

func (c *verdicts) Healthy() error { return nil }

func (c *verdicts) Record(_ context.Context, _ *inspect.Request, v *inspect.Verdict) <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, v)
	durable := make(chan error, 1)
	durable <- nil
	return durable
}

func (c *verdicts) Done(context.Context, *inspect.Request, *inspect.Verdict, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
}

// of are the verdicts with an incident number: of the request, and of its answer
// when there was something to say.
func (c *verdicts) of(id string) (out []*inspect.Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.all {
		if v.ID == id {
			out = append(out, v)
		}
	}
	return out
}

// inspecting is a proxy with the shipped rules of a profile.
func inspecting(t testing.TB, profile string, change func(*Config)) (*world, *verdicts) {
	t.Helper()
	fsys := rules.FS()
	catalogue, err := rules.LoadEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	e, err := shipped.Engine(catalogue, engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(fsys, profile, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := refuse.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	providers, err := provider.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	records := &verdicts{}
	inspector := inspect.New(inspect.Rules{Engine: e, Catalogue: catalogue, Policy: p, Messages: messages}, inspect.Config{Recorder: records})
	w := newWorld(t, inspector.Request, func(c *Config) {
		c.Hosts, c.Screen, c.Refuse = func() Hosts { return providers }, p.Screen, messages.Problem
		if change != nil {
			change(c)
		}
	})
	w.server.done = (*inspect.Verdict).Done
	return w, records
}

func say(text string) string { return proxytest.Say(text) }

func TestAnswersAreInspected(t *testing.T) {
	t.Parallel()
	w, _ := inspecting(t, "l2", nil)
	card := synthetic.CardSpaced()
	text := "Your card is " + card + ", and the boats are in."
	whole, streamed := string(proxytest.Chat("What is my card?")), string(proxytest.ChatStream("What is my card?"))
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		for name, x := range map[string]struct{ url, body, behave string }{
			"whole":             {chatURL, whole, say(text)},
			"whole, packed":     {chatURL, whole, say(text) + ", gzip"},
			"whole, chunked":    {chatURL, whole, say(text) + ", chunked"},
			"whole, responses":  {"https://api.openai.com/v1/responses", `{"input":"What is my card?"}`, say(text)},
			"stream":            {chatURL, streamed, say(text)},
			"stream, responses": {"https://api.openai.com/v1/responses", `{"input":"What is my card?","stream":true}`, say(text)},
			"stream, page":      {"https://chatgpt.com/backend-api/f/conversation", `{"messages":[{"content":{"parts":["What is my card?"]}}]}`, say(text)},
		} {
			resp, body := w.do(c, http.MethodPost, x.url, x.body, x.behave)
			if resp.Header.Get("Content-Encoding") == "gzip" {
				z, err := gzip.NewReader(strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(z)
				if err != nil {
					t.Fatal(err)
				}
				if n := resp.Header.Get("Content-Length"); n != strconv.Itoa(len(body)) {
					t.Errorf("%s: Content-Length %s of %d bytes", name, n, len(body))
				}
				body = string(data)
			}
			for _, part := range strings.Fields(card)[1:3] {
				if strings.Contains(body, part) {
					t.Errorf("%s: %s", name, body)
				}
			}
			if resp.StatusCode != 200 || !strings.Contains(body, "[PAYMENT_CARD_1]") || !strings.Contains(body, "boats") && !strings.Contains(name, "stream") {
				t.Errorf("%s: %d %s", name, resp.StatusCode, body)
			}
			if strings.HasPrefix(name, "whole") && !json.Valid([]byte(body)) {
				t.Errorf("%s: not JSON", name)
			}
		}
	})
}

func TestAnAnswerThatMustNotPassIsWithheld(t *testing.T) {
	t.Parallel()
	w, records := inspecting(t, "l2", nil)
	key := synthetic.PrivateKey()
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		resp, body := w.do(c, http.MethodPost, chatURL, string(proxytest.Chat("Make a key")), say("Here it is:\n"+key+"\nKeep it."))
		var failed struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal([]byte(body), &failed); err != nil || resp.StatusCode != 400 || failed.Error.Code != "dlp_blocked" || resp.Header.Get("X-Should-Retry") != "false" {
			t.Errorf("whole: %d %s", resp.StatusCode, body)
		}
		id := resp.Header.Get("X-Promptgate-Incident")
		if got := records.of(id); len(got) != 2 || got[1].Action != "block" || got[0].Action != "allow" {
			t.Errorf("whole: %d records of %q", len(got), id)
		}
		resp, body = w.do(c, http.MethodPost, chatURL, string(proxytest.ChatStream("Make a key")), say("Here it is:\n"+key+"\nKeep it."))
		if resp.StatusCode != 200 || !strings.Contains(body, `"code":"dlp_blocked"`) || strings.Contains(body, "Keep") || strings.Contains(body, "[DONE]") {
			t.Errorf("stream: %d %s", resp.StatusCode, body)
		}
		for _, line := range strings.Split(key, "\n")[1:3] {
			if strings.Contains(body, line[:12]) {
				t.Errorf("stream: the key is in %s", body)
			}
		}
	})
}

// A clean answer is what upstream sent, byte for byte, event by event.
func TestACleanAnswerIsWhatUpstreamSent(t *testing.T) {
	t.Parallel()
	w, records := inspecting(t, "l3", nil)
	direct, err := proxytest.Client(proxytest.ClientOptions{Roots: w.up.CAPEM()})
	if err != nil {
		t.Fatal(err)
	}
	direct.Transport.(*http.Transport).Proxy = nil
	t.Cleanup(direct.CloseIdleConnections)
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		for _, x := range []struct{ url, body, behave string }{
			{chatURL, string(proxytest.Chat("hello")), ""}, {chatURL, string(proxytest.Chat("hello")), "gzip"}, {chatURL, string(proxytest.ChatStream("hello")), "events=30, gap=1ms"},
			{"https://api.openai.com/v1/responses", `{"input":"hello","stream":true}`, "events=9"}, {"https://chatgpt.com/backend-api/f/conversation", `{}`, "events=9"},
			{"https://api.openai.com/v1/embeddings", `{"input":"hello"}`, "trailers"}, {"https://api.openai.com/v1/files/ndjson", `{}`, ""},
		} {
			answer, got := w.do(c, http.MethodPost, x.url, x.body, x.behave)
			if x.behave == "trailers" && answer.Trailer.Get("X-Checksum") != "announced" {
				t.Errorf("%s: trailer %v", x.url, answer.Trailer)
			}
			host, path, _ := strings.Cut(strings.TrimPrefix(x.url, "https://"), "/")
			r, err := http.NewRequest(http.MethodPost, "https://"+w.up.Addr()+"/"+path, strings.NewReader(x.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			r.Header.Set(proxytest.Behaviour, x.behave)
			resp, err := direct.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if got != string(want) {
				t.Errorf("%s %s: got\n%s\nwant\n%s", x.url, x.behave, got, want)
			}
		}
	})
	t.Cleanup(func() {
		records.mu.Lock()
		defer records.mu.Unlock()
		for _, v := range records.all {
			if v.Action != "allow" || len(v.Findings) > 0 {
				t.Errorf("%s: %s", v.Action, v.Decision.Rule)
			}
		}
	})
}

// What upstream said last is there within max_hold, though nothing follows.
func TestAStreamThatPausesIsNotHeld(t *testing.T) {
	t.Parallel()
	w, _ := inspecting(t, "l2", nil)
	protocols(t, func(t *testing.T, http2 bool) {
		resp, err := w.try(w.client(http2), http.MethodPost, chatURL, string(proxytest.ChatStream("hello")), say("The invoice 2026-11")+", gap=2s")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		begun := time.Now()
		buf := make([]byte, 1000)
		if n, err := resp.Body.Read(buf); err != nil || !bytes.Contains(buf[:n], []byte("The inv")) || time.Since(begun) > 1500*time.Millisecond {
			t.Errorf("%v after %s: %s", err, time.Since(begun), buf[:n])
		}
	})
}

// Upstream breaks off, the client leaves, at each stage: no half answer looks
// whole, and no memory stays (newWorld looks).
func TestAnswersThatBreakOff(t *testing.T) {
	t.Parallel()
	w, _ := inspecting(t, "l2", nil)
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		for _, body := range []string{string(proxytest.Chat("hello")), string(proxytest.ChatStream("hello"))} {
			for _, behave := range []string{"cut, chunked", "short"} {
				resp, err := w.try(c, http.MethodPost, chatURL, body, behave)
				if err != nil {
					continue
				}
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err == nil && resp.StatusCode == 200 {
					t.Errorf("%q, %s: half an answer looks whole", body[:20], behave)
				}
			}
			for _, after := range []time.Duration{0, 5 * time.Millisecond, 40 * time.Millisecond, 90 * time.Millisecond} {
				ctx, leave := context.WithTimeout(context.Background(), after+time.Millisecond)
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set(proxytest.Behaviour, say(strings.Repeat("the boats ", 40))+", gap=5ms, slow=20ms")
				if resp, err := c.Do(r); err == nil {
					_, _ = io.ReadAll(resp.Body)
					_ = resp.Body.Close()
				}
				leave()
			}
		}
	})
}

func TestAnAnswerThatIsTooLargeToBeHeld(t *testing.T) {
	t.Parallel()
	for profile, status := range map[string]int{"l2": 200, "l3": 400} {
		w, records := inspecting(t, profile, func(c *Config) { c.Limits.BodyBytes = 16 << 10 })
		text := strings.Repeat("The boats are in. ", 2000)
		for _, behave := range []string{say(text), say(text) + ", chunked"} {
			resp, body := w.do(w.client(false), http.MethodPost, chatURL, string(proxytest.Chat("hello")), behave)
			if resp.StatusCode != status || status == 200 && !strings.Contains(body, strings.TrimSpace(text)) {
				t.Errorf("%s: %d, %d bytes", profile, resp.StatusCode, len(body))
			}
		}
		records.mu.Lock()
		last := records.all[len(records.all)-1]
		records.mu.Unlock()
		if len(last.Gaps) != 1 || last.Gaps[0].Cause != "oversize" {
			t.Errorf("%s: %v", profile, last.Gaps)
		}
	}
}

// A page of another origin is told why its request is refused: the browser's
// question is answered, and the refusal may be read.
func TestRefusalsToCrossOriginRequestsCanBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		ask := func(method, path, want string) *http.Response {
			r, err := http.NewRequest(method, "https://api.openai.com"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", "https://chatgpt.com")
			if want != "" {
				r.Header.Set("Access-Control-Request-Method", want)
			}
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp
		}
		if r := ask("OPTIONS", "/closed", "PUT"); r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "https://chatgpt.com" || r.Header.Get("Access-Control-Allow-Methods") != "PUT" {
			t.Errorf("closed: %d %v", r.StatusCode, r.Header)
		}
		if r := ask("OPTIONS", "/closed", ""); r.StatusCode != 403 {
			t.Errorf("no question: %d", r.StatusCode)
		}
		if r := ask("OPTIONS", "/v1/chat/completions", "POST"); r.StatusCode != 200 { // upstream's answer
			t.Errorf("open: %d", r.StatusCode)
		}
	})
	t.Cleanup(func() {
		for _, r := range w.up.Requests() {
			if strings.Contains(r.Path, "closed") {
				t.Errorf("%s %s reached upstream", r.Method, r.Path)
			}
		}
	})
}

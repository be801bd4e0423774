package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/proxytest"
	"github.com/promptgate/promptgate/proxy/refuse"
)

func TestAnAllowedRequestArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		path := "/v1/chat/completions|odd%2Fpath?q=%zz&x=a+b"
		r, err := http.NewRequest(http.MethodPost, "https://api.openai.com/", strings.NewReader(`{"a":1}`))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = path
		if http2 { // the client's HTTP/2 wants the odd path escaped
			r.URL.Opaque = strings.Replace(path, "|", "%7C", 1)
		}
		for k, v := range map[string]string{"Authorization": "Bearer not-a-key", "X-Proto": r.URL.Opaque, "Accept-Encoding": "br, gzip;q=0.5", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			"Baggage": "a=b", "X-B3-Traceid": "1", "Proxy-Foo": "for us", "Te": "trailers", "User-Agent": ""} {
			r.Header.Set(k, v)
		}
		if !http2 {
			r.Header.Set("Connection", "X-Once")
			r.Header.Set("X-Once", "for us")
			r.Header.Set("Keep-Alive", "timeout=5")
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if want := map[bool]int{false: 1, true: 2}[http2]; resp.ProtoMajor != want {
			t.Errorf("answered over HTTP/%d, want %d", resp.ProtoMajor, want)
		}
		var got proxytest.Request
		for _, r := range w.up.Requests() {
			if r.Header.Get("X-Proto") == r.Path {
				got = r
				if (strings.Contains(r.Path, "|")) != http2 {
					break
				}
			}
		}
		if got.Host != "api.openai.com" || string(got.Body) != `{"a":1}` || got.Header.Get("Accept-Encoding") != "gzip" || got.Header.Get("Authorization") != "Bearer not-a-key" {
			t.Errorf("upstream received %s %s, %d bytes, header %v", got.Host, got.Path, len(got.Body), got.Header)
		}
		if got.Header.Get("Content-Length") != "7" {
			t.Errorf("Content-Length %q arrived, want 7", got.Header.Get("Content-Length"))
		}
		for _, k := range []string{"Traceparent", "Baggage", "X-B3-Traceid", "Proxy-Foo", "X-Once", "Keep-Alive", "User-Agent", "Via", "X-Forwarded-For"} {
			if v, ok := got.Header[k]; ok {
				t.Errorf("upstream received %s: %v", k, v)
			}
		}
	})
}

// The law of the proxy: while the inspector thinks, upstream has heard nothing.
func TestNoByteLeavesBeforeTheDecision(t *testing.T) {
	t.Parallel()
	asked, decide := make(chan *inspect.Request), make(chan *inspect.Verdict)
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict { asked <- r; return <-decide }, nil)
	for _, http2 := range []bool{false, true} {
		for _, size := range []int{10, 100_000, 3 << 20} {
			w.up.Reset()
			before := w.up.Conns()
			body := strings.Repeat("x", size)
			answered := make(chan string)
			c := w.client(http2)
			go func() {
				resp, err := w.try(c, http.MethodPost, chatURL, body, "")
				if err != nil {
					answered <- err.Error()
					return
				}
				b, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				answered <- resp.Status + " " + string(b)
			}()
			r := <-asked
			if string(r.Body) != body || r.Host != "api.openai.com" || r.Method != http.MethodPost {
				t.Fatalf("the inspector got %d bytes for %s, want %d", len(r.Body), r.Host, size)
			}
			time.Sleep(20 * time.Millisecond) // time for what must not happen
			if w.up.Conns() != before || len(w.up.Requests()) != 0 {
				t.Fatalf("h2 %v, %d bytes: upstream heard of the request before its decision", http2, size)
			}
			decide <- &inspect.Verdict{Refusal: &refuse.Refusal{Status: 400, Header: http.Header{"X-Should-Retry": {"false"}}, Body: []byte("stopped")}}
			if got := <-answered; got != "400 Bad Request stopped" {
				t.Errorf("answered %q", got)
			}
			if w.up.Conns() != before || len(w.up.Requests()) != 0 {
				t.Errorf("h2 %v, %d bytes: upstream heard of a refused request", http2, size)
			}
		}
	}
}

func TestTheVerdictIsCarriedOut(t *testing.T) {
	t.Parallel()
	durable := make(chan error, 1)
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		return &inspect.Verdict{ID: "one", Changed: true, Body: []byte("changed and longer"), AnswerHeader: http.Header{"X-Promptgate-Action": {"redact"}}, Durable: durable}
	}, nil)
	for _, http2 := range []bool{false, true} {
		w.up.Reset()
		r, _ := http.NewRequest(http.MethodPost, chatURL, strings.NewReader("short"))
		r.Header.Set("Content-Md5", "xyz")
		r.Header.Set("Digest", "xyz")
		answered := make(chan *http.Response)
		c := w.client(http2)
		go func() {
			resp, err := c.Do(r)
			if err != nil {
				t.Error(err)
			}
			answered <- resp
		}()
		w.eventually("upstream is asked", func() bool { return len(w.up.Requests()) == 1 })
		select {
		case <-answered:
			t.Fatal("answered before the record was on disk")
		case <-time.After(30 * time.Millisecond):
		}
		durable <- nil
		resp := <-answered
		_ = resp.Body.Close()
		if resp.Header.Get("X-Promptgate-Action") != "redact" {
			t.Errorf("the answer does not say what was done: %v", resp.Header)
		}
		got := w.up.Requests()[0]
		if string(got.Body) != "changed and longer" || got.Header.Get("Content-Length") != "18" || got.Header.Get("Content-Md5") != "" || got.Header.Get("Digest") != "" {
			t.Errorf("upstream received %q, %v", got.Body, got.Header)
		}
	}
	w.eventually("both are closed", func() bool { return w.saw(func() bool { return len(w.done) == 2 }) })
	for _, d := range w.done {
		if d != (ending{"one", 200, nil}) {
			t.Errorf("Done(%+v)", d)
		}
	}
}

func TestModesOfEndpoints(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		asked <- r.Endpoint.ID
		return &inspect.Verdict{Changed: true, Body: []byte("changed"), Refusal: &refuse.Refusal{Status: 400}}
	}, nil)
	c := w.client(true)
	for _, tt := range []struct {
		name, method, path string
		status             int
		asked, arrives     string
	}{
		{"inspected", "POST", "/v1/chat/completions", 400, "test.any", ""},
		{"observed: asked, never altered", "POST", "/observe", 200, "test.observe", "the body"},
		{"passed: not asked", "POST", "/pass", 200, "", "the body"},
		{"closed", "POST", "/closed", 403, "", ""},
		{"closed in another spelling", "POST", "/pass/../closed", 403, "", ""},
		{"closed in an encoded spelling", "POST", "/pass/%2e%2e/closed", 403, "", ""},
		{"a GET with a body is no GET", "GET", "/v1/models", 400, "test.any", ""},
		{"a GET", "GET", "/v1/models?after=file-1", 200, "", ""},
		{"a GET whose address holds words", "GET", "/v1/models?q=two+words", 400, "test.any", ""},
		{"a GET that is passed whatever it says", "GET", "/pass?q=two+words", 200, "", ""},
	} {
		w.up.Reset()
		body := "the body"
		if strings.Contains(tt.path, "?") {
			body = ""
		}
		resp, _ := w.do(c, tt.method, "https://api.openai.com"+tt.path, body, "")
		got := ""
		select {
		case got = <-asked:
		default:
		}
		arrived := ""
		for _, r := range w.up.Requests() {
			arrived = string(r.Body)
		}
		if resp.StatusCode != tt.status || got != tt.asked || arrived != tt.arrives {
			t.Errorf("%s: status %d, inspector asked about %q, upstream received %q; want %d, %q, %q", tt.name, resp.StatusCode, got, arrived, tt.status, tt.asked, tt.arrives)
		}
	}
	if !w.saw(func() bool {
		return len(w.refused) == 3 && w.refused[0].Cause == refuse.CausePathClosed && w.refused[0].Incident != ""
	}) {
		t.Errorf("closed paths were told as %+v", w.refused)
	}
}

// An answer that names what was sent is asked for without a content coding, is
// told of, and arrives as it is.
func TestAnAnswerNamesWhatWasSent(t *testing.T) {
	t.Parallel()
	named := make(chan string, 9)
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		return &inspect.Verdict{ID: "one", Body: r.Body, Named: func(answer []byte) { named <- string(answer) }}
	}, nil)
	for _, http2 := range []bool{false, true} {
		w.up.Reset()
		_, body := w.do(w.client(http2), http.MethodPost, chatURL, "the body", "")
		if got := w.up.Requests()[0].Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("h2 %v: accepts %q", http2, got)
		}
		if got := <-named; got != body || len(body) == 0 {
			t.Errorf("h2 %v: told of %q, the client got %q", http2, got, body)
		}
	}
}

func TestStreamsAreFlushedEventByEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	for _, path := range []string{"/v1/chat/completions", "/v1/ndjson", "/pass/ndjson"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			protocols(t, func(t *testing.T, http2 bool) {
				resp, err := w.try(w.client(http2), http.MethodPost, "https://api.openai.com"+path, string(proxytest.ChatStream("hello")), "gap=40ms, events=4")
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				var at []time.Duration
				start := time.Now()
				for buf := make([]byte, 4096); ; {
					n, err := resp.Body.Read(buf)
					if n > 0 {
						at = append(at, time.Since(start))
					}
					if err != nil {
						break
					}
				}
				// Four events 40 ms apart: held to the end they would come together.
				if len(at) < 4 || at[len(at)-1]-at[0] < 100*time.Millisecond {
					t.Errorf("the events came at %v", at)
				}
			})
		})
	}
}

func TestAnswersKeepTrailersHintsAndBareness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	protocols(t, func(t *testing.T, http2 bool) {
		c := w.client(http2)
		resp, _ := w.do(c, http.MethodPost, chatURL, "{}", "trailers")
		if resp.Trailer.Get("X-Checksum") != "announced" {
			t.Errorf("trailer: %v", resp.Trailer)
		}
		r, _ := http.NewRequest(http.MethodPost, chatURL, strings.NewReader("{}"))
		r.Header.Set("Accept", "text/event-stream") // HTTP/2 upstream
		r.Header.Set(proxytest.Behaviour, "late")
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.Trailer.Get("X-Late") != "unannounced" {
			t.Errorf("unannounced trailer: %v", resp.Trailer)
		}

		var hint textproto.MIMEHeader
		r, _ = http.NewRequest(http.MethodPost, chatURL, strings.NewReader("{}"))
		r.Header.Set(proxytest.Behaviour, "hints")
		resp, err = c.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				hint = h
			}
			return nil
		}})))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if hint.Get("Link") == "" || resp.Header.Get("Link") != "" {
			t.Errorf("103: %v; final: %v", hint, resp.Header)
		}

		resp, _ = w.do(c, http.MethodPost, chatURL, "{}", "bare")
		if _, ok := resp.Header["Content-Type"]; ok || resp.Header.Get("Date") != "" {
			t.Errorf("a bare answer got %v", resp.Header)
		}

		// Keep-Alive and Upgrade are a protocol error for HTTP/2 clients.
		resp, _ = w.do(c, http.MethodPost, chatURL, "{}", "hop")
		for _, k := range []string{"Keep-Alive", "Upgrade", "Connection", "X-Hop", "Alt-Svc"} {
			if v := resp.Header.Get(k); v != "" {
				t.Errorf("the answer kept %s: %s", k, v)
			}
		}

		resp, body := w.do(c, http.MethodPost, chatURL, "{}", "challenge")
		if resp.StatusCode != 403 || resp.Header.Get("Cf-Mitigated") != "challenge" || !strings.Contains(body, "Just a moment") {
			t.Errorf("challenge: %d %v", resp.StatusCode, resp.Header)
		}
		if !w.saw(func() bool { return slices.Contains(w.marks, "challenge api.openai.com") }) {
			t.Error("the challenge was not counted")
		}

		resp, body = w.do(c, http.MethodHead, "https://api.openai.com/v1/models", "", "")
		if resp.StatusCode != 200 || resp.ContentLength <= 0 || body != "" {
			t.Errorf("HEAD: %d, length %d", resp.StatusCode, resp.ContentLength)
		}
		resp, body = w.do(c, http.MethodPost, chatURL, "{}", "status=204")
		if resp.StatusCode != 204 || body != "" {
			t.Errorf("204: %d %q", resp.StatusCode, body)
		}
	})
}

func TestAHalfAnswerDoesNotLookWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	protocols(t, func(t *testing.T, http2 bool) {
		for _, behave := range []string{"cut, chunked", "short", "cut, events=2"} {
			resp, err := w.try(w.client(http2), http.MethodPost, chatURL, string(proxytest.ChatStream("x")), behave)
			if err != nil {
				continue // as good
			}
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err == nil {
				t.Errorf("%s: the client took half an answer for the whole", behave)
			}
		}
	})
	t.Cleanup(func() {
		for _, d := range w.done {
			if d.err == nil {
				t.Errorf("Done(%+v): want the error", d)
			}
		}
	})
}

func TestTheClientLeaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	protocols(t, func(t *testing.T, http2 bool) {
		gone := w.up.Gone()
		ctx, cancel := context.WithCancel(context.Background())
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, strings.NewReader("{}"))
		r.Header.Set(proxytest.Behaviour, "hang")
		seen := len(w.up.Requests())
		go func() {
			w.eventually("upstream is asked", func() bool { return len(w.up.Requests()) > seen })
			cancel()
		}()
		if _, err := w.client(http2).Do(r); !errors.Is(err, context.Canceled) {
			t.Fatalf("the client saw %v", err)
		}
		w.eventually("upstream hears of it", func() bool { return w.up.Gone() > gone })
		w.eventually("the record is closed without a status", func() bool {
			return w.saw(func() bool {
				return slices.ContainsFunc(w.done, func(d ending) bool { return d.status == 0 && d.err != nil })
			})
		})
	})
}

func TestBodiesOverTheLimits(t *testing.T) {
	t.Parallel()
	gaps := make(chan detectors.Cause, 1)
	var refusal *refuse.Refusal
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		v := &inspect.Verdict{Body: r.Body, Refusal: refusal}
		if len(r.Gaps) == 1 && r.Body == nil {
			gaps <- r.Gaps[0].Cause
		} else {
			gaps <- ""
		}
		return v
	}, func(c *Config) { c.Limits.BodyBytes, c.Limits.HeldBytes = 200_000, 150_000 })
	for _, http2 := range []bool{false, true} {
		c := w.client(http2)
		for _, tt := range []struct {
			name    string
			size    int
			chunked bool
			gap     detectors.Cause
		}{
			{"held", 100_000, false, ""},
			{"held, unannounced", 60_000, true, ""},
			{"oversize by its announcement", 300_000, false, detectors.CauseOversize},
			{"no memory", 180_000, false, detectors.CauseOverload},
			{"no memory, unannounced", 400_000, true, detectors.CauseOverload},
		} {
			for _, refusal = range []*refuse.Refusal{nil, {Status: 413, Body: []byte("too large")}} {
				w.up.Reset()
				body := strings.Repeat("0123456789", tt.size/10)
				var reader io.Reader = strings.NewReader(body)
				if tt.chunked {
					reader = io.MultiReader(reader)
				}
				r, _ := http.NewRequest(http.MethodPost, chatURL, reader)
				resp, err := c.Do(r)
				if err != nil {
					t.Fatalf("h2 %v, %s: %v", http2, tt.name, err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if gap := <-gaps; gap != tt.gap {
					t.Errorf("h2 %v, %s: gap %q, want %q", http2, tt.name, gap, tt.gap)
				}
				got := w.up.Requests()
				switch {
				case refusal != nil && (resp.StatusCode != 413 || len(got) != 0):
					t.Errorf("h2 %v, %s, refused: status %d, upstream received %d requests", http2, tt.name, resp.StatusCode, len(got))
				case refusal == nil && (resp.StatusCode != 200 || len(got) != 1 || string(got[0].Body) != body):
					t.Errorf("h2 %v, %s, let through: status %d, %d requests", http2, tt.name, resp.StatusCode, len(got))
				}
			}
		}
	}
}

// An unannounced body that runs over BodyBytes while the budget has room.
func TestAnUnannouncedBodyOverTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		if len(r.Gaps) != 1 || r.Gaps[0].Cause != detectors.CauseOversize || r.Body != nil {
			t.Errorf("gaps %v, %d bytes", r.Gaps, len(r.Body))
		}
		return &inspect.Verdict{}
	}, func(c *Config) { c.Limits.BodyBytes = 50_000 })
	body := strings.Repeat("0123456789", 20_000)
	r, _ := http.NewRequest(http.MethodPost, chatURL, io.MultiReader(strings.NewReader(body)))
	resp, err := w.client(false).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := w.up.Requests(); len(got) != 1 || string(got[0].Body) != body {
		t.Errorf("upstream received %d requests", len(got))
	}
}

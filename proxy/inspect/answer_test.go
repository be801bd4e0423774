package inspect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// wholly gives a whole answer to the inspector.
func wholly(t testing.TB, i *Inspector, url, contentType, coding string, body []byte) *Verdict {
	t.Helper()
	a := answerOf(t, i, url, contentType)
	if coding != "" {
		a.header["Content-Encoding"] = []string{coding}
	}
	return a.Hold(context.Background(), body, nil)
}

func TestAWholeAnswerIsDecidedLikeARequest(t *testing.T) {
	card, token := synthetic.CardSpaced(), synthetic.GitHubToken()
	for name, x := range map[string]struct{ url, body string }{
		"chat":       {chatURL, `{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"My card is @@"},"logprobs":{"content":[{"token":"@@"}]},"finish_reason":"stop"}]}`},
		"call":       {chatURL, `{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"pay","arguments":"{\"card number\":\"@@\"}"}}]}}]}`},
		"responses":  {responsesURL, `{"id":"resp_1","object":"response","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"My card is @@","logprobs":[{"token":"@@"}]}]}]}`},
		"transcript": {"https://api.openai.com/v1/audio/transcriptions", `{"text":"my card is @@","segments":[{"text":"card @@"}]}`},
		"search":     {"https://api.openai.com/v1/vector_stores/vs_1/search", `{"data":[{"filename":"a.txt","content":[{"type":"text","text":"card @@"}]}]}`},
		"error":      {chatURL, `{"error":{"message":"what card is @@?"}}`},
		"unknown":    {otherURL, `{"x":[{"y":"my card is @@"}]}`},
		"text":       {otherURL, `my card is @@`},
	} {
		body := []byte(strings.ReplaceAll(x.body, "@@", card))
		for profile, want := range map[string]string{"l1": "log", "l2": "redact", "l3": "block"} {
			v := wholly(t, never(t, profile), x.url, "application/json", "", body)
			if v == nil || v.Action != want || v.ID == "" {
				t.Fatalf("%s, %s: %v", name, profile, v)
			}
			switch want {
			case "log":
				if !bytes.Equal(v.Body, body) {
					t.Errorf("%s, %s: the body is another one", name, profile)
				}
			case "redact":
				if bytes.Contains(v.Body, []byte(card)) || !bytes.Contains(v.Body, []byte("[PAYMENT_CARD_1]")) || name != "text" && !json.Valid(v.Body) {
					t.Errorf("%s, %s: %s", name, profile, v.Body)
				}
				if again := wholly(t, never(t, profile), x.url, "application/json", "", v.Body); again != nil && again.Changed {
					t.Errorf("%s, %s: something is found again in %s", name, profile, v.Body)
				}
			case "block":
				if v.Refusal == nil || v.Body != nil || !bytes.Contains(v.Refusal.Body, []byte("withheld")) || bytes.Contains(v.Refusal.Body, []byte("Your message")) {
					t.Errorf("%s, %s: %v", name, profile, v.Refusal)
				}
			}
		}
		// Where a key is found differs; that it does not pass is the same.
		v := wholly(t, never(t, "l2"), x.url, "application/json", "", []byte(strings.ReplaceAll(x.body, "card is @@", "token "+token)))
		if strings.Contains(x.body, "card is @@") && (v == nil || v.Refusal == nil && bytes.Contains(v.Body, []byte(token))) {
			t.Errorf("%s: a token passes", name)
		}
	}
}

// Ids, fingerprints, keys and addresses that the provider makes for itself are
// nothing to act upon: an edit would break uploads and calls.
func TestTheMachineryOfAnswersIsQuiet(t *testing.T) {
	random := func(n int) string { return strings.ToLower(synthetic.Word(n/2)) + synthetic.Word(n-n/2) }
	upload := "https://sdmntprwesteurope.oaiusercontent.com/files/00000000-1111-2222-3333-444444444444/raw?se=2026-11-28T18%3A00%3A00Z&sp=racw&sv=2024-08-04&sr=b&skoid=0123456789&sig=" + random(43) + "%3D"
	token := "eyJhbGciOiJIUzI1NiJ9." + random(60) + "." + random(43)
	i := never(t, "l3")
	for name, x := range map[string]struct{ url, body string }{
		"file":        {"https://chatgpt.com/backend-api/files", `{"status":"success","upload_url":"` + upload + `","file_id":"file-` + random(22) + `"}`},
		"reservation": {"https://chatgpt.com/backend-api/files/upload_reservations", `{"eligible":true,"reservation_id":"` + token + `","upload_url":"` + strings.ReplaceAll(upload, "/", `\/`) + `","upload_url_expires_at":"2026-11-28T18:00:00Z"}`},
		"prepare":     {"https://chatgpt.com/backend-api/f/conversation/prepare", `{"status":"ok","conduit_token":"` + token + `"}`},
		"call":        {"https://api.openai.com/v1/realtime/client_secrets", `{"value":"ek_` + random(32) + `","expires_at":1756310470,"session":{"type":"realtime","object":"realtime.session","id":"sess_` + random(21) + `","model":"gpt-realtime"}}`},
		"response": {responsesURL, `{"id":"resp_` + random(48) + `","object":"response","created_at":1741476542,"completed_at":1741476543,"error":null,"model":"gpt-4.1-2025-04-14","output":[` +
			`{"type":"function_call","id":"fc_` + random(48) + `","call_id":"call_` + random(24) + `","name":"get_weather","arguments":"{\"location\":\"Paris\"}"}],"usage":{"input_tokens":36},"metadata":{}}`},
		"embedding": {"https://api.openai.com/v1/embeddings", `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023064255,-0.009327292]},{"embedding":"` + strings.Repeat("AAAAPwAAgD4AAAC+", 60) + `"}],"model":"text-embedding-ada-002"}`},
	} {
		if v := wholly(t, i, x.url, "application/json", "", []byte(x.body)); v != nil {
			t.Errorf("%s: %s by %s %v, gaps %s", name, v.Action, v.Decision.Rule, v.Totals, causes(v))
		}
	}
}

func TestCodingsOfAnswersAreUndoneAndDoneAgain(t *testing.T) {
	body := []byte(`{"choices":[{"index":0,"message":{"content":"My card is ` + synthetic.CardSpaced() + `"}}]}`)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(body)
	_ = z.Close()
	v := wholly(t, never(t, "l2"), chatURL, "application/json", "gzip", packed.Bytes())
	if v == nil || v.Action != "redact" {
		t.Fatal(v)
	}
	r, err := gzip.NewReader(bytes.NewReader(v.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Contains(got, []byte("[PAYMENT_CARD_1]")) {
		t.Errorf("%v: %s", err, got)
	}
	for coding, cause := range map[string]string{"sdch": "unsupported_encoding", "gzip": "decode_error"} {
		for profile, want := range map[string]string{"l2": "log", "l3": "block"} {
			if v := wholly(t, never(t, profile), chatURL, "application/json", coding, body[:40]); v == nil || v.Action != want && v.Action != "redact" || !strings.Contains(causes(v), cause) {
				t.Errorf("%s, %s: %v %s", coding, profile, v, causes(v))
			}
		}
	}
}

func TestWhatIsNotReadOfAnAnswer(t *testing.T) {
	i := never(t, "l2")
	for _, x := range []struct {
		address, contentType string
		cause                detectors.Cause
	}{
		{"https://api.openai.com/v1/audio/speech", "audio/mpeg", detectors.CauseAudio},
		{"https://api.openai.com/v1/realtime/calls", "application/sdp", detectors.CauseAudio},
		{"https://api.openai.com/v1/images/generations", "image/png", detectors.CauseImage},
	} {
		a := answerOf(t, i, x.address, x.contentType)
		if a.Unread == nil || a.Unread.Cause != x.cause {
			t.Fatalf("%s: %v", x.contentType, a.Unread)
		}
		if v := a.Hold(context.Background(), nil, a.Unread); v == nil || v.Action != "log" || !v.Decision.Alert {
			t.Errorf("%s: %v", x.contentType, v)
		}
	}
	v := i.Request(context.Background(), post(t, chatURL, `{}`))
	for status, want := range map[int]bool{200: true, 400: true, 204: false, 304: false, 101: false} {
		if got := v.Answer(status, http.Header{}) != nil; got != want {
			t.Errorf("status %d: inspected %t", status, got)
		}
	}
	observed := i.Request(context.Background(), post(t, "https://chatgpt.com/ces/v1/t", `{}`))
	if observed.Answer(200, http.Header{}) != nil {
		t.Error("answers of an endpoint that is only observed are inspected")
	}
}

// A value that a Flush cut in two is found late, when its beginning is gone: the
// answer ends (law L7).
func TestWhatIsKnownTooLateEndsTheAnswer(t *testing.T) {
	card := synthetic.CardSpaced()
	i := New(shippedRules(t, "l2"), Config{MaxHold: 20 * time.Millisecond})
	var got served
	s := answerOf(t, i, chatURL, "text/event-stream").Stream(got.send, nil)
	delta := func(text string) []byte {
		return fmt.Appendf(nil, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
	}
	if err := s.Write(delta("My card number is " + card[:12])); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	_ = s.Write(delta(card[12:]))
	_ = s.Write(delta(" and no other."))
	v, err := s.Close(context.Background(), false)
	if !errors.Is(err, ErrEnded) || v.Action != "block" || !strings.Contains(causes(v), "not_rewritable") || strings.Contains(got.out.String(), card[12:]) {
		t.Errorf("%v %s %s\n%s", err, v.Action, causes(v), got.out.String())
	}
}

// Inspection that fails is a gap; what is not read goes on where the policy lets it.
func TestAPanicInAStreamIsDecided(t *testing.T) {
	for profile, ended := range map[string]bool{"l1": false, "l2": false, "l3": true} {
		r := with(t, shippedRules(t, profile), bomb{})
		x := planting()["chat"]
		text := inPieces(x.text, "boom boom") + inPieces(x.text, "and more")
		got, v, err := streamed(t, New(r, Config{MaxHold: time.Hour}), x.url, text, 64)
		if errors.Is(err, ErrEnded) != ended || !strings.Contains(causes(v), "engine_error") || !ended && got != text {
			t.Errorf("%s: %v %s %s, %d of %d bytes", profile, err, v.Action, causes(v), len(got), len(text))
		}
	}
}

func TestAClientThatDoesNotTakeItsAnswerEndsTheStream(t *testing.T) {
	i := never(t, "l2")
	gone := errors.New("gone")
	x := transcripts(t)["chat.sse"]
	for n := range 4 {
		sent := 0
		s := answerOf(t, i, x.url, "text/event-stream").Stream(func([]byte) error {
			if sent++; sent > n {
				return gone
			}
			return nil
		}, nil)
		var err error
		for _, p := range inWrites(x.text, 0) {
			if err = s.Write([]byte(p)); err != nil {
				break
			}
		}
		if !errors.Is(err, gone) {
			t.Errorf("after %d writes: %v", n, err)
		}
		if _, err := s.Close(context.Background(), true); !errors.Is(err, gone) {
			t.Errorf("Close: %v", err)
		}
	}
}

// Numbers of the audit, a span of its own, the log line: of an answer that is not
// plain. A plain one is counted only.
func TestTheEvidenceOfAnAnswer(t *testing.T) {
	o := newOutputs(t)
	rec := NewEvidence(o.cfg)
	x := planting()["chat"]
	i := New(shippedRules(t, "l2"), Config{Recorder: rec, MaxHold: time.Hour})
	ctx, span := o.tracer.Tracer("test").Start(context.Background(), telemetry.SpanRequest)
	v := i.Request(ctx, chat(t, "What is my card?"))
	for _, text := range []string{inPieces(x.text, synthetic.CardSpaced()), inPieces(x.text, "a red one")} {
		s := v.Answer(200, http.Header{"Content-Type": {"text/event-stream"}}).Stream(func([]byte) error { return nil }, nil)
		if err := s.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Close(ctx, false); err != nil {
			t.Fatal(err)
		}
	}
	span.End()
	var answers []map[string]any
	for _, r := range o.records() {
		if r["dlp.direction"] == "response" {
			answers = append(answers, r)
		}
	}
	if len(answers) != 1 {
		t.Fatalf("%d records of answers", len(answers))
	}
	for k, want := range map[string]any{
		"dlp.action": "redact", "dlp.incident.id": v.ID, "dlp.finding.count": 1.0, "dlp.endpoint": "openai.chat_completions", "dlp.app": "openai_api",
		"dlp.content.bytes": float64(len(inPieces(x.text, synthetic.CardSpaced()))), "security_rule.name": "card", "dlp.inspect.complete": true,
	} {
		if got := answers[0][k]; got != want {
			t.Errorf("%s is %v, want %v", k, got, want)
		}
	}
	names := ""
	for _, s := range o.spans.Ended() {
		names += s.Name() + " "
	}
	if strings.Count(names, telemetry.SpanAnswer) != 1 {
		t.Errorf("spans: %s", names)
	}
}

func TestNothingOfAnAnswerIsInAnyOutput(t *testing.T) {
	o := newOutputs(t)
	rec := NewEvidence(o.cfg)
	cs := canaries()
	decided := map[string]int{}
	whole, err := os.ReadFile("testdata/answers/chat.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []string{"l1", "l2", "l3"} {
		i := New(with(t, shippedRules(t, profile), bomb{}), Config{Recorder: rec, MaxHold: time.Hour})
		for n, c := range cs {
			quoted, _ := json.Marshal(c)
			bodies := []string{strings.ReplaceAll(string(whole), "Dear Marta", strings.Trim(string(quoted), `"`)), `{"` + strings.Map(token1, c) + `":` + string(quoted) + `,"model":` + string(quoted) + `,"id":` + string(quoted) + `}`, c}
			if n == 0 {
				bodies = append(bodies, "boom "+c)
			}
			for _, body := range bodies {
				ctx, span := o.tracer.Tracer("test").Start(context.Background(), telemetry.SpanRequest)
				v := i.Request(ctx, chat(t, "hello"))
				if out := v.Answer(200, http.Header{"Content-Type": {"application/json"}, "X-Answer": {c}, "Etag": {c}}).Hold(ctx, []byte(body), nil); out != nil {
					decided[out.Action]++
					fmt.Fprintf(&o.log, "%v %+v\n", out, out)
					if out.Refusal != nil {
						fmt.Fprintf(&o.log, "%d %v\n%s\n", out.Refusal.Status, out.Refusal.Header, out.Refusal.Body)
					}
				}
				span.End()
			}
			for _, x := range planting() {
				ctx, span := o.tracer.Tracer("test").Start(context.Background(), telemetry.SpanRequest)
				v := i.Request(ctx, post(t, x.url, `{"stream":true}`))
				a := v.Answer(200, http.Header{"Content-Type": {"text/event-stream"}})
				s := a.Stream(func([]byte) error { return nil }, nil)
				for _, p := range inWrites(strings.ReplaceAll(inPieces(x.text, c), `"item_id":"msg_9"`, `"item_id":`+string(quoted)), 100) {
					if s.Write([]byte(p)) != nil {
						break
					}
				}
				out, err := s.Close(ctx, false)
				decided[out.Action]++
				fmt.Fprintf(&o.log, "%v %+v %v %v %+v\n", out, out, err, a, s)
				span.End()
			}
		}
	}
	if decided["block"] < 20 || decided["redact"] < 20 || decided["log"] < 20 {
		t.Fatalf("the canaries were hardly found: %v", decided)
	}
	if got := leaks(o.everything(), cs); len(got) > 0 {
		t.Errorf("%d of %d canaries are in the output: %q", len(got), len(cs), got)
	}
}

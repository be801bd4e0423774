package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors/validate"
)

// A served is an answer on its way: what came out, write by write.
type served struct {
	out    bytes.Buffer
	writes []string
}

func (s *served) send(p []byte) error {
	s.out.Write(p)
	s.writes = append(s.writes, string(p))
	return nil
}

const (
	responsesURL = "https://api.openai.com/v1/responses"
	threadsURL   = "https://api.openai.com/v1/threads/runs"
	pageURL      = "https://chatgpt.com/backend-api/f/conversation"
	processURL   = "https://chatgpt.com/backend-api/files/process_upload_stream"
)

// answerOf makes the Answer to a plain request to an address.
func answerOf(t testing.TB, i *Inspector, address, contentType string) *Answer {
	t.Helper()
	v := i.Request(context.Background(), post(t, address, `{"stream":true}`))
	if v.Refusal != nil {
		t.Fatalf("the request is refused: %s", v.Decision.Rule)
	}
	a := v.Answer(http.StatusOK, http.Header{"Content-Type": {contentType}})
	if a == nil {
		t.Fatal("the answer is not inspected")
	}
	return a
}

// streamed sends text through a stream in writes of n bytes; 0 is one event each.
func streamed(t testing.TB, i *Inspector, address, text string, n int) (string, *Verdict, error) {
	t.Helper()
	contentType := "text/event-stream; charset=utf-8"
	if strings.HasPrefix(text, "{") {
		contentType = "application/x-ndjson"
	}
	var got served
	s := answerOf(t, i, address, contentType).Stream(got.send, nil)
	for _, p := range inWrites(text, n) {
		if err := s.Write([]byte(p)); err != nil {
			break
		}
	}
	v, err := s.Close(context.Background(), false)
	return got.out.String(), v, err
}

func inWrites(text string, n int) (out []string) {
	if n == 0 {
		return strings.SplitAfter(text, "\n\n")
	}
	for len(text) > 0 {
		k := min(n, len(text))
		out = append(out, text[:k])
		text = text[k:]
	}
	return out
}

// never is an inspector of a profile in which text is held until it is certain.
func never(t testing.TB, profile string) *Inspector {
	return New(shippedRules(t, profile), Config{MaxHold: time.Hour})
}

// transcripts are recorded answers by file, with the endpoint they came from.
func transcripts(t testing.TB) map[string]struct{ url, text string } {
	t.Helper()
	out := map[string]struct{ url, text string }{}
	for name, url := range map[string]string{
		"chat.sse": chatURL, "chat_toolcall.sse": chatURL, "responses.sse": responsesURL, "chatgpt.sse": pageURL, "chatgpt.handoff.sse": pageURL,
		"chatgpt.legacy.sse": pageURL, "upload.jsonl": processURL, "thread.sse": threadsURL, "completions.sse": "https://api.openai.com/v1/completions",
		"transcript.sse": "https://api.openai.com/v1/audio/transcriptions", "interleaved.sse": responsesURL, "reasoning.sse": chatURL, "unknown.sse": otherURL,
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "answers", name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = struct{ url, text string }{url, string(data)}
	}
	files, _ := filepath.Glob("testdata/answers/*.*s*")
	if len(files) < len(out) {
		t.Fatalf("%d files", len(files))
	}
	return out
}

// fits are the sizes of writes: events, bytes, and some between.
var fits = []int{0, 1, 7, 64, 1000, 1 << 20}

// quiet makes what is found in the fixtures themselves harmless.
func quiet(text string) string {
	return strings.NewReplacer("GB33BUKB20201555555555", "the usual one", "GB33BUKB", "the us", "20201555555555", "ual one").Replace(text)
}

func TestACleanAnswerGoesOnByteForByte(t *testing.T) {
	i := never(t, "l2")
	for name, x := range transcripts(t) {
		text := quiet(x.text)
		for _, end := range []string{"\n", "\r\n"} {
			text := strings.ReplaceAll(text, "\n", end)
			for _, n := range fits {
				got, v, err := streamed(t, i, x.url, text, n)
				if err != nil || got != text {
					t.Errorf("%s in writes of %d: %v, %d of %d bytes, %s\n%s", name, n, err, len(got), len(text), v.Decision.Rule, got)
					return
				}
			}
		}
	}
}

// inPieces puts a value into a text that a transcript spells in pieces.
func inPieces(text, value string) string {
	half := len(value) / 2
	q := func(s string) string {
		b, _ := json.Marshal(s)
		return strings.Trim(string(b), `"`)
	}
	return strings.NewReplacer("@@", q(value), "@1", q(value[:half]), "@2", q(value[half:])).Replace(text)
}

// told puts the texts of a stream together again as its clients do, by place.
func told(t testing.TB, stream string) string {
	t.Helper()
	var out strings.Builder
	open := map[string]*strings.Builder{}
	var order []string
	for line := range strings.Lines(stream) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data: ")
		if !ok && strings.HasPrefix(line, "{") {
			data, ok = line, true
		}
		if !ok || data == "[DONE]" {
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(data), &v); err != nil {
			t.Fatalf("%q is not JSON: %v", data, err)
		}
		var each func(at string, v any)
		each = func(at string, v any) {
			switch v := v.(type) {
			case map[string]any:
				if p, ok := v["p"].(string); ok && p != "" {
					at += p
				}
				for k, x := range v {
					each(at+"."+k, x)
				}
			case []any:
				for _, x := range v {
					each(at+"[]", x)
				}
			case string:
				if open[at] == nil {
					open[at] = &strings.Builder{}
					order = append(order, at)
				}
				open[at].WriteString(v)
			}
		}
		each("", v)
	}
	for _, at := range order {
		out.WriteString(open[at].String() + "\n")
	}
	return out.String()
}

// planting are transcripts with a value in a text: whole as @@, in pieces as @1 @2.
func planting() map[string]struct{ url, text string } {
	chunk := func(delta string) string {
		return `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]}` + "\n\n"
	}
	end := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
	resp := func(kind, rest string) string {
		return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\",\"sequence_number\":3,\"item_id\":\"msg_9\",\"output_index\":0,\"content_index\":0," + rest + "}\n\n"
	}
	op := func(rest string) string { return "event: delta\ndata: {" + rest + "}\n\n" }
	return map[string]struct{ url, text string }{
		"chat":            {chatURL, chunk(`{"content":"My card is "}`) + chunk(`{"content":"@1"}`) + chunk(`{"content":"@2"}`) + chunk(`{"content":" as you know"}`) + end},
		"chat, one event": {chatURL, chunk(`{"content":"My card is @@, as you know"}`) + end},
		"chat, with token probabilities": {chatURL, chunk(`{"content":"My card is "}`) +
			strings.ReplaceAll(chunk(`{"content":"@1"}`)+chunk(`{"content":"@2"}`), `"finish_reason":null`, `"logprobs":{"content":[{"token":"@@","logprob":-1,"bytes":null,"top_logprobs":[]}],"refusal":null},"finish_reason":null`) + end},
		"chat, reasoning": {chatURL, chunk(`{"reasoning_content":"The card is "}`) + chunk(`{"reasoning_content":"@1"}`) + chunk(`{"reasoning_content":"@2. "}`) + chunk(`{"content":"It is settled."}`) + end},
		"chat, a call": {chatURL, chunk(`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"pay","arguments":""}}]}`) +
			chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"card number\": \"@1"}}]}`) + chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"@2\"}"}}]}`) + end},
		"completions": {"https://api.openai.com/v1/completions", `data: {"choices":[{"text":"My card is @1","index":0,"finish_reason":null}]}` + "\n\n" + `data: {"choices":[{"text":"@2 and no other","index":0,"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"},
		"responses": {responsesURL, resp("response.output_text.delta", `"delta":"My card is "`) + resp("response.output_text.delta", `"delta":"@1"`) + resp("response.output_text.delta", `"delta":"@2"`) +
			resp("response.output_text.done", `"text":"My card is @@"`) + resp("response.content_part.done", `"part":{"type":"output_text","text":"My card is @@"}`) +
			"event: response.completed\ndata: " + `{"type":"response.completed","response":{"id":"resp_1","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"My card is @@"}]}]}}` + "\n\n"},
		"responses, arguments": {responsesURL, resp("response.function_call_arguments.delta", `"delta":"{\"card number\":\"@1"`) + resp("response.function_call_arguments.delta", `"delta":"@2\"}"`) +
			resp("response.function_call_arguments.done", `"arguments":"{\"card number\":\"@@\"}"`)},
		"assistants": {threadsURL, "event: thread.message.delta\n" + `data: {"id":"msg_1","object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text","text":{"value":"My card is @1"}}]}}` + "\n\n" +
			"event: thread.message.delta\n" + `data: {"id":"msg_1","object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text","text":{"value":"@2, as you know"}}]}}` + "\n\n" +
			"event: thread.message.completed\n" + `data: {"id":"msg_1","object":"thread.message","content":[{"type":"text","text":{"value":"My card is @@, as you know"}}]}` + "\n\nevent: done\ndata: [DONE]\n\n"},
		"page": {pageURL, "event: delta_encoding\ndata: \"v1\"\n\n" +
			op(`"p":"","o":"add","v":{"message":{"id":"a1","author":{"role":"assistant"},"content":{"content_type":"text","parts":["My card is "]},"status":"in_progress"},"conversation_id":"6a0c0000-0000-8000-8000-0000000000aa"},"c":1`) +
			op(`"p":"/message/content/parts/0","o":"append","v":"@1"`) + op(`"v":"@2"`) + op(`"v":", as you know"`) +
			op(`"p":"","o":"patch","v":[{"p":"/message/content/parts/0","o":"append","v":"."},{"p":"/message/end_turn","o":"replace","v":true}]`) + "data: [DONE]\n\n"},
		"page, old": {pageURL, `data: {"message":{"id":"a1","author":{"role":"assistant"},"content":{"content_type":"text","parts":["My card is @1"]}},"error":null}` + "\n\n" +
			`data: {"message":{"id":"a1","author":{"role":"assistant"},"content":{"content_type":"text","parts":["My card is @@"]}},"error":null}` + "\n\n" +
			`data: {"message":{"id":"a1","author":{"role":"assistant"},"content":{"content_type":"text","parts":["My card is @@, as you know"]},"end_turn":true},"error":null}` + "\n\ndata: [DONE]\n\n"},
		"lines":   {processURL, `{"event":"file.processing.started","message":"the card is @@ ok"}` + "\n" + `{"event":"file.processing.completed"}` + "\n"},
		"unknown": {otherURL, `data: {"words":"my card is @@, you know"}` + "\n\n"},
		"text":    {otherURL, "data: my card is @@\n\n"},
		"broken":  {chatURL, `data: {"choices":[{"index":0,"delta":{"content":"my card is @@"}}` + "\n\n"},
	}
}

func TestAValueIsReplacedInThePiecesThatItComesIn(t *testing.T) {
	i := never(t, "l2")
	for name, x := range planting() {
		for _, value := range []string{synthetic.CardSpaced(), synthetic.IBAN()} {
			text := inPieces(x.text, value)
			want := ""
			for _, n := range fits {
				got, v, err := streamed(t, i, x.url, text, n)
				if err != nil || v.Action != "redact" {
					t.Fatalf("%s in writes of %d: %v, %s by %s, gaps %s", name, n, err, v.Action, v.Decision.Rule, causes(v))
				}
				if name != "text" && name != "broken" {
					if all := told(t, got); strings.Contains(all, value[:len(value)/2]) || strings.Contains(all, value[len(value)/2:]) || !strings.Contains(all, "_1]") {
						t.Errorf("%s in writes of %d: %s", name, n, all)
					}
				}
				if strings.Contains(got, value) {
					t.Errorf("%s in writes of %d: the value is in %s", name, n, got)
				}
				if want == "" {
					want = got
				} else if got != want {
					t.Errorf("%s in writes of %d is\n%s\nnot\n%s", name, n, got, want)
				}
				again, w, err := streamed(t, i, x.url, got, n)
				if err != nil || again != got || w.Action == "redact" {
					t.Errorf("%s in writes of %d: what went out is %s again: %s", name, n, w.Action, w.Decision.Rule)
				}
			}
		}
	}
}

// Nothing but the pieces of the value is touched.
func TestTheRestOfAnEditedStreamStays(t *testing.T) {
	i := never(t, "l2")
	x := planting()["chat"]
	card := synthetic.CardSpaced()
	got, _, err := streamed(t, i, x.url, inPieces(x.text, card), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("@1", "[PAYMENT_CARD_1]", "@2", "").Replace(x.text)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestArgumentsStayJSON(t *testing.T) {
	i := never(t, "l2")
	card := synthetic.Card()
	for _, args := range []string{
		`{"note":"x","card number":"` + card + `","n":1}`,
		`{"card number": ` + card + `,"n":1}`,
		`{"text":"line\ncard ` + card + `\n\"end\" é"}`,
		`["card",` + card + `,` + card + `]`,
		`{"password":"` + synthetic.Word(9) + `!7xQ","api_key":"` + synthetic.GitHubToken() + `"}`,
	} {
		q, _ := json.Marshal(args)
		for n := 1; n < 12; n++ {
			var text strings.Builder
			raw := string(q[1 : len(q)-1])
			for _, p := range cutEscaped(raw, n) {
				fmt.Fprintf(&text, "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"%s\"}}]}}]}\n\n", p)
			}
			text.WriteString("data: [DONE]\n\n")
			got, v, err := streamed(t, i, chatURL, text.String(), 0)
			if err != nil || v.Action != "redact" {
				t.Fatalf("%s in pieces of %d: %v %s %s", args, n, err, v.Action, v.Decision.Rule)
			}
			var joined strings.Builder
			for _, m := range regexp.MustCompile(`"arguments":("(?:[^"\\]|\\.)*")`).FindAllStringSubmatch(got, -1) {
				var s string
				if err := json.Unmarshal([]byte(m[1]), &s); err != nil {
					t.Fatal(err)
				}
				joined.WriteString(s)
			}
			var x any
			if err := json.Unmarshal([]byte(joined.String()), &x); err != nil || strings.Contains(joined.String(), card) {
				t.Errorf("in pieces of %d: %s: %v", n, joined.String(), err)
			}
		}
	}
}

// cutEscaped cuts the inside of a JSON string into pieces of about n bytes that
// are strings themselves.
func cutEscaped(raw string, n int) (out []string) {
	from := 0
	for i := 0; i < len(raw); {
		if raw[i] == '\\' {
			i++
		}
		i++
		if i-from >= n || i == len(raw) {
			out = append(out, raw[from:i])
			from = i
		}
	}
	return out
}

func TestAKeyEndsTheAnswerInTheFormOfItsClient(t *testing.T) {
	i := never(t, "l2")
	key := strings.ReplaceAll(synthetic.PrivateKey(), "\r", "")
	for name, want := range map[string]string{
		"chat":       "data: {\"error\":{\"message\":\"The answer was withheld",
		"responses":  "event: response.failed\n",
		"assistants": "event: error\n",
		"page":       `"type":"message_stream_complete"`,
		"page, old":  `"error":"The answer was withheld`,
		"lines":      `{"error":{"message":"The answer was withheld`,
		"unknown":    "data: {\"error\":{",
	} {
		x := planting()[name]
		for _, n := range []int{0, 1, 64} {
			got, v, err := streamed(t, i, x.url, inPieces(x.text, key), n)
			if !errors.Is(err, ErrEnded) || v.Action != "block" || !strings.Contains(got, want) || !strings.Contains(got, v.ID) {
				t.Errorf("%s in writes of %d: %v %s\n%s", name, n, err, v.Action, got)
			}
			if middle := strings.Split(key, "\n")[2]; strings.Contains(got, middle) {
				t.Errorf("%s in writes of %d: the key is in %s", name, n, got)
			}
			told(t, got)
		}
	}
}

func TestTheSameCardInTwoTextsHasOneName(t *testing.T) {
	i := never(t, "l2")
	x := planting()["responses"]
	got, v, _ := streamed(t, i, x.url, inPieces(x.text, synthetic.CardSpaced()), 0)
	if strings.Count(got, "[PAYMENT_CARD_1]") != 4 || strings.Contains(got, "_2]") {
		t.Error(got)
	}
	if len(v.Totals) != 1 || v.Totals[0].Count != 1 {
		t.Errorf("copies are counted: %+v", v.Totals)
	}
}

// Of clean prose an event is held until its successor is there, and no longer,
// but for the few words that may begin a street or a marking.
func TestAnEventWaitsForItsSuccessorAtMost(t *testing.T) {
	i := never(t, "l2")
	var got served
	s := answerOf(t, i, chatURL, "text/event-stream").Stream(got.send, nil)
	prose := strings.Repeat("the harbour was quiet, the boats were in and the wind came over the wide water that evening; ", 5)
	sent, late, events := "", 0, 0
	for prose != "" {
		n := min(len(prose), 4)
		before := sent
		e := fmt.Sprintf("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", prose[:n])
		prose, sent, events = prose[n:], sent+e, events+1
		if err := s.Write([]byte(e)); err != nil {
			t.Fatal(err)
		}
		if got.out.Len() < len(before) {
			late++
		}
		if behind := strings.Count(sent[got.out.Len():], "data:"); behind > 4 {
			t.Errorf("%d events are held at %q", behind, sent[len(before):])
		}
	}
	if _, err := s.Close(context.Background(), false); err != nil || got.out.String() != sent {
		t.Errorf("%v: %d of %d bytes", err, got.out.Len(), len(sent))
	}
	if t.Logf("%d of %d events waited for more than their successor", late, events); late > events/4 {
		t.Error("too many")
	}
}

// An answer that stops in half a number is sent when max_hold is over.
func TestNothingIsHeldBeyondMaxHold(t *testing.T) {
	i := New(shippedRules(t, "l2"), Config{MaxHold: 30 * time.Millisecond})
	arrived := make(chan string, 16)
	s := answerOf(t, i, chatURL, "text/event-stream").Stream(func(p []byte) error { arrived <- string(p); return nil }, nil)
	e := "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"My card is 4242 4242\"}}]}\n\n"
	if err := s.Write([]byte(e)); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	select {
	case got := <-arrived:
		if got != e {
			t.Errorf("%q", got)
		}
		if d := time.Since(begun); d < 10*time.Millisecond {
			t.Errorf("half a number was held for %s", d)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it is still held")
	}
	if v, err := s.Close(context.Background(), false); err != nil || v.Action != "allow" {
		t.Error(v.Action, err)
	}
}

// Two texts in one stream: what is held of the one holds the other behind it, and
// neither is mixed up with the other (law L10).
func TestTextsThatComeInterleavedAreApart(t *testing.T) {
	i := never(t, "l2")
	delta := func(item int, text string) string {
		return fmt.Sprintf("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_%d\",\"output_index\":%d,\"content_index\":0,\"delta\":%q}\n\n", item, item, text)
	}
	a, b := synthetic.Card(), synthetic.IBAN()
	text := delta(0, "the card "+a[:8]) + delta(1, "the account "+b[:10]) + delta(0, a[8:]+" is mine") + delta(1, b[10:]+" is yours")
	for _, n := range fits {
		got, v, err := streamed(t, i, responsesURL, text, n)
		want := delta(0, "the card [PAYMENT_CARD_1]") + delta(1, "the account [IBAN_1]") + delta(0, " is mine") + delta(1, " is yours")
		if err != nil || got != want {
			t.Errorf("in writes of %d: %v %s\n%s", n, err, v.Decision.Rule, got)
		}
	}
	// Cards that a mix of the two would hold are not found.
	mixed := delta(0, "a "+a[:8]) + delta(1, a[8:]+" b") + delta(0, " c")
	if got, v, err := streamed(t, i, responsesURL, mixed, 0); err != nil || got != mixed || len(v.Findings) > 0 {
		t.Errorf("%v %v\n%s", err, v.Findings, got)
	}
}

func TestACanaryInAnAnswerAlarms(t *testing.T) {
	for _, profile := range []string{"l1", "l2", "l3"} {
		x := planting()["chat"]
		_, v, _ := streamed(t, never(t, profile), x.url, inPieces(x.text, validate.NewCanary([16]byte{1, 2, 3, 4, 5})), 0)
		if !v.Decision.Alert || len(v.Findings) != 1 || (v.Action == "block") != (profile == "l3") {
			t.Errorf("%s: %s, alert %t, %d findings", profile, v.Action, v.Decision.Alert, len(v.Findings))
		}
	}
}

func TestTheWordsOfAnAnswerThatGoesElsewhereAreAGap(t *testing.T) {
	x := transcripts(t)["chatgpt.handoff.sse"]
	_, v, err := streamed(t, never(t, "l2"), x.url, x.text, 0)
	if err != nil || causes(v) != "websocket_uninspected" || !v.Decision.Alert {
		t.Errorf("%v %s", err, causes(v))
	}
	if _, v, err = streamed(t, never(t, "l3"), x.url, x.text, 0); !errors.Is(err, ErrEnded) {
		t.Errorf("l3: %v %s", err, causes(v))
	}
}

func TestWhatCannotBeReadIsAGapAndDecided(t *testing.T) {
	long := strings.Repeat("y", 17<<20)
	for name, x := range map[string]struct{ text, cause string }{
		"cut":      {"data: {\"choices\":[]}\n\ndata: {\"choi", "decode_error"},
		"broken":   {"data: {\"choices\":[{\"index\":0\n\n", "decode_error"},
		"oversize": {"data: {\"x\":\"" + long + "\"}\n\ndata: [DONE]\n\n", "oversize"},
	} {
		for profile, action := range map[string]string{"l1": "log", "l2": "log", "l3": "block"} {
			got, v, err := streamed(t, never(t, profile), chatURL, x.text, 64<<10)
			if v.Action != action || !strings.Contains(causes(v), x.cause) || errors.Is(err, ErrEnded) != (profile == "l3") {
				t.Errorf("%s, %s: %s %s %v", name, profile, v.Action, causes(v), err)
			}
			if profile != "l3" && got != x.text {
				t.Errorf("%s, %s: %d of %d bytes went on", name, profile, len(got), len(x.text))
			}
		}
	}
}

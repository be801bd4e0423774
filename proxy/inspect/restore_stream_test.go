package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/identity"
)

func quoteJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// A dialect is how deltas of a text are written in a stream, and read again.
type dialect struct {
	name, url   string
	begin, end  string
	delta       func(n int, text string) string
	value       *regexp.Regexp // of the delta in an event
	isArguments bool
}

var dialects = []dialect{
	{name: "chat", url: chatURL, end: "data: [DONE]\n\n", value: regexp.MustCompile(`"content":("(?:[^"\\]|\\.)*")`),
		delta: func(_ int, s string) string {
			return `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":` + quoteJSON(s) + `},"finish_reason":null}]}` + "\n\n"
		}},
	{name: "responses", url: responsesURL, end: "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":99,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[]}}\n\n",
		value: regexp.MustCompile(`"delta":("(?:[^"\\]|\\.)*")`),
		delta: func(n int, s string) string {
			return fmt.Sprintf("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%d,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":%s}\n\n", n, quoteJSON(s))
		}},
	{name: "chatgpt", url: pageURL,
		begin: "event: delta_encoding\ndata: \"v1\"\n\n" + `event: delta` + "\n" + `data: {"p":"","o":"add","v":{"message":{"id":"a1","author":{"role":"assistant"},"content":{"content_type":"text","parts":[""]},"status":"in_progress","recipient":"all"},"conversation_id":"6a0c0000-0000-8000-8000-0000000000aa"},"c":1}` + "\n\n",
		end:   "data: [DONE]\n\n", value: regexp.MustCompile(`"o":"append","v":("(?:[^"\\]|\\.)*")`),
		delta: func(_ int, s string) string {
			return "event: delta\ndata: {\"p\":\"/message/content/parts/0\",\"o\":\"append\",\"v\":" + quoteJSON(s) + "}\n\n"
		}},
	{name: "arguments of chat", url: chatURL, isArguments: true, end: "data: [DONE]\n\n", value: regexp.MustCompile(`"arguments":("(?:[^"\\]|\\.)*")`),
		begin: `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"TOOL","arguments":""}}]},"finish_reason":null}]}` + "\n\n",
		delta: func(_ int, s string) string {
			return `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":` + quoteJSON(s) + `}}]},"finish_reason":null}]}` + "\n\n"
		}},
	{name: "arguments of responses", url: responsesURL, isArguments: true, end: "data: [DONE]\n\n", value: regexp.MustCompile(`"delta":("(?:[^"\\]|\\.)*")`),
		begin: "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":1,\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"TOOL\",\"arguments\":\"\",\"status\":\"in_progress\"}}\n\n",
		delta: func(n int, s string) string {
			return fmt.Sprintf("event: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"sequence_number\":%d,\"item_id\":\"fc_1\",\"output_index\":1,\"delta\":%s}\n\n", n, quoteJSON(s))
		}},
}

// stream sends the deltas of a text and returns the text that came out.
func (d dialect) stream(t testing.TB, v *Verdict, tool string, deltas ...string) string {
	t.Helper()
	a := v.Answer(http.StatusOK, http.Header{"Content-Type": {"text/event-stream"}})
	if a == nil {
		t.Fatal("the answer is not inspected")
	}
	var got served
	s := a.Stream(got.send, nil)
	text := strings.ReplaceAll(d.begin, "TOOL", tool)
	for n, x := range deltas {
		text += d.delta(n+2, x)
	}
	for _, p := range inWrites(text+d.end, 0) {
		if err := s.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Close(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, event := range strings.Split(got.out.String()[min(len(got.out.String()), len(strings.ReplaceAll(d.begin, "TOOL", tool))):], "\n\n") {
		if m := d.value.FindStringSubmatch(event); m != nil {
			var piece string
			if err := json.Unmarshal([]byte(m[1]), &piece); err != nil {
				t.Fatalf("%v in %s", err, event)
			}
			out.WriteString(piece)
		}
	}
	return out.String()
}

// Wherever a token is cut between two events, and character by character.
func TestStreamsAreRestoredAtEveryCut(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	i.cfg.MaxHold = time.Hour
	mail := synthetic.Email()
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			v := i.Request(context.Background(), post(t, d.url, `{"stream":true,"model":"gpt-5","input":"write to `+mail+`","messages":[{"role":"user","content":"write to `+mail+`"}]}`))
			name := tokenForm.FindString(string(v.Body))
			if name == "" {
				t.Fatalf("sent on: %s", v.Body)
			}
			text, want := "Dear "+name+", see ![](https://x/?q="+name+") and `"+name+"`.", "Dear "+mail+", see ![](https://x/?q="+name+") and `"+mail+"`."
			if d.isArguments {
				text, want = `{"to":"`+name+`","url":"https://x/?q=`+name+`"}`, `{"to":"`+mail+`","url":"https://x/?q=`+name+`"}`
			}
			for c := 1; c < len(text); c++ {
				if got := d.stream(t, v, "write_file", text[:c], text[c:]); got != want {
					t.Fatalf("cut at %d: %s\nwant %s", c, got, want)
				}
			}
			if got := d.stream(t, v, "write_file", strings.Split(text, "")...); got != want {
				t.Errorf("by characters: %s\nwant %s", got, want)
			}
			if d.isArguments {
				if got := d.stream(t, v, "http_get", text); got != text {
					t.Errorf("a tool that is not local is called with %s", got)
				}
			}
		})
	}
}

// A model that stops in the middle of a token is waited for; then what it wrote is
// shown, and what comes behind it stands where it stood.
func TestAPauseDoesNotForgetWhereTheTextIs(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	i.cfg.MaxHold = time.Nanosecond
	mail := synthetic.Email()
	v := i.Request(context.Background(), conversation(t, turn{"user", "write to " + mail}))
	name := tokenForm.FindString(string(v.Body))
	r := i.cfg.Rewrite(v, Text{Locator: "choices[0].delta.content"})
	out := string(r.Write([]byte("![](https://x/?q=[EMA")))
	out += string(r.Flush())
	out += string(r.Write([]byte(name + ") " + name)))
	out += string(r.Close())
	if want := "![](https://x/?q=[EMA" + name + ") " + mail; out != want {
		t.Errorf("shown %s, want %s", out, want)
	}
}

// What is read of what the provider keeps: a conversation, titles, results.
func TestWhatIsReadLaterIsRestored(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail := synthetic.Email()
	anna := identity.Principal{Subject: "lena"}
	if r := i.Reading(anna, "/backend-api/conversations"); r != nil {
		t.Error("answers are read before anything was kept")
	}
	first := i.Request(context.Background(), post(t, pageURL, `{"action":"next","messages":[{"author":{"role":"user"},"content":{"content_type":"text","parts":["write to `+mail+`"]}}]}`))
	name := tokenForm.FindString(string(first.Body))
	if name == "" {
		t.Fatalf("sent on: %s", first.Body)
	}
	for path, body := range map[string]string{
		"/backend-api/conversation/6a0c0000-0000-8000-8000-0000000000aa": `{"title":"NAME","mapping":{"n1":{"id":"n1","message":{"id":"m1","author":{"role":"user"},"content":{"content_type":"text","parts":["write to NAME"]}}},"n2":{"message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["Done: NAME, ![](https://x/URL)"]}}}}}`,
		"/backend-api/conversations":                                     `{"items":[{"id":"c1","title":"Mail to NAME"}],"total":1}`,
		"/backend-api/conversations/search":                              `{"items":[{"conversation_id":"c1","payload":{"snippet":"to NAME"}}]}`,
		"/v1/responses/resp_1":                                           `{"output":[{"type":"function_call","arguments":"{\"to\":\"URL\"}","name":"x"},{"content":[{"text":"NAME"}]}]}`,
	} {
		answer := strings.ReplaceAll(strings.ReplaceAll(body, "NAME", name), "URL", name)
		for who, want := range map[string]string{"lena": strings.ReplaceAll(strings.ReplaceAll(body, "NAME", mail), "URL", name), "bert": answer} {
			for c := 0; c < len(answer); c += 7 {
				r := i.Reading(identity.Principal{Subject: who}, path)
				got := string(r.Write([]byte(answer[:c])))
				got += string(r.Write([]byte(answer[c:])))
				got += string(r.Close())
				if got != want {
					t.Fatalf("%s shows %s\n%s\nwant\n%s", path, who, got, want)
				}
			}
		}
	}
}

// A whole completion: texts, and what its tools are called with.
func TestWholeAnswersAreRestored(t *testing.T) {
	i := vaulted(t, nil, Tokens{})
	mail := synthetic.Email()
	v := i.Request(context.Background(), conversation(t, turn{"user", "write to " + mail}))
	name := tokenForm.FindString(string(v.Body))
	call := func(tool string) string {
		return `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"to ` + name + `","tool_calls":[{"id":"call_1","type":"function","function":{"name":"` + tool + `","arguments":"{\"to\":\"` + name + `\"}"}}]}}]}`
	}
	for tool, calledWith := range map[string]string{"write_file": mail, "http_get": name} {
		a := v.Answer(http.StatusOK, http.Header{"Content-Type": {"application/json"}})
		got := string(a.Hold(context.Background(), []byte(call(tool)), nil).Body)
		if !strings.Contains(got, `"content":"to `+mail+`"`) || !strings.Contains(got, `{\"to\":\"`+calledWith+`\"}`) || !json.Valid([]byte(got)) {
			t.Errorf("%s: %s", tool, got)
		}
	}
}

// The provider's name for an answer is that of a thread that was inspected.
func TestAnAnswerNamesItsThread(t *testing.T) {
	i := New(policyOf(t, reversible), Config{})
	ask := func(body string) *Verdict {
		return i.Request(context.Background(), post(t, responsesURL, body))
	}
	v := ask(`{"model":"gpt-5","input":"hello"}`)
	a := v.Answer(http.StatusOK, http.Header{"Content-Type": {"application/json"}})
	a.Hold(context.Background(), []byte(`{"id":"resp_7","object":"response","output":[]}`), nil)
	var got served
	s := ask(`{"model":"gpt-5","input":"hello","stream":true}`).Answer(http.StatusOK, http.Header{"Content-Type": {"text/event-stream"}}).Stream(got.send, nil)
	_ = s.Write([]byte("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_8\",\"output\":[]}}\n\n"))
	_, _ = s.Close(context.Background(), false)
	for id, want := range map[string]string{"resp_7": threadInspected, "resp_8": threadInspected, "resp_9": threadUninspected} {
		if f := ask(`{"model":"gpt-5","input":"and?","previous_response_id":"` + id + `"}`).Facts; len(f) < 2 || f[1].Value != want {
			t.Errorf("%s: %v, want %s", id, f, want)
		}
	}
}

// The page goes on showing what was typed; one line above the answer says what was
// replaced, once, and not to programs.
func TestThePageIsToldWhatWasReplaced(t *testing.T) {
	mail := synthetic.Email()
	body := `{"action":"next","stream":true,"model":"gpt-5","messages":[{"author":{"role":"user"},"role":"user","content":{"content_type":"text","parts":["write to ` + mail + `"]}}]}`
	page, api := dialects[2], dialects[0]
	for _, tt := range []struct {
		name    string
		config  Config
		dialect dialect
		body    string
		want    string
	}{
		{"a page", Config{Notice: Notice{On: true}}, page, body, "> Replaced in your message before it was sent: e-mail address. Incident: ID.\n\nThe sea is calm"},
		{"with a link", Config{Notice: Notice{On: true, Link: "https://soc.example.com/{incident}"}}, page, body, "> Replaced in your message before it was sent: e-mail address. [Incident: ID](https://soc.example.com/ID).\n\nThe sea is calm"},
		{"switched off", Config{}, page, body, "The sea is calm"},
		{"a program", Config{Notice: Notice{On: true}}, api, `{"stream":true,"model":"gpt-5","messages":[{"role":"user","content":"write to ` + mail + `"}]}`, "The sea is calm"},
		{"nothing was replaced", Config{Notice: Notice{On: true}}, page, strings.Replace(body, mail, "her", 1), "The sea is calm"},
	} {
		tt.config.MaxHold = time.Hour
		i := New(policyOf(t, reversible), tt.config)
		v := i.Request(context.Background(), post(t, tt.dialect.url, tt.body))
		got := strings.ReplaceAll(tt.dialect.stream(t, v, "", "The", " sea is", " calm"), v.ID, "ID")
		if got != tt.want {
			t.Errorf("%s is shown %q, want %q", tt.name, got, tt.want)
		}
	}
}

package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/provider"
)

// a reading keeps what a walk finds.
type reading struct {
	docs  []content.Doc
	text  []string
	facts []string
	gaps  []detectors.Gap
	open  strings.Builder
}

func (r *reading) Space(content.Space) {}
func (r *reading) Label(string)        {}
func (r *reading) Text(p []byte)       { r.open.Write(p) }
func (r *reading) Fact(f content.Fact) { r.facts = append(r.facts, f.Name+"="+f.Value) }
func (r *reading) Gap(g detectors.Gap) { r.gaps = append(r.gaps, g) }
func (r *reading) Begin(d content.Doc) { r.docs = append(r.docs, d); r.open.Reset() }
func (r *reading) End()                { r.text = append(r.text, r.open.String()) }
func (r *reading) holds(s string) bool {
	return slices.ContainsFunc(r.text, func(t string) bool { return strings.Contains(t, s) })
}
func (r *reading) lines() (out []string) {
	for i, d := range r.docs {
		out = append(out, fmt.Sprintf("%s %s: %s", d.Locator, d.Role, r.text[i]))
	}
	return out
}

// read walks a body as the shape of e says and returns also what would be sent
// on without an edit.
func read(t *testing.T, e *provider.Endpoint, contentType string, body []byte) (*reading, []byte) {
	t.Helper()
	r := &reading{}
	w := content.NewWalk(e.Shape, content.Media{ContentType: contentType}, content.Limits{}, r)
	defer w.Release()
	if err := w.Run(context.Background(), body); err != nil {
		t.Fatal(err)
	}
	sent, err := w.Splice(w.Strip())
	if err != nil {
		t.Fatal(err)
	}
	return r, slices.Clone(sent)
}

// planted is the published test number of a card in a sentence.
const planted = "my card 4111 1111 1111 1111 please"

// places calls f with v changed at one string after the other, deepest first.
func places(v any, set func(any), f func(path string), path string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			places(x, func(n any) { v[k] = n }, f, path+"."+k)
		}
	case []any:
		for i, x := range v {
			places(x, func(n any) { v[i] = n }, f, path+"[]")
		}
	case string:
		set(planted)
		f(path)
		set(v)
	}
}

// Whatever a field is for, a sentence in it is read: identifiers, enums, settings
// and pictures included. Only what is taken out of the body is not, and that does
// not leave.
func TestASentenceInAnyFieldIsRead(t *testing.T) {
	c := shipped(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "cmd", "promptgate", "e2e", "testdata", "requests", "*", "*.json"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d fixtures (%v)", len(files), err)
	}
	fields := 0
	for _, file := range files {
		host, base := filepath.Base(filepath.Dir(file)), filepath.Base(file)
		stem, _, _ := strings.Cut(base, ".")
		line := strings.Fields(fixtures[host+"/"+stem])
		if !strings.Contains(host, ".openai.com") && host != "chatgpt.com" {
			host = "example." + host
		}
		e := c.Match(line[0], host, line[1])
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		places(v, func(any) {}, func(path string) {
			fields++
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			r, sent := read(t, e, "application/json", b)
			taken := strings.HasPrefix(path, ".partial_query")
			if r.holds(planted) == taken || strings.Contains(string(sent), planted) == taken {
				t.Errorf("%s: a sentence at %s is read: %v, sent on: %v", base, path, r.holds(planted), strings.Contains(string(sent), planted))
			}
		}, "")
	}
	if fields < 600 {
		t.Errorf("only %d fields were tried", fields)
	}
}

// Whose words a text is, and what is not text, in bodies with the identifiers of
// real ones.
func TestReadings(t *testing.T) {
	c := shipped(t)
	for _, tt := range []struct {
		name, method, host, path, contentType, body string
		docs, facts                                 []string
		gaps                                        []detectors.Cause
	}{
		{
			name: "chat completion", method: "POST", host: "api.openai.com", path: "/v1/chat/completions", contentType: "application/json",
			body: `{"model":"gpt-5.5","stream":true,"messages":[{"role":"developer","content":"be brief"},{"role":"user","name":"marta","content":[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"https://files.example.com/a.png"}},{"type":"file","file":{"file_id":"file-8kQ2ExampleFile"}}]},
				{"role":"assistant","content":null,"tool_calls":[{"id":"call_a1","type":"function","function":{"name":"lookup","arguments":"{\"who\":\"me\"}"}}]},{"role":"tool","tool_call_id":"call_a1","content":"found"}],"tools":[{"type":"function","function":{"name":"lookup","description":"looks up"}}],"user":"emp-7","temperature":0.2}`,
			docs: []string{
				"messages[0].content system: be brief", "messages[1].name metadata: marta", "messages[1].content[0].text user: hello",
				"messages[2].tool_calls[0].function.name metadata: lookup", "messages[2].tool_calls[0].function.arguments.{0} assistant: me", "messages[3].content tool: found",
				"tools[0].function.name metadata: lookup", "tools[0].function.description metadata: looks up", "user metadata: emp-7",
			},
			facts: []string{"model=gpt-5.5", "stream=true", "tool=function"}, gaps: []detectors.Cause{detectors.CauseImage, detectors.CauseReference},
		},
		{
			name: "response", method: "POST", host: "api.openai.com", path: "/v1/responses", contentType: "application/json",
			body: `{"model":"gpt-5.5","instructions":"be brief","previous_response_id":"resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b","store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"hello"}]},{"type":"function_call","call_id":"call_1","name":"sh","arguments":"{\"command\":[\"ls\"]}"},
				{"type":"function_call_output","call_id":"call_1","output":"a.txt"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAABmZm9vYmFyYmF6"},{"type":"item_reference","id":"msg_0"}],"tools":[{"type":"web_search","search_context_size":"low"}]}`,
			docs: []string{
				"instructions system: be brief", "input[0].content[0].text user: hello", "input[1].name metadata: sh",
				"input[1].arguments.command[0] assistant: ls", "input[2].output tool: a.txt",
			},
			facts: []string{"model=gpt-5.5", "thread=resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b", "store=false", "tool=web_search"}, gaps: []detectors.Cause{detectors.CauseReference, detectors.CauseOpaqueProviderBlob},
		},
		{
			name: "conversation", method: "POST", host: "chatgpt.com", path: "/backend-api/f/conversation", contentType: "application/json",
			body: `{"action":"next","messages":[{"id":"0f0c2b1e-4131-4567-8901-000000000001","author":{"role":"user"},"create_time":1763900000.123,"content":{"content_type":"multimodal_text","parts":[{"content_type":"image_asset_pointer","asset_pointer":"sediment://file_000000001111","size_bytes":20480,"width":640,"height":480},"hello"]},
				"metadata":{"attachments":[{"id":"file_000000001111","size":20480,"name":"form.png","mime_type":"image/png","source":"local"}],"system_hints":["search"],"selected_github_repos":["example/repo"],"serialization_metadata":{"custom_symbol_offsets":[{"start":0,"end":4}]},"submission_mode":"manual_send"}}],
				"conversation_id":"6a0c0000-0000-8000-8000-0000000000aa","parent_message_id":"client-created-root","model":"gpt-5-6-thinking","thinking_effort":"extended","timezone":"Europe/Warsaw","timezone_offset_min":-60,"conversation_mode":{"kind":"gizmo_interaction","gizmo_id":"g-2fkFE8rbu"},"history_and_training_disabled":true,
				"supported_encodings":["v1"],"client_contextual_info":{"page_height":900,"screen_width":1920,"app_name":"chatgpt.com"},"local_function_names":["local.continue_in_work"]}`,
			docs:  []string{"messages[0].content.parts[1] user: hello", "messages[0].metadata.attachments[0].name metadata: form.png"},
			facts: []string{"attachment=image/png", "hint=search", "repository=example/repo", "thread=6a0c0000-0000-8000-8000-0000000000aa", "model=gpt-5-6-thinking", "effort=extended", "mode=gizmo_interaction", "gizmo=g-2fkFE8rbu", "temporary=true"},
			gaps:  []detectors.Cause{detectors.CauseReference},
		},
		{
			name: "history in a conversation", method: "POST", host: "chatgpt.com", path: "/backend-anon/conversation", contentType: "application/json",
			body: `{"messages":[{"author":{"role":"system"},"content":{"content_type":"text","parts":["quiet"]}},{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["yes?"]}},{"author":{"role":"user"},"content":{"content_type":"multimodal_text","parts":[{"content_type":"audio_transcription","text":"hello"}]}}]}`,
			docs: []string{"messages[0].content.parts[0] system: quiet", "messages[1].content.parts[0] assistant: yes?", "messages[2].content.parts[0].text user: hello"},
		},
		{
			name: "codex", method: "POST", host: "chatgpt.com", path: "/backend-api/codex/responses", contentType: "application/json",
			body:  `{"model":"gpt-5.6-sol","instructions":"You are Codex","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}],"client_metadata":{"x-codex-window-id":"w1"},"prompt_cache_key":"0197-example","include":["reasoning.encrypted_content"],"tool_choice":"auto"}`,
			docs:  []string{"instructions system: You are Codex", "input[0].content[0].text user: hello", "prompt_cache_key metadata: 0197-example"},
			facts: []string{"model=gpt-5.6-sol"},
		},
		{
			name: "legacy completion of tokens", method: "POST", host: "api.openai.com", path: "/v1/completions", contentType: "application/json",
			body: `{"model":"m","prompt":[[15339,1917]]}`, docs: []string{"prompt[0] user: hello world"}, facts: []string{"model=m"}, gaps: []detectors.Cause{detectors.CauseTokensAsNumbers},
		},
		{
			name: "phone browser", method: "POST", host: "chatgpt.com", path: "/unauth-mweb/conversation/updates", contentType: "application/x-www-form-urlencoded",
			body: "conversationState=%7B%22messages%22%3A%5B%7B%22role%22%3A%22assistant%22%2C%22content%22%3A%22earlier%22%7D%5D%7D&prompt=hello+there&chatRequirementsToken=gAAAAAB-EXAMPLE&proofToken=gAAAAAB-EXAMPLE~S&clientContextualInfo=%7B%22page_height%22%3A900%7D&userMessageId=0f0c2b1e-0000-4000-8000-000000000003&timezoneOffsetMinutes=-60",
			docs: []string{"conversationState.messages[0].content assistant: earlier", "prompt user: hello there"},
		},
		{
			name: "upload", method: "PUT", host: "sdmntprwesteurope.oaiusercontent.com", path: "/files/00000000-2222/raw", contentType: "text/csv",
			body: "name,units\nnorth,12\n", docs: []string{"body file: name,units\nnorth,12\n"},
		},
		{
			name: "unknown path", method: "POST", host: "api.openai.com", path: "/v1/not/heard/of", contentType: "application/json",
			body: `{"id":"a","text":"hello"}`, docs: []string{"{0} metadata: a", "{1} metadata: hello"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := c.Match(tt.method, tt.host, tt.path)
			r, sent := read(t, e, tt.contentType, []byte(tt.body))
			if got := r.lines(); !slices.Equal(got, tt.docs) {
				t.Errorf("%s: documents\n  %s\nwant\n  %s", e.ID, strings.Join(got, "\n  "), strings.Join(tt.docs, "\n  "))
			}
			if !slices.Equal(r.facts, tt.facts) {
				t.Errorf("%s: facts %q, want %q", e.ID, r.facts, tt.facts)
			}
			var gaps []detectors.Cause
			for _, g := range r.gaps {
				if !slices.Contains(gaps, g.Cause) {
					gaps = append(gaps, g.Cause)
				}
			}
			if !slices.Equal(gaps, tt.gaps) {
				t.Errorf("%s: gaps %q, want %q", e.ID, gaps, tt.gaps)
			}
			if string(sent) != tt.body {
				t.Errorf("%s: the body changed without an edit", e.ID)
			}
		})
	}
}

// The unfinished prompt goes, and nothing else.
func TestPrepareLosesThePartialQuery(t *testing.T) {
	c := shipped(t)
	for _, path := range []string{"/backend-api/conversation/prepare", "/backend-api/f/conversation/prepare", "/backend-anon/f/conversation/prepare"} {
		e := c.Match("POST", "chatgpt.com", path)
		const head, tail = `{"action":"next","model":"gpt-5-6"`, `,"supports_buffering":true}`
		r, sent := read(t, e, "application/json", []byte(head+`,"partial_query":{"id":"0f0c2b1e-0000-4000-8000-000000000001","content":{"parts":["`+planted+`"]}}`+tail))
		if string(sent) != head+tail || r.holds(planted) {
			t.Errorf("%s: %s", path, sent)
		}
	}
}

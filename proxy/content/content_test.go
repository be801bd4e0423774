package content

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// A record is a Sink that keeps everything, text included: tests only.
type record struct {
	spaces []Space
	docs   []Doc
	texts  []string
	labels []string
	facts  []Fact
	gaps   []detectors.Gap
	open   bool
}

func (r *record) Space(s Space) { r.spaces = append(r.spaces, s) }
func (r *record) Begin(d Doc) {
	if r.open || d.ID != len(r.docs) {
		panic("documents inside each other or out of order")
	}
	r.open = true
	r.docs, r.texts, r.labels = append(r.docs, d), append(r.texts, ""), append(r.labels, "")
}
func (r *record) Label(l string)      { r.labels[len(r.labels)-1] = l }
func (r *record) Text(p []byte)       { r.texts[len(r.texts)-1] += string(p) }
func (r *record) End()                { r.open = false }
func (r *record) Fact(f Fact)         { r.facts = append(r.facts, f) }
func (r *record) Gap(g detectors.Gap) { r.gaps = append(r.gaps, g) }

// lines prints what was found, one line each.
func (r *record) lines() []string {
	var out []string
	for i, d := range r.docs {
		line := fmt.Sprintf("%s %s %q", d.Locator, d.Role, r.texts[i])
		if r.labels[i] != "" {
			line += " label=" + r.labels[i]
		}
		out = append(out, line)
	}
	for _, f := range r.facts {
		out = append(out, fmt.Sprintf("fact %s=%s %s", f.Name, f.Value, f.Locator))
	}
	for _, g := range r.gaps {
		out = append(out, fmt.Sprintf("gap %s %s", g.Cause, g.Locator))
	}
	return out
}

func walked(t testing.TB, s *Shape, m Media, l Limits, body string) (*Walk, *record) {
	t.Helper()
	r := &record{}
	w := NewWalk(s, m, l, r)
	if err := w.Run(context.Background(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	if r.open {
		t.Fatal("a document was not ended")
	}
	return w, r
}

func compiled(t testing.TB, s *Shape) *Shape {
	t.Helper()
	if err := s.Compile(); err != nil {
		t.Fatal(err)
	}
	return s
}

// replace puts with in place of the first needle of every document that has it.
func replace(t testing.TB, w *Walk, r *record, needle, with string) string {
	t.Helper()
	var edits []Edit
	for i, text := range r.texts {
		at := strings.Index(text, needle)
		if at < 0 {
			continue
		}
		places := w.Places(i, detectors.Span{Start: at, End: at + len(needle)})
		if len(places) == 0 {
			t.Fatalf("no place for [%d,%d) of document %d", at, at+len(needle), i)
		}
		for n, p := range places {
			e := Edit{Place: p}
			if n == 0 {
				e.With = []byte(with)
			}
			edits = append(edits, e)
		}
	}
	out, err := w.Splice(edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// chat is a shape with every way to treat a value.
func chat(t testing.TB) *Shape {
	return compiled(t, &Shape{Format: JSON, Select: []Select{
		{Path: "model", Do: Setting, Fact: "model"},
		{Path: "stream", Do: Setting, Fact: "stream"},
		{Path: "tools", Do: Setting, Fact: "tools"},
		{Path: "tools[*].type", Do: Setting, Fact: "tool"},
		{Path: "tools[*].function", Role: RoleSystem},
		{Path: "messages[*].role", Do: Skip},
		{Path: "messages[*].content", Role: RoleUser, RoleFrom: "role"},
		{Path: "messages[*].content[*].text", Role: RoleUser, RoleFrom: "^.role"},
		{Path: "messages[*].content[*].type", Do: Skip},
		{Path: "messages[*].content[*].image_url.url", Do: Picture},
		{Path: "messages[*].content[*].input_audio.data", Do: Sound},
		{Path: "messages[*].content[*].file.file_data", Do: Data, Role: RoleFile},
		{Path: "messages[*].content[*].file.file_id", Do: Reference},
		{Path: "messages[*].author.role", Do: Skip},
		{Path: "messages[*].parts[*]", Role: RoleUser, RoleFrom: "author.role", Join: "parts"},
		{Path: "messages[*].tool_calls[*].id", Do: Skip},
		{Path: "messages[*].tool_calls[*].function.arguments", Do: Nested, Role: RoleAssistant},
		{Path: "prompt", Do: Tokens, Role: RoleUser},
		{Path: "partial_query", Do: Strip},
		{Path: "hints[*]", Do: Strip},
		{Path: "encrypted_content", Do: Opaque},
		{Path: "token", Do: Credential},
		{Path: "**.metadata.*", Role: RoleMetadata},
		{Path: "id", Do: Skip},
	}})
}

func TestWalkJSON(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{"plain message", `{"model":"gpt-5","messages":[{"role":"user","content":"hello"}]}`,
			[]string{`messages[0].content user "hello" label=content`, `fact model=gpt-5 model`}},
		{"role behind the text, role of the message for its parts",
			`{"messages":[{"content":"a","role":"assistant"},{"content":[{"type":"text","text":"b"}],"role":"developer"},{"content":"c","role":"emperor"}]}`,
			[]string{`messages[0].content assistant "a" label=content`, `messages[1].content[0].text system "b" label=text`, `messages[2].content user "c" label=content`}},
		{"role two keys away and joined parts", `{"messages":[{"author":{"name":"x","role":"tool"},"parts":["a","b"]}]}`,
			[]string{`messages[0].author.{0} metadata "x" label=name`, `messages[0].parts[0] tool "a" label=parts`, `messages[0].parts[1] tool "b" label=parts`}},
		{"escapes and surrogates", `{"x":"\u0034111\n\ud83d\ude00\ud83d \/\"\\"}`, []string{`{0} metadata "4111\n😀� /\"\\" label=x`}},
		{"unknown keys never in locators", `{"4111 1111":{"a b":"v"},"plain":["w"]}`,
			[]string{`{0}:key metadata "4111 1111"`, `{0}.{0}:key metadata "a b"`, `{0}.{0} metadata "v" label=a b`, `{1}[0] metadata "w" label=plain`}},
		{"escaped key of the vocabulary", `{"messa\u0067es":[{"role":"user","content":"x"}]}`, []string{`messages[0].content user "x" label=content`}},
		{"duplicate keys are both read", `{"messages":[{"content":"a","content":"b"}]}`,
			[]string{`messages[0].content user "a" label=content`, `messages[0].content user "b" label=content`}},
		{"long numbers are read", `{"a":4111111111111111,"b":12345678,"c":-123456789.5,"id":1763900000,"metadata":{"n":123456789}}`,
			[]string{`{0} metadata "4111111111111111" label=a`, `{2} metadata "-123456789.5" label=c`, `metadata.{0} metadata "123456789" label=n`}},
		{"identifier with prose or a card is read", `{"id":"call me at home","model":"4111-1111-1111-1111"}`,
			[]string{`id metadata "call me at home" label=id`, `model metadata "4111-1111-1111-1111" label=model`, `fact model=unlisted model`}},
		{"settings", `{"stream":true,"tools":[{"type":"web_search"},{"type":"function","function":{"name":"f"}}]}`,
			[]string{`tools[1].function.{0} system "f" label=name`, `fact stream=true stream`, `fact tools=present tools`, `fact tool=web_search tools[0].type`, `fact tool=function tools[1].type`}},
		{"nested arguments", `{"messages":[{"tool_calls":[{"id":"call_1","function":{"arguments":"{\"card\":\"\\u0034111\",\"n\":[1234567890]}"}}]}]}`,
			[]string{`messages[0].tool_calls[0].function.arguments.{0} assistant "4111" label=card`, `messages[0].tool_calls[0].function.arguments.{1}[0] assistant "1234567890" label=n`}},
		{"arguments that are no JSON are text", `{"messages":[{"tool_calls":[{"function":{"arguments":"{\"card\": 4111"}}]}]}`,
			[]string{`messages[0].tool_calls[0].function.arguments assistant "{\"card\": 4111" label=arguments`}},
		{"token ids", `{"prompt":[[15339,1917],[4]]}`, []string{`prompt[0] user "hello world" label=prompt`, `prompt[1] user "%" label=prompt`, `gap tokens_as_numbers prompt`}},
		{"token ids of a known model", `{"prompt":[15339,1917,100257],"model":"davinci-002"}`, []string{`prompt user "hello world" label=prompt`, `fact model=davinci-002 model`}},
		{"token ids between strings", `{"model":"babbage-002","prompt":[15339,"x",1917]}`, []string{`prompt user "hello" label=prompt`, `prompt[1] user "x" label=prompt`, `prompt user " world" label=prompt`, `fact model=babbage-002 model`}},
		{"a number that is no token", `{"model":"babbage-002","prompt":[15339,1e9,200000]}`, []string{`prompt user "hello" label=prompt`, `fact model=babbage-002 model`, `gap tokens_as_numbers prompt`}},
		{"token field with a string", `{"prompt":"hello"}`, []string{`prompt user "hello" label=prompt`}},
		{"stripped values are no documents", `{"partial_query":{"x":["secret"]},"a":"v"}`, []string{`{0} metadata "v" label=a`}},
		{"opaque and credential", `{"encrypted_content":"gAAAAAB","token":"abc"}`, []string{`gap opaque_provider_blob encrypted_content`}},
		{"opaque with prose is read", `{"encrypted_content":"not opaque at all","token":"my card is"}`,
			[]string{`encrypted_content metadata "not opaque at all" label=encrypted_content`, `token metadata "my card is" label=token`, `gap opaque_provider_blob encrypted_content`}},
		{"reference", `{"messages":[{"content":[{"file":{"file_id":"file-abc"}},{"file":{"file_id":"my notes"}}]}]}`,
			[]string{`messages[0].content[1].file.file_id metadata "my notes" label=file_id`, `gap reference messages[0].content[0].file.file_id`, `gap reference messages[0].content[1].file.file_id`}},
		{"bom, NaN and white space", "\xef\xbb\xbf {\"a\" : [NaN,-Infinity,\"x\"] }\n", []string{`{0}[2] metadata "x" label=a`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, chat(t), Media{}, Limits{}, tt.body)
			defer w.Release()
			if got := r.lines(); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

func TestMalformedJSONIsReadToItsEnd(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{"trailing garbage", `{"a":"x"} my card`, []string{`{0} metadata "x" label=a`, `:rest metadata "my card"`, `gap decode_error body`}},
		{"string that does not end", `{"a":"x\u0034`, []string{`{0}:rest metadata "\"x4"`, `gap decode_error {0}`}},
		{"missing comma", `{"a":"x" "b":"y"}`, []string{`{0} metadata "x" label=a`, `{0}:rest metadata "\"b\":\"y\"}"`, `gap decode_error {0}`}},
		{"second value", `{"a":"x"}{"a":"y"}`, []string{`{0} metadata "x" label=a`, `:rest metadata "{\"a\":\"y\"}"`, `gap decode_error body`}},
		{"no JSON at all", `hello \u0034`, []string{`body metadata "hello \\u0034"`, `gap decode_error body`}},
		{"wrong bracket", `["a"}`, []string{`[0] metadata "a"`, `[0]:rest metadata "}"`, `gap decode_error [0]`}},
		{"unknown escape", `["a\x41"]`, []string{`[0] metadata "a\\x41"`, `gap decode_error [0]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, &Shape{}, Media{ContentType: "application/json"}, Limits{}, tt.body)
			defer w.Release()
			got := r.lines()
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

func TestRedactJSON(t *testing.T) {
	tests := []struct{ name, body, needle, with, want string }{
		{"plain", `{"messages":[{"content":"card 4111 1111 now"}]}`, "4111 1111", "[CARD_1]", `{"messages":[{"content":"card [CARD_1] now"}]}`},
		{"escaped in the body", `{"messages":[{"content":"card \u00341\u0031\ud83d\ude00 now"}]}`, "411😀", "[C]", `{"messages":[{"content":"card [C] now"}]}`},
		{"replacement is escaped", `["secret"]`, "secret", "a\"b\\\n\x01", `["a\"b\\\n\u0001"]`},
		{"number becomes a string", `{"a":[4111111111111111,2]}`, "4111111111111111", "[C]", `{"a":["[C]",2]}`},
		{"part of a number takes all of it", `{"a":123456789.25}`, "123456789", "[C]", `{"a":"[C]"}`},
		{"key", `{"my 4111 key":1}`, "4111", "[C]", `{"my [C] key":1}`},
		{"nested, both layers of escapes", `{"messages":[{"tool_calls":[{"function":{"arguments":"{\"card\":\"x \\u0034111 y\",\"o\":\"\\\"\"}"}}]}]}`, "4111", `"q"`,
			`{"messages":[{"tool_calls":[{"function":{"arguments":"{\"card\":\"x \\\"q\\\" y\",\"o\":\"\\\"\"}"}}]}]}`},
		{"nested number", `{"messages":[{"tool_calls":[{"function":{"arguments":"[4111111111111111]"}}]}]}`, "4111111111111111", "[C]",
			`{"messages":[{"tool_calls":[{"function":{"arguments":"[\"[C]\"]"}}]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, chat(t), Media{}, Limits{}, tt.body)
			defer w.Release()
			got := replace(t, w, r, tt.needle, tt.with)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("the result is no JSON")
			}
		})
	}
}

func TestStrip(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"first", `{"partial_query":{"a":[1,{"b":"}"}]} , "x":1}`, `{"x":1}`},
		{"last", `{"x":1, "partial_query":"s"}`, `{"x":1}`},
		{"middle", `{"x":1, "partial_query":"s" ,"y":2}`, `{"x":1 ,"y":2}`},
		{"alone", `{ "partial_query":null }`, `{ }`},
		{"twice at the front", `{"partial_query":1,"partial_query":2,"y":3}`, `{"y":3}`},
		{"around", `{"partial_query":1,"y":3,"partial_query":2}`, `{"y":3}`},
		{"twice at the end", `{"y":3,"partial_query":1,"partial_query":2}`, `{"y":3}`},
		{"elements", `{"hints":["a",["b"],3]}`, `{"hints":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := walked(t, chat(t), Media{}, Limits{}, tt.body)
			defer w.Release()
			got, err := w.Splice(w.Strip())
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

// A file of many requests names its model in each, which is one fact; different
// ones without end are a gap.
func TestFactsAreBounded(t *testing.T) {
	shape := compiled(t, &Shape{Select: []Select{{Path: "m", Do: Setting, Fact: "model"}}})
	for _, c := range []struct {
		name, line string
		facts      int
		gap        bool
	}{{"one value", `{"m":"gpt"}`, freeFacts + 1, false}, {"many values", `{"m":"gpt-%d"}`, freeFacts + maxFacts, true}} {
		var body strings.Builder
		for i := range 3000 {
			if c.gap {
				fmt.Fprintf(&body, c.line+"\n", i)
			} else {
				body.WriteString(c.line + "\n")
			}
		}
		w, r := walked(t, shape, Media{ContentType: "application/x-ndjson"}, Limits{}, body.String())
		if len(r.facts) != c.facts || (len(r.gaps) == 1 && r.gaps[0].Cause == detectors.CauseWorkBudget) != c.gap {
			t.Errorf("%s: %d facts, gaps %v", c.name, len(r.facts), r.gaps)
		}
		w.Release()
	}
}

func TestLinesAreOneText(t *testing.T) {
	for body, want := range map[string][]string{
		`{"a":["x\n","y\n","z","w"],"b":["v","u\n"]}`: {"+{0}[0]", "+{0}[0]", "+{0}[0]", "", "", "+{1}[1]"},
		`["x\n",1,"y\n",{"k":"n"},"z"]`:               {"+[0]", "+[2]", "", ""},
		`[["x\n"],["y\n"]]`:                           {"+[0][0]", "+[1][0]"},
		`["x\\n","y"]`:                                {"+[0]", "+[0]"}, // a backslash and an n: a line by mistake, which hides nothing
	} {
		w, r := walked(t, &Shape{}, Media{ContentType: "application/json"}, Limits{}, body)
		var got []string
		for _, d := range r.docs {
			got = append(got, d.Join)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
		w.Release()
	}
}

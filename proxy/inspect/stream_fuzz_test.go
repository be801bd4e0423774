package inspect

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
)

// spellings write a text as the deltas of an API's stream.
var spellings = []struct {
	url  string
	open string
	each func(text string) string
	end  string
}{
	{chatURL, "", func(s string) string {
		return fmt.Sprintf("data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", s)
	}, "data: [DONE]\n\n"},
	{responsesURL, "", func(s string) string {
		return fmt.Sprintf("event: response.output_text.delta\r\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":%s}\r\n\r\n", s)
	}, "event: response.completed\r\ndata: {\"type\":\"response.completed\"}\r\n\r\n"},
	{pageURL, "event: delta\ndata: {\"p\":\"\",\"o\":\"add\",\"v\":{\"message\":{\"id\":\"a1\",\"author\":{\"role\":\"assistant\"},\"content\":{\"content_type\":\"text\",\"parts\":[\"\"]}}}}\n\nevent: delta\ndata: {\"p\":\"/message/content/parts/0\",\"o\":\"append\",\"v\":\"\"}\n\n",
		func(s string) string { return "data: {\"v\":" + s + "}\n\n" }, "data: [DONE]\n\n"},
	{processURL, "", func(s string) string { return "{\"message\":" + s + "}\n" }, ""},
}

// asDeltas writes a text as a stream, cut by the dice.
func asDeltas(kind int, text string, dice *rand.Rand, most int) (string, int) {
	d := spellings[kind]
	var b strings.Builder
	b.WriteString(d.open)
	n := 0
	for r := []rune(text); len(r) > 0; n++ {
		k := min(len(r), 1+dice.IntN(most))
		q, _ := json.Marshal(string(r[:k]))
		b.WriteString(d.each(string(q)))
		r = r[k:]
	}
	b.WriteString(d.end)
	return b.String(), n
}

// texts of one dialect, joined.
func joinedText(t *testing.T, stream string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(stream) {
		data := strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "data: ")
		if !strings.HasPrefix(data, "{") {
			continue
		}
		var e struct {
			V, Delta any
			Choices  []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if len(e.Choices) > 0 {
			out.WriteString(e.Choices[0].Delta.Content)
		}
		for _, v := range []any{e.V, e.Delta} {
			if s, ok := v.(string); ok {
				out.WriteString(s)
			}
		}
	}
	return out.String()
}

// replaced are the values that were.
func replaced(v *Verdict) map[detectors.Digest]bool {
	out := map[detectors.Digest]bool{}
	for _, x := range v.Decision.Redact {
		out[v.Findings[x.Finding].Digest] = true
	}
	return out
}

// FuzzStream holds the laws of a stream over texts, the ways of cutting them into
// deltas, and the ways of cutting those into writes: a text in which nothing is to
// be replaced goes on byte for byte; what is replaced does not depend on a cut; and
// no value that was replaced is found in what went out.
func FuzzStream(f *testing.F) {
	for k, s := range []string{
		"the boats are in", "My card is " + synthetic.CardSpaced() + ", and " + synthetic.Card(), "IBAN " + synthetic.IBAN() + "\n\npassword: " + synthetic.Word(12) + "Q7!x",
		"key " + synthetic.GitHubToken() + " é ü \u200b 😀 \"quoted\" \\ back", "ssn " + synthetic.SSN() + "; " + synthetic.SSN() + ";" + synthetic.Email(),
		"4111\u00a01111\u00a01111\u00a01111 and ４１１１ 1111 1111 1111", "YWJj " + synthetic.AWSKey(),
	} {
		f.Add(s, uint64(k), uint8(k), uint8(3+k))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64, kind, most uint8) {
		if len(text) > 4000 || !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
			t.Skip()
		}
		i := never(t, "l2")
		dice := rand.New(rand.NewPCG(seed, 7))
		d := int(kind) % len(spellings)
		stream, n := asDeltas(d, text, dice, 1+int(most)%40)
		url := spellings[d].url
		got, v, err := streamed(t, i, url, stream, 0)
		if v.Action == "allow" || v.Action == "log" {
			if got != stream {
				t.Fatalf("%s: clean, but %d bytes became %d", v.Action, len(stream), len(got))
			}
		}
		for range 2 {
			size := 1 + dice.IntN(50)
			again, w, err2 := streamed(t, i, url, stream, size)
			if w.Action != v.Action || (err == nil) != (err2 == nil) || strings.ReplaceAll(again, w.ID, "") != strings.ReplaceAll(got, v.ID, "") {
				t.Fatalf("in writes of %d: %s, not %s", size, w.Action, v.Action)
			}
		}
		if err != nil { // ended
			return
		}
		if d < 3 && n > 0 { // the same text in one delta
			one, _ := asDeltas(d, text, rand.New(rand.NewPCG(1, 1)), 1<<20)
			whole, w, err := streamed(t, i, url, strings.Replace(one, "", "", 1), 0)
			if err == nil && w.Action == v.Action && joinedText(t, whole) != joinedText(t, got) {
				t.Fatalf("%s in one delta is %q, in %d %q", w.Action, joinedText(t, whole), n, joinedText(t, got))
			}
		}
		_, w, err := streamed(t, i, url, got, 0)
		if err != nil {
			t.Fatalf("what went out is %s by %s: %q", w.Action, w.Decision.Rule, got)
		}
		for _, x := range w.Decision.Redact {
			if replaced(v)[w.Findings[x.Finding].Digest] {
				t.Fatalf("a value that was replaced is found again by %s: %q", w.Decision.Rule, got)
			}
		}
	})
}

// FuzzArguments holds that arguments of a call, in pieces, stay JSON whatever is
// replaced in them.
func FuzzArguments(f *testing.F) {
	for k, s := range []string{
		`{"card":"` + synthetic.Card() + `","n":1}`, `{"card":` + synthetic.Card() + `}`, `[["` + synthetic.IBAN() + `"],"\n\"` + synthetic.CardSpaced() + `\\"]`,
		`{"password":"` + synthetic.Word(10) + `9!","token":"` + synthetic.GitHubToken() + `\u0041"}`, `"\ud83d\ude00 ` + synthetic.SSN() + `"`, `{"a":-` + synthetic.Card() + `.5e3}`,
	} {
		f.Add(s, uint64(k), uint8(k))
	}
	f.Fuzz(func(t *testing.T, args string, seed uint64, most uint8) {
		if len(args) > 2000 || !json.Valid([]byte(args)) {
			t.Skip()
		}
		dice := rand.New(rand.NewPCG(seed, 9))
		var b strings.Builder
		for r := []rune(args); len(r) > 0; {
			k := min(len(r), 1+dice.IntN(1+int(most)%30))
			q, _ := json.Marshal(string(r[:k]))
			fmt.Fprintf(&b, "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":%s}}]}}]}\n\n", q)
			r = r[k:]
		}
		got, v, err := streamed(t, never(t, "l2"), chatURL, b.String()+"data: [DONE]\n\n", 0)
		if err != nil {
			return
		}
		var joined strings.Builder
		for line := range strings.Lines(got) {
			var e struct {
				Choices []struct {
					Delta struct {
						ToolCalls []struct{ Function struct{ Arguments string } } `json:"tool_calls"`
					}
				}
			}
			if data := strings.TrimPrefix(line, "data: "); strings.HasPrefix(data, "{") {
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					t.Fatal(err)
				}
				joined.WriteString(e.Choices[0].Delta.ToolCalls[0].Function.Arguments)
			}
		}
		if !json.Valid([]byte(joined.String())) {
			t.Fatalf("%s: %q became %q", v.Action, args, joined.String())
		}
	})
}

package content

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/promptgate/promptgate/detectors"
)

// wide writes s in UTF-16 or UTF-32.
func wide(s string, e wideEncoding) string {
	b, _ := e.encode([]byte(s))
	return string(b)
}

func TestWideJSON(t *testing.T) {
	const body = `{"messages":[{"role":"user","content":"card 4111 für 😀"}]}`
	for _, e := range []wideEncoding{{2, false, false}, {2, true, false}, {2, false, true}, {2, true, true}, {4, false, false}, {4, true, false}, {4, false, true}, {4, true, true}} {
		t.Run(fmt.Sprint(e), func(t *testing.T) {
			w, r := walked(t, chat(t), Media{ContentType: "application/json"}, Limits{}, wide(body, e))
			defer w.Release()
			if len(r.texts) != 1 || r.texts[0] != "card 4111 für 😀" || r.docs[0].Locator != "messages[0].content" || len(r.gaps) > 0 {
				t.Fatalf("%q, gaps %v", r.texts, r.gaps)
			}
			if got, want := replace(t, w, r, "4111", "[ü]"), wide(strings.Replace(body, "4111", "[ü]", 1), e); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestWideTextThatHasNoWayBackIsNotRewritten(t *testing.T) {
	for _, body := range []string{
		wide(`["card 4111"]`, wideEncoding{2, false, true}) + "x",                                          // half a unit at the end
		wide(`["card 4111`, wideEncoding{2, false, true}) + "\x00\xd8" + wide(`"]`, wideEncoding{size: 2}), // half a surrogate pair
	} {
		w, r := walked(t, &Shape{}, Media{}, Limits{}, body)
		if len(r.texts) == 0 || !strings.Contains(r.texts[0], "card 4111") {
			t.Fatalf("%q", r.texts)
		}
		if w.Places(0, detectors.Span{Start: 0, End: 4}) != nil {
			t.Error("a place in a text that cannot be written back")
		}
		w.Release()
	}
	if !utf16.IsSurrogate(0xd800) {
		t.Fatal("0xd800 is no surrogate")
	}
}

func TestAutoGoesByWhatTheBodyLooksLike(t *testing.T) {
	tests := []struct {
		name, media, body string
		want              []string
	}{
		{"JSON that calls itself text", "text/plain", `{"a":"x"}`, []string{`{0} metadata "x" label=a`}},
		{"JSON that calls itself a form", "application/x-www-form-urlencoded", `{"a":"x&b=c"}`, []string{`{0} metadata "x&b=c" label=a`}},
		{"form", "application/x-www-form-urlencoded; charset=UTF-8", `a=x+%34&b+c=&d`, []string{`{0} metadata "x 4" label=a`, `{1}:key metadata "b c"`}},
		{"form that begins with a brace", "application/x-www-form-urlencoded", `{a=x`, []string{`{0}:key metadata "{a"`, `{0} metadata "x" label={a`}},
		{"text that begins with a brace", "text/plain", `{hello} my card`, []string{`body metadata "{hello} my card"`}},
		{"no type", "", "just text", []string{`body metadata "just text"`}},
		{"lines", "", "{\"a\":\"x\"}\n\n[\"y\"]\n", []string{`[0].{0} metadata "x" label=a`, `[2][0] metadata "y"`}},
		{"declared lines with a broken one", "application/x-ndjson", "{\"a\":\"x\"\n{\"a\":\"y\"}", []string{`[0].{0} metadata "x" label=a`, `[1].{0} metadata "y" label=a`, `gap decode_error [0].{0}`}},
		{"latin-1", "text/plain; charset=iso-8859-1", "M\xfcller", []string{`body metadata "M\xfcller"`}},
		{"utf-16 without a mark", "text/csv; charset=utf-16le", wide("ж,4111", wideEncoding{size: 2}), []string{`body metadata "ж,4111"`}},
		{"picture", "application/json", "\x89PNG\r\n\x1a\n\x00\x00", []string{`body metadata "\x89PNG\r\n\x1a\n\x00\x00" label=`, `gap image body`}},
		{"pdf", "application/pdf", "%PDF-1.7\n\x00\x01", []string{`gap unknown_format body`}},
		{"pdf of nothing but text", "application/pdf", "%PDF-1.7 my card", []string{`body metadata "%PDF-1.7 my card"`, `gap unknown_format body`}},
		{"sound", "audio/mpeg", "\xff\xfb\x90\x00\x00", []string{`gap audio body`}},
		{"bytes", "application/octet-stream", "\x00\x01\x02", []string{`gap unknown_format body`}},
		{"scalar", "application/json", `"my card"`, []string{`body metadata "my card"`}},
		{"number", "application/json", `4111111111111111`, []string{`body metadata "4111111111111111"`}},
		{"empty", "application/json", ``, nil},
		{"type that is none", "my card/4111", `["x"]`, []string{`[0] metadata "x"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, &Shape{}, Media{ContentType: tt.media}, Limits{}, tt.body)
			defer w.Release()
			for i := range tt.want {
				tt.want[i] = strings.TrimSuffix(tt.want[i], " label=")
			}
			if got := r.lines(); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

func TestRedactForm(t *testing.T) {
	s := compiled(t, &Shape{Format: Form, Select: []Select{{Path: "prompt", Role: RoleUser}, {Path: "state", Do: Nested}, {Path: "draft", Do: Strip}}})
	tests := []struct{ name, body, needle, with, want string }{
		{"value", "a=1&prompt=card+%34111+now&b=2", "4111", "[C 1]", "a=1&prompt=card+%5BC+1%5D+now&b=2"},
		{"name", "my+4111=x", "4111", "[C]", "my+%5BC%5D=x"},
		{"JSON inside", "state=%7B%22a%22%3A+%22x+4111%22%7D&c=d", "4111", `"`, "state=%7B%22a%22%3A+%22x+%5C%22%22%7D&c=d"},
		{"number inside JSON inside", "state=[4111111111111111]", "4111111111111111", `C`, "state=[%22C%22]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, s, Media{}, Limits{}, tt.body)
			defer w.Release()
			if got := replace(t, w, r, tt.needle, tt.with); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	for _, body := range []string{"draft=x&prompt=y", "prompt=y&draft=x", "draft=x&draft&prompt=y&draft=z"} {
		w, _ := walked(t, s, Media{}, Limits{}, body)
		if got, err := w.Splice(w.Strip()); err != nil || string(got) != "prompt=y" {
			t.Errorf("%s: stripped to %s (%v)", body, got, err)
		}
		w.Release()
	}
}

func TestData(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	png := b64("\x89PNG\r\n\x1a\n\x00\x00\x00\x00" + strings.Repeat("\x00\xff", 5000))
	file := func(v string) string {
		return `{"messages":[{"content":[{"file":{"file_data":"` + v + `"}}]}]}`
	}
	image := func(v string) string {
		return `{"messages":[{"content":[{"image_url":{"url":"` + v + `"}}]}]}`
	}
	sound := func(v string) string {
		return `{"messages":[{"content":[{"input_audio":{"data":"` + v + `"}}]}]}`
	}
	const f, u, a = "messages[0].content[0].file.file_data", "messages[0].content[0].image_url.url", "messages[0].content[0].input_audio.data"
	tests := []struct {
		name, body string
		want       []string
	}{
		{"text file", file("data:text/csv;base64," + b64("a,4111")), []string{f + ` file "a,4111" label=file_data`}},
		{"escaped slashes", file(strings.ReplaceAll("data:text/plain;base64,"+b64("???card~~~"), "/", `\/`)), []string{f + ` file "???card~~~" label=file_data`}},
		{"JSON file", file("data:application/json;base64," + b64(`{"a":"\u0034"}`)), []string{f + `.{0} file "4" label=a`}},
		{"percent", file("data:text/plain,my%20card"), []string{f + ` file "my card" label=file_data`}},
		{"base64 alone", file(b64("a text file that is long enough")), []string{f + ` file "a text file that is long enough" label=file_data`}},
		{"plain text", file("my card is"), []string{f + ` file "my card is" label=file_data`}},
		{"letters that decode to bytes", file("AKIAIOSFODNN7EXAMPLE"), []string{f + ` file "AKIAIOSFODNN7EXAMPLE" label=file_data`, `gap unknown_format ` + f}},
		{"pdf", file("data:application/pdf;base64," + b64("%PDF-1.7\n\x00")), []string{`gap unknown_format ` + f}},
		{"damaged base64", file("data:text/plain;base64," + b64("my card") + "!!!"), []string{f + ` file "my car" label=file_data`, f + `:rest file "bXkgY2FyZA==!!!"`, `gap decode_error ` + f}},
		{"picture", image("data:image/png;base64," + png), []string{`gap image ` + u}},
		{"picture alone", image(png), []string{`gap image ` + u}},
		{"picture of an unknown sort", image("data:image/x;base64," + b64("\x00\x01\x02")), []string{`gap image ` + u}},
		{"picture that is text", image("data:image/png;base64," + b64("my card is 4111")), []string{u + ` file "my card is 4111" label=url`}},
		{"picture elsewhere", image("https://example.com/a.png"), []string{`gap image ` + u}},
		{"picture elsewhere with a query", image("https://example.com/a.png?card=4111"), []string{u + ` metadata "https://example.com/a.png?card=4111" label=url`, `gap image ` + u}},
		{"sound", sound(b64("RIFF\x00\x00\x00\x00WAVEfmt \x00\x00")), []string{`gap audio ` + a}},
		{"prose that begins like it", `["data: my card, really"]`, []string{`[0] metadata "data: my card, really"`}},
		{"data url in a field of any sort", `["data:text/plain;base64,` + b64("my card") + `"]`, []string{`[0] file "my card"`}},
		{"utf-16 file", file("data:text/plain;base64," + b64(wide("my card", wideEncoding{2, false, true}))), []string{f + ` file "my card" label=file_data`}},
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
	t.Run("redact", func(t *testing.T) {
		body := file(strings.ReplaceAll("data:text/plain;base64,"+b64("???4111~~~"), "/", `\/`))
		w, r := walked(t, chat(t), Media{}, Limits{}, body)
		defer w.Release()
		got := replace(t, w, r, "4111", "[C]")
		if want := file(`data:text\/plain;base64,` + b64("???[C]~~~")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestLimitsEndInGapsAndNothingIsSkipped(t *testing.T) {
	deep := strings.Repeat("[", 300) + `"card 4111"` + strings.Repeat("]", 300)
	nested := `"x 4111"`
	for range 12 {
		nested = fmt.Sprintf("[%q]", nested)
	}
	tests := []struct {
		name, body string
		limits     Limits
		cause      detectors.Cause
	}{
		{"nesting", deep, Limits{}, detectors.CauseDecodeError},
		{"documents", `["a","b","c",{"card":"4111"}]`, Limits{Docs: 2}, detectors.CauseWorkBudget},
		{"spaces in spaces", nested, Limits{}, detectors.CauseDecodeBomb},
		{"decoded bytes", `["[\"card 4111\"]"]`, Limits{Decoded: 3}, detectors.CauseDecodeBomb},
	}
	all := compiled(t, &Shape{Select: []Select{{Path: "**", Do: Nested}}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, all, Media{ContentType: "application/json"}, tt.limits, tt.body)
			defer w.Release()
			if !strings.Contains(strings.Join(r.texts, "\n"), "4111") {
				t.Errorf("the card was not read: %q", r.texts)
			}
			found := false
			for _, g := range r.gaps {
				found = found || g.Cause == tt.cause
			}
			if !found {
				t.Errorf("gaps %v, want %s", r.gaps, tt.cause)
			}
		})
	}
}

func TestLocatorsOfDeepValuesAreShort(t *testing.T) {
	body := strings.Repeat(`{"a":[`, 60) + `"card 4111"` + strings.Repeat(`]}`, 60)
	w, r := walked(t, &Shape{}, Media{ContentType: "application/json"}, Limits{}, body)
	defer w.Release()
	if len(r.texts) != 1 || r.texts[0] != "card 4111" {
		t.Fatalf("%q", r.texts)
	}
	l := r.docs[0].Locator
	if len(l) != maxLocator || !strings.HasPrefix(l, "{0}[0].{0}") || !strings.HasSuffix(l, "{0}[0]") || !strings.Contains(l, "…") {
		t.Errorf("a locator of %d bytes: %q", len(l), l)
	}
}

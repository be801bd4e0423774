package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/promptgate/promptgate/detectors"
)

// medias are the declared types that the fuzz targets choose from.
func medias() []string {
	return []string{"application/json", "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/x-ndjson", "text/csv; charset=utf-16be"}
}

// seeds are bodies for each of the formats, for all of medias.
func seeds() []string {
	return []string{
		`{"model":"gpt","messages":[{"role":"user","content":"a \u0034\ud83d\ude00\n\"b\""},{"content":[{"type":"text","text":"x"}],"role":"tool"}]}`,
		`{"messages":[{"tool_calls":[{"function":{"arguments":"{\"a\":\"\\u0034 \\\"x\\\"\",\"n\":4111111111111111}"}}]}],"my key":1234567890}`,
		`{"messages":[{"content":[{"file":{"file_data":"data:text\/plain;base64,bXkgY2FyZCBpcyA0MTEx"}},{"image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}`,
		`{"partial_query":{"a":[1]},"hints":["a","b"],"prompt":[[1,2],"x"],"token":"a b"}`,
		"{\"a\":\"x\"}\n[\"y\",NaN]\n", `{"a":"x" "b"}`, `["a\`, "\xef\xbb\xbf[1,]", "[[[[\"deep\"]]]]", `{"a":"\ud800x\udc00","\u0061b":-0.5e+3}`,
		"prompt=x+%34%zz&b+c=%7B%22a%22%3A1%7D&draft=1", "plain text, my card",
		crlf("--b\nContent-Disposition: form-data; name=\"prompt\"; filename=\"a \\\"b\\\".txt\"\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n--b\nContent-Disposition: form-data; name=x; filename*=utf-8''a%20b\nContent-Type: application/json\n\n[\"a b\"]\n--b--\n"),
		wide(`{"a":"x 😀"}`, wideEncoding{2, false, true}), wide(`["x"]`, wideEncoding{4, true, false}),
	}
}

// The reader and jsontext see the same tokens in every text that jsontext takes.
func FuzzJSONAgainstJSONText(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	for _, s := range []string{"0", "-0.0e-1", "[1.5,true,false,null,{}]", `{"":{"":""}}`, "\"\x7f\"", " [\t1\n,\r2 ] "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		oracle := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		var want []jsontext.Token
		for {
			tok, err := oracle.ReadToken()
			if errors.Is(err, io.EOF) && len(want) > 0 {
				break
			}
			if err != nil {
				return
			}
			want = append(want, tok.Clone())
			if oracle.StackDepth() == 0 && len(bytes.TrimSpace(body[oracle.InputOffset():])) > 0 {
				return // more than one value
			}
		}
		var r jsonReader
		r.reset(body, 0, 1<<20)
		for i, tok := range want {
			got := r.next()
			kind := map[tokenKind]string{tokenKey: `"`, tokenString: `"`, tokenNumber: "0", tokenWord: "tfn", tokenOpen: "{[", tokenClose: "}]"}[got.kind]
			if !strings.ContainsRune(kind, rune(tok.Kind())) {
				t.Fatalf("token %d of %d bytes: kind %d, want %q", i, len(body), got.kind, tok.Kind())
			}
			switch got.kind {
			case tokenKey, tokenString:
				text, _ := JSONString.appendText(nil, body[got.start:got.end])
				if s := strings.ToValidUTF8(string(text), "\ufffd"); strings.ToValidUTF8(tok.String(), "\ufffd") != s && utf8.Valid(body) {
					t.Fatalf("token %d: %q, want %q", i, s, tok.String())
				}
			case tokenNumber:
				if s := string(body[got.start:got.end]); s != tok.String() {
					t.Fatalf("token %d: %s, want %s", i, s, tok.String())
				}
			}
		}
		if end := r.next(); end.kind != tokenEnd || end.start != len(body) {
			t.Fatalf("the value does not end where it should")
		}
	})
}

// Law L9: without edits the same bytes. And a document replaced by its own text
// is found again with that text at the same place.
func FuzzSpliceIdentity(f *testing.F) {
	for i := range medias() {
		for _, s := range seeds() {
			f.Add(uint8(i), []byte(s))
		}
	}
	shape := chat(f)
	free := compiled(f, &Shape{Select: append(slices.Clone(shape.Select), Select{Path: "prompt"})})
	f.Fuzz(func(t *testing.T, m uint8, body []byte) {
		media := Media{ContentType: medias()[int(m)%len(medias())]}
		w, r := walked(t, free, media, Limits{}, string(body))
		defer w.Release()
		same, err := w.Splice(nil)
		if err != nil || !bytes.Equal(same, body) {
			t.Fatal("without an edit the body is not the one that came")
		}
		var edits []Edit
		for i, text := range r.texts {
			if strings.HasSuffix(r.docs[i].Locator, ":rest") {
				continue // what was lost may be found when its escapes are gone
			}
			for _, p := range w.Places(i, detectors.Span{Start: 0, End: len(text)}) {
				if (p.Quote == HeaderString || p.Quote == HeaderToken) && strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
					continue // a folded line: cannot be written as it was
				}
				edits = append(edits, Edit{Place: p, With: []byte(text)})
			}
		}
		if overlapping(edits) {
			return // a text that was lost is read twice
		}
		edited, err := w.Splice(edits)
		if err != nil {
			t.Fatal(err)
		}
		w2, r2 := walked(t, free, media, Limits{}, string(edited))
		defer w2.Release()
		if !slices.Equal(locators(r), locators(r2)) || !slices.Equal(r.texts, r2.texts) {
			t.Fatalf("%q\nbecame\n%q\n%q\nwant\n%q", body, edited, r2.lines(), r.lines())
		}
	})
}

// overlapping reports whether two edits touch the same bytes of a space, or of
// a space and one inside it.
func overlapping(edits []Edit) bool {
	for i, a := range edits {
		for _, b := range edits[:i] {
			if a.Space == b.Space && a.Span.Overlaps(b.Span) || a.Space != b.Space && a.Quote == Plain && b.Quote == Plain {
				return true
			}
		}
	}
	return false
}

func locators(r *record) []string {
	var out []string
	for _, d := range r.docs {
		out = append(out, d.Locator)
	}
	return out
}

// A span of any document is replaced: what was valid stays valid, every
// document is found again at its place, and the edited one reads as edited.
func FuzzRedactStaysValid(f *testing.F) {
	for i := range medias() {
		for _, s := range seeds() {
			f.Add(uint8(i), []byte(s), uint16(1), uint16(3), uint16(7))
		}
	}
	shape := chat(f)
	free := compiled(f, &Shape{Select: append(slices.Clone(shape.Select), Select{Path: "prompt"})})
	const with = "[R 1 \"\\]"
	f.Fuzz(func(t *testing.T, m uint8, body []byte, doc, from, length uint16) {
		media := Media{ContentType: medias()[int(m)%len(medias())]}
		w, r := walked(t, free, media, Limits{}, string(body))
		defer w.Release()
		if len(r.docs) == 0 {
			return
		}
		i := int(doc) % len(r.docs)
		text := r.texts[i]
		start := border(text, int(from)%len(text))
		end := border(text, min(len(text), start+1+int(length)))
		if end <= start {
			return
		}
		places := w.Places(i, detectors.Span{Start: start, End: end})
		if len(places) == 0 {
			if w.rewritable(w.docs[i].space) {
				t.Fatalf("no place for [%d,%d) of %d bytes", start, end, len(text))
			}
			return
		}
		if strings.HasSuffix(r.docs[i].Locator, ":rest") || (places[0].Quote == Plain && strings.HasSuffix(r.docs[i].Locator, ":header")) {
			return // what was lost may be read as something else
		}
		if places[0].Quote == Plain && (r.docs[i].Locator == "body" || strings.Trim(text[:start], " \t\r\n\ufeff") == "") {
			return // text as a whole, of the body or of a part: an edit may make it look like JSON, or no longer like it
		}
		edited, err := w.Splice([]Edit{{Place: places[0], With: []byte(with)}})
		if err != nil {
			t.Fatal(err)
		}
		if json.Valid(body) && !json.Valid(edited) && media.ContentType == "application/json" {
			t.Fatalf("%q\nbecame\n%q\nwhich is no JSON", body, edited)
		}
		if v := new(jsonReader); v.validJSON(edited, 256) && !v.validJSON(body, 256) {
			return // what broke it was replaced
		}
		if bytes.IndexByte(body, 0) >= 0 && !bytes.HasPrefix(body, []byte("\xff\xfe")) && !bytes.HasPrefix(body, []byte("\xfe\xff")) {
			return // zeros and no byte order mark: which UTF it is is a guess, and an edit may change it
		}
		if l := w.layers[places[0].Space]; l.Codec == "base64" && !bytes.Contains(bytes.ToLower(body), []byte(";base64")) {
			return // base64 that is not declared: short ones are read as they stand
		}
		if strings.IndexByte(text, 0) >= 0 {
			return // a mark followed by zeros is UTF-16 or UTF-32
		}
		want := slices.Clone(r.texts)
		want[i] = text[:start] + with + text[end:]
		if places[0].Quote.whole() {
			want[i] = with
		}
		w2, r2 := walked(t, free, media, Limits{}, string(edited))
		defer w2.Release()
		if !slices.Equal(locators(r), locators(r2)) || !slices.Equal(want, r2.texts) {
			t.Fatalf("[%d,%d) of document %d in\n%q\nbecame\n%q\n%q\nwant\n%q", start, end, i, body, edited, r2.texts, want)
		}
	})
}

// border moves i left to the border of a rune, so that no escape is cut.
func border(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

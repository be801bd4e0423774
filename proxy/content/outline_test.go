package content

import (
	"fmt"
	"strings"
	"testing"
)

func outlined(m Media, body string) string {
	format, values := Outline(m, []byte(body), func(k []byte) bool { return !strings.ContainsAny(string(k), " 0123456789") })
	out := format
	for _, v := range values {
		out += fmt.Sprintf(" %s:%s:%d", v.Path, v.Type, v.Size)
	}
	return out
}

func TestOutline(t *testing.T) {
	for _, c := range []struct{ name, media, body, want string }{
		{"object", "application/json", `{"a":"secret","b":[1,2.5,{"c":null}],"d":{"my key":true}}`, "json a:string:6 b:array:3 b[*]:number:1 b[*]:number:3 b[*]:object:1 b[*].c:null:0 d:object:1 d.*:boolean:0"},
		{"array", "application/json", `[["x"],"yy"]`, "json [*]:array:1 [*][*]:string:1 [*]:string:2"},
		{"scalar", "application/json", `"secret"`, "json :string:6"},
		{"broken", "application/json", `{"a":"secret","b`, "json a:string:6"},
		{"lines", "", "{\"a\":1}\n{\"b\":2}\n", "lines a:number:1"},
		{"form", "application/x-www-form-urlencoded", "a=secret&my+1=x", "form a:string:6 *:string:1"},
		{"multipart", "multipart/form-data; boundary=b", crlf("--b\nContent-Disposition: form-data; name=\"a\"\n\nsecret\n--b\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\n\nhello\n--b--\n"), "multipart a:string:6 f:file:5"},
		{"text", "text/plain", "secret", "text"},
		{"binary", "", "\x00\x01", "binary"},
		{"empty", "application/json", "", "empty"},
	} {
		if got := outlined(Media{ContentType: c.media}, c.body); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
	packed, err := encodeGzip([]byte(`{"a":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := outlined(Media{ContentType: "application/json", ContentEncoding: "gzip"}, string(packed)); got != "json a:string:1" {
		t.Error(got)
	}
	if got := strings.Count(outlined(Media{ContentType: "application/json"}, "["+strings.Repeat("1,", 5000)+"1]"), "number"); got != maxOutlined {
		t.Errorf("%d values", got)
	}
}

// An outline holds no value of a body, and panics on none.
func FuzzOutline(f *testing.F) {
	for i := range medias() {
		for _, s := range seeds() {
			f.Add(uint8(i), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, m uint8, body []byte) {
		_, values := Outline(Media{ContentType: medias()[int(m)%len(medias())]}, body, func(k []byte) bool { return string(k) == "messages" })
		for _, v := range values {
			if rest := strings.NewReplacer("messages", "", "[*]", "", "*", "", ".", "").Replace(v.Path); rest != "" {
				t.Fatalf("%q stands in a path", rest)
			}
		}
	})
}

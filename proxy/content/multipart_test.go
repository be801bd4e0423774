package content

import (
	"strings"
	"testing"
)

// crlf writes a multipart body as it goes over the wire.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func upload(t testing.TB) *Shape {
	return compiled(t, &Shape{Format: Multipart, Select: []Select{
		{Path: "purpose", Do: Setting, Fact: "purpose"},
		{Path: "file", Role: RoleFile},
		{Path: "prompt", Role: RoleUser},
		{Path: "session", Do: Nested, Role: RoleSystem},
		{Path: "draft", Do: Strip},
		{Path: "image", Do: Picture},
	}})
}

func TestWalkMultipart(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{"fields and a file",
			"--b\nContent-Disposition: form-data; name=\"purpose\"\n\nuser_data\n--b\nContent-Disposition: form-data; name=\"file\"; filename=\"Marta K.csv\"\nContent-Type: text/csv\n\nname,iban\nx,y\n\n--b--\n",
			[]string{`file:filename metadata "Marta K.csv" label=filename`, `file file "name,iban\r\nx,y\r\n" label=file`, `fact purpose=user_data purpose`}},
		{"unknown field, name is text", "--b\nContent-Disposition: form-data; name=\"card 4111\"\n\nv\n--b--", []string{`{0}:key metadata "card 4111"`, `{0} metadata "v" label=card 4111`}},
		{"JSON part and JSON field", "--b\nContent-Disposition: form-data; name=session\nContent-Type: application/json\n\n{\"i\":\"x\"}\n--b\nContent-Disposition: form-data; name=\"session\"\n\n{\"i\":\"y\"}\n--b--\n",
			[]string{`session.{0} system "x" label=i`, `session.{0} system "y" label=i`}},
		{"quoted-printable and base64", "--b\nContent-Disposition: form-data; name=prompt\nContent-Transfer-Encoding: quoted-printable\n\n4=31=\n11\n--b\nContent-Disposition: form-data; name=\"prompt\"\nContent-Transfer-Encoding: base64\n\nNDEx\nMQ==\n--b--\n",
			[]string{`prompt user "4111" label=prompt`, `prompt user "4111" label=prompt`}},
		{"extended file name", "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"; filename*=UTF-8''J%C3%BCrgen%20a.txt\n\nx\n--b--\n",
			[]string{`file:filename metadata "a.txt" label=filename`, `file:filename metadata "Jürgen a.txt" label=filename`, `file file "x" label=file`}},
		{"picture", "--b\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\nContent-Type: image/png\n\n\x89PNG\x00\x00\n--b--\n",
			[]string{`image:filename metadata "a.png" label=filename`, `gap image image`}},
		{"text that calls itself a picture", "--b\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\nContent-Type: image/png\n\nGIF89a card\n--b--\n",
			[]string{`image:filename metadata "a.png" label=filename`, `image file "GIF89a card" label=image`, `gap image image`}},
		{"nested", "--b\nContent-Disposition: form-data; name=\"file\"\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Disposition: file; filename=\"x\"\n\nhello\n--c--\n--b--\n",
			[]string{`file.{0}:filename metadata "x" label=filename`, `file.{0} file "hello"`}},
		{"what stands around the parts", "pre\n--b\nX-Note: my card\nContent-Disposition: form-data; name=\"prompt\"\n\nx\n--b--\npost",
			[]string{`:preamble metadata "pre"`, `prompt:header metadata "my card"`, `prompt user "x" label=prompt`, `:epilogue metadata "post"`}},
		{"not closed", "--b\nContent-Disposition: form-data; name=\"prompt\"\n\nx", []string{`prompt user "x" label=prompt`, `gap decode_error body`}},
		{"another boundary than declared", "--other\nContent-Disposition: form-data; name=\"prompt\"\n\nx\n--other--\n", []string{`prompt user "x" label=prompt`}},
		{"no multipart at all", "my card", []string{`body metadata "my card"`, `gap decode_error body`}},
		{"JSON instead", `{"prompt":"x"}`, []string{`prompt user "x" label=prompt`, `gap decode_error body`}},
		{"header without a body", "--b\nmy card is here\n--b--\n", []string{`{0}:header metadata "my card is here"`}},
		{"longer word than the boundary", "--b\nContent-Disposition: form-data; name=\"prompt\"\n\n--bee\n--b--\n", []string{`prompt user "--bee" label=prompt`}},
		{"batch lines without a type", "--b\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\nContent-Type: application/octet-stream\n\n{\"custom_id\":\"a b\"}\n{\"body\":{\"prompt\":\"x\"}}\n--b--\n",
			[]string{`file:filename metadata "a" label=filename`, `file[0].{0} file "a b" label=custom_id`, `file[1].{0}.prompt file "x" label=prompt`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, upload(t), Media{ContentType: `multipart/form-data; boundary=b`}, Limits{}, crlf(tt.body))
			defer w.Release()
			if got := r.lines(); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

func TestRedactMultipart(t *testing.T) {
	const head = "--b\nContent-Disposition: form-data; name=\"file\"; filename="
	tests := []struct{ name, body, needle, with, want string }{
		{"file name", head + "\"my 4111 file\"\n\nx\n--b--\n", "4111", `[C"]`, head + "\"my [C\\\"] file\"\n\nx\n--b--\n"},
		{"file name without quotes", head + "my4111\n\nx\n--b--\n", "4111", `[C]`, head + "\"[C]\"\n\nx\n--b--\n"},
		{"extended file name", head + "a; filename*=UTF-8''%34111%20a\n\nx\n--b--\n", "4111 a", `[C]`, head + "a; filename*=UTF-8''%5BC%5D\n\nx\n--b--\n"},
		{"file", head + "\"a\"\nContent-Type: text/csv\n\nx,4111\n--b--\n", "4111", `[C]`, head + "\"a\"\nContent-Type: text/csv\n\nx,[C]\n--b--\n"},
		{"quoted-printable", head + "\"a\"\nContent-Transfer-Encoding: quoted-printable\n\nx 4=31=\n11 =C3=BC\n--b--\n", "4111", `[=]`, head + "\"a\"\nContent-Transfer-Encoding: quoted-printable\n\nx [=3D] =C3=BC\n--b--\n"},
		{"base64", head + "\"a\"\nContent-Transfer-Encoding: base64\n\neCA0\nMTEx\n--b--\n", "4111", `[C]`, head + "\"a\"\nContent-Transfer-Encoding: base64\n\neCBb\nQ10=\n--b--\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, r := walked(t, upload(t), Media{ContentType: `multipart/form-data; boundary="b"`}, Limits{}, crlf(tt.body))
			defer w.Release()
			if got := replace(t, w, r, tt.needle, tt.with); got != crlf(tt.want) {
				t.Errorf("got\n%q\nwant\n%q", got, crlf(tt.want))
			}
		})
	}
}

func TestStripPart(t *testing.T) {
	const a, d, c = "--b\nContent-Disposition: form-data; name=\"prompt\"\n\nx\n", "--b\nContent-Disposition: form-data; name=\"draft\"\n\nsecret\n", "--b--\n"
	for _, body := range []string{a + d + c, d + a + c, d + a + d + d + c} {
		w, r := walked(t, upload(t), Media{ContentType: `multipart/form-data; boundary=b`}, Limits{}, crlf(body))
		got, err := w.Splice(w.Strip())
		if err != nil || string(got) != crlf(a+c) {
			t.Errorf("%q: got %q (%v)", body, got, err)
		}
		if len(r.docs) != 1 {
			t.Errorf("%q: %d documents, want the prompt alone", body, len(r.docs))
		}
		w.Release()
	}
}

package content

import (
	"strings"
	"testing"
)

func TestColumns(t *testing.T) {
	shape := compiled(t, &Shape{Select: []Select{{Path: "file", Role: RoleFile}}})
	for _, c := range []struct {
		name, media, text, needle string
		column                    int // -1 for no table
	}{
		{"CSV by its look", "", "name,card\nLena,4111\n", "4111", 1},
		{"semicolons", "", "name;card;x\nLena;\"a;b\"\"c\";4111\n", "4111", 2},
		{"TSV", "", "a\tb\n\t4111\n", "4111", 1},
		{"declared", "text/csv", "one line, 4111", "4111", 1},
		{"declared, with bars", "text/csv", "a|b|c\n1,2|x|4111\n", "4111", 2},
		{"quoted", "text/csv", "a,b\n\"x, y\",4111\n", "4111", 1},
		{"prose", "", "Hello, Lena.\nThe card is 4111.\nBye, bye, now.", "4111", -1},
		{"one line", "", "Hello, 4111", "4111", -1},
		{"a long table", "", strings.Repeat("aaaa,bbbb,cccc\n", 1000) + "x,y,4111\n", "4111", 2},
	} {
		header := ""
		if c.media != "" {
			header = "\nContent-Type: " + c.media
		}
		body := crlf("--b\nContent-Disposition: form-data; name=\"file\"; filename=\"f\""+header+"\n\n") + c.text + crlf("\n--b--\n")
		w, r := walked(t, shape, Media{ContentType: "multipart/form-data; boundary=b"}, Limits{}, body)
		i := len(r.docs) - 1
		n, ok := w.Column(i, strings.Index(r.texts[i], c.needle), r.docs[i].Media)
		if ok != (c.column >= 0) || ok && n != c.column {
			t.Errorf("%s: column %d, %v; media %s", c.name, n, ok, r.docs[i].Media)
		}
		w.Release()
	}
}

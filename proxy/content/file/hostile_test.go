package file

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// wilds are the files of testdata, without those that PDFium reads, by name.
func wilds(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		switch filepath.Ext(name) {
		case ".py", ".golden", ".pdf":
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = data
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	_ = w.WriteHeader(&tar.Header{Name: "a.txt", Size: 5, Mode: 0o600, Typeflag: tar.TypeReg})
	_, _ = w.Write([]byte("hello"))
	_ = w.Close()
	out["a.tar"] = b.Bytes()
	out["a.tar.gz"] = gzipped(t, "a.tar", b.Bytes())
	out["a.rar"] = rarOf(rarEntry{"a.txt", "hello"})
	if len(out) < 10 {
		t.Fatalf("%d files", len(out))
	}
	return out
}

// A file that ends too early says so: it is a gap, or what it has lost is nothing
// that is read. It is never taken for whole when its text is not.
func TestFilesThatEndTooEarly(t *testing.T) {
	for name, data := range wilds(t) {
		whole := read(t, &Reader{}, data, "")
		for i := range 24 {
			cut := len(data) * (i + 1) / 25
			x := read(t, &Reader{}, data[:cut], "")
			less := len(x.Parts) < len(whole.Parts)
			for k := range x.Parts {
				less = less || k < len(whole.Parts) && len(x.Parts[k].Text) < len(whole.Parts[k].Text)
			}
			if x.Kind != "" && x.Kind != "mail" && x.Kind != "picture" && less && len(x.Gaps) <= len(whole.Gaps) {
				t.Errorf("%s, %d of %d bytes: %s", name, cut, len(data), describe(x))
			}
		}
	}
}

// What unpacks to much more than it is ends at the limits, in every format that
// packs.
func TestMoreBombs(t *testing.T) {
	zeros := bytes.Repeat([]byte{'0'}, 40<<20)
	sheet := "<worksheet><row>" + strings.Repeat("<c t=\"s\"><v>0</v></c>", 200_000) + "</row></worksheet>"
	limits := Limits{Text: 1 << 20, Unpack: 8 << 20, Entries: 50}
	many := make([]string, 0, 400)
	for i := range 200 {
		many = append(many, strings.Repeat("d/", i%7)+"f"+string(rune('a'+i%26))+strings.Repeat("x", i), "y")
	}
	for name, data := range map[string][]byte{
		"zip":            zipped(t, "a", string(zeros)),
		"zip of many":    zipped(t, many...),
		"gzip":           gzipped(t, "a", zeros),
		"gzip of gzip":   gzipped(t, "a", gzipped(t, "b", zeros)),
		"docx":           zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:t>"+string(zeros)+"</w:t>"),
		"xlsx":           zipped(t, "[Content_Types].xml", "<Types/>", "xl/sharedStrings.xml", "<sst><si><t>"+strings.Repeat("long ", 2000)+"</t></si></sst>", "xl/worksheets/sheet1.xml", sheet),
		"odt":            zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<a>"+string(zeros)+"</a>"),
		"zip in zip":     zipped(t, "a.zip", string(zipped(t, "b.zip", string(zipped(t, "c.zip", string(zipped(t, "d", "deep"))))))),
		"mail of a bomb": []byte("From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\n\r\n" + string(zipped(t, "a", string(zeros)))),
	} {
		x := read(t, &Reader{Limits: limits}, data, "")
		size, told := 0, false
		for _, p := range x.Parts {
			size += len(p.Text)
		}
		for _, g := range x.Gaps {
			told = told || g.Cause == detectors.CauseDecodeBomb || g.Cause == detectors.CauseDecodeError
		}
		if !told || size > limits.Text {
			t.Errorf("%s: %d bytes of text, gaps %v", name, size, x.Gaps)
		}
	}
}

// Whatever the bytes are: no panic, and no more text than the limit. And an edit
// that is carried out leaves a file that reads as edited.
func FuzzEdit(f *testing.F) {
	for _, data := range wilds(f) {
		if len(data) < 32<<10 {
			f.Add(data, uint16(0), uint16(1))
		}
	}
	limits := Limits{Text: 1 << 20, Unpack: 4 << 20, Entries: 100}
	f.Fuzz(func(t *testing.T, data []byte, at, length uint16) {
		r := &Reader{Limits: limits}
		x := r.Read(context.Background(), data, "")
		size := 0
		for i, p := range x.Parts {
			size += len(p.Text)
			if !p.Editable || len(p.Text) == 0 {
				continue
			}
			start := int(at) % len(p.Text)
			end := min(len(p.Text), start+1+int(length)%16)
			out, ok := r.Edit(context.Background(), data, "", []content.FileEdit{{Part: i, Start: start, End: end, With: "[R]"}})
			if !ok {
				break
			}
			if y := r.Read(context.Background(), out, ""); y.Kind != x.Kind || len(y.Parts) < len(x.Parts)-1 || !strings.Contains(describe(y), "[R]") {
				t.Fatalf("part %d of\n%sedited is\n%s", i, describe(x), describe(y))
			}
			break
		}
		if size > limits.Text {
			t.Fatalf("%d bytes of text", size)
		}
	})
}

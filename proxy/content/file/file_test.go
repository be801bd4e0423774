package file

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

var update = flag.Bool("update", false, "write the golden file anew")

// pdf is compiled once for all tests, and where there is a cache of builds once
// for all runs.
var pdf = sync.OnceValue(func() *PDF {
	if dir, err := os.UserCacheDir(); err == nil {
		return &PDF{Cache: filepath.Join(dir, "promptgate-test")}
	}
	return &PDF{}
})

func read(t testing.TB, r *Reader, data []byte, media string) content.FileText {
	t.Helper()
	return r.Read(context.Background(), data, media)
}

// describe is a FileText as text.
func describe(x content.FileText) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", x.Kind)
	for _, p := range x.Parts {
		fmt.Fprintf(&b, "  %s %s %q\n", p.Locator, p.Media, p.Text)
	}
	for _, f := range x.Facts {
		fmt.Fprintf(&b, "  fact %s=%s\n", f.Name, f.Value)
	}
	for _, g := range x.Gaps {
		fmt.Fprintf(&b, "  gap %s %s\n", g.Cause, g.Locator)
	}
	return b.String()
}

// The files of testdata are written by the libraries people write them with.
func TestFilesOfTheWild(t *testing.T) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	n := 0
	for _, name := range names {
		if ext := filepath.Ext(name); ext == ".py" || ext == ".golden" {
			continue
		}
		n++
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s: %s", filepath.Base(name), describe(read(t, &Reader{PDF: pdf()}, data, "")))
	}
	if n < 9 {
		t.Fatalf("%d files", n)
	}
	const golden = "testdata/files.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != got.String() {
		t.Errorf("%v; got:\n%s", err, got.String())
	}
}

func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = name
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t testing.TB, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Which of two entries with one name is the document is for its reader to say.
func TestTwoEntriesOfOneNameAreAGap(t *testing.T) {
	for _, name := range []string{"word/document.xml", "word\\document.xml"} {
		x := read(t, &Reader{}, zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<t>clean</t>", name, "<t>hidden</t>"), "")
		if x.Kind != "docx" || len(x.Gaps) != 1 || x.Gaps[0].Cause != detectors.CauseDecodeError {
			t.Errorf("%s: %s", name, describe(x))
		}
	}
}

// A workbook keeps copies of its cells in places that nobody sees.
func TestCopiesInAWorkbookAreRead(t *testing.T) {
	x := read(t, &Reader{}, zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>",
		"xl/pivotCache/pivotCacheRecords1.xml", `<r><x v="0"/><s v="kept in a pivot table"/></r>`,
		"xl/charts/chart1.xml", `<c:chart><c:pt><c:v>kept in a chart</c:v></c:pt></c:chart>`,
		"xl/externalLinks/externalLink1.xml", `<cell r="A1"><v>kept in a link</v></cell>`), "")
	got := describe(x)
	for _, want := range []string{`cache[0]  "0\nkept in a pivot table"`, `chart[0]  "kept in a chart"`, `"kept in a link"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
}

// What is edited in a document is gone from it, and nothing else is.
func TestEditsOfDocuments(t *testing.T) {
	for name, old := range map[string]string{
		"letter.docx":  "4111 1111 1111 1111", // over two runs
		"roadmap.pptx": "second line", "note.odt": "A plain paragraph", "customers.xlsx": "4111111111111111",
	} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		before := read(t, &Reader{}, data, "")
		var edits []content.FileEdit
		for i, p := range before.Parts {
			if at := bytes.Index(p.Text, []byte(old)); at >= 0 && p.Editable {
				edits = append(edits, content.FileEdit{Part: i, Start: at, End: at + len(old), With: "<A & B>"})
			}
		}
		if len(edits) != 1 {
			t.Fatalf("%s: %d places", name, len(edits))
		}
		out, ok := (&Reader{}).Edit(context.Background(), data, "", edits)
		if !ok {
			t.Fatalf("%s cannot be edited", name)
		}
		if got, want := describe(read(t, &Reader{}, out, "")), strings.Replace(describe(before), old, "<A & B>", 1); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
	}
}

func TestWhatCannotBeEditedIsNot(t *testing.T) {
	data, err := os.ReadFile("testdata/letter.docx")
	if err != nil {
		t.Fatal(err)
	}
	x := read(t, &Reader{}, data, "")
	for i, p := range x.Parts {
		if !p.Editable {
			if _, ok := (&Reader{}).Edit(context.Background(), data, "", []content.FileEdit{{Part: i, Start: 0, End: 1, With: "x"}}); ok {
				t.Errorf("%s was edited", p.Locator)
			}
		}
	}
	if _, ok := (&Reader{}).Edit(context.Background(), data, "", []content.FileEdit{{Part: 1, Start: 5, End: 1 << 20}}); ok {
		t.Error("an edit beyond the text")
	}
	if y := read(t, &Reader{}, zipped(t, "a.docx", string(data)), ""); len(y.Parts) == 0 || y.Parts[0].Editable {
		t.Error("a document in an archive cannot be written into it")
	}
	d := dialect{}
	if _, ok := d.edit([]byte(`<?xml version="1.0" encoding="iso-8859-1"?><a>xyz</a>`), []content.FileEdit{{Start: 0, End: 1}}); ok {
		t.Error("offsets of converted bytes were used")
	}
	if _, ok := (&dialect{attrs: set("t")}).edit([]byte(`<a t="value">xyz</a>`), []content.FileEdit{{Start: 3, End: 5}}); ok {
		t.Error("an attribute was edited")
	}
}

func TestArchives(t *testing.T) {
	z := zipped(t, "a/b.txt", "some text", "c.bin", "\x00\x01\x02", "in.zip", string(zipped(t, "d.txt", "deep text")))
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"zip": {z, `zip
  entry[0]  "some text"
  entry[2].entry[0]  "deep text"
  entry[2].names  "d.txt"
  names  "a/b.txt\nc.bin\nin.zip"
  gap unknown_format entry[1]
`},
		"tar": {tarred(t, "notes.txt", "words"), "tar\n  entry[0]  \"words\"\n  names  \"notes.txt\"\n"},
		"tar in gzip": {gzipped(t, "x.tar", tarred(t, "notes.txt", "words")), `gzip
  entry[0].entry[0]  "words"
  entry[0].names  "notes.txt"
  names  "x.tar"
`},
		"too deep": {zipped(t, "1", string(zipped(t, "2", string(zipped(t, "3", string(zipped(t, "4", "x"))))))),
			"zip\n  entry[0].entry[0].names  \"3\"\n  entry[0].names  \"2\"\n  names  \"1\"\n  gap decode_bomb entry[0].entry[0].entry[0]\n"},
		"empty":     {zipped(t), "zip\n"},
		"cut short": {z[:len(z)-30], "zip\n  gap decode_error \n"},
		"text":      {[]byte("nothing special"), "\n"},
	} {
		if got := describe(read(t, &Reader{}, tt.data, "")); got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", name, got, tt.want)
		}
	}
}

func TestBombs(t *testing.T) {
	zeros := strings.Repeat("0", 4<<20)
	many := make([]string, 0, 60)
	for i := range 30 {
		many = append(many, fmt.Sprint(i), "x")
	}
	for name, tt := range map[string]struct {
		data   []byte
		limits Limits
		text   int // at most
	}{
		"much from little": {zipped(t, "a", zeros), Limits{}, 2 << 20},
		"too much":         {zipped(t, "a", "0123456789"), Limits{Unpack: 5}, 6},
		"too many entries": {zipped(t, many...), Limits{Entries: 10}, 100},
		"gzip":             {gzipped(t, "", []byte(zeros)), Limits{}, 2 << 20},
		"too much text":    {zipped(t, "a", "0123456789", "b", "0123456789"), Limits{Text: 15}, 15},
	} {
		x := read(t, &Reader{Limits: tt.limits}, tt.data, "")
		n := 0
		for _, p := range x.Parts {
			n += len(p.Text)
		}
		if len(x.Gaps) == 0 || x.Gaps[0].Cause != detectors.CauseDecodeBomb || n > tt.text {
			t.Errorf("%s: %d bytes of text, gaps %v", name, n, x.Gaps)
		}
	}
}

func TestEncryptedFilesAreGaps(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "secret.txt", Flags: 1, CompressedSize64: 4, UncompressedSize64: 4}
	w, err := z.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, "abcd")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	office := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), wide("EncryptedPackage")...)
	for name, data := range map[string][]byte{"zip": b.Bytes(), "office": office} {
		if x := read(t, &Reader{}, data, ""); len(x.Gaps) != 1 || x.Gaps[0].Cause != detectors.CauseEncryptedFile {
			t.Errorf("%s: %v", name, x.Gaps)
		}
	}
}

// Some readers of PDF never return from a tree of pages that is its own child.
func TestACyclicPDFEndsInAGap(t *testing.T) {
	x := read(t, &Reader{PDF: pdf()}, []byte("%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[2 0 R]/Count 100000000>> endobj\ntrailer <</Root 1 0 R>>\n"), "")
	if x.Kind != "pdf" || len(x.Gaps) == 0 || len(x.Parts) > 0 {
		t.Errorf("%s, %d gaps, %d parts", x.Kind, len(x.Gaps), len(x.Parts))
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x := (&Reader{}).Read(ctx, zipped(t, "a", "text"), "")
	if len(x.Gaps) != 1 || x.Gaps[0].Cause != detectors.CauseTimeout {
		t.Errorf("%s", describe(x))
	}
}

// Whatever the bytes are: no panic, no text of the file in a locator, and
// nothing beyond the limits.
func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && filepath.Ext(name) != ".py" && filepath.Ext(name) != ".golden" && filepath.Ext(name) != ".pdf" {
			f.Add(b)
			f.Add(b[:len(b)*2/3])
		}
	}
	f.Add(zipped(f, "x", "y"))
	f.Add(gzipped(f, "n", tarred(f, "a", "b")))
	known := "abcdefghijklmnopqrstuvwxyz[]0123456789."
	f.Fuzz(func(t *testing.T, data []byte) {
		x := (&Reader{Limits: Limits{Text: 1 << 20, Unpack: 4 << 20, Entries: 100}}).Read(context.Background(), data, "")
		n := 0
		for _, p := range x.Parts {
			n += len(p.Text)
			if strings.Trim(p.Locator, known) != "" {
				t.Errorf("locator %q", p.Locator)
			}
		}
		if n > 1<<20 || len(x.Parts) > 2000 {
			t.Errorf("%d bytes in %d parts", n, len(x.Parts))
		}
	})
}

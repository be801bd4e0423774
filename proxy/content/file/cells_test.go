package file

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/content"
)

// workbook is an xlsx with these worksheets and a table of strings.
func workbook(t testing.TB, strings string, sheets ...string) []byte {
	files := []string{"[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>", "xl/sharedStrings.xml", strings}
	for i, s := range sheets {
		files = append(files, "xl/worksheets/sheet"+string(rune('1'+i))+".xml", s)
	}
	return zipped(t, files...)
}

const table = `<?xml version="1.0" encoding="UTF-8"?><sst><si><t>name</t></si><si><r><rPr><b/></rPr><t>card 4111 </t></r><r><t>1111 &amp; Co</t></r><rPh><t>kana</t></rPh></si><si><t>quiet</t></si></sst>`

// everything is the bytes of all entries, unpacked.
func everything(t testing.TB, data []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestCellsAreEdited(t *testing.T) {
	data := workbook(t, table,
		`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="3" t="s"><v>1</v></c></row>`+
			`<row r="2"><c r="B2" s="7"><f>4111111111111111+0</f><v>4.111111111111111E15</v></c><c r="C2" t="inlineStr"><is><t>x 4111</t></is></c><c r="D2" t="str"><f>"41"&amp;"11"</f><v>4111</v></c></row></sheetData></worksheet>`,
		`<x:worksheet xmlns:x="u"><x:sheetData><x:row><x:c r="A1" t="s"><x:v>1</x:v></x:c><x:c r="C1"><x:v>4111</x:v></x:c></x:row></x:sheetData></x:worksheet>`)
	before := read(t, &Reader{}, data, "")
	var edits []content.FileEdit
	for i, p := range before.Parts {
		for at := 0; ; {
			n := bytes.Index(p.Text[at:], []byte("4111"))
			if n < 0 {
				break
			}
			at += n
			end := at + 4
			for end < len(p.Text) && strings.ContainsRune("1 ", rune(p.Text[end])) {
				end++
			}
			if p.Text[end-1] == ' ' {
				end--
			}
			edits = append(edits, content.FileEdit{Part: i, Start: at, End: end, With: "<R>"})
			at = end
		}
	}
	if len(edits) != 6 {
		t.Fatalf("%d edits in\n%s", len(edits), describe(before))
	}
	out, ok := (&Reader{}).Edit(context.Background(), data, "", edits)
	if !ok {
		t.Fatal("cannot be edited")
	}
	want := strings.NewReplacer("4111 1111", "<R>", "4111111111111111", "<R>", "4111", "<R>").Replace(describe(before))
	if got := describe(read(t, &Reader{}, out, "")); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if all := everything(t, out); strings.Contains(all, "4111") || strings.Contains(all, "111111") {
		t.Errorf("a value is left: %s", all)
	}
	if all := everything(t, out); !strings.Contains(all, `<c r="B2" s="7" t="inlineStr"><is><t xml:space="preserve">&lt;R&gt;</t></is></c>`) || !strings.Contains(all, "</x:c></x:row>") {
		t.Errorf("a cell is no cell any more: %s", all)
	}
}

func TestCellsThatCannotBeEdited(t *testing.T) {
	sheet := `<worksheet><row><c r="A1" t="s"><v>1</v></c><c r="C1"><v>7</v></c></row></worksheet>`
	for name, c := range map[string]struct {
		data  []byte
		edits []content.FileEdit
	}{
		"between cells":   {workbook(t, table, sheet), []content.FileEdit{{Start: 19, End: 20}}},
		"another charset": {workbook(t, `<?xml version="1.0" encoding="iso-8859-1"?>`+table[strings.Index(table, "<sst"):], sheet), []content.FileEdit{{Start: 0, End: 4}}},
	} {
		x := read(t, &Reader{}, c.data, "")
		i := slices.IndexFunc(x.Parts, func(p content.FilePart) bool { return p.Locator == "sheet[0]" })
		c.edits[0].Part = i
		if _, ok := (&Reader{}).Edit(context.Background(), c.data, "", c.edits); ok {
			t.Errorf("%s: edited", name)
		}
	}
}

// Whatever a worksheet and its strings hold: an edited cell reads as edited, all
// others as before, and what was taken out is in no entry.
func FuzzCells(f *testing.F) {
	f.Add(table, `<worksheet><row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1"><v>12.5</v></c></row><row><c t="inlineStr"><is><t> a b</t></is></c></row></worksheet>`, uint16(0), uint16(3))
	f.Add(`<sst><si/><si><t>x</t></si></sst>`, `<a:c t="s"><a:v>1</a:v></a:c><c/><c r="ZZ9" s="&quot;"><v>4111</v></c>`, uint16(2), uint16(9))
	f.Fuzz(func(t *testing.T, strings_, sheet string, from, length uint16) {
		if len(strings_)+len(sheet) > 4<<10 {
			return
		}
		data := workbook(t, strings_, sheet)
		before := read(t, &Reader{}, data, "")
		i := slices.IndexFunc(before.Parts, func(p content.FilePart) bool { return p.Editable && p.Locator == "sheet[0]" })
		if i < 0 {
			return
		}
		text := before.Parts[i].Text
		start := int(from) % len(text)
		end := min(len(text), start+1+int(length)%32)
		out, ok := (&Reader{}).Edit(context.Background(), data, "", []content.FileEdit{{Part: i, Start: start, End: end, With: "[R]"}})
		if !ok {
			return
		}
		after := read(t, &Reader{}, out, "")
		k := slices.IndexFunc(after.Parts, func(p content.FilePart) bool { return p.Locator == "sheet[0]" })
		if k < 0 || !bytes.Contains(after.Parts[k].Text, []byte("[R]")) {
			t.Fatalf("%q became\n%s", text, describe(after))
		}
		if was, is := bytes.Count(text, []byte("\n")), bytes.Count(after.Parts[k].Text, []byte("\n")); was != is {
			t.Fatalf("%d rows became %d", was, is)
		}
	})
}

package content

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// drawer is a Files that knows one format.
type drawer struct {
	seen     []string
	editable bool
	edits    []FileEdit
}

func (d *drawer) Edit(_ context.Context, data []byte, _ string, edits []FileEdit) ([]byte, bool) {
	d.edits = edits
	return []byte("PK\x03\x04new"), edits[0].With != "no"
}

func (d *drawer) Read(_ context.Context, data []byte, media string) FileText {
	d.seen = append(d.seen, string(data))
	if !strings.HasPrefix(string(data), "PK\x03\x04") {
		return FileText{}
	}
	return FileText{
		Kind:  "docx",
		Parts: []FilePart{{Locator: "text", Text: []byte("inner words"), Editable: d.editable}, {Locator: "comments[0]", Media: "text/html", Text: []byte("a remark")}},
		Facts: []Fact{{Name: "label", Value: "x"}},
		Gaps:  []detectors.Gap{{Cause: detectors.CauseImage, Locator: "embedded[0]", Size: 7}, {Cause: detectors.CauseEncryptedFile}},
	}
}

func TestFilesAreReadWhereverTheyStand(t *testing.T) {
	zip := "PK\x03\x04\x00\x00bytes"
	shape := compiled(t, &Shape{Select: []Select{{Path: "file", Do: Data, Role: RoleFile}}})
	for name, tt := range map[string]struct{ media, body, at string }{
		"alone":     {"application/octet-stream", zip, "body"},
		"multipart": {"multipart/form-data; boundary=b", crlf("--b\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\n" + zip + "\n--b--\n"), "file"},
		"base64":    {"application/json", `{"file":"` + base64.StdEncoding.EncodeToString([]byte(zip+strings.Repeat("x", 9))) + `"}`, "file"},
		"data URL":  {"application/json", `{"file":"data:application/x;base64,` + base64.StdEncoding.EncodeToString([]byte(zip)) + `"}`, "file"},
	} {
		d, r := &drawer{}, &record{}
		w := NewWalk(shape, Media{ContentType: tt.media}, Limits{}, r).With(d)
		if err := w.Run(context.Background(), []byte(tt.body)); err != nil {
			t.Fatal(err)
		}
		if len(r.docs) < 2 {
			t.Fatalf("%s: %v, gaps %v", name, r.docs, r.gaps)
		}
		at := ""
		if tt.at != "body" {
			at = tt.at
		}
		i := slices.IndexFunc(r.docs, func(d Doc) bool { return d.Locator == at+":docx.text" })
		if i < 0 || r.texts[i] != "inner words" || r.docs[i].Role != RoleFile || r.docs[i+1].Locator != at+":docx.comments[0]" || r.docs[i+1].Media != "text/html" {
			t.Errorf("%s: %v %q", name, r.docs, r.texts)
		}
		if w.Places(r.docs[i].ID, detectors.Span{Start: 0, End: 5}) != nil {
			t.Errorf("%s: a place in a file that cannot be written", name)
		}
		if len(r.facts) != 1 || r.facts[0].Name != "label" || r.facts[0].Locator != at+":docx" {
			t.Errorf("%s: facts %v", name, r.facts)
		}
		if len(r.gaps) != 2 || r.gaps[0].Locator != at+":docx.embedded[0]" || r.gaps[1].Cause != detectors.CauseEncryptedFile {
			t.Errorf("%s: gaps %v", name, r.gaps)
		}
		w.Release()
	}
}

func TestAFileOfNoKnownFormatIsAGap(t *testing.T) {
	d, r := &drawer{}, &record{}
	w := NewWalk(nil, Media{}, Limits{}, r).With(d)
	defer w.Release()
	if err := w.Run(context.Background(), []byte("\x00\x01\x02\x03")); err != nil {
		t.Fatal(err)
	}
	if len(d.seen) != 1 || len(r.gaps) != 1 || r.gaps[0].Cause != detectors.CauseUnknownFormat {
		t.Errorf("seen %q, gaps %v", d.seen, r.gaps)
	}
}

func TestMailIsTold(t *testing.T) {
	for text, want := range map[string]bool{
		"From: a@b.example\nMessage-ID: <1@b.example>\n\nHello": true,
		"From 1\nMIME-Version: 1.0\nFrom: x\n\nHello":           true,
		"From: Jon\nTo: Ann\nSubject: Hello\n\nHi":              false, // a letter that somebody pasted
		"Dear all,\n\nFrom: x\nMessage-ID: y":                   false,
	} {
		if got := isMail([]byte(text), ""); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestFilesThatCanBeWrittenAreEditedWhole(t *testing.T) {
	d, r := &drawer{editable: true}, &record{}
	body := `{"file":"data:application/x;base64,` + base64.StdEncoding.EncodeToString([]byte("PK\x03\x04\x00\x00bytes")) + `"}`
	w := NewWalk(compiled(t, &Shape{Select: []Select{{Path: "file", Do: Data, Role: RoleFile}}}), Media{}, Limits{}, r).With(d)
	defer w.Release()
	if err := w.Run(context.Background(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	if p := w.Places(1, detectors.Span{Start: 2, End: 3}); p != nil {
		t.Errorf("a place in a comment that cannot be written: %v", p)
	}
	p := w.Places(0, detectors.Span{Start: 6, End: 11})
	if len(p) != 1 {
		t.Fatalf("places %v", p)
	}
	out, err := w.Splice([]Edit{{Place: p[0], With: []byte("[W]")}})
	if want := `{"file":"data:application/x;base64,` + base64.StdEncoding.EncodeToString([]byte("PK\x03\x04new")) + `"}`; err != nil || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
	if len(d.edits) != 1 || d.edits[0] != (FileEdit{Part: 0, Start: 6, End: 11, With: "[W]"}) {
		t.Errorf("edits %+v", d.edits)
	}
	if _, err := w.Splice([]Edit{{Place: p[0], With: []byte("no")}}); err == nil {
		t.Error("a file that could not be written again went on")
	}
}

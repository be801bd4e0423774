package file

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"path"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// A document is an office document: a zip archive of XML (ECMA-376, ISO/IEC
// 26300).
type document struct {
	*job
	files map[string]*zip.File
	at    string
}

// WordprocessingML: the text of runs, of deleted runs and of field codes, which
// hold the addresses of links.
var word = dialect{
	text:  set("t", "delText", "instrText"),
	start: map[string]string{"tab": "\t", "br": "\n", "cr": "\n"},
	end:   map[string]string{"p": "\n", "tc": "\t", "tr": "\n"},
	cell:  "tc",
}

// DrawingML, which slides are made of, and the comments of slides.
var slide = dialect{
	text:  set("t", "text"),
	start: map[string]string{"br": "\n", "tab": "\t"},
	end:   map[string]string{"p": "\n", "text": "\n", "tc": "\t", "tr": "\n"},
	cell:  "tc",
	attrs: set("descr"), // the alternative text of pictures
}

// OpenDocument: everything in the body but what scripts and styles say.
var odf = dialect{
	start: map[string]string{"tab": "\t", "line-break": "\n", "s": " "},
	end:   map[string]string{"p": "\n", "h": "\n", "table-row": "\n", "table-cell": "\t"},
	cell:  "table-cell",
}

var plain = dialect{end: map[string]string{"p": "\n"}}

// links are the addresses a part of an OOXML document points at.
var links = dialect{text: set(), attrs: set("Target")}

// first returns the first name below a folder, "" for none.
func (d *document) first(folder string) string {
	for name := range d.files {
		if strings.HasPrefix(name, folder) {
			return name
		}
	}
	return ""
}

// named returns the names below folder whose last element begins with stem, by
// their number.
func (d *document) named(folder, stem string) []string {
	var out []string
	for name := range d.files {
		dir, base := path.Split(name)
		if dir == folder && strings.HasPrefix(base, stem) && strings.HasSuffix(base, ".xml") {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // slide2 before slide10
		}
		return strings.Compare(a, b)
	})
	return out
}

// open unpacks one part; ok is false when there is none.
func (d *document) open(name, at string) (b []byte, ok bool) {
	f := d.files[name]
	if f == nil {
		return nil, false
	}
	if d.entries++; d.over(at) {
		return nil, false
	}
	return d.unzip(f, at)
}

// read adds the text of one part, and of what it links to.
func (d *document) read(name, at string, t *dialect) {
	at = under(d.at, at)
	b, ok := d.open(name, at)
	if !ok {
		return
	}
	text, ok := t.read(b)
	if !ok {
		d.gap(at, detectors.CauseDecodeError, len(b))
	}
	d.editable(at, "", text, origin{entry: name, read: t})
	dir, base := path.Split(name)
	if rels, ok := d.open(dir+"_rels/"+base+".rels", at); ok {
		d.external(rels, under(at, "links"))
	}
}

// editable adds a text that can be written where it comes from, unless it stands in
// another file or was cut.
func (d *document) editable(at, media string, text []byte, o origin) {
	n := len(d.parts)
	d.part(at, media, text)
	if len(d.parts) > n && d.at == "" {
		p := &d.parts[n]
		if o.lead = bytes.Index(text, p.Text); o.lead >= 0 && len(bytes.TrimRight(text[o.lead:], "\r\n\t ")) == len(p.Text) {
			p.Editable = true
			d.origins[n] = o
		}
	}
}

// external adds the targets of relations that lead out of the document.
func (d *document) external(rels []byte, at string) {
	var out []byte
	x := newXML(rels)
	for {
		token, err := x.RawToken()
		if err != nil {
			break
		}
		if e, ok := token.(xml.StartElement); ok && attr(e, "TargetMode") == "External" {
			out = append(append(out, attr(e, "Target")...), '\n')
		}
	}
	d.part(at, "", out)
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (d *document) word() string {
	d.properties()
	d.read("word/document.xml", "text", &word)
	for _, kind := range []struct{ stem, at string }{
		{"comments", "comments"}, {"footnotes", "footnotes"}, {"endnotes", "endnotes"}, {"header", "header"}, {"footer", "footer"},
	} {
		for i, name := range d.named("word/", kind.stem) {
			d.read(name, ordinal(kind.at, i), &word)
		}
	}
	d.charts("word/charts/")
	d.embedded("word/")
	return "docx"
}

func (d *document) powerpoint() string {
	d.properties()
	for i, name := range d.named("ppt/slides/", "slide") {
		d.read(name, ordinal("slide", i), &slide)
	}
	for i, name := range d.named("ppt/notesSlides/", "notesSlide") {
		d.read(name, ordinal("notes", i), &slide)
	}
	for i, name := range d.named("ppt/comments/", "") {
		d.read(name, ordinal("comments", i), &slide)
	}
	d.charts("ppt/charts/")
	d.embedded("ppt/")
	return "pptx"
}

func (d *document) openDocument() string {
	kind := "odf"
	if b, ok := d.open("mimetype", d.at); ok {
		switch strings.TrimSpace(string(b)) {
		case "application/vnd.oasis.opendocument.text":
			kind = "odt"
		case "application/vnd.oasis.opendocument.spreadsheet":
			kind = "ods"
		case "application/vnd.oasis.opendocument.presentation":
			kind = "odp"
		}
	}
	if b, ok := d.open("META-INF/manifest.xml", d.at); ok && bytes.Contains(b, []byte("encryption-data")) {
		d.gap(d.at, detectors.CauseEncryptedFile, 0)
		return kind
	}
	d.read("meta.xml", "properties", &plain)
	d.read("content.xml", "text", &odf)
	d.read("styles.xml", "header", &odf)
	d.embedded("Object")
	return kind
}

// embedded reads the files that stand in the document as files: pictures are a
// gap each, for their text is not read.
func (d *document) embedded(folder string) {
	names := make([]string, 0, 8)
	for name := range d.files {
		if strings.HasPrefix(name, folder+"media/") || strings.HasPrefix(name, folder+"embeddings/") || strings.HasPrefix(name, "Pictures/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		at := under(d.at, ordinal("embedded", i))
		if b, ok := d.open(name, at); ok {
			d.entry(b, at, d.limits.Depth-2)
		}
	}
}

// properties adds what the document says of itself, and its sensitivity labels:
// Microsoft's are custom properties MSIP_Label_<GUID>_Enabled, or stand in
// docMetadata/LabelInfo.xml (MS-OFFCRYPTO 2.6).
func (d *document) properties() {
	at := under(d.at, "properties")
	var out []byte
	for _, name := range []string{"docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"} {
		b, ok := d.open(name, at)
		if !ok {
			continue
		}
		x, key := newXML(b), ""
		for {
			token, err := x.RawToken()
			if err != nil {
				break
			}
			switch e := token.(type) {
			case xml.StartElement:
				if n := attr(e, "name"); e.Name.Local == "property" {
					key = n
				} else if name != "docProps/custom.xml" {
					key = e.Name.Local
				}
			case xml.CharData:
				value := strings.TrimSpace(string(e))
				if value == "" || key == "" || name == "docProps/app.xml" && key != "Company" && key != "Manager" {
					continue
				}
				out = append(append(append(append(out, key...), ": "...), value...), '\n')
			}
		}
	}
	if b, ok := d.open("docMetadata/LabelInfo.xml", at); ok {
		x := newXML(b)
		for {
			token, err := x.RawToken()
			if err != nil {
				break
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "label" && attr(e, "enabled") != "0" {
				d.label(strings.Trim(attr(e, "id"), "{}"))
			}
		}
	}
	d.labels(out)
	d.part(at, "", out)
}

// labels finds the sensitivity labels in text that holds properties.
func (j *job) labels(text []byte) {
	const mark, guid = "MSIP_Label_", 36
	for {
		i := bytes.Index(text, []byte(mark))
		if i < 0 || len(text) < i+len(mark)+guid {
			return
		}
		text = text[i+len(mark):]
		j.label(string(text[:guid]))
	}
}

// label adds one label, by its GUID, once.
func (j *job) label(id string) {
	id = strings.ToLower(id)
	if !isGUID(id) || slices.ContainsFunc(j.facts, func(f content.Fact) bool { return f.Value == id }) {
		return
	}
	j.facts = append(j.facts, content.Fact{Name: "label", Value: id})
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f'):
			return false
		}
	}
	return true
}

package file

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	"github.com/promptgate/promptgate/proxy/content"
)

// An origin is where the text of a part stands in its document.
type origin struct {
	entry string // of the archive
	read  *dialect
	lead  int // bytes that were trimmed off in front
}

// Edit implements content.Files for office documents but the cells of xlsx,
// whose numbers would have to become texts. Entries without an edit are copied
// as they are.
func (r *Reader) Edit(ctx context.Context, data []byte, media string, edits []content.FileEdit) (edited []byte, ok bool) {
	j := r.job(ctx)
	j.file(data, media, "", 0)
	byEntry := map[string][]content.FileEdit{}
	for _, e := range edits {
		o, ok := j.origins[e.Part]
		if !ok || e.Start < 0 || e.End < e.Start || e.End > len(j.parts[e.Part].Text) {
			return nil, false
		}
		e.Start, e.End = e.Start+o.lead, e.End+o.lead
		byEntry[o.entry] = append(byEntry[o.entry], e)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, false
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	seen := map[string]bool{}
	for _, f := range z.File {
		edits := byEntry[f.Name]
		if seen[f.Name] && edits != nil {
			return nil, false // which of the two is read is for its reader to say
		}
		seen[f.Name] = true
		if edits == nil {
			if err := w.Copy(f); err != nil {
				return nil, false
			}
			continue
		}
		b, ok := j.unzip(f, "")
		if !ok || len(b) != int(f.UncompressedSize64) {
			return nil, false
		}
		if b, ok = dialectOf(j, f.Name).edit(b, edits); !ok {
			return nil, false
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
		if err != nil {
			return nil, false
		}
		if _, err := to.Write(b); err != nil {
			return nil, false
		}
	}
	for name := range byEntry {
		if !seen[name] { // it has another spelling in the archive
			return nil, false
		}
	}
	if err := w.Close(); err != nil {
		return nil, false
	}
	return out.Bytes(), true
}

func dialectOf(j *job, entry string) *dialect {
	for _, o := range j.origins {
		if o.entry == entry {
			return o.read
		}
	}
	return &plain
}

// edit writes XML with edits in the text that read returns of it: in character
// data only, so that the document keeps its form. ok is false when an edit
// touches text that is no character data but an attribute.
func (t *dialect) edit(b []byte, edits []content.FileEdit) (out []byte, ok bool) {
	slices.SortFunc(edits, func(a, b content.FileEdit) int { return a.Start - b.Start })
	d := newXML(b)
	var in state
	at, copied, next := 0, 0, 0 // in the text; of b; of edits
	written := make([]bool, len(edits))
	for {
		before := int(d.InputOffset())
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		if p, ok := token.(xml.ProcInst); ok && p.Target == "xml" && !isUTF8(p.Inst) {
			return nil, false // offsets are of the converted bytes
		}
		chars, isText := token.(xml.CharData)
		piece := t.piece(&in, token)
		if !isText || len(piece) == 0 {
			at += len(piece)
			continue
		}
		for next < len(edits) && edits[next].End <= at {
			next++
		}
		text, from := []byte(nil), 0
		for i := next; i < len(edits) && edits[i].Start < at+len(chars); i++ {
			start, end := max(edits[i].Start-at, from), min(edits[i].End-at, len(chars))
			if start > end {
				continue
			}
			text = append(text, chars[from:start]...)
			if !written[i] { // the rest of it stands in later runs
				written[i] = true
				text = append(text, edits[i].With...)
			}
			from = end
		}
		if from > 0 || text != nil {
			text = append(text, chars[from:]...)
			var escaped bytes.Buffer
			if xml.EscapeText(&escaped, text) != nil {
				return nil, false
			}
			out = append(append(out, b[copied:before]...), escaped.Bytes()...)
			copied = int(d.InputOffset())
		}
		at += len(chars)
	}
	return append(out, b[copied:]...), !slices.Contains(written, false)
}

// isUTF8 reports whether an XML declaration names no other encoding.
func isUTF8(declaration []byte) bool {
	declaration = bytes.ToLower(declaration)
	return !bytes.Contains(declaration, []byte("encoding")) || bytes.Contains(declaration, []byte("utf-8"))
}

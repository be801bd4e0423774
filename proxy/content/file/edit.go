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
	cells []cell // of a sheet, which has no dialect
	lead  int    // bytes that were trimmed off in front
}

// Edit implements content.Files for office documents. Entries without an edit are
// copied as they are.
func (r *Reader) Edit(ctx context.Context, data []byte, media string, edits []content.FileEdit) (edited []byte, ok bool) {
	j := r.job(ctx)
	j.editing = true
	j.file(data, media, "", 0)
	byEntry := map[string][]content.FileEdit{}
	var strings map[int][]content.FileEdit // of a workbook: edits in its table of strings
	for _, e := range edits {
		o, ok := j.origins[e.Part]
		if !ok || e.Start < 0 || e.End < e.Start || e.End > len(j.parts[e.Part].Text) {
			return nil, false
		}
		e.Start, e.End = e.Start+o.lead, e.End+o.lead
		byEntry[o.entry] = append(byEntry[o.entry], e)
	}
	if strings, ok = j.sharedEdits(byEntry); !ok {
		return nil, false
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
		if f.Name == sharedStrings && len(strings) > 0 {
			edits = []content.FileEdit{{}} // not of this text
		}
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
		o := j.origin(f.Name)
		switch {
		case f.Name == sharedStrings:
			b, ok = editStrings(b, strings)
		case o.read == nil:
			b, ok = editCells(b, o.cells, j.textOf(f.Name), edits)
		default:
			b, ok = o.read.edit(b, edits)
		}
		if !ok {
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

// origin is the origin of a part that comes from an entry.
func (j *job) origin(entry string) origin {
	for _, o := range j.origins {
		if o.entry == entry {
			return o
		}
	}
	return origin{read: &plain}
}

// textOf is the text of the part that comes from an entry, with what was trimmed
// off in front as spaces.
func (j *job) textOf(entry string) []byte {
	for i, o := range j.origins {
		if o.entry == entry {
			return append(bytes.Repeat([]byte{' '}, o.lead), j.parts[i].Text...)
		}
	}
	return nil
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

package content

import (
	"context"
	"errors"

	"github.com/promptgate/promptgate/detectors"
)

// Files reads files whose text is not their bytes: documents, archives, mail,
// the properties of pictures. Safe for concurrent use.
type Files interface {
	// Read returns what data holds, as far as it can be read; the rest is gaps.
	// It does not keep data, returns soon after ctx ends, and never panics on
	// any input. media is what the client declared, or "".
	Read(ctx context.Context, data []byte, media string) FileText
	// Edit returns data with edits in the texts of parts that say Editable, as
	// Read of the same data and media numbers them. The edits of a part are in
	// order and apart. ok is false when that cannot be done.
	Edit(ctx context.Context, data []byte, media string, edits []FileEdit) (edited []byte, ok bool)
}

// A FileEdit replaces bytes [Start, End) of the text of a part.
type FileEdit struct {
	Part, Start, End int
	With             string
}

// FileText is what was read of a file. The zero FileText is a file of no known
// format.
type FileText struct {
	Kind  string     // "docx", "pdf", …: of a closed set; "" when not known
	Parts []FilePart // in the order of the file
	Facts []Fact     // its sensitivity labels
	Gaps  []detectors.Gap
}

// FilePart is one text of a file. Locator stands behind that of the file: names
// of this program and ordinals ("sheet[2]", "entry[3].comments"), never text of
// the file.
type FilePart struct {
	Locator  string
	Media    string // as in Doc
	Text     []byte
	Editable bool // Edit can write it
}

// With lets the walk read files with f, which may be nil. It returns w.
func (w *Walk) With(f Files) *Walk {
	w.files = f
	return w
}

// maxFile is the largest file that is given to Files, in bytes: it is copied.
const maxFile = 32 << 20

// inside reads the file src through Files. It reports false, and has told the
// sink nothing, when that knows no such format.
func (w *Walk) inside(src source, media string, s slot) bool {
	if w.files == nil || w.depth(src) >= w.limits.Levels || src.span.Len() > maxFile {
		return false
	}
	t := w.files.Read(w.ctx, w.bytes(src), media)
	if t.Kind == "" {
		return false
	}
	home := len(w.loc)
	s.role = RoleFile
	editable := w.editable(src, media, t)
	for i, p := range t.Parts {
		if w.full() || w.decoded+int64(len(p.Text)) > w.limits.Decoded {
			w.gap(detectors.CauseWorkBudget, int64(len(p.Text)))
			break
		}
		w.decoded += int64(len(p.Text))
		w.loc = append(append(append(w.loc[:home], ':'), t.Kind...), '.')
		w.loc = append(w.loc, p.Locator...)
		in, ok := editable[i]
		if !ok {
			in = w.addLayer(layer{Space: Space{Codec: t.Kind, Rewrite: Never}, from: src, data: p.Text})
		}
		w.doc(in, s, listedMedia(p.Media))
	}
	for _, f := range t.Facts {
		w.loc = append(append(w.loc[:home], ':'), t.Kind...)
		f.Locator = w.here()
		w.sink.Fact(f)
	}
	for _, g := range t.Gaps {
		w.loc = append(append(w.loc[:home], ':'), t.Kind...)
		if g.Locator != "" {
			w.loc = append(append(w.loc, '.'), g.Locator...)
		}
		w.gap(g.Cause, g.Size)
	}
	w.loc = w.loc[:home]
	return true
}

// editable opens one space for all parts that can be written, one behind the
// other, since one edit of the file carries all of theirs.
func (w *Walk) editable(src source, media string, t FileText) map[int]source {
	var data []byte
	type place struct{ part, start, end int }
	var places []place
	for i, p := range t.Parts {
		if p.Editable {
			places = append(places, place{i, len(data), len(data) + len(p.Text)})
			data = append(append(data, p.Text...), '\n')
		}
	}
	if len(places) == 0 {
		return nil
	}
	file := w.bytes(src)
	in := w.addLayer(layer{Space: Space{Codec: t.Kind, Rewrite: Whole}, from: src, data: data, edit: func(edits []Edit) ([]byte, error) {
		var out []FileEdit
		for _, e := range edits {
			for _, p := range places {
				if start, end := max(e.Span.Start, p.start), min(e.Span.End, p.end); start < end {
					out = append(out, FileEdit{p.part, start - p.start, end - p.start, string(e.With)})
				}
			}
		}
		edited, ok := w.files.Edit(w.ctx, file, media, out)
		if !ok {
			return nil, errNotEdited
		}
		return edited, nil
	}})
	parts := map[int]source{}
	for _, p := range places {
		parts[p.part] = in.sub(p.start, p.end)
	}
	return parts
}

var errNotEdited = errors.New("content: the file could not be written again")

package content

import (
	"context"

	"github.com/promptgate/promptgate/detectors"
)

// Files reads files whose text is not their bytes: documents, archives, mail,
// the properties of pictures. Safe for concurrent use.
type Files interface {
	// Read returns what data holds, as far as it can be read; the rest is gaps.
	// It does not keep data, returns soon after ctx ends, and never panics on
	// any input. media is what the client declared, or "".
	Read(ctx context.Context, data []byte, media string) FileText
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
	Locator string
	Media   string // as in Doc
	Text    []byte
}

// With lets the walk read files with f, which may be nil. It returns w.
func (w *Walk) With(f Files) *Walk {
	w.files = f
	return w
}

// inside reads the file src through Files. It reports false, and has told the
// sink nothing, when that knows no such format.
func (w *Walk) inside(src source, media string, s slot) bool {
	if w.files == nil || w.depth(src) >= w.limits.Levels {
		return false
	}
	t := w.files.Read(w.ctx, w.bytes(src), media)
	if t.Kind == "" {
		return false
	}
	home := len(w.loc)
	for _, p := range t.Parts {
		if w.full() || w.decoded+int64(len(p.Text)) > w.limits.Decoded {
			w.gap(detectors.CauseWorkBudget, int64(len(p.Text)))
			break
		}
		w.decoded += int64(len(p.Text))
		w.loc = append(append(append(w.loc[:home], ':'), t.Kind...), '.')
		w.loc = append(w.loc, p.Locator...)
		in := w.addLayer(layer{Space: Space{Codec: t.Kind, Rewrite: Never}, from: src, data: p.Text})
		s.role = RoleFile
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

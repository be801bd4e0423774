package content

import "bytes"

const (
	mediaCSV = "text/csv"
	mediaTSV = "text/tab-separated-values"
	// sniffed is how much of a text is looked at to tell a table, in bytes.
	sniffed = 4 << 10
)

// tableMedia is the media type of a table that has no declared one, or "": the
// first lines of a table have the same number of separators, one at least.
func tableMedia(b []byte) string {
	head := b[:min(len(b), sniffed)]
	if len(head) < len(b) {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	lines := bytes.SplitN(bytes.TrimRight(head, "\r\n"), []byte{'\n'}, 6)
	if len(lines) < 2 {
		return ""
	}
	lines = lines[:min(len(lines), 5)]
	for _, sep := range []byte("\t;,|") {
		n := separators(lines[0], sep)
		same := n > 0
		for _, l := range lines[1:] {
			same = same && separators(l, sep) == n
		}
		switch {
		case same && sep == '\t':
			return mediaTSV
		case same:
			return mediaCSV
		}
	}
	return ""
}

// separators counts sep in a line, outside quotes (RFC 4180 §2).
func separators(line []byte, sep byte) int {
	n, quoted := 0, false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			n++
		}
	}
	return n
}

// Column returns the ordinal of the column of a table in which byte off of the
// text of document doc stands; ok is false when the document is no table. media is
// that of the document.
func (w *Walk) Column(doc, off int, media string) (column int, ok bool) {
	if doc < 0 || doc >= len(w.docs) || media != mediaCSV && media != mediaTSV {
		return 0, false
	}
	src := w.docs[doc]
	text := w.bytes(src)
	if src.escaped || off > len(text) {
		return 0, false
	}
	start := bytes.LastIndexByte(text[:off], '\n') + 1
	sep := byte('\t')
	if media == mediaCSV {
		first, _, _ := bytes.Cut(text[:min(len(text), sniffed)], []byte{'\n'})
		sep = ','
		for _, c := range []byte(";|\t") {
			if separators(first, c) > separators(first, sep) {
				sep = c
			}
		}
	}
	return separators(text[start:off], sep), true
}

// tabular is the media type of a document of role role whose text is b.
func tabular(media string, role Role, b []byte) string {
	if role == RoleFile && (media == "" || media == "text/plain") {
		if t := tableMedia(b); t != "" {
			return t
		}
	}
	return media
}

package file

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"github.com/promptgate/promptgate/detectors"
)

// ratio is how much larger than packed something may become, from the first
// MiB on. Deflate reaches 1032; documents reach 50.
const ratio = 200

// zip reads a zip archive: an office document, or files in a bag.
func (j *job) zip(data []byte, at string, depth int) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(data))
		return "zip"
	}
	files := map[string]*zip.File{}
	for _, f := range z.File {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		if files[name] != nil { // readers take the first or the last of them
			j.gap(at, detectors.CauseDecodeError, int(f.CompressedSize64))
			continue
		}
		files[name] = f
	}
	doc := &document{job: j, files: files, at: at}
	switch {
	case files["[Content_Types].xml"] != nil && (files["word/document.xml"] != nil || doc.first("word/") != ""):
		return doc.word()
	case files["[Content_Types].xml"] != nil && doc.first("xl/") != "":
		return doc.excel()
	case files["[Content_Types].xml"] != nil && doc.first("ppt/") != "":
		return doc.powerpoint()
	case files["mimetype"] != nil && files["content.xml"] != nil:
		return doc.openDocument()
	}
	var names []byte
	for i, f := range z.File {
		names = append(append(names, f.Name...), '\n')
		if f.FileInfo().IsDir() {
			continue
		}
		here := under(at, ordinal("entry", i))
		if j.entries++; j.over(here) {
			break
		}
		if b, ok := j.unzip(f, here); ok {
			j.entry(b, here, depth)
		}
	}
	j.names(names, z.Comment, at)
	return "zip"
}

func (j *job) names(names []byte, comment, at string) {
	j.part(under(at, "names"), "", append(names, comment...))
}

// unzip unpacks one entry. ok is false when nothing came out; what did not is a
// gap.
func (j *job) unzip(f *zip.File, at string) (b []byte, ok bool) {
	if f.Flags&1 != 0 { // APPNOTE 4.4.4: encrypted
		j.gap(at, detectors.CauseEncryptedFile, int(f.CompressedSize64))
		return nil, false
	}
	r, err := f.Open()
	if err != nil {
		cause := detectors.CauseDecodeError
		if errors.Is(err, zip.ErrAlgorithm) {
			cause = detectors.CauseUnsupportedEncoding
		}
		j.gap(at, cause, int(f.CompressedSize64))
		return nil, false
	}
	defer r.Close()
	return j.unpack(r, int(f.CompressedSize64), at)
}

// unpack reads r, which packed bytes stand behind, to its end or its limit.
func (j *job) unpack(r io.Reader, packed int, at string) (b []byte, ok bool) {
	limit := min(j.limits.Unpack-j.unpacked, max(1<<20, ratio*packed))
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(b) > limit {
		j.gap(at, detectors.CauseDecodeBomb, len(b))
		b = b[:limit]
	} else if err != nil {
		j.gap(at, detectors.CauseDecodeError, packed)
	}
	j.unpacked += len(b)
	return b, len(b) > 0
}

// entry reads a file that stands in another one.
func (j *job) entry(b []byte, at string, depth int) {
	if depth+1 < j.limits.Depth {
		if j.file(b, "", at, depth+1) != "" {
			return
		}
	} else if isArchive(b) {
		j.gap(at, detectors.CauseDecodeBomb, len(b))
		return
	}
	switch {
	case isText(b):
		j.part(at, "", b)
	case isPicture(b):
		j.gap(at, detectors.CauseImage, len(b))
	case len(b) > 0:
		j.gap(at, detectors.CauseUnknownFormat, len(b))
	}
}

func isArchive(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("Rar!\x1a\x07")) || bytes.HasPrefix(b, []byte("\x1f\x8b")) || isTar(b)
}

// isText reports whether b is UTF-8 or another text that has ASCII in it, with
// few control characters.
func isText(b []byte) bool {
	head := b[:min(len(b), 64<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	controls, bad := 0, 0
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			controls++
		}
		i += n
	}
	return controls*32 <= len(head) && bad*8 <= len(head)
}

// gzip reads a gzip file: a tar archive, or one file.
func (j *job) gzip(data []byte, at string, depth int) string {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(data))
		return "gzip"
	}
	here := under(at, "entry[0]")
	if j.entries++; j.over(here) {
		return "gzip"
	}
	b, ok := j.unpack(z, len(data), here)
	if ok {
		j.entry(b, here, depth)
	}
	j.names([]byte(z.Name+"\n"), z.Comment, at)
	return "gzip"
}

// isTar looks for the magic of POSIX.1-1988 §10.1.1.
func isTar(b []byte) bool { return len(b) > 262 && string(b[257:262]) == "ustar" }

func (j *job) tar(r io.Reader, at string, depth int) string {
	var names []byte
	t := tar.NewReader(r)
	for i := 0; ; i++ {
		h, err := t.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				j.gap(under(at, ordinal("entry", i)), detectors.CauseDecodeError, 0)
			}
			break
		}
		names = append(append(names, h.Name...), '\n')
		here := under(at, ordinal("entry", i))
		if j.entries++; j.over(here) {
			break
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if b, ok := j.unpack(t, int(h.Size), here); ok {
			j.entry(b, here, depth)
		}
	}
	j.names(names, "", at)
	return "tar"
}

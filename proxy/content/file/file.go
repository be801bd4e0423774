// Package file reads the text of documents, archives, mail and pictures.
//
// The formats are complex and their files hostile: a cyclic PDF hangs a parser
// for ever, an archive of a kilobyte unpacks to a terabyte. Everything here is
// bounded by [Limits], and the live proxy calls it in a child process only
// (package worker), whose memory and time are bounded from outside.
//
// What cannot be read is a gap with its cause: encrypted_file, decode_error for
// a damaged file, decode_bomb for one beyond the limits, image for pictures
// (whose properties are read all the same), unknown_format.
package file

import (
	"bytes"
	"context"
	"strconv"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// Limits bound what one file may cost. Zero fields are the defaults.
type Limits struct {
	Text    int // bytes of text; 64 MiB
	Unpack  int // bytes that all unpacking together may make; 256 MiB
	Entries int // entries of archives, together; 10,000
	Depth   int // archives in archives; 3
}

func (l Limits) filled() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Text, 64<<20)
	set(&l.Unpack, 256<<20)
	set(&l.Entries, 10_000)
	set(&l.Depth, 3)
	return l
}

// A Reader reads files in this process. The zero Reader has the default limits.
// Safe for concurrent use but for PDF, which takes turns. It implements
// content.Files.
type Reader struct {
	Limits Limits
	PDF    *PDF // nil: PDF files are of no known format
}

// Read implements content.Files.
func (r *Reader) Read(ctx context.Context, data []byte, media string) content.FileText {
	j := r.job(ctx)
	kind := j.file(data, media, "", 0)
	if kind == "" {
		return content.FileText{}
	}
	return content.FileText{Kind: kind, Parts: j.parts, Facts: j.facts, Gaps: j.gaps}
}

func (r *Reader) job(ctx context.Context) *job {
	return &job{ctx: ctx, pdf: r.PDF, limits: r.Limits.filled(), origins: map[int]origin{}}
}

// Warm does what the first PDF would wait for.
func (r *Reader) Warm() { r.PDF.warm() }

// A job is the reading of one file.
type job struct {
	ctx    context.Context
	pdf    *PDF
	limits Limits

	parts    []content.FilePart
	origins  map[int]origin // of parts that can be edited
	editing  bool           // the job is to edit, and needs to know where cells stand
	facts    []content.Fact
	gaps     []detectors.Gap
	text     int // bytes of parts
	unpacked int
	entries  int
}

// file reads data as what its bytes say it is and returns the name of that, or
// "". at is its locator in the outermost file.
func (j *job) file(data []byte, media, at string, depth int) string {
	has := func(s string) bool { return bytes.HasPrefix(data, []byte(s)) }
	switch {
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return j.zip(data, at, depth)
	case has("\x1f\x8b"):
		return j.gzip(data, at, depth)
	case has("Rar!\x1a\x07"):
		return j.rar(data, at, depth)
	case has("%PDF-"), bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")):
		return j.readPDF(data, at)
	case has("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return j.compound(data, at)
	case isTar(data):
		return j.tar(bytes.NewReader(data), at, depth)
	case isPicture(data):
		return j.picture(data, at)
	case media == "message/rfc822", media == "application/mbox", media == "" && depth > 0 && looksLikeMail(data), depth == 0 && looksLikeMail(data):
		return j.mail(data, at, depth)
	}
	return ""
}

// part adds a text. What is beyond the limits is a gap.
func (j *job) part(at, media string, text []byte) {
	text = bytes.TrimRight(bytes.TrimLeft(text, "\r\n "), "\r\n\t ") // tabs before a cell say its column
	if len(text) == 0 {
		return
	}
	if j.text+len(text) > j.limits.Text {
		j.gap(at, detectors.CauseDecodeBomb, len(text))
		text = text[:max(j.limits.Text-j.text, 0)]
		if len(text) == 0 {
			return
		}
	}
	j.text += len(text)
	j.parts = append(j.parts, content.FilePart{Locator: at, Media: media, Text: text})
}

func (j *job) gap(at string, cause detectors.Cause, size int) {
	j.gaps = append(j.gaps, detectors.Gap{Cause: cause, Locator: at, Size: int64(size)})
}

// over reports whether the job is to stop: its time is up, or its limits are
// reached, which is a gap at the place where that was.
func (j *job) over(at string) bool {
	switch {
	case j.ctx.Err() != nil:
		j.gap(at, detectors.CauseTimeout, 0)
	case j.entries > j.limits.Entries, j.unpacked > j.limits.Unpack:
		j.gap(at, detectors.CauseDecodeBomb, 0)
	default:
		return false
	}
	return true
}

// under joins locators.
func under(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func ordinal(name string, n int) string { return name + "[" + strconv.Itoa(n) + "]" }

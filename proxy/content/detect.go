package content

import (
	"bytes"
	"mime"
	"strings"
)

// kind is what a body or a file turned out to be.
type kind uint8

const (
	kindNone kind = iota
	kindText
	kindJSON
	kindNDJSON
	kindMultipart
	kindForm
	kindImage
	kindAudio
	kindBinary
)

// readable reports whether there is text to be had.
func (k kind) readable() bool { return k <= kindForm }

// parseMedia splits a Content-Type into its type, in lower case, and its
// parameters. A header that is not well formed gives what can be told of it.
func parseMedia(header string) (media string, params map[string]string) {
	if header == "" || header == "application/json" {
		return header, nil
	}
	media, params, err := mime.ParseMediaType(header)
	if err != nil {
		media, _, _ = strings.Cut(header, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	return media, params
}

func isJSONMedia(media string) bool {
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

func isLinesMedia(media string) bool {
	switch media {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines", "text/jsonl":
		return true
	}
	return false
}

// listedMedia is a media type as it may stand in a Doc: types that are not
// listed could say anything.
func listedMedia(media string) string {
	switch media {
	case "application/json", "text/csv", "text/html", "text/markdown", "text/xml", "text/css", "text/javascript", "text/tab-separated-values",
		"text/calendar", "text/vcard", "application/xml", "application/yaml", "application/javascript", "application/sql", "application/x-sh",
		"text/x-python", "text/x-go", "text/x-c", "text/x-java", "image/svg+xml", "message/rfc822":
		return media
	}
	return "text/plain"
}

// kindOf tells what b is, by what it looks like before what it is declared to
// be. Text is text whatever it is declared as.
func kindOf(b []byte, header string, m mapping) kind {
	media, _ := parseMedia(header)
	switch {
	case strings.HasPrefix(media, "multipart/"):
		return kindMultipart
	case media == "application/x-www-form-urlencoded":
		if !mayBeJSON(b) {
			return kindForm
		}
		return kindJSON
	case isJSONMedia(media) && beginsJSON(b):
		return kindJSON
	case isLinesMedia(media):
		return kindNDJSON
	}
	if encodingOf(b, false).wide() || m.isText(b) {
		if mayBeJSON(b) {
			return kindJSON
		}
		return kindText
	}
	if k := magic(b); k != kindNone {
		return k
	}
	switch {
	case strings.HasPrefix(media, "image/") && media != "image/svg+xml":
		return kindImage
	case strings.HasPrefix(media, "audio/"):
		return kindAudio
	}
	return kindBinary
}

// beginsJSON reports whether b begins like a JSON value of any sort.
func beginsJSON(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	i := space(b, 0)
	return i < len(b) && strings.IndexByte(`{["-0123456789tfnNI`, b[i]) >= 0
}

// mayBeJSON reports whether b begins like a JSON object or array.
func mayBeJSON(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	i := space(b, 0)
	return i < len(b) && (b[i] == '{' || b[i] == '[')
}

// isText reports whether b is text in some encoding that has ASCII in it: no
// NUL, and at most one control character in 32. Compressed data has one in ten,
// and a NUL every 256 bytes.
func isText(b []byte) bool { return mapping{}.isText(b) }

// countControls counts the control characters in b; ok is false when there is a NUL.
func countControls(b []byte) (n int, ok bool) {
	if bytes.IndexByte(b, 0) >= 0 {
		return 0, false
	}
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			n++
		}
	}
	return n, true
}

// isMail reports whether b is a mail or a mailbox: declared to be one, or with
// fields of RFC 5322 §3.6 before its first empty line that only mail has.
func isMail(b []byte, media string) bool {
	if media == "message/rfc822" || media == "application/mbox" {
		return true
	}
	head := b[:min(len(b), 4<<10)]
	if i := bytes.Index(head, []byte("\n\n")); i >= 0 {
		head = head[:i]
	} else if i := bytes.Index(head, []byte("\r\n\r\n")); i >= 0 {
		head = head[:i]
	}
	from, mail := false, false
	for line := range bytes.Lines(head) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		switch strings.ToLower(string(name)) {
		case "from":
			from = true
		case "mime-version", "message-id", "received":
			mail = true
		}
	}
	return from && mail
}

// magic tells a file by its first bytes.
func magic(b []byte) kind {
	at := func(i int, s string) bool { return len(b) >= i+len(s) && string(b[i:i+len(s)]) == s }
	switch {
	case at(0, "\x89PNG"), at(0, "\xff\xd8\xff"), at(0, "GIF8"), at(0, "BM"), at(0, "II*\x00"), at(0, "MM\x00*"),
		at(0, "RIFF") && at(8, "WEBP"), at(4, "ftyphei"), at(4, "ftypavif"), at(4, "ftypmif1"):
		return kindImage
	case at(0, "ID3"), at(0, "OggS"), at(0, "fLaC"), at(0, "RIFF") && at(8, "WAVE"), at(4, "ftypM4A"), at(0, "\xff\xfb"), at(0, "\xff\xf3"),
		at(0, "\x1aE\xdf\xa3"):
		return kindAudio
	case at(0, "%PDF"), at(0, "PK\x03\x04"), at(0, "PK\x05\x06"), at(0, "\xd0\xcf\x11\xe0"), at(0, "7z\xbc\xaf"), at(0, "Rar!"), at(0, "\x1f\x8b"):
		return kindBinary
	}
	return kindNone
}

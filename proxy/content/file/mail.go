package file

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/promptgate/promptgate/detectors"
)

// looksLikeMail reports whether data begins with the fields of a mail.
func looksLikeMail(data []byte) bool {
	head := data[:min(len(data), 4<<10)]
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(head, []byte(end)); i >= 0 {
			head = head[:i]
			break
		}
	}
	head = bytes.ToLower(head)
	field := func(name string) bool {
		return bytes.HasPrefix(head, []byte(name)) || bytes.Contains(head, []byte("\n"+name))
	}
	return field("from") && (field("mime-version:") || field("message-id:") || field("received:"))
}

// mail reads a mail (RFC 5322, RFC 2045), or a mailbox of them (RFC 4155).
func (j *job) mail(data []byte, at string, depth int) string {
	if !bytes.HasPrefix(data, []byte("From ")) {
		j.message(data, at, depth)
		return "mail"
	}
	for i := 0; len(data) > 0; i++ {
		here := under(at, ordinal("message", i))
		if j.entries++; j.over(here) {
			break
		}
		_, data, _ = bytes.Cut(data, []byte("\n")) // the line of the sender
		end := bytes.Index(data, []byte("\nFrom "))
		if end < 0 {
			end = len(data)
		}
		j.message(data[:end], here, depth)
		data = bytes.TrimPrefix(data[end:], []byte("\n"))
	}
	return "mail"
}

func (j *job) message(data []byte, at string, depth int) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(data))
		j.part(at, "", data)
		return
	}
	var head []byte
	words := mime.WordDecoder{CharsetReader: charset.NewReaderLabel}
	for _, name := range []string{"From", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject", "Sensitivity", "Keywords", "X-Classification", "Msip_labels"} {
		for _, v := range m.Header[name] {
			if s, err := words.DecodeHeader(v); err == nil {
				v = s
			}
			head = append(append(append(append(head, name...), ": "...), v...), '\n')
		}
	}
	j.labels(head)
	j.part(under(at, "header"), "", head)
	body, err := io.ReadAll(m.Body)
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(data))
	}
	j.content(map[string][]string(m.Header), body, under(at, "text"), depth)
}

// content reads a body with its fields, which may have parts of its own.
func (j *job) content(header map[string][]string, body []byte, at string, depth int) {
	get := func(name string) string {
		if v := header[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	media, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil || media == "" {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") && depth < 2*j.limits.Depth {
		r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for i := 0; ; i++ {
			here := under(at, ordinal("part", i))
			if j.entries++; j.over(here) {
				return
			}
			p, err := r.NextRawPart()
			if err != nil {
				if err != io.EOF {
					j.gap(here, detectors.CauseDecodeError, 0)
				}
				return
			}
			b, _ := io.ReadAll(p) // what was cut off is what NextRawPart tells next
			j.content(p.Header, b, here, depth+1)
		}
	}
	body = j.transfer(get("Content-Transfer-Encoding"), body, at)
	switch _, disposition, _ := mime.ParseMediaType(get("Content-Disposition")); {
	case disposition["filename"] != "" || params["name"] != "":
		j.part(under(at, "name"), "", []byte(disposition["filename"]+"\n"+params["name"]))
		j.entry(body, at, 0)
	case media == "message/rfc822" && depth < 2*j.limits.Depth:
		j.message(body, at, depth+1)
	case strings.HasPrefix(media, "text/"):
		if r, err := charset.NewReaderLabel(params["charset"], bytes.NewReader(body)); err == nil && params["charset"] != "" {
			if b, err := io.ReadAll(r); err == nil {
				body = b
			}
		}
		j.part(at, media, body)
	default:
		j.entry(body, at, 0)
	}
}

// transfer undoes a Content-Transfer-Encoding. What cannot be decoded is kept.
func (j *job) transfer(encoding string, body []byte, at string) []byte {
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	b, err := io.ReadAll(r)
	if err != nil {
		j.gap(at, detectors.CauseDecodeError, len(body))
		return append(b, body...)
	}
	return b
}

package inspect

import (
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/unlisted"
)

// unlisted counts the message, and keeps the outline of one that no row names.
func (m *message) unlisted(c *collector) {
	book := m.i.cfg.Unlisted
	if book == nil || m.partial {
		return
	}
	is := unknown(m.r.Endpoint)
	book.Count(is, m.start)
	if !is || m.r.URL == nil {
		return
	}
	plain := true // nothing was found where a name is going to be shown
	for i := range c.findings {
		at := c.findings[i].Locator
		plain = plain && at != "path" && !strings.HasSuffix(at, ":key")
	}
	word := unlisted.Word
	if !plain {
		word = func([]byte) bool { return false }
	}
	format, values := content.Outline(m.media(), m.r.Body, word)
	// What cannot be written now is written with the next one.
	_ = book.Note(strings.TrimSuffix(m.r.Endpoint.ID, ".unknown"), method(m.r.Method), m.r.URL.EscapedPath(), format, values, plain, m.start)
}

// media is what the headers say of the body.
func (m *message) media() content.Media {
	return content.Media{ContentType: m.r.Header.Get("Content-Type"), ContentEncoding: strings.Join(m.r.Header.Values("Content-Encoding"), ",")}
}

package proxy

import (
	"io"
	"net/http"
	"strings"

	"github.com/promptgate/promptgate/proxy/content/stream"
	"github.com/promptgate/promptgate/proxy/inspect"
)

// reads prepares a request for something that the provider keeps, such as a
// conversation: nothing of what comes back is decided, and what stands in it for
// values becomes the values again for who sent them.
func (m *message) reads() {
	if m.s.cfg.Reading != nil && m.r.Method == http.MethodGet && m.endpoint != nil {
		m.restorer = m.s.cfg.Reading(m.principal, m.r.URL.Path)
	}
}

// restoreRead gives an answer in JSON to the restorer, as it comes.
func (m *message) restoreRead(resp *http.Response) {
	media, _, _ := strings.Cut(strings.ToLower(resp.Header.Get("Content-Type")), ";")
	if media = strings.TrimSpace(media); m.restorer == nil || resp.StatusCode != http.StatusOK || !strings.HasSuffix(media, "json") && !strings.HasSuffix(media, "jsonl") {
		return
	}
	body := resp.Body.(*answerBody)
	r, err := stream.Decode(strings.Join(resp.Header["Content-Encoding"], ","), body.ReadCloser)
	if err != nil {
		return // it goes on as it is, with its tokens
	}
	body.ReadCloser = struct {
		io.Reader
		io.Closer
	}{&restoredBody{r: r, restorer: m.restorer}, body.ReadCloser}
	resp.ContentLength = -1
	resp.Header.Del("Content-Length")
	resp.Header.Del("Content-Encoding")
	stripDigests(resp.Header)
}

// a restoredBody is an answer on its way through a restorer.
type restoredBody struct {
	r        io.Reader
	restorer inspect.Rewriter
	ready    []byte
	buf      [4 << 10]byte
	err      error
}

func (b *restoredBody) Read(p []byte) (int, error) {
	for len(b.ready) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		var n int
		n, b.err = b.r.Read(b.buf[:])
		b.ready = b.restorer.Write(b.buf[:n])
		if b.err == io.EOF {
			b.ready = append([]byte(nil), b.ready...)
			b.ready = append(b.ready, b.restorer.Close()...)
		}
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

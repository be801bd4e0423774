package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/upload"
)

// NamedBytes is how much of an answer is read for the name of a piece.
const NamedBytes = 64 << 10

const (
	// maxOrder is the longest body that is read for the order of pieces.
	maxOrder = 8 << 20
	// refusedPart is the rule of a message that would put a file together of which
	// a piece was refused.
	refusedPart = "internal.upload_part_refused"
)

// An edge keeps the first and the last bytes of the texts of a file.
type edge struct {
	upload.Piece
	size int
	open bool // the document at hand is the file's
}

func (e *edge) add(p []byte) {
	e.size += len(p)
	if n := upload.Edge - len(e.Head); n > 0 {
		e.Head = append(e.Head, p[:min(n, len(p))]...)
	}
	if len(p) >= upload.Edge {
		e.Tail = append(e.Tail[:0], p[len(p)-upload.Edge:]...)
		return
	}
	if over := len(e.Tail) + len(p) - upload.Edge; over > 0 {
		e.Tail = append(e.Tail[:0], e.Tail[over:]...)
	}
	e.Tail = append(e.Tail, p...)
}

// begin looks at a document that begins. Its text does not touch the one before it.
func (e *edge) begin(d content.Doc) {
	e.open = d.Role == content.RoleFile
	if e.open && e.size > 0 {
		e.add([]byte{'\n'})
	}
}

// piece says what the request is to an upload in pieces, and to which.
func (m *message) piece() (kind provider.Piece, key, id string) {
	if m.i.cfg.Uploads == nil || m.r.URL == nil {
		return provider.NoPiece, "", ""
	}
	path := strings.TrimSuffix(m.r.URL.Path, "/")
	switch m.r.Endpoint.Piece {
	case provider.Part, provider.Complete:
		return m.r.Endpoint.Piece, m.r.Host + path[:strings.LastIndexByte(path, '/')+1], ""
	case provider.Announce:
		return provider.Announce, "", ""
	case provider.Block:
		q, err := url.ParseQuery(m.r.URL.RawQuery)
		if err != nil {
			return provider.NoPiece, "", ""
		}
		switch q.Get("comp") {
		case "block":
			return provider.Part, m.r.Host + path, q.Get("blockid")
		case "blocklist":
			return provider.Complete, m.r.Host + path, ""
		}
		return provider.Block, m.r.Host + path, ""
	}
	return provider.NoPiece, "", ""
}

// refused reports whether the message names a file whose bytes were refused.
func (m *message) refused() bool {
	book := m.i.cfg.Uploads
	if book == nil || m.r.URL == nil || m.r.Endpoint.Format != provider.ChatGPT || m.r.Endpoint.Mode != provider.Inspect {
		return false
	}
	return book.Names(m.who(), m.r.Body, []byte(m.r.URL.Path))
}

// borders looks at the text around the borders of pieces that the message puts
// in order, for what none of them held by itself.
func (m *message) borders(c *collector) {
	m.refusedFile = m.refused()
	kind, key, _ := m.piece()
	if kind != provider.Complete || strings.HasSuffix(m.r.URL.Path, "/cancel") {
		return
	}
	ids, ok := order(m.r.Header, m.r.Body)
	o := m.i.cfg.Uploads.Order(m.who(), key, ids)
	m.refusedPiece = o.Refused
	if o.Missing || !ok {
		c.Gap(detectors.Gap{Cause: detectors.CauseReference, Locator: "parts"})
	}
	for _, r := range o.Runs {
		c.border(r)
	}
}

// order reads the ids of pieces in the order in which the file is made of them:
// OpenAI's part_ids, or Azure's block list.
func order(h http.Header, body []byte) (ids []string, ok bool) {
	if h.Get("Content-Encoding") != "" || len(body) > maxOrder {
		return nil, false
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '<' {
		var complete struct {
			Parts []string `json:"part_ids"`
		}
		err := json.Unmarshal(body, &complete)
		return complete.Parts, err == nil
	}
	var list struct {
		Blocks []struct {
			ID string `xml:",chardata"`
		} `xml:",any"`
	}
	if xml.Unmarshal(body, &list) != nil {
		return nil, false
	}
	for _, b := range list.Blocks {
		ids = append(ids, strings.TrimSpace(b.ID))
	}
	return ids, true
}

// border scans a run for findings that its pieces do not have by themselves. Its
// document stands outside the body: what is found cannot be taken out any more.
func (c *collector) border(r upload.Run) {
	type found struct {
		infoType   detectors.InfoType
		start, end int
	}
	alone := map[found]detectors.Confidence{}
	from := 0
	for _, to := range append(r.Borders, len(r.Text)) {
		list, _ := c.engine.Scan(r.Text[from:to], engine.Options{})
		for _, f := range list {
			alone[found{f.Type, from + f.Span.Start, from + f.Span.End}] = f.Confidence
		}
		from = to
	}
	id := len(c.docs)
	c.docs = append(c.docs, content.Doc{ID: id, Locator: "parts[" + strconv.Itoa(r.First) + "]:border", Role: content.RoleFile, Media: "text/plain"})
	list, gaps := c.engine.Scan(r.Text, engine.Options{})
	for _, f := range list {
		if had, ok := alone[found{f.Type, f.Span.Start, f.Span.End}]; !ok || had.Level() < f.Confidence.Level() {
			c.add(id, f)
		}
	}
	for _, g := range gaps {
		g.Locator = c.doc(id).Locator
		c.Gap(g)
	}
	c.scanned += int64(len(r.Text))
}

// incomplete stops a message that would put a file together of which a piece was
// refused, whatever else the policy says of it.
func (m *message) incomplete() {
	if !m.refusedPiece && !m.refusedFile || m.emergency != "" || m.observed() || m.decision.Gate == policy.Block {
		return
	}
	m.decision.Gate, m.decision.Intended, m.decision.Would, m.decision.Redact = policy.Block, policy.Block, policy.Block, nil
	m.decision.Rule, m.decision.Rules = refusedPart, append(m.decision.Rules, refusedPart)
	m.decision.Reason = "A part of this file was refused, so the file is not put together."
	m.decision.Guidance = "Take out what the refusal of that part named, and upload the whole file again."
	if m.refusedFile {
		m.decision.Reason = "A file that this message refers to was refused when it was uploaded."
		m.decision.Guidance = "Remove the file from the message, or take out what its refusal named and upload it again."
	}
}

// announced reads where the bytes of an announced file go, and what the file is
// called.
func announced(answer []byte) (address, id string) {
	var x struct {
		File        string `json:"file_id"`
		Reservation string `json:"reservation_id"`
		URL         string `json:"upload_url"`
	}
	if json.Unmarshal(answer, &x) != nil {
		return "", ""
	}
	u, err := url.Parse(x.URL)
	if err != nil || u.Host == "" {
		return "", ""
	}
	return strings.ToLower(u.Hostname()) + strings.TrimSuffix(u.Path, "/"), cmp.Or(x.File, x.Reservation)
}

// remember keeps the edges of a piece, and forgets an upload that is over.
func (m *message) remember(v *Verdict) {
	kind, key, id := m.piece()
	book := m.i.cfg.Uploads
	switch {
	case kind == provider.Announce && v.Refusal == nil:
		who, now := m.who(), m.start
		v.Named = func(answer []byte) {
			if address, id := announced(answer); id != "" {
				book.Issue(who, address, id, now)
			}
		}
	case kind == provider.Block:
		book.Sent(m.who(), key, v.Refusal != nil)
	case kind == provider.Complete && v.Refusal == nil:
		book.Drop(m.who(), key)
	case kind == provider.Part:
		p := upload.Piece{Refused: true}
		if m.edges != nil {
			p = m.edges.Piece
			p.Whole = m.edges.size <= upload.Edge
		}
		p.Refused = v.Refusal != nil
		if id != "" && p.Refused { // a block of a blob
			book.Sent(m.who(), key, true)
		}
		name := book.Keep(m.who(), key, id, p, m.start)
		if id == "" && !p.Refused {
			v.Named = func(answer []byte) {
				var x struct {
					ID string `json:"id"`
				}
				if json.Unmarshal(answer, &x) == nil && x.ID != "" {
					name(x.ID)
				}
			}
		}
	}
}

package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/elazarl/goproxy"

	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// errSilent: upstream began an answer and then sent nothing for the answer limit.
var errSilent = errors.New("proxy: upstream fell silent")

// recordLimit is how long an answer waits for the record of its message. The
// policy has decided about a log that cannot be written; a log that hangs must
// not hang the answers too.
const recordLimit = 10 * time.Second

type messageKey struct{}

// exchange sends a decided request on and its answer back: the one place where
// goproxy carries a message.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) { s.goproxy.ServeHTTP(w, r) }

// forward sends the request with the body p.
func (m *message) forward(p payload) {
	m.s.exchange(m.w, m.outgoing(p))
}

// outgoing makes the request for upstream. The path, the query and the values
// of headers are the client's bytes; names of headers are in canonical form, as
// net/http knows no other.
func (m *message) outgoing(p payload) *http.Request {
	out := m.r.WithContext(context.WithValue(m.ctx, messageKey{}, m))
	u := *m.r.URL
	u.Scheme, u.Host, u.User, u.Fragment, u.RawFragment = m.scheme, authority(m.scheme, m.host, m.port), nil, "", ""
	if raw, _, _ := strings.Cut(m.r.RequestURI, "?"); m.scheme == "https" && strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") && u.EscapedPath() != raw {
		u.Opaque = raw // or net/url would escape it anew
	}
	out.URL, out.Host, out.RequestURI = &u, u.Host, ""
	out.Header = m.r.Header.Clone()
	if m.verdict != nil && m.verdict.Changed {
		stripDigests(out.Header)
	}
	trailers := strings.Contains(strings.ToLower(out.Header.Get("Te")), "trailers")
	stripHop(out.Header)
	m.restrict(out.Header)
	m.accept(out.Header)
	if trailers {
		out.Header.Set("Te", "trailers")
	}
	if m.verdict != nil && m.verdict.Named != nil {
		out.Header.Set("Accept-Encoding", "identity")
	}
	delete(out.Header, "Expect") // answered here already
	delete(out.Header, "Http2-Settings")
	telemetry.StripPropagation(out.Header)
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = nil // or net/http names itself
	}
	out.Body, out.ContentLength = p.reader(), p.length
	out.GetBody = nil
	if p.rest == nil {
		out.ContentLength = p.here()
		out.GetBody = func() (io.ReadCloser, error) { return p.reader(), nil } // for a pooled connection that turns out to be closed
	}
	out.TransferEncoding, out.Trailer, out.Close, out.Form, out.PostForm = nil, nil, false, nil, nil
	return out
}

// restrict tells the provider whose accounts this network lets in. What a client
// says of that is never sent on, also where the policy says nothing.
func (m *message) restrict(h http.Header) {
	if m.endpoint == nil {
		return
	}
	for _, name := range policy.RestrictionHeaders() {
		h.Del(name)
	}
	if m.s.cfg.Restrict == nil {
		return
	}
	for _, r := range m.s.cfg.Restrict(m.host) {
		h.Set(r.Name, r.Value)
	}
}

// stripHop removes what is meant for this hop only, and credentials for proxies.
func stripHop(h http.Header) {
	for _, v := range h["Connection"] {
		for name := range strings.SplitSeq(v, ",") {
			h.Del(textproto.TrimString(name))
		}
	}
	for _, name := range []string{"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
	for name := range h {
		if strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "X-Promptgate-") {
			delete(h, name)
		}
	}
}

// stripDigests removes what is no longer true of an edited body.
func stripDigests(h http.Header) {
	for _, name := range []string{"Content-Md5", "Digest", "Content-Digest", "Repr-Digest", "X-Ms-Blob-Content-Md5", "X-Ms-Content-Crc64"} {
		delete(h, name)
	}
}

// wroteHeaders is called when the request's header goes out.
func (m *message) wroteHeaders() {
	defer m.s.survive("exchange")
	if !m.received.IsZero() {
		m.s.cfg.Hooks.Added(time.Since(m.received))
	}
}

// informational passes a 1xx of upstream on. It may be called on a goroutine of
// http.Transport, where a panic would end the process.
func (m *message) informational(code int, header textproto.MIMEHeader) error {
	defer m.s.survive("exchange")
	if code == http.StatusContinue || !m.r.ProtoAtLeast(1, 1) {
		return nil // ours to send; unknown to HTTP/1.0
	}
	m.recorded()
	h := http.Header(header).Clone()
	stripHop(h)
	delete(h, "Alt-Svc")
	m.w.informational(code, h)
	return nil
}

// recorded returns when the record of the message is on disk.
func (m *message) recorded() {
	if m.verdict == nil || m.verdict.Durable == nil {
		return
	}
	m.evidence.Do(func() {
		late := time.NewTimer(recordLimit)
		defer late.Stop()
		select {
		case <-m.verdict.Durable:
		case <-m.ctx.Done():
		case <-late.C:
			m.s.log.Warn("audit record is late", "incident", m.verdict.ID)
		}
	})
}

// roundTrip is what goproxy calls for each request. It has no errors: they come
// back as answers, because goproxy would show their text.
func (s *Server) roundTrip(r *http.Request, _ *goproxy.ProxyCtx) (*http.Response, error) {
	m, ok := r.Context().Value(messageKey{}).(*message)
	if !ok { // cannot happen; must not go out undecided
		return response(r, s.problem(refuse.Problem{Cause: refuse.CauseInternal, Method: r.Method, Header: r.Header})), nil
	}
	resp := m.switched
	if resp == nil {
		var err error
		if resp, err = m.trip(r, m.streams()); err != nil {
			return response(r, m.unreached(err)), nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols { // nobody asked
			_ = resp.Body.Close()
			return response(r, m.unreached(io.ErrUnexpectedEOF)), nil
		}
	}
	m.answered(resp)
	return resp, nil
}

// trip makes one round trip.
func (m *message) trip(r *http.Request, streams bool) (*http.Response, error) {
	pool := m.s.upstream.pool(r, streams)
	if direct := m.s.upstream.direct; pool == m.s.upstream.short && direct.takes(r) {
		return direct.roundTrip(r, leg{host: m.host, port: m.port, wroteHeaders: m.wroteHeaders, early: m.informational})
	}
	r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{Got1xxResponse: m.informational, WroteHeaders: m.wroteHeaders}))
	if pool == m.s.upstream.plain {
		if err := m.s.upstream.guardName(joinTarget(m.host, m.port)); err != nil {
			return nil, err
		}
	}
	resp, err := pool.RoundTrip(r)
	if err == nil && pool == m.s.upstream.plain && resp.StatusCode == http.StatusProxyAuthRequired {
		_ = resp.Body.Close()
		return nil, &parentError{status: resp.StatusCode}
	}
	return resp, err
}

// streams reports whether the answer will be a stream.
func (m *message) streams() bool {
	if strings.Contains(m.r.Header.Get("Accept"), "text/event-stream") {
		return true
	}
	if m.verdict != nil {
		for _, f := range m.verdict.Facts {
			if f.Name == "stream" {
				return f.Value == "true"
			}
		}
	}
	return false
}

// unreached words a round trip that failed.
func (m *message) unreached(err error) refuse.Refusal {
	if m.r.Context().Err() != nil {
		m.abandon(m.r.Context().Err())
	}
	if m.event != nil {
		e := *m.event
		f := m.s.undialled(m.r, e, err)
		m.cause = causeOf(err)
		return *f
	}
	m.cause = causeOf(err)
	m.s.cfg.Hooks.Upstream(m.host, m.cause)
	m.recorded()
	return m.s.problem(m.about(m.cause))
}

// answered prepares upstream's answer for the client.
func (m *message) answered(resp *http.Response) {
	if m.event != nil {
		m.s.decided(*m.event)
	}
	if strings.EqualFold(resp.Header.Get("Cf-Mitigated"), "challenge") {
		m.s.cfg.Hooks.Challenge(m.host)
	}
	m.recorded()
	if m.body != nil && !m.body.over() {
		m.s.leaveBody(m.w, m.r)
	}
	stripHop(resp.Header)
	stripHop(resp.Trailer)
	delete(resp.Header, "Alt-Svc") // it would lead the client past us, over QUIC
	for _, name := range []string{"Date", "Content-Type"} {
		if _, ok := resp.Header[name]; !ok {
			resp.Header[name] = nil // or net/http makes one up
		}
	}
	if m.verdict != nil {
		for k, v := range m.verdict.AnswerHeader {
			resp.Header[k] = v
		}
	}
	if m.verdict != nil && m.verdict.Named != nil && resp.StatusCode/100 == 2 {
		resp.Body = &namedBody{ReadCloser: resp.Body, tell: m.verdict.Named}
	}
	limit := m.s.upstream.cfg.AnswerTimeout
	m.silent = time.AfterFunc(limit, func() { m.cancel(errSilent) })
	resp.Body = &answerBody{ReadCloser: resp.Body, m: m, limit: limit}
	m.inspectAnswer(resp)
	m.restoreRead(resp)
}

// a namedBody is an answer whose beginning the inspector wants to see.
type namedBody struct {
	io.ReadCloser
	head []byte
	tell func([]byte) // nil once it was called
}

func (b *namedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.tell != nil {
		b.head = append(b.head, p[:min(n, inspect.NamedBytes-len(b.head))]...)
		if err != nil || len(b.head) == inspect.NamedBytes {
			b.tell(b.head)
			b.tell, b.head = nil, nil
		}
	}
	return n, err
}

// an answerBody is upstream's answer on its way to the client.
type answerBody struct {
	io.ReadCloser
	m     *message
	limit time.Duration
}

// WriteTo is what io.Copy calls. An error of upstream must not look like the end
// of the answer, which it would, because goproxy drops it: the message is broken
// off once goproxy has returned.
func (b *answerBody) WriteTo(w io.Writer) (n int64, err error) {
	buf := b.m.s.buffers.Get().(*[]byte)
	defer b.m.s.buffers.Put(buf)
	for {
		got, err := b.Read(*buf)
		b.m.silent.Reset(b.limit)
		if got > 0 {
			wrote, err := w.Write((*buf)[:got])
			n += int64(wrote)
			if err != nil {
				b.m.failed = err
				return n, err
			}
		}
		if err == nil {
			continue
		}
		cause := context.Cause(b.m.ctx)
		// A server that is told to stop may still end its answer in good order.
		if err == io.EOF && cause != errSilent {
			return n, nil
		}
		if cause != nil {
			err = cause
		}
		b.m.failed = err
		if b.m.r.Context().Err() == nil {
			b.m.s.cfg.Hooks.Upstream(b.m.host, causeOf(err))
		}
		return n, err
	}
}

// response makes an answer of our own for goproxy to write.
func response(r *http.Request, f refuse.Refusal) *http.Response {
	h := f.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if r.ProtoMajor == 2 {
		h.Del("Connection")
		h.Del("Upgrade")
	}
	h.Set("Content-Length", strconv.Itoa(len(f.Body)))
	resp := &http.Response{StatusCode: f.Status, ProtoMajor: 1, ProtoMinor: 1, Header: h, ContentLength: int64(len(f.Body)), Request: r, Body: http.NoBody}
	if r.Method != http.MethodHead {
		resp.Body = payload{held: f.Body}.reader()
	}
	return resp
}

package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/spool"
)

// A message is one request under way, from its header to the end of its answer.
// It belongs to the goroutine of its handler; what others touch says so.
type message struct {
	s      *Server
	w      *answer         // towards the client
	r      *http.Request   // as the client sent it
	ctx    context.Context // r's, with the message's span
	cancel context.CancelCauseFunc
	span   trace.Span

	scheme    string
	host      string
	port      int
	principal identity.Principal
	event     *ConnEvent         // of an absolute-form request that is not inspected; nil else
	endpoint  *provider.Endpoint // nil when the host is not inspected
	verdict   *inspect.Verdict   // nil when nothing was decided

	body     *stallReader  // of the request; nil until it is looked at
	files    []*spool.File // of bodies
	held     int64         // bytes of the budget
	received time.Time     // when the request was there whole
	incident string
	cause    refuse.Cause     // why the answer is our own
	failed   error            // why there is no whole answer
	switched *http.Response   // to an upgrade: had already
	evidence sync.Once        // waits for the record; also from http.Transport's goroutine
	restorer inspect.Rewriter // of what is read; nil when nothing is restored
	silent   *time.Timer      // ends an upstream that falls silent in mid-answer
}

// errPanicked: a handler panicked.
var errPanicked = errors.New("proxy: panic")

func (s *Server) newMessage(w http.ResponseWriter, r *http.Request, scheme, host string, port int, p identity.Principal) *message {
	s.crew.enter()
	m := &message{s: s, w: newAnswer(w), r: r, scheme: scheme, host: host, port: port, principal: p}
	var ctx context.Context
	ctx, m.span = s.startMessage(r, host, port, p)
	m.ctx, m.cancel = context.WithCancelCause(ctx)
	return m
}

// finish is deferred: it closes the books of the message, whatever happened. A
// panic is answered when that is still possible; else the answer is broken off,
// so that the client does not take half of it for the whole.
func (m *message) finish() {
	defer m.s.crew.leave()
	p := recover()
	broken := m.failed != nil
	switch {
	case p == http.ErrAbortHandler:
		broken = true
	case p != nil:
		m.s.panicked("exchange")
		m.failed = errPanicked
		if broken = m.w.status != 0; !broken {
			m.cause = refuse.CauseInternal
			m.s.send(m.w, m.r, m.s.problem(m.about(refuse.CauseInternal)))
		}
	}
	if m.silent != nil {
		m.silent.Stop()
	}
	if m.body != nil {
		m.body.close()
	}
	m.cancel(nil)
	m.s.held.give(m.held)
	m.close()
	for _, f := range m.files {
		f.Close()
	}
	m.endSpan()
	if broken {
		panic(http.ErrAbortHandler)
	}
}

// close tells the inspector how it ended, once.
func (m *message) close() {
	if m.verdict == nil {
		return
	}
	defer m.s.survive("exchange")
	m.s.done(m.verdict, context.WithoutCancel(m.ctx), m.w.status, m.failed)
}

// about is a problem with this message.
func (m *message) about(cause refuse.Cause) refuse.Problem {
	return refuse.Problem{Cause: cause, Host: m.host, Incident: m.id(), Endpoint: m.endpoint, Method: m.r.Method, Header: m.r.Header}
}

// id is the number that people can ask about.
func (m *message) id() string {
	if m.incident == "" {
		m.incident = inspect.NewID(time.Now())
	}
	return m.incident
}

// refuse answers with a problem.
func (m *message) refuse(cause refuse.Cause, reason string) {
	m.cause = cause
	p := m.about(cause)
	p.Reason = reason
	m.s.cfg.Hooks.Refused(RefusedMessage{Principal: m.principal, Host: m.host, Endpoint: m.endpoint, Method: m.r.Method, Cause: cause, Incident: p.Incident})
	m.s.send(m.w, m.r, m.s.problem(p))
}

// directed reports whether everything in the request names the tunnel's target.
func (m *message) directed() bool {
	if m.r.URL.IsAbs() && m.r.URL.Scheme != m.scheme {
		return false
	}
	if !sameTarget(m.r.Host, m.host, m.port) {
		return false
	}
	for _, h := range m.r.Header["Host"] { // HTTP/2: beside :authority
		if !sameTarget(h, m.host, m.port) {
			return false
		}
	}
	return true
}

// inspected carries a request to an inspected host.
func (m *message) inspected() {
	m.endpoint = m.match()
	if f, ok := m.preflight(); ok {
		m.s.send(m.w, m.r, f)
		return
	}
	switch {
	case m.endpoint.Closed:
		m.refuse(refuse.CausePathClosed, m.endpoint.Reason)
	case upgrades(m.r):
		m.upgradeInspected()
	case m.endpoint.Mode == provider.Pass:
		m.pass()
	default:
		m.decide()
	}
}

// match finds the endpoint. A GET with a body is no GET, one whose address holds
// words is read, and a closed path stays closed however it is spelled; the catalogue sees to the rest of the spellings.
func (m *message) match() *provider.Endpoint {
	hosts, at := m.s.cfg.Hosts(), m.r.URL.EscapedPath()
	e := hosts.Match(m.r.Method, m.host, at)
	if e.Mode == provider.Pass && m.r.ContentLength != 0 {
		e = hosts.Match(http.MethodPost, m.host, at)
	}
	if e.Mode == provider.Pass && !upgrades(m.r) && inspect.Speaks(m.r.URL) && hosts.Match(http.MethodPost, m.host, at).Mode != provider.Pass {
		e = hosts.Match(http.MethodPost, m.host, "") // of no row
	}
	if clean := cleanPath(m.r.URL.Path); clean != m.r.URL.Path {
		if c := hosts.Match(m.r.Method, m.host, (&url.URL{Path: clean}).EscapedPath()); c.Closed {
			return c
		}
	}
	return e
}

// cleanPath resolves dots, doubled slashes and backslashes, as lenient servers do.
func cleanPath(p string) string {
	if !strings.Contains(p, "//") && !strings.Contains(p, "/.") && !strings.Contains(p, `\`) {
		return p
	}
	return path.Clean("/" + strings.ReplaceAll(p, `\`, "/"))
}

// pass sends a request on without looking into it.
func (m *message) pass() {
	m.reads()
	m.body = newStallReader(m.w.control, m.r.Body, m.s.lim.BodyStall)
	p := payload{length: m.r.ContentLength}
	if m.r.ContentLength != 0 {
		p.rest = m.body
	}
	m.forward(p)
}

// decide holds the request, asks the inspector, and refuses or forwards.
func (m *message) decide() {
	p, gap, err := m.hold()
	if err != nil {
		// On HTTP/1.1 the context ends with any error of reading, a deadline too.
		if m.r.ProtoMajor == 2 && m.r.Context().Err() != nil || isReset(err) {
			m.abandon(err)
		}
		m.refuse(refuse.CauseBadBody, "")
		return
	}
	m.received = time.Now()
	v := m.verdict // by the beginning of the body
	if v == nil {
		v = m.ask(p, gap)
	}
	switch {
	case m.endpoint.Mode == provider.Observe: // never altered, whatever was found
	case v.Refusal != nil:
		m.s.send(m.w, m.r, *v.Refusal)
		return
	case v.Changed && p.file != nil && p.rest == nil:
		edited := m.files[len(m.files)-1]
		p = payload{file: edited, length: edited.Size()}
	case v.Changed && p.rest == nil:
		p = payload{held: v.Body, length: int64(len(v.Body))}
	}
	m.reads()
	m.forward(p)
}

// abandon gives a message up whose client is gone.
func (m *message) abandon(err error) {
	m.failed = err
	panic(http.ErrAbortHandler)
}

// ask gives the message to the inspector. A body that is not held whole is not
// inspected at all; its gap says so, and the policy answers that.
func (m *message) ask(p payload, gap *detectors.Gap) *inspect.Verdict {
	r := m.request()
	if gap != nil {
		r.Gaps = []detectors.Gap{*gap}
	}
	decide := func(ctx context.Context) *inspect.Verdict { return m.s.cfg.Inspector.Request(ctx, r) }
	switch {
	case p.rest == nil && p.file != nil:
		m.verdict = m.mapped(p.file, r, decide)
	case p.rest == nil:
		r.Body = p.held
		fallthrough
	default:
		m.verdict = decide(m.ctx)
	}
	m.incident = m.verdict.ID
	return m.verdict
}

// request is the message for the inspector, without its body.
func (m *message) request() *inspect.Request {
	return &inspect.Request{
		Method: m.r.Method, Host: m.host, URL: m.r.URL, Header: m.r.Header, Principal: m.principal, Endpoint: m.endpoint, Protocol: m.r.Proto,
	}
}

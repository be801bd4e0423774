package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content/stream"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/provider"
)

// accept says to upstream which content codings its answer may have: where answers
// are inspected gzip, and none at all for streams.
func (m *message) accept(h http.Header) {
	if m.restorer != nil && h["Accept-Encoding"] != nil {
		h["Accept-Encoding"] = []string{"gzip"}
	}
	if m.verdict == nil || m.endpoint == nil || m.endpoint.Mode != provider.Inspect || h["Accept-Encoding"] == nil {
		return
	}
	coding := "identity"
	if !m.streams() && strings.Contains(strings.Join(h["Accept-Encoding"], ","), "gzip") {
		coding = "gzip"
	}
	h["Accept-Encoding"] = []string{coding}
}

// inspectAnswer gives upstream's answer to the inspector: as it comes when it is a
// stream of events, else whole, before any of it is sent on.
func (m *message) inspectAnswer(resp *http.Response) {
	if m.verdict == nil || m.event != nil {
		return
	}
	a := m.verdict.Answer(resp.StatusCode, resp.Header)
	if a == nil {
		return
	}
	if a.Streams {
		r, err := stream.Decode(strings.Join(resp.Header["Content-Encoding"], ","), resp.Body)
		if err == nil {
			resp.Body = &streamBody{answerBody: resp.Body.(*answerBody), r: r, a: a}
			resp.ContentLength = -1 // it may be edited
			resp.Header.Del("Content-Length")
			resp.Header.Del("Content-Encoding")
			stripDigests(resp.Header)
			return
		}
		a.Unread = &detectors.Gap{Cause: detectors.CauseUnsupportedEncoding, Locator: "body"}
	}
	m.holdAnswer(resp, a)
}

// holdAnswer reads an answer whole, within the limits, and replaces
// it by what was decided about it.
func (m *message) holdAnswer(resp *http.Response, a *inspect.Answer) {
	var body []byte
	gap := a.Unread
	if gap == nil {
		var err error
		if body, gap, err = m.readAnswer(resp); err != nil {
			_ = resp.Body.Close()
			*resp = *response(resp.Request, m.unreached(err))
			return
		}
	}
	held := body
	if gap != nil {
		held = nil
	}
	v := a.Hold(m.ctx, held, gap)
	if v == nil {
		m.sendWhole(resp, body)
		return
	}
	await(m.ctx, v.Durable)
	switch {
	case v.Refusal != nil:
		_ = resp.Body.Close()
		*resp = *response(resp.Request, *v.Refusal)
		return
	case gap != nil: // what was read goes first
		b := resp.Body.(*answerBody)
		b.ReadCloser = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), b.ReadCloser), b.ReadCloser}
		return
	case v.Changed:
		body = v.Body
		stripDigests(resp.Header)
		resp.ContentLength = int64(len(body))
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	for k, h := range v.AnswerHeader {
		resp.Header[k] = h
	}
	m.sendWhole(resp, body)
}

// sendWhole makes body what is sent.
func (m *message) sendWhole(resp *http.Response, body []byte) {
	m.silent.Stop()
	_ = resp.Body.Close() // at its end: upstream's connection is free
	resp.Body = &heldAnswer{Reader: bytes.NewReader(body), m: m}
}

// readAnswer reads until the end of the answer. A gap says that it is larger than
// what is held, or that there is no room; what was read comes all the same.
func (m *message) readAnswer(resp *http.Response) ([]byte, *detectors.Gap, error) {
	limit := min(m.s.lim.BodyBytes, maxHeldAnswer)
	if resp.ContentLength > limit {
		return nil, &detectors.Gap{Cause: detectors.CauseOversize, Locator: "body", Size: resp.ContentLength}, nil
	}
	size := 4 << 10
	if resp.ContentLength >= 0 && resp.ContentLength < unasked {
		size = int(resp.ContentLength) + 1 // the last read finds the end
	}
	buf, b := make([]byte, 0, size), resp.Body.(*answerBody)
	for {
		if len(buf) == cap(buf) {
			if grown := int64(cap(buf)); grown >= unasked {
				if !m.s.held.take(grown) {
					return buf, &detectors.Gap{Cause: detectors.CauseOverload, Locator: "body", Size: max(resp.ContentLength, int64(len(buf)))}, nil
				}
				m.held += grown
			}
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := b.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF && context.Cause(m.ctx) != errSilent:
			return buf, nil, nil
		case err != nil:
			if cause := context.Cause(m.ctx); cause != nil {
				err = cause
			}
			return nil, nil, err
		case int64(len(buf)) > limit:
			return buf, &detectors.Gap{Cause: detectors.CauseOversize, Locator: "body", Size: int64(len(buf))}, nil
		}
		m.silent.Reset(b.limit)
	}
}

// maxHeldAnswer is the largest answer that is held, in bytes: four pictures in
// base64 have about twenty million.
const maxHeldAnswer = 32 << 20

// unasked is how much of an answer is held without asking the budget, in bytes.
const unasked = 64 << 10

// await waits for a record that answers must not overtake.
func await(ctx context.Context, durable <-chan error) {
	if durable == nil {
		return
	}
	late := time.NewTimer(recordLimit)
	defer late.Stop()
	select {
	case <-durable:
	case <-ctx.Done():
	case <-late.C:
	}
}

// a heldAnswer is an answer that is there whole.
type heldAnswer struct {
	*bytes.Reader
	m *message
}

// WriteTo is what io.Copy calls.
func (b *heldAnswer) WriteTo(w io.Writer) (int64, error) {
	n, err := b.Reader.WriteTo(w)
	if err != nil {
		b.m.failed = err
	}
	return n, err
}

// Close does nothing: upstream's part is over.
func (b *heldAnswer) Close() error { return nil }

// a streamBody is an answer that is inspected event by event.
type streamBody struct {
	*answerBody
	r io.Reader // the answer, its content coding undone
	a *inspect.Answer
}

// streamBuffer is how much of a stream is read at a time, in bytes: each open
// stream has one.
const streamBuffer = 2 << 10

// WriteTo is what io.Copy calls.
func (b *streamBody) WriteTo(w io.Writer) (int64, error) {
	m, written := b.m, int64(0)
	s := b.a.Stream(func(p []byte) error {
		n, err := w.Write(p)
		written += int64(n)
		return err
	}, m.admit)
	defer s.Abandon()
	buf := make([]byte, streamBuffer)
	var err error
	for err == nil {
		var n int
		n, err = b.r.Read(buf)
		m.silent.Reset(b.limit)
		if n > 0 {
			if failed := s.Write(buf[:n]); failed != nil {
				err = failed
				break
			}
		}
	}
	cause := context.Cause(m.ctx)
	cut := err != io.EOF || cause == errSilent
	_, ended := s.Close(context.WithoutCancel(m.ctx), cut)
	switch {
	case errors.Is(ended, inspect.ErrEnded):
		return written, nil // its last event says so
	case ended != nil:
		m.failed = ended // the client is gone
		return written, ended
	case !cut:
		return written, nil
	case cause != nil:
		err = cause
	}
	m.failed = err
	if m.r.Context().Err() == nil {
		m.s.cfg.Hooks.Upstream(m.host, causeOf(err))
	}
	return written, err
}

// admit asks the budget for memory of a stream.
func (m *message) admit(n int) bool {
	if n < 0 {
		m.s.held.give(int64(-n))
	} else if !m.s.held.take(int64(n)) {
		return false
	}
	m.held += int64(n)
	return true
}

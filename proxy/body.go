package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/spool"
)

// A payload is a body to send on: what stands in file, then held, then rest.
type payload struct {
	file   *spool.File
	held   []byte    // all of it, or its beginning
	rest   io.Reader // what was not read; nil when the whole is here
	length int64     // of the whole; -1 when unknown
}

// here is how much of it is here, in bytes.
func (p payload) here() int64 {
	n := int64(len(p.held))
	if p.file != nil {
		n += p.file.Size()
	}
	return n
}

// reader is the payload as a request's body.
func (p payload) reader() io.ReadCloser {
	switch {
	case p.file != nil:
		parts := []io.Reader{p.file.Reader(), bytes.NewReader(p.held)}
		if p.rest != nil {
			parts = append(parts, p.rest)
		}
		return io.NopCloser(io.MultiReader(parts...))
	case p.rest == nil && len(p.held) == 0:
		return http.NoBody
	case p.rest == nil:
		// http.Transport knows this type, and sends header and body together.
		return io.NopCloser(bytes.NewReader(p.held))
	case len(p.held) == 0:
		return io.NopCloser(p.rest)
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(p.held), p.rest))
}

var errHeld = errors.New("proxy: no memory for the body")

// hold reads the request's body whole: into memory, or into a file when it is
// larger than that is for or there is none left. A body over the limits comes back
// as a payload with a rest, and a gap; an error means that the client did not send
// what it announced. What is held counts against the budget until the message
// ends.
func (m *message) hold() (payload, *detectors.Gap, error) {
	length, limit := m.r.ContentLength, m.s.lim.BodyBytes
	m.body = newStallReader(m.w.control, m.r.Body, m.s.lim.BodyStall)
	if length == 0 {
		return payload{}, nil, nil
	}
	if length > limit {
		return payload{rest: m.body, length: length}, &detectors.Gap{Cause: detectors.CauseOversize, Size: length}, nil
	}
	m.body.until(time.Now().Add(m.s.lim.Body))
	defer m.body.until(time.Time{})
	memory := limit
	if m.s.cfg.Spool != nil {
		memory = min(limit, m.s.lim.MemoryBytes)
		if length > memory {
			return m.spooled(nil)
		}
	}
	most := length
	if length < 0 {
		most = memory + 1
	}
	held, err := m.fill(most)
	if m.s.cfg.Spool != nil && (errors.Is(err, errHeld) || err == nil && int64(len(held)) > memory) {
		return m.spooled(held)
	}
	size := int64(len(held))
	over := payload{held: held, rest: m.body, length: length}
	switch {
	case errors.Is(err, errHeld):
		return over, &detectors.Gap{Cause: detectors.CauseOverload, Size: max(length, size)}, nil
	case err != nil:
		return payload{}, nil, err
	case size > limit:
		return over, &detectors.Gap{Cause: detectors.CauseOversize, Size: size}, nil
	}
	return payload{held: held, length: size}, nil, nil
}

// fill reads until the end of the body or until most bytes are there. It
// allocates no more than a step ahead of what has come: an announced length is
// not a body.
func (m *message) fill(most int64) ([]byte, error) {
	step := int64(4 << 10)
	if m.r.ContentLength > 0 {
		step = 64 << 10
	}
	var buf []byte
	for int64(len(buf)) < most {
		if len(buf) == cap(buf) {
			size := min(most, max(step, 2*int64(cap(buf))))
			if !m.s.held.take(size - int64(cap(buf))) {
				return buf, errHeld
			}
			m.held += size - int64(cap(buf))
			grown := make([]byte, len(buf), size)
			copy(grown, buf)
			buf = grown
		}
		n, err := m.body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF && m.r.ContentLength > int64(len(buf)):
			return buf, io.ErrUnexpectedEOF
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
	return buf, nil
}

// a stallReader is a request's body whose client must not fall silent. The
// timer touches the connection's (or the stream's) read deadline only when it
// fires: on HTTP/2 a deadline for each read costs more than reading a usual
// prompt. Read may be called on another goroutine than the rest.
type stallReader struct {
	r     io.Reader
	stall time.Duration
	set   func(time.Time) error

	mu      sync.Mutex // guards the rest
	timer   *time.Timer
	end     time.Time // of the whole body; zero means never
	reading bool
	fired   bool
	ended   bool // r has said so; net/http closes a body early that it knows to be over
	closed  bool
}

func newStallReader(c *http.ResponseController, r io.Reader, stall time.Duration) *stallReader {
	return &stallReader{r: r, stall: stall, set: c.SetReadDeadline}
}

// until sets when the whole body must be there.
func (b *stallReader) until(end time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end = end
}

// Read fails with a deadline error when no byte came for the stall limit.
func (b *stallReader) Read(p []byte) (int, error) {
	if err := b.arm(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.disarm(err)
	return n, err
}

func (b *stallReader) arm() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		return io.EOF
	case b.closed:
		return http.ErrBodyReadAfterClose
	}
	b.reading = true
	wait := b.stall
	if !b.end.IsZero() {
		wait = min(wait, time.Until(b.end))
	}
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.fire)
	} else {
		b.timer.Reset(wait)
	}
	return nil
}

func (b *stallReader) disarm(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading, b.ended = false, err == io.EOF
	b.timer.Stop()
	if b.fired && err == nil && !b.closed {
		b.fired = false
		_ = b.set(time.Time{})
	}
}

// over reports whether the body was read to its end.
func (b *stallReader) over() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}

func (b *stallReader) fire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reading && !b.closed {
		b.fired = true
		_ = b.set(past())
	}
}

// close ends a read under way, which holds the handler up otherwise: net/http
// waits for it before it takes the next request.
func (b *stallReader) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reading {
		_ = b.set(past())
	}
	b.closed = true
}

// What is read of a body nobody wants, so that the client hears the answer.
const (
	leaveBytes = 4 << 20
	leaveTime  = 2 * time.Second
)

// leaveBody bounds what comes of a body that is not going to be read: net/http
// reads some of it before it answers on HTTP/1.1, to keep the connection, and
// waits for that without a limit. It sets its own deadline for the next request.
// On HTTP/2 the end of the handler resets the stream, on which curl 7.88 drops an
// answer whose request it is still sending, so a little more is read here.
func (s *Server) leaveBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	switch r.ProtoMajor {
	case 1:
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.lim.BodyStall))
	case 2:
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(min(leaveTime, s.lim.BodyStall)))
		_, _ = io.CopyN(io.Discard, r.Body, leaveBytes)
	}
}

// past is a deadline that is over.
func past() time.Time { return time.Unix(1, 0) }

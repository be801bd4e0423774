package proxy

import (
	"context"
	"io"
	"runtime/debug"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/spool"
)

const (
	// firstLook is how much of a spooled body is there when it is looked at for the
	// first time, in bytes; every look after it is eightfold. Looks at a beginning
	// cost less than a third of the look at the whole.
	firstLook, nextLook = 4 << 20, 8
	// spoolChunk is how much is read at a time, and how much of a body must come
	// within the limit for a whole small one.
	spoolChunk, spoolRate = 64 << 10, 8 << 20
	// spoolScan is how much of a spooled body is given another second to be looked
	// at, in bytes.
	spoolScan = 4 << 20
)

// An early inspector can stop a message by its beginning. *inspect.Inspector is
// one.
type early interface {
	// Early returns the verdict on a message of which r.Body is the beginning when
	// nothing that may follow can keep it from being blocked, else nil.
	Early(ctx context.Context, r *inspect.Request) *inspect.Verdict
}

// spooled goes on reading a body, of which held has come already, into a file. A
// body that does not fit is a payload with a rest, and a gap; a message that its
// beginning decides has a verdict afterwards, and the rest of its body is not
// read.
func (m *message) spooled(held []byte) (payload, *detectors.Gap, error) {
	length := m.r.ContentLength
	over := func(f *spool.File, held []byte, cause detectors.Cause) (payload, *detectors.Gap, error) {
		p := payload{file: f, held: held, rest: m.body, length: length}
		return p, &detectors.Gap{Cause: cause, Size: max(length, p.here())}, nil
	}
	f, err := m.s.cfg.Spool.File()
	if err != nil {
		return over(nil, held, detectors.CauseSpoolFull)
	}
	m.files = append(m.files, f)
	if _, err := f.Write(held); err != nil {
		return over(f, held[f.Size():], detectors.CauseSpoolFull)
	}
	m.s.held.give(m.held)
	m.held = 0
	buf := m.s.buffers.Get().(*[]byte)
	defer m.s.buffers.Put(buf)
	look, due := int64(firstLook), f.Size()+spoolRate
	for {
		if f.Size() >= due {
			m.body.until(time.Now().Add(m.s.lim.Body))
			due = f.Size() + spoolRate
		}
		n, readErr := m.body.Read((*buf)[:min(len(*buf), spoolChunk)])
		before := f.Size()
		if _, err := f.Write((*buf)[:n]); err != nil {
			return over(f, append([]byte(nil), (*buf)[f.Size()-before:n]...), detectors.CauseSpoolFull)
		}
		switch {
		case readErr == io.EOF && length > f.Size():
			return payload{}, nil, io.ErrUnexpectedEOF
		case readErr == io.EOF:
			return payload{file: f, length: f.Size()}, nil, nil
		case readErr != nil:
			return payload{}, nil, readErr
		case f.Size() > m.s.lim.BodyBytes:
			return over(f, nil, detectors.CauseOversize)
		}
		if f.Size() >= look {
			if (length < 0 || look <= length/4) && m.early(f) {
				return payload{}, nil, nil
			}
			look *= nextLook
		}
	}
}

// early looks at the beginning of a body and reports whether it decided the
// message.
func (m *message) early(f *spool.File) bool {
	in, ok := m.s.cfg.Inspector.(early)
	if !ok || m.endpoint.Mode != provider.Inspect {
		return false
	}
	r := m.request()
	m.verdict = m.mapped(f, r, func(ctx context.Context) *inspect.Verdict { return in.Early(ctx, r) })
	return m.verdict != nil
}

// mapped calls f with the bytes of a file as the body of r.
func (m *message) mapped(file *spool.File, r *inspect.Request, f func(context.Context) *inspect.Verdict) (v *inspect.Verdict) {
	body, err := file.Bytes()
	if err != nil {
		r.Gaps = append(r.Gaps, detectors.Gap{Cause: detectors.CauseEngineError, Size: file.Size()})
		return f(m.ctx)
	}
	// A page that the disk does not give back is a fault of memory: as a panic it is
	// the gap engine_error like any other in the inspector.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer file.Lean()()
	r.Body, r.Lean, r.Scratch = body, file.GiveBack, file.Scratch
	r.More = time.Duration(file.Size()/spoolScan) * time.Second
	r.Edited = func() (io.Writer, error) {
		edited, err := m.s.cfg.Spool.File()
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, edited)
		return edited, nil
	}
	defer func() { // they end with the file
		r.Body, r.Lean, r.Scratch, r.Edited = nil, nil, nil, nil
		if v != nil {
			v.Body = nil
		}
	}()
	return f(m.ctx)
}

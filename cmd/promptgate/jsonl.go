package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

const (
	batchBytes = 256 << 10 // of input that one worker takes at a time
	maxLine    = 1 << 30   // bytes of one line
)

// A jsonl is scan --jsonl under way: one goroutine cuts the input into batches
// of whole lines, one per CPU scans them, and the caller writes the results in
// the order of the input. A batch is what one read returned, so a producer that
// waits for each answer gets it. The number of batches is fixed, and so is
// memory while lines are shorter than a batch.
type jsonl struct {
	engine *engine.Engine
	free   chan *batch // to the reader
	work   chan *batch // to the workers
	order  chan *batch // to the writer
}

// A batch is some lines and their results. One goroutine owns it at a time.
type batch struct {
	in, out []byte
	text    []byte // scratch of the decoder
	first   int    // number of the first line, from 1
	bad     badLines
	done    chan struct{} // receives once, when out and bad stand
}

// A badLines are lines that could not be scanned.
type badLines struct {
	n     int
	first int   // the first one's number
	err   error // and what is wrong with it
}

func (b *badLines) add(o badLines) {
	if b.n == 0 {
		*b = o
		return
	}
	b.n += o.n
}

// Err is nil when there are none.
func (b *badLines) Err() error {
	switch b.n {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("line %d was not scanned: %w", b.first, b.err)
	}
	return fmt.Errorf("%s were not scanned; the first is line %d: %w", count(b.n, "line"), b.first, b.err)
}

// scanLines writes one line of findings for each line of r. What cannot be scanned
// is answered in its place, and does not stop the others: lines do not depend on
// each other, and who sends a million of them wants to know all that is wrong. The
// error at the end says how many there were. A reader that is blocked in r.Read
// when ctx ends stays so.
func scanLines(ctx context.Context, e *engine.Engine, r io.Reader, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := runtime.GOMAXPROCS(0)
	n := 2*workers + 2
	j := &jsonl{engine: e, free: make(chan *batch, n), work: make(chan *batch, n), order: make(chan *batch, n)}
	for range n {
		j.free <- &batch{in: make([]byte, 0, batchBytes), done: make(chan struct{}, 1)}
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for range workers {
		running.Go(func() {
			for b := range j.work {
				j.scan(b)
				b.done <- struct{}{}
			}
		})
	}
	var readErr error
	go func() {
		readErr = j.read(ctx, r)
		close(j.work)
		close(j.order)
	}()
	var bad badLines
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b, ok := <-j.order:
			if !ok {
				return cmp.Or(readErr, bad.Err())
			}
			<-b.done
			if _, err := w.Write(b.out); err != nil {
				return fmt.Errorf("writing findings: %w", err)
			}
			bad.add(b.bad)
			j.free <- b
		}
	}
}

// read cuts r into batches of whole lines.
func (j *jsonl) read(ctx context.Context, r io.Reader) error {
	line := 1
	var rest []byte // the beginning of a line whose end was not read yet
	for {
		var b *batch
		select {
		case b = <-j.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.first, b.bad = line, badLines{}
		b.in = append(b.in[:0], rest...)
		end, err := fill(b, r)
		rest = append(rest[:0], b.in[end:]...)
		b.in = b.in[:end]
		line += bytes.Count(b.in, []byte{'\n'})
		if len(b.in) > 0 {
			j.work <- b
			j.order <- b
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// fill reads until b holds a whole line, and returns where the last one ends.
// At the end of r what is left counts as one.
func fill(b *batch, r io.Reader) (end int, err error) {
	for {
		if cap(b.in)-len(b.in) < batchBytes/4 {
			if len(b.in) >= maxLine {
				return 0, fmt.Errorf("longer than %d bytes", maxLine)
			}
			b.in = append(make([]byte, 0, 2*cap(b.in)), b.in...)
		}
		from := len(b.in)
		n, err := r.Read(b.in[from:cap(b.in)])
		b.in = b.in[:from+n]
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return 0, fmt.Errorf("reading: %w", err)
			}
			return len(b.in), err
		}
		if i := bytes.LastIndexByte(b.in[from:], '\n'); i >= 0 {
			return from + i + 1, nil
		}
	}
}

// scan answers the lines of b.
func (j *jsonl) scan(b *batch) {
	b.out = b.out[:0]
	number := b.first - 1
	for in := b.in; len(in) > 0; {
		number++
		raw := in
		if i := bytes.IndexByte(in, '\n'); i >= 0 {
			raw, in = in[:i], in[i+1:]
		} else {
			in = nil
		}
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		l, scratch, err := decodeLine(raw, b.text)
		b.text = scratch
		if err != nil {
			b.bad.add(badLines{1, number, err})
			b.out = appendRefusal(b.out, l.id, number, err)
			continue
		}
		found, gaps := j.engine.Scan(l.text, engine.Options{})
		b.out = appendResult(b.out, l.id, found, gaps)
	}
}

// appendRefusal appends {"id":…,"error":"…","line":…}: what was wrong, and nothing
// of the line but its id. It has no findings: nobody may take it for clean.
func appendRefusal(b, id []byte, number int, err error) []byte {
	b = append(b, `{"id":`...)
	if id == nil {
		b = append(b, "null"...)
	}
	b = append(b, id...)
	b = append(b, `,"error":`...)
	b = appendJSONString(b, err.Error())
	b = append(b, `,"line":`...)
	b = strconv.AppendInt(b, int64(number), 10)
	return append(b, "}\n"...)
}

// appendResult appends {"id":…,"findings":[…]} and a line break. What could not
// be inspected, which needs a text made to exhaust the engine, adds "gaps".
func appendResult(b, id []byte, found []detectors.Finding, gaps []detectors.Gap) []byte {
	b = append(b, `{"id":`...)
	if id == nil {
		b = append(b, "null"...)
	}
	b = append(b, id...)
	b = append(b, `,"findings":[`...)
	sortFindings(found)
	for i := range found {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = appendFinding(b, &found[i])
		b = append(b, '}')
	}
	b = append(b, ']')
	for i, g := range gaps {
		if i == 0 {
			b = append(b, `,"gaps":["`...)
		} else {
			b = append(b, `,"`...)
		}
		b = append(b, g.Cause...)
		b = append(b, '"')
		if i == len(gaps)-1 {
			b = append(b, ']')
		}
	}
	return append(b, "}\n"...)
}

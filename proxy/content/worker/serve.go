package worker

import (
	"context"
	"encoding/gob"
	"errors"
	"io"
	"runtime/debug"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// Limits of a child. Zero fields are the defaults.
type Limits struct {
	Memory  uint64 // bytes of address space; 4 GiB, for Go and WebAssembly reserve much more than they use
	Seconds uint64 // of processor time for one file; 20
	Write   string // the one directory that may be written, "" for none
}

// A Warmer is a content.Files that can do beforehand what its first file would
// wait for.
type Warmer interface{ Warm() }

// Serve is what a child does: it locks itself in, then reads files with f from
// in and answers on out, until in ends. It returns nil then.
func Serve(in io.Reader, out io.Writer, f content.Files, l Limits) error {
	if l.Memory == 0 {
		l.Memory = 4 << 30
	}
	if l.Seconds == 0 {
		l.Seconds = 20
	}
	if err := lock(l); err != nil {
		return err
	}
	debug.SetMemoryLimit(int64(l.Memory / 4))
	enc, dec := gob.NewEncoder(out), gob.NewDecoder(in)
	for {
		var q request
		if err := dec.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := moreTime(l.Seconds); err != nil {
			return err
		}
		if err := enc.Encode(read(f, q)); err != nil {
			return err
		}
	}
}

// read reads one file. A panic is a gap; its value may quote the file and is
// not looked at.
func read(f content.Files, q request) (a answer) {
	defer func() {
		if recover() != nil {
			a = answer{Text: failed(detectors.CauseParserCrash, len(q.Data))}
		}
	}()
	if q.Warm {
		if w, ok := f.(Warmer); ok {
			w.Warm()
		}
		return a
	}
	if len(q.Edits) > 0 {
		a.Edited, a.OK = f.Edit(context.Background(), q.Data, q.Media, q.Edits)
		return a
	}
	a.Text = f.Read(context.Background(), q.Data, q.Media)
	return a
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

func scanVerb() verb {
	return verb{
		name: "scan", args: "[FILE... | -]", short: "look for sensitive content in files or stdin",
		long: `Prints what the detectors find, never the text itself, and exits 1 when they find
something. Files are streamed: memory does not grow with their size.

--jsonl reads lines {"id": ..., "text": "..."} on stdin and writes, in the same order,
{"id": ..., "findings": [{"type","category","start","end","confidence","rule"}]};
start and end are offsets in UTF-8 bytes of the text. It exits 0 whatever it finds. A
line that is none is answered {"id": ..., "error": "...", "line": N}; the others are
scanned all the same, and the exit code is 3.`,
		examples: [3]string{
			"promptgate scan customers.csv notes.txt",
			"git diff --cached | promptgate scan -",
			`echo '{"id": 1, "text": "write to jo@kontor.de"}' | promptgate scan --jsonl`,
		},
		set: func(f *flags) runner {
			asJSON := f.onOff("json", "print one JSON object a finding, with file, line and column")
			lines := f.onOff("jsonl", "texts in, findings out, a line each")
			dir := f.text("rules", "DIR", "", "rules laid over the built-in ones")
			o := settingsFlags(f)
			return func(ctx context.Context, p *program, args []string) error {
				if *lines && (*asJSON || len(args) > 1 || len(args) == 1 && args[0] != "-") {
					return usagef("--jsonl reads stdin and goes with no other flag or file")
				}
				c, err := o.load()
				if err != nil {
					return err
				}
				if *dir != "" {
					c.RulesDir = *dir
				}
				e, err := loadEngine(c.RulesDir, p.company(c))
				if err != nil {
					return err
				}
				if *lines {
					return scanLines(ctx, e, p.stdin, p.stdout)
				}
				return p.scanFiles(ctx, e, args, *asJSON)
			}
		},
	}
}

// scanGC is how much garbage may pile up, in percent of what is alive. A scan makes
// little of it: collecting more often costs nothing and keeps memory small.
const scanGC = 25

// scanFiles scans one file after the other. A file that cannot be read does not
// stop the others; nor does it let the whole end as clean.
func (p *program) scanFiles(ctx context.Context, e *engine.Engine, files []string, asJSON bool) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	if p.getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(scanGC))
	}
	s := &fileScan{
		engine: e, asJSON: asJSON, out: bufio.NewWriterSize(p.stdout, 64<<10),
		progress: p.newProgress(), buf: make([]byte, 64<<10),
	}
	var failed error
	for _, name := range files {
		if err := s.file(ctx, p, name); err != nil {
			if ctx.Err() != nil {
				return err
			}
			p.say("%v", err)
			failed = errors.New("not everything could be scanned")
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing findings: %w", err)
	}
	switch {
	case s.found > 0:
		return errFindings
	case failed != nil:
		return failed
	}
	return nil
}

// A fileScan prints the findings of files as they become known.
type fileScan struct {
	engine   *engine.Engine
	asJSON   bool
	out      *bufio.Writer
	progress *progress
	buf      []byte
	line     []byte // scratch
	found    int
	lean     bool // memory was given back
}

func (s *fileScan) file(ctx context.Context, p *program, name string) error {
	r, shown := p.stdin, "-"
	size := int64(0)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return plainPathError(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return plainPathError(err)
		}
		if info.IsDir() {
			return fmt.Errorf("%s is a directory; name its files", name)
		}
		r, shown, size = f, name, info.Size()
	}
	return s.scan(ctx, r, shown, size)
}

// plainPathError drops the name of the system call: "open x: no such file or
// directory" is "x: no such file or directory".
func plainPathError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}

func (s *fileScan) scan(ctx context.Context, r io.Reader, name string, size int64) error {
	var at lineIndex
	var gaps []detectors.Gap
	scanner := s.engine.NewScanner(engine.Options{
		Found: func(f detectors.Finding) { s.print(name, &at, &f) },
		Gap:   func(g detectors.Gap) { gaps = append(gaps, g) },
	})
	defer scanner.Release()
	if size >= progressFrom && !s.lean {
		debug.FreeOSMemory() // what loading left behind, before a long scan
		s.lean = true
	}
	s.progress.start(name, size)
	defer s.progress.end()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(s.buf)
		if n > 0 {
			at.write(s.buf[:n])
			scanner.Write(s.buf[:n])
			s.progress.add(int64(n))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return plainPathError(err)
		}
	}
	scanner.Close()
	if len(gaps) > 0 {
		return fmt.Errorf("%s: not all of it was inspected (%s, %d bytes)", name, gaps[0].Cause, gaps[0].Size)
	}
	return nil
}

// print writes one finding. Write errors surface at Flush.
func (s *fileScan) print(name string, at *lineIndex, f *detectors.Finding) {
	s.found++
	s.progress.clear()
	line, column := at.place(int64(f.Span.Start))
	b := s.line[:0]
	if s.asJSON {
		b = append(b, `{"file":`...)
		b = appendJSONString(b, name)
		b = append(b, ',')
		b = appendFinding(b, f)
		if line > 0 {
			b = append(b, `,"line":`...)
			b = strconv.AppendInt(b, line, 10)
			b = append(b, `,"column":`...)
			b = strconv.AppendInt(b, column, 10)
		}
		b = append(b, "}\n"...)
	} else {
		b = append(b, name...)
		if line > 0 {
			b = append(b, ':')
			b = strconv.AppendInt(b, line, 10)
			b = append(b, ':')
			b = strconv.AppendInt(b, column, 10)
		} else { // further back than the index keeps
			b = append(b, ":@"...)
			b = strconv.AppendInt(b, int64(f.Span.Start), 10)
		}
		b = fmt.Appendf(b, ": %s, %d bytes, %s confidence (%s)\n", f.Type, f.Span.Len(), f.Confidence.Level(), f.Rule)
	}
	s.line = b
	_, _ = s.out.Write(b)
}

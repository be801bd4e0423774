package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// ReaderVerb is the first argument of the process that becomes a picture reader.
const ReaderVerb = "picture-worker"

// Pictures says how the text in pictures is read, by a program of the operator's.
type Pictures struct {
	Command []string      // an absolute path and arguments; the picture is its input, the text its output
	Timeout time.Duration // for one picture; 10 s
	Workers int           // at once; 2
	Path    string        // our own program, which locks itself in before it becomes Command
	Name    string        // what it is started as; "" for Path
}

// The bounds of one picture.
const (
	maxPicture     = 20 << 20 // bytes
	maxPictureText = 1 << 20
)

// A pictureReader adds the text in pictures to what other files read of them.
type pictureReader struct {
	content.Files
	cfg  Pictures
	free chan struct{}
}

// WithPictures lets the program of c read the pictures among the files that f
// reads: those that are files of their own, not those inside documents. The gap
// image is gone where it succeeds. It runs without network, new files and other
// programs' memory, and is killed at its deadline; where that cannot be had, it is
// not run. Safe for concurrent use.
func WithPictures(f content.Files, c Pictures) content.Files {
	if len(c.Command) == 0 {
		return f
	}
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	p := &pictureReader{Files: f, cfg: c, free: make(chan struct{}, c.Workers)}
	for range c.Workers {
		p.free <- struct{}{}
	}
	return p
}

// Read implements content.Files.
func (p *pictureReader) Read(ctx context.Context, data []byte, media string) content.FileText {
	t := p.Files.Read(ctx, data, media)
	if t.Kind != "picture" || len(data) > maxPicture {
		return t
	}
	text, err := p.look(ctx, data)
	if err != nil {
		return t // the gap image stands
	}
	t.Gaps = slices.DeleteFunc(slices.Clone(t.Gaps), func(g detectors.Gap) bool { return g.Cause == detectors.CauseImage && g.Locator == "" })
	if text = bytes.TrimSpace(text); len(text) > 0 {
		t.Parts = append(slices.Clip(t.Parts), content.FilePart{Locator: "ocr", Text: text})
	}
	return t
}

var errLong = errors.New("worker: a picture's text is too long")

// look runs the program on one picture.
func (p *pictureReader) look(ctx context.Context, data []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	select {
	case <-p.free:
		defer func() { p.free <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	cmd := exec.CommandContext(ctx, p.cfg.Path, append([]string{ReaderVerb}, p.cfg.Command...)...)
	if p.cfg.Name != "" {
		cmd.Args[0] = p.cfg.Name
	}
	cmd.Env = []string{mark + "=1", "PATH=/usr/local/bin:/usr/bin:/bin", "OMP_THREAD_LIMIT=1"} // tesseract takes all processors otherwise
	cmd.SysProcAttr = apart()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(data)
	var out bytes.Buffer
	cmd.Stdout = &limitedWriter{w: &out, left: maxPictureText}
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// limitedWriter fails behind its last byte.
type limitedWriter struct {
	w    io.Writer
	left int
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errLong
	}
	l.left -= len(p)
	return l.w.Write(p)
}

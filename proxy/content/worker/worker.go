// Package worker reads files in a child process.
//
// A goroutine that hangs in a parser cannot be ended, and memory or stack that
// runs out is not a panic, so each file is given to a child: the same program,
// started again with the verb [Verb], without network and files (Landlock, where
// the kernel has it), with limits of memory and processor time, killed at the
// deadline. Whatever a file does to it is a gap: timeout when it takes too long,
// parser_crash when it dies.
package worker

import (
	"context"
	"encoding/gob"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// Verb is the first argument of a child.
const Verb = "parse-worker"

// mark is in the environment of every child. A program that does not know Verb
// and does what it always does must not start children of its own.
const mark = "PROMPTGATE_PARSE_WORKER"

var errNested = errors.New("worker: a child starts no children")

// Config says how children are started. Zero fields are the defaults.
type Config struct {
	Path    string        // the program; required
	Name    string        // what it is started as; "" for Path
	Args    []string      // its arguments
	Env     []string      // its environment, ours is not passed on
	Timeout time.Duration // for one file, the wait for a child included; 10 s
	Workers int           // children at once; 2
	Jobs    int           // files that a child reads before it is replaced; 64
	Idle    time.Duration // after which a child without work is ended; 1 min
}

// A Pool starts children as they are needed. It implements content.Files. Safe
// for concurrent use; callers beyond Workers wait, as long as their context.
type Pool struct {
	cfg  Config
	free chan *child // nil: a child may be started
	done chan struct{}
	once sync.Once
}

// New makes a pool. No child is started before the first file.
func New(c Config) *Pool {
	if c.Timeout <= 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Workers <= 0 {
		c.Workers = 2
	}
	if c.Jobs <= 0 {
		c.Jobs = 64
	}
	if c.Idle <= 0 {
		c.Idle = time.Minute
	}
	p := &Pool{cfg: c, free: make(chan *child, c.Workers), done: make(chan struct{})}
	for range c.Workers {
		p.free <- nil
	}
	return p
}

// Close, of a nil pool too, ends the children that have no work; others end with theirs.
func (p *Pool) Close() {
	if p == nil {
		return
	}
	p.once.Do(func() { close(p.done) })
	for {
		select {
		case c := <-p.free:
			c.end()
			p.free <- nil
			if c == nil {
				return
			}
		default:
			return
		}
	}
}

// failed is a file of which nothing is known but why.
func failed(cause detectors.Cause, size int) content.FileText {
	return content.FileText{Kind: "file", Gaps: []detectors.Gap{{Cause: cause, Size: int64(size)}}}
}

// Read implements content.Files. A nil pool knows no format.
func (p *Pool) Read(ctx context.Context, data []byte, media string) content.FileText {
	if p == nil {
		return content.FileText{}
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	return p.do(ctx, request{Data: data, Media: media}).Text
}

// Edit implements content.Files.
func (p *Pool) Edit(ctx context.Context, data []byte, media string, edits []content.FileEdit) (edited []byte, ok bool) {
	if p == nil || len(edits) == 0 {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	a := p.do(ctx, request{Data: data, Media: media, Edits: edits})
	return a.Edited, a.OK
}

// Warm lets a child do what takes long at the first file of a kind and is kept
// for the next ones (see [Warmer]), without the deadline of a file.
func (p *Pool) Warm(ctx context.Context) {
	if p != nil {
		_ = p.do(ctx, request{Warm: true}) // the first file says what is wrong
	}
}

// do gives q to a child that has nothing else to do, and waits for its answer or
// the end of ctx.
func (p *Pool) do(ctx context.Context, q request) answer {
	var c *child
	select {
	case c = <-p.free:
	case <-ctx.Done():
		return answer{Text: failed(detectors.CauseTimeout, len(q.Data))}
	}
	defer func() { p.free <- c }()
	if c == nil || !c.alive() {
		var err error
		if c, err = p.start(); err != nil {
			c = nil
			return answer{Text: failed(detectors.CauseEngineError, len(q.Data))}
		}
	}
	answers := make(chan answer, 1)
	go func(c *child) {
		a, err := c.ask(q)
		if err != nil {
			a = answer{Text: failed(detectors.CauseParserCrash, len(q.Data))}
			c.broken = true
		}
		answers <- a
	}(c)
	select {
	case a := <-answers:
		if c.jobs++; c.broken || c.jobs >= p.cfg.Jobs || p.closed() {
			c.end()
			c = nil
			return a
		}
		c.idle = time.AfterFunc(p.cfg.Idle, c.end)
		return a
	case <-ctx.Done():
		c.end()
		<-answers // ask ends with its child
		c = nil
		return answer{Text: failed(detectors.CauseTimeout, len(q.Data))}
	}
}

func (p *Pool) closed() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// A child is one process. It belongs to one caller at a time.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	enc    *gob.Encoder
	dec    *gob.Decoder
	limit  *limited
	jobs   int
	broken bool
	idle   *time.Timer
	ended  sync.Once
}

func (p *Pool) start() (*child, error) {
	if os.Getenv(mark) != "" {
		return nil, errNested
	}
	cmd := exec.Command(p.cfg.Path, p.cfg.Args...)
	if p.cfg.Name != "" {
		cmd.Args[0] = p.cfg.Name
	}
	cmd.Env = append([]string{mark + "=1"}, p.cfg.Env...)
	cmd.SysProcAttr = attributes()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &limited{r: out}
	return &child{cmd: cmd, in: in, enc: gob.NewEncoder(in), dec: gob.NewDecoder(l), limit: l}, nil
}

// alive takes a child back from idleness; false when it has been ended.
func (c *child) alive() bool { return c.idle == nil || c.idle.Stop() }

// end kills the process and waits for it. Safe on nil, and more than once.
func (c *child) end() {
	if c == nil {
		return
	}
	c.ended.Do(func() {
		_ = c.in.Close()
		_ = c.cmd.Process.Kill() // it may have ended already
		_ = c.cmd.Wait()         // killed is what it says
	})
}

// ask gives one file to the child and waits for what it read.
func (c *child) ask(q request) (answer, error) {
	c.limit.left = maxAnswer
	if err := c.enc.Encode(q); err != nil {
		return answer{}, err
	}
	var a answer
	err := c.dec.Decode(&a)
	return a, err
}

// A request is one file on its way to a child.
type request struct {
	Data  []byte
	Media string
	Edits []content.FileEdit // to be written into it; none: it is read
	Warm  bool               // no file: do what a first file would wait for
}

// An answer is what a child says of it.
type answer struct {
	Text   content.FileText
	Edited []byte
	OK     bool
}

// maxAnswer bounds what is taken from a child for one file, in bytes: a child
// that a file has taken over may send anything.
const maxAnswer = 192 << 20

var errTooMuch = errors.New("worker: the answer is too long")

// limited reads until left is used up.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooMuch
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

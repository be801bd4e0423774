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
	return p.do(ctx, request{Data: data, Media: media})
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
func (p *Pool) do(ctx context.Context, q request) content.FileText {
	var c *child
	select {
	case c = <-p.free:
	case <-ctx.Done():
		return failed(detectors.CauseTimeout, len(q.Data))
	}
	defer func() { p.free <- c }()
	if c == nil || !c.alive() {
		var err error
		if c, err = p.start(); err != nil {
			c = nil
			return failed(detectors.CauseEngineError, len(q.Data))
		}
	}
	answer := make(chan content.FileText, 1)
	go func(c *child) {
		t, err := c.ask(q)
		if err != nil {
			t = failed(detectors.CauseParserCrash, len(q.Data))
			c.broken = true
		}
		answer <- t
	}(c)
	select {
	case t := <-answer:
		if c.jobs++; c.broken || c.jobs >= p.cfg.Jobs || p.closed() {
			c.end()
			c = nil
			return t
		}
		c.idle = time.AfterFunc(p.cfg.Idle, c.end)
		return t
	case <-ctx.Done():
		c.end()
		<-answer // ask ends with its child
		c = nil
		return failed(detectors.CauseTimeout, len(q.Data))
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
func (c *child) ask(q request) (content.FileText, error) {
	c.limit.left = maxAnswer
	if err := c.enc.Encode(q); err != nil {
		return content.FileText{}, err
	}
	var t content.FileText
	err := c.dec.Decode(&t)
	return t, err
}

// A request is one file on its way to a child.
type request struct {
	Data  []byte
	Media string
	Warm  bool // no file: do what a first file would wait for
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

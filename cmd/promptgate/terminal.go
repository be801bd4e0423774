package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// isTerminal reports whether w is a terminal that can move its cursor.
func isTerminal(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	if !ok || getenv("TERM") == "dumb" || getenv("TERM") == "" {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // also a character device
	return err != nil || !os.SameFile(info, null)
}

// paint returns a function that colours words on stdout, or leaves them alone:
// no colour unless a terminal, and none with NO_COLOR.
func (p *program) paint() func(colour, s string) string {
	if p.getenv("NO_COLOR") != "" || !isTerminal(p.stdout, p.getenv) {
		return func(_, s string) string { return s }
	}
	return func(colour, s string) string { return "\x1b[" + colour + "m" + s + "\x1b[0m" }
}

// Colours for paint.
const (
	red    = "31"
	yellow = "33"
	green  = "32"
	bold   = "1"
)

const (
	progressEvery = 200 * time.Millisecond
	progressFrom  = 16 << 20 // bytes; smaller files are done before one could read it
)

// A progress line shows on stderr how far a long scan is. Without a terminal it
// does nothing. Not safe for concurrent use.
type progress struct {
	w       io.Writer // nil: not a terminal
	name    string
	size    int64 // 0 when unknown
	done    int64
	began   time.Time
	next    time.Time
	visible bool
}

func (p *program) newProgress() *progress {
	if !isTerminal(p.stderr, p.getenv) {
		return &progress{}
	}
	return &progress{w: p.stderr}
}

func (g *progress) start(name string, size int64) {
	now := time.Now()
	g.name, g.size, g.done, g.began, g.next = name, size, 0, now, now.Add(progressEvery)
}

func (g *progress) add(n int64) {
	g.done += n
	if g.w == nil || g.done < progressFrom && g.size < progressFrom {
		return
	}
	now := time.Now()
	if now.Before(g.next) {
		return
	}
	g.next = now.Add(progressEvery)
	rate := float64(g.done) / (1 << 20) / now.Sub(g.began).Seconds()
	share := ""
	if g.size > 0 {
		share = fmt.Sprintf(", %d %%", 100*g.done/g.size)
	}
	fmt.Fprintf(g.w, "\r\x1b[K%s: %d MiB%s, %.0f MiB/s", g.name, g.done>>20, share, rate)
	g.visible = true
}

// clear takes the line away, so that something else may be printed.
func (g *progress) clear() {
	if g.visible {
		fmt.Fprint(g.w, "\r\x1b[K")
		g.visible = false
	}
}

func (g *progress) end() { g.clear() }

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/promptgate/promptgate/proxy/content/worker"
	"github.com/promptgate/promptgate/rules/strict"
)

// A program is one invocation: its streams and its environment.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	version        string
	name           string // what it was started as
}

// A verb is one thing that promptgate does. Its flags are defined by set, so
// that help and parsing know the same ones.
type verb struct {
	name     string
	args     string // behind the flags in the usage line
	short    string // one line for the list of verbs
	long     string // what help says; wrapped by hand
	examples [3]string
	set      func(*flags) runner
}

// A runner does the work of a verb with the flags that set read into.
type runner func(ctx context.Context, p *program, args []string) error

// verbs are all of them, in the order of help.
func verbs() []verb {
	return []verb{
		serveVerb(), scanVerb(), explainVerb(), checkVerb(), testVerb(), policyVerb(), bundleVerb(), breakGlassVerb(), vaultVerb(),
		fingerprintVerb(), edmVerb(), caVerb(), tokenVerb(), canaryVerb(), shapesVerb(), demoVerb(), versionVerb(), helpVerb(),
	}
}

// errFindings ends a verb that did its work and found something: findings,
// failed tests.
var errFindings = errors.New("findings")

// A usageError is a mistake on the command line.
type usageError struct {
	msg  string
	hint string // a line of its own; "" when there is none
}

func (e *usageError) Error() string { return e.msg }

func usagef(format string, a ...any) error { return &usageError{msg: fmt.Sprintf(format, a...)} }

// The exit codes. They are stable.
const (
	exitClean    = 0 // done; nothing found
	exitFindings = 1 // findings (scan), failed tests (test)
	exitUsage    = 2 // usage, or a config, rule or policy that is not valid
	exitFailed   = 3 // could not do it
)

// exitCode maps how a verb ended.
func exitCode(err error) int {
	var usage *usageError
	var invalid strict.Errors
	var one *strict.Error
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage), errors.As(err, &invalid), errors.As(err, &one):
		return exitUsage
	}
	return exitFailed
}

// run does what the command line says and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	p.report(err)
	return exitCode(err)
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return &usageError{msg: "which verb?", hint: "promptgate help lists them"}
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		return p.overview()
	case "-v", "-version", "--version":
		name = "version"
	}
	if name == worker.Verb {
		return p.parseFiles(args[1:])
	}
	for _, v := range verbs() {
		if v.name == name {
			return p.do(ctx, v, args[1:])
		}
	}
	if strings.HasPrefix(name, "-") {
		return &usageError{msg: "the verb comes first, then its flags", hint: "promptgate help lists the verbs"}
	}
	return unknown("verb", name, verbNames())
}

func (p *program) do(ctx context.Context, v verb, args []string) error {
	f := newFlags(v.name)
	run := v.set(f)
	rest, err := f.parse(args)
	if errors.Is(err, errHelp) {
		_, err := io.WriteString(p.stdout, v.help())
		return err
	}
	if err != nil {
		return err
	}
	return run(ctx, p, rest)
}

// report says on stderr how a verb failed. Findings were what was asked for.
func (p *program) report(err error) {
	var usage *usageError
	var invalid strict.Errors
	switch {
	case err == nil, errors.Is(err, errFindings):
	case errors.As(err, &invalid):
		fmt.Fprint(p.stderr, invalid.Render())
		p.say("%s", count(len(invalid), "mistake"))
	case errors.As(err, &usage) && usage.hint != "":
		p.say("%s\n%s", usage.msg, usage.hint)
	default:
		p.say("%s", err.Error())
	}
}

// say prints a message on stderr. Further lines are hints and stand as they are.
func (p *program) say(format string, a ...any) {
	fmt.Fprintf(p.stderr, "promptgate: "+format+"\n", a...)
}

func verbNames() []string {
	var out []string
	for _, v := range verbs() {
		out = append(out, v.name)
	}
	return out
}

// unknown is the usage error for a name that does not exist.
func unknown(what, name string, candidates []string) error {
	e := &usageError{msg: fmt.Sprintf("unknown %s %q", what, name)}
	if s := strict.Suggest(name, candidates); s != "" {
		e.hint = "did you mean " + s + "?"
	}
	return e
}

// count is "1 mistake", "3 mistakes".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

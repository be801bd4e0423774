package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/code"
	"github.com/promptgate/promptgate/detectors/engine"
	people "github.com/promptgate/promptgate/detectors/names"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

// A subject is something that is timed.
type subject struct {
	name  string
	found string // what it counts; subjects with one must count the same
	peer  bool   // it is not ours
	most  int    // bytes of a text that it reads; 0 = all
	run   func(text []byte) (found int, err error)
	clock func() time.Duration // CPU time it has used; nil is that of this process
}

// How streams are cut for ours and theirs: writes of 4 KB, a new text each 32 KB.
const (
	streamWrite = 4 << 10
	streamText  = 32 << 10
)

// A bench is the engines under test.
type bench struct {
	rules    []rules.Rule
	literals []anchor.Literal // distinct
	paths    []anchor.Path    // of this CPU, the slowest first
	rulesOn  map[anchor.Path]*engine.Engine
	shipped  map[anchor.Path]*engine.Engine // rules and code
	code     *engine.Engine
	names    *engine.Engine
	prints   *engine.Engine // fingerprints alone
	records  *engine.Engine // exact data match alone
	taught   *engine.Engine // rules, code and both
}

// newBench makes the engines. Their key is fixed, so that digests can be compared.
func newBench() (*bench, error) {
	c, err := rules.LoadEmbedded()
	if err != nil {
		return nil, err
	}
	patterns, err := pattern.New(c)
	if err != nil {
		return nil, err
	}
	all, err := shipped.Detectors(c)
	if err != nil {
		return nil, err
	}
	ours := people.New()
	all = all[:len(all)-len(ours)] // they stand last; they have a row of their own
	b := &bench{rules: c.Rules(), paths: anchor.Paths(), rulesOn: make(map[anchor.Path]*engine.Engine), shipped: make(map[anchor.Path]*engine.Engine)}
	seen := make(map[anchor.Literal]bool)
	for _, d := range all {
		n := d.Needs()
		for _, l := range n.Literals {
			if !seen[l] {
				seen[l] = true
				b.literals = append(b.literals, l)
			}
		}
	}
	cfg := engine.Config{Key: []byte("bench")}
	for _, p := range b.paths {
		cfg.Path = p
		one, err := engine.New(cfg, patterns...)
		if err != nil {
			return nil, err
		}
		both, err := engine.New(cfg, all...)
		if err != nil {
			return nil, err
		}
		b.rulesOn[p], b.shipped[p] = one, both
	}
	if b.names, err = engine.New(cfg, ours...); err != nil {
		return nil, err
	}
	if b.code, err = engine.New(cfg, code.New()); err != nil {
		return nil, err
	}
	fingerprints, records, err := own()
	if err != nil {
		return nil, err
	}
	if b.prints, err = engine.New(cfg, fingerprints); err != nil {
		return nil, err
	}
	if b.records, err = engine.New(cfg, records); err != nil {
		return nil, err
	}
	if b.taught, err = engine.New(cfg, append(slices.Clone(all), fingerprints, records)...); err != nil {
		return nil, err
	}
	return b, nil
}

// best is the fastest path of this CPU.
func (b *bench) best() anchor.Path { return b.paths[len(b.paths)-1] }

// The names of the subjects that ratios are taken of.
func nameMessages(p anchor.Path) string { return fmt.Sprintf("rules, %v, 4 KB", p) }
func nameStream(p anchor.Path) string   { return fmt.Sprintf("rules, %v, stream", p) }

const (
	nameFriendly = "Hyperscan friendly, stream"
	nameNaive    = "Hyperscan naive, stream"
	nameLiterals = "Hyperscan literals only, stream"
	nameGitleaks = "gitleaks v8.30.1, 4 KB"
	nameShipped  = "rules and code, 4 KB"
)

func (b *bench) subjects() []subject {
	best := b.shipped[b.best()]
	out := []subject{
		messages("rules and code, 1 KB", best, 1<<10),
		messages(nameShipped, best, 4<<10),
		messages("rules and code, 64 KB", best, 64<<10),
		messages("rules and code, bulk", best, 0),
		stream("rules and code, stream", best),
	}
	for _, p := range slices.Backward(b.paths) {
		m, s := messages(nameMessages(p), b.rulesOn[p], 4<<10), stream(nameStream(p), b.rulesOn[p])
		m.found, s.found = "rules, 4 KB", "rules, stream"
		out = append(out, m, s)
	}
	return append(out, messages("names only, 4 KB", b.names, 4<<10), messages("code only, 4 KB", b.code, 4<<10),
		messages("fingerprints only, 4 KB", b.prints, 4<<10), messages("records only, 4 KB", b.records, 4<<10), messages("all of these, 4 KB", b.taught, 4<<10), anchors("anchors only, 4 KB", best.Anchors(), 4<<10))
}

// errGap says that a part of a text was not looked at.
var errGap = errors.New("the engine left a gap")

// messages scans each size bytes as a text of its own; 0 is all as one.
func messages(name string, e *engine.Engine, size int) subject {
	return subject{name: name, run: func(text []byte) (found int, err error) {
		for len(text) > 0 {
			n := len(text)
			if size > 0 {
				n = min(n, size)
			}
			fs, gaps := e.Scan(text[:n:n], engine.Options{})
			if len(gaps) > 0 {
				return found, errGap
			}
			found += len(fs)
			text = text[n:]
		}
		return found, nil
	}}
}

// stream writes texts as a stream brings them.
func stream(name string, e *engine.Engine) subject {
	found, gap := 0, false
	o := engine.Options{
		Found: func(detectors.Finding) { found++ },
		Gap:   func(detectors.Gap) { gap = true },
	}
	return subject{name: name, run: func(text []byte) (int, error) {
		found = 0
		for len(text) > 0 {
			part := text[:min(len(text), streamText)]
			text = text[len(part):]
			s := e.NewScanner(o)
			for len(part) > 0 {
				n := min(len(part), streamWrite)
				s.Write(part[:n:n])
				part = part[n:]
			}
			s.Close()
			s.Release()
		}
		if gap {
			return found, errGap
		}
		return found, nil
	}}
}

// anchors finds the places that an engine looks for and looks at none of them.
func anchors(name string, set *anchor.Set, size int) subject {
	var hits []anchor.Hit
	var blocks []anchor.Block
	return subject{name: name, run: func(text []byte) (found int, err error) {
		for len(text) > 0 {
			n := min(len(text), size)
			var c anchor.Carry
			hits, blocks = set.Find(&c, text[:n:n], 0, hits[:0], blocks[:0])
			found += len(hits)
			text = text[n:]
		}
		return found, nil
	}}
}

// describe says what is measured on what.
func (b *bench) describe(w io.Writer) {
	m := thisMachine()
	fmt.Fprintf(w, "machine   %s, %d CPUs, %s\n", m.cpu, m.cpus, m.system)
	fmt.Fprintf(w, "flags     %s\n", m.flags)
	fmt.Fprintf(w, "paths     %v", b.paths)
	if !slices.Contains(b.paths, anchor.AVX512) {
		fmt.Fprint(w, " (no AVX-512 VBMI: the AVX2 gate holds)")
	}
	fmt.Fprintf(w, "\nbuild     %s\n", m.build)
	fmt.Fprintf(w, "engine    %d rules, %d distinct literals, and the detector of source code\n", len(b.rules), len(b.literals))
}

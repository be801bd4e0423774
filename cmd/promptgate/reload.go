package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgate/promptgate/proxy/telemetry"
	"github.com/promptgate/promptgate/rules/strict"
)

const (
	watchEvery  = 2 * time.Second // how often rules_dir is looked at
	maxMistakes = 20              // of one refused reload in the log
)

// reload reads everything below rules_dir anew: detector rules, dictionaries,
// policies, provider rows and messages. It is put into force whole, or, with one
// mistake in it, not at all; the error says why. Messages under way end with the
// rules they began with. why is for the log.
func (g *gate) reload(why string) error {
	g.reloading.mu.Lock()
	defer g.reloading.mu.Unlock()
	began := time.Now()
	r, err := loadSettled(g.cfg.RulesDir, g.cfg.Profile, g.key, companyOf(g.cfg, g.state))
	if err == nil {
		// Hosts that the CA may not sign for would be refused one by one.
		err = uncovered(g.authority, r.providers)
	}
	g.reloading.last.Store(&outcome{at: began, err: err})
	if err != nil {
		g.metrics.Reload("error")
		g.logMistakes(why, err)
		return err
	}
	g.metrics.SetLabels(metricLabels(g.cfg, r))
	g.metrics.Policy(r.Policy.Profile(), r.Policy.Revision())
	g.inspector.Swap(r.Rules)
	g.inForce.Store(r)
	g.keepGood()
	g.metrics.Reload("ok")
	g.log.Info("rules reloaded", telemetry.Reason, why, telemetry.PolicyProfile, r.Policy.Profile(), telemetry.PolicyDigest, r.Policy.Revision(),
		telemetry.RulesDigest, r.digest(), telemetry.DurationMs, time.Since(began).Milliseconds())
	return nil
}

// logMistakes says what stands in the way of a reload. Lines of files are not
// logged: a test or a term may stand in them.
func (g *gate) logMistakes(why string, err error) {
	var list strict.Errors
	if !errors.As(err, &list) {
		g.log.Error("reload refused, the rules in force stay", telemetry.Reason, why, "error.message", err.Error())
		return
	}
	g.log.Error("reload refused, the rules in force stay", telemetry.Reason, why, "mistakes", len(list))
	for _, e := range list[:min(len(list), maxMistakes)] {
		what := strict.Error{Msg: e.Msg, Hint: e.Hint}
		g.log.Error("mistake in rules", "code.file.path", e.File, "code.line.number", e.Line, "code.column.number", e.Col, "error.message", what.Error())
	}
}

// A reloading is how the last reload went.
type reloading struct {
	mu   sync.Mutex              // one at a time
	last atomic.Pointer[outcome] // nil before the first
}

// An outcome is the end of one reload.
type outcome struct {
	at  time.Time
	err error // nil: what was read is in force
}

// watch reloads when it is told to and when rules_dir has changed, until
// ctx ends. A change is acted on when the directory has stayed the same for one
// look, so that a set of files is not read while it is being copied.
func (g *gate) watch(ctx context.Context) error {
	tick := time.NewTicker(g.watchEvery)
	defer tick.Stop()
	inForce := fingerprint(g.cfg.RulesDir)
	before := inForce
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.told:
			inForce = fingerprint(g.cfg.RulesDir)
			_ = g.reload("signal") // said in the log, in health and in metrics
		case <-tick.C:
			now := fingerprint(g.cfg.RulesDir)
			if now != inForce && now == before {
				inForce = now // a mistake is not read again until something changes
				_ = g.reload("files changed")
			}
			before = now
		}
	}
}

// loadSettled loads rules from a directory that did not change meanwhile.
func loadSettled(dir, profile string, key []byte, own ...company) (*ruleset, error) {
	for range 5 {
		before := fingerprint(dir)
		r, err := loadRules(dir, profile, key, own...)
		if fingerprint(dir) == before {
			return r, err
		}
	}
	return nil, fmt.Errorf("rules directory %s: it changes while it is read", dir)
}

// fingerprint tells states of a directory apart by names, sizes and times of its
// files, links followed. What cannot be read is a state of its own.
func fingerprint(dir string) uint64 {
	if dir == "" {
		return 0
	}
	h := fnv.New64a()
	fsys := os.DirFS(dir)
	var look func(name string, depth int)
	look = func(name string, depth int) {
		list, err := fs.ReadDir(fsys, name)
		if err != nil {
			fmt.Fprintf(h, "%s: %T\n", name, err)
			return
		}
		for _, e := range list {
			if e.Name()[0] == '.' {
				continue
			}
			file := path.Join(name, e.Name())
			info, err := fs.Stat(fsys, file)
			switch {
			case err != nil:
				fmt.Fprintf(h, "%s: %T\n", file, err)
			case info.IsDir() && depth < 4:
				look(file, depth+1)
			default:
				fmt.Fprintf(h, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	look(".", 0)
	return h.Sum64()
}

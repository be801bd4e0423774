package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/promptgate/promptgate/proxy/bundle"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

// loadFirst loads the rules at the start. When there is a mistake in them, those
// that were last in force are taken instead, if there were any: a proxy that does
// not start protects nobody. Each message is then flagged as policy_stale.
func (g *gate) loadFirst(ctx context.Context, p *program) (*ruleset, error) {
	if err := g.subscribe(ctx, p); err != nil {
		return nil, err
	}
	r, err := loadSettled(g.cfg.RulesDir, g.cfg.Profile, g.key, companyOf(g.cfg, g.state))
	if err == nil {
		g.keepGood()
		return r, nil
	}
	old, lost := g.loadGood()
	if lost != nil {
		return nil, err // there is nothing to fall back to
	}
	g.onLastGood.Store(true)
	g.logMistakes("start", err)
	g.log.Error("started with the rules that were last in force; the mistakes in rules_dir must be corrected", telemetry.RulesDigest, old.digest())
	return old, nil
}

func (g *gate) goodFile() string { return filepath.Join(g.state, "last-good.tar.gz") }

// keepGood remembers the rules in force for the next start.
func (g *gate) keepGood() {
	g.onLastGood.Store(false)
	if g.cfg.RulesDir == "" {
		return
	}
	data, err := bundle.Build(os.DirFS(g.cfg.RulesDir), 1, g.cfg.Profile, time.Unix(0, 0))
	if err == nil {
		err = replace(g.goodFile(), data)
	}
	if err != nil {
		g.log.Warn("the rules in force cannot be kept for the next start", "error.type", fmt.Sprintf("%T", err))
	}
}

// loadGood loads the rules that were last in force.
func (g *gate) loadGood() (*ruleset, error) {
	data, err := os.ReadFile(g.goodFile())
	if err != nil {
		return nil, err
	}
	b, err := bundle.Open(data, nil) // from our own state directory, which nobody else may write to
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(g.state, "last-good")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := b.Unpack(dir); err != nil {
		return nil, err
	}
	return loadRules(dir, g.cfg.Profile, g.key, companyOf(g.cfg, g.state))
}

// subscribe makes rules_dir the place where bundles are unpacked, when the
// settings name a server, and asks for the newest.
func (g *gate) subscribe(ctx context.Context, p *program) error {
	c := g.cfg.Bundle
	if c.URL == "" {
		return nil
	}
	key, err := config.PublicKey(c.PublicKey)
	if err != nil {
		return err
	}
	roots, err := upstreamRoots(g.cfg.Upstream.CAFile)
	if err != nil {
		return err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(roots)
	dir := filepath.Join(g.state, "bundle")
	g.bundles = &bundle.Fetcher{
		URL: c.URL, Key: key, Dir: dir, AllowRollback: c.AllowRollback, Now: time.Now,
		Client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}},
	}
	g.cfg.RulesDir = g.bundles.Current()
	g.bundles.Try = func() error {
		_, err := loadSettled(g.cfg.RulesDir, g.cfg.Profile, g.key, companyOf(g.cfg, g.state))
		return err
	}
	if err := g.fetch(ctx); err != nil {
		if _, missing := os.Stat(g.cfg.RulesDir); missing != nil {
			return fmt.Errorf("there is no bundle yet: %w", err)
		}
	}
	g.bundles.Try = func() error { return g.reload("bundle") }
	return nil
}

// fetch asks for a newer bundle once. What went wrong is in the log.
func (g *gate) fetch(ctx context.Context) error {
	changed, err := g.bundles.Poll(ctx)
	switch {
	case err != nil:
		g.log.Error("bundle refused, the rules in force stay", "error.message", err.Error())
	case changed:
		g.log.Info("bundle in force", telemetry.Reason, "bundle")
	}
	return err
}

// follow asks for newer bundles until ctx ends, at slightly uneven times, so that
// a fleet does not ask at once.
func (g *gate) follow(ctx context.Context) error {
	if g.bundles == nil {
		return nil
	}
	for {
		every := g.cfg.Bundle.Poll
		wait := time.NewTimer(every*9/10 + rand.N(every/5+1))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
			if err := g.fetch(ctx); err != nil && errors.Is(err, context.Canceled) {
				return nil
			}
		}
	}
}

// stale reports whether decisions are made by rules that are known to be old.
func (g *gate) stale() bool {
	if g.onLastGood.Load() {
		return true
	}
	limit := g.cfg.Bundle.MaxAge
	if g.bundles == nil || limit <= 0 {
		return false
	}
	fresh := g.bundles.Fresh()
	if fresh.IsZero() {
		fresh = g.started
	}
	return time.Since(fresh) > limit
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// A ruleset is everything that rules say.
type ruleset struct {
	inspect.Rules
	providers *provider.Catalogue
}

// digest identifies the detector and provider rules.
func (r *ruleset) digest() string {
	sum := sha256.Sum256([]byte(r.Catalogue.Digest() + r.providers.Digest()))
	return hex.EncodeToString(sum[:16])
}

// loadRules loads the built-in rules with dir laid over them. key keys the
// digests of findings; empty means a random one. own is what the company teaches
// besides. The error is strict.Errors with the mistakes of all files.
func loadRules(dir, profile string, key []byte, own ...company) (*ruleset, error) {
	fsys, err := rulesFS(dir)
	if err != nil {
		return nil, err
	}
	defer hurry()()
	r := &ruleset{}
	var failed [4]error // providers, messages, detector rules, policy
	var parts sync.WaitGroup
	parts.Go(func() {
		r.providers, failed[0] = loadProviders(dir)
		r.Messages, failed[1] = refuse.Load(fsys)
	})
	if r.Catalogue, failed[2] = loadCatalogue(dir); r.Catalogue != nil {
		parts.Go(func() { r.Policy, failed[3] = policy.Load(fsys, profile, r.Catalogue) })
		r.Engine, failed[2] = newEngine(r.Catalogue, key, own...)
	}
	parts.Wait()
	var errs strict.Errors
	for _, err := range failed {
		errs.Add(err)
	}
	if err := errs.Err(); err != nil {
		return nil, located(err, dir)
	}
	return r, nil
}

// hurry lets garbage pile up until the function it returns is called: what is
// loaded stays, and collecting on the way takes a fifth of the time.
func hurry() (done func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}

// loadCatalogue loads the detector rules alone.
func loadCatalogue(dir string) (*rules.Catalogue, error) {
	c, err := rules.LoadEmbedded()
	if err != nil || dir == "" {
		return c, err
	}
	return c.Overlay(os.DirFS(dir))
}

// loadEngine makes what scan needs.
func loadEngine(dir string, own ...company) (*engine.Engine, error) {
	if _, err := rulesFS(dir); err != nil { // says so when dir is none
		return nil, err
	}
	defer hurry()()
	c, err := loadCatalogue(dir)
	if err != nil {
		return nil, located(err, dir)
	}
	e, err := newEngine(c, nil, own...)
	return e, located(err, dir)
}

// loadProviders reads the built-in provider rows and lays those of dir over them:
// a row of the same id, or a host of the same name, is replaced.
func loadProviders(dir string) (*provider.Catalogue, error) {
	if dir == "" {
		return provider.Load(rules.FS())
	}
	return provider.Load(rules.FS(), os.DirFS(dir))
}

// newEngine makes an engine in which the tests of users' own rules pass.
func newEngine(c *rules.Catalogue, key []byte, own ...company) (*engine.Engine, error) {
	e, err := untested(c, key, own...)
	if err == nil {
		err = shipped.Prove(c, e)
	}
	return e, err
}

// untested makes an engine. PROMPTGATE_CPU chooses how anchors are found
// (portable, avx2, avx512), for tests and for trying: what is found is the same.
func untested(c *rules.Catalogue, key []byte, own ...company) (*engine.Engine, error) {
	path, err := anchor.Detect(os.Getenv("PROMPTGATE_CPU"))
	if err != nil {
		return nil, fmt.Errorf("PROMPTGATE_CPU: %w", err)
	}
	var o shipped.Options
	if len(own) > 0 {
		if o, err = own[0].open(); err != nil {
			return nil, err
		}
	}
	return shipped.OwnEngine(c, o, engine.Config{Key: key, Path: path})
}

package main

import (
	"fmt"
	"os"

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

// loadRules loads the built-in rules with dir laid over them. key keys the
// digests of findings; empty means a random one. The error is strict.Errors
// with the mistakes of all files.
func loadRules(dir, profile string, key []byte) (*ruleset, error) {
	fsys, err := rulesFS(dir)
	if err != nil {
		return nil, err
	}
	var errs strict.Errors
	r := &ruleset{}
	r.providers, err = loadProviders(dir)
	errs.Add(err)
	r.Messages, err = refuse.Load(fsys)
	errs.Add(err)
	r.Catalogue, err = loadCatalogue(dir)
	errs.Add(err)
	if r.Catalogue != nil {
		r.Policy, err = policy.Load(fsys, profile, r.Catalogue)
		errs.Add(err)
		r.Engine, err = newEngine(r.Catalogue, key)
		errs.Add(err)
	}
	if err := errs.Err(); err != nil {
		return nil, located(err, dir)
	}
	return r, nil
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
func loadEngine(dir string) (*engine.Engine, error) {
	if _, err := rulesFS(dir); err != nil { // says so when dir is none
		return nil, err
	}
	c, err := loadCatalogue(dir)
	if err != nil {
		return nil, located(err, dir)
	}
	e, err := newEngine(c, nil)
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
func newEngine(c *rules.Catalogue, key []byte) (*engine.Engine, error) {
	e, err := untested(c, key)
	if err == nil {
		err = shipped.Prove(c, e)
	}
	return e, err
}

// untested makes an engine. PROMPTGATE_CPU chooses how anchors are found
// (portable, avx2, avx512), for tests and for trying: what is found is the same.
func untested(c *rules.Catalogue, key []byte) (*engine.Engine, error) {
	path, err := anchor.Detect(os.Getenv("PROMPTGATE_CPU"))
	if err != nil {
		return nil, fmt.Errorf("PROMPTGATE_CPU: %w", err)
	}
	return shipped.Engine(c, engine.Config{Key: key, Path: path})
}

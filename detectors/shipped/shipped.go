// Package shipped names the detectors that the product runs: the one list that
// the proxy, the scanner and the benchmarks share.
package shipped

import (
	"fmt"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/code"
	"github.com/promptgate/promptgate/detectors/edm"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/idm"
	"github.com/promptgate/promptgate/detectors/names"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// Options are what a company teaches besides rules. The zero value is nothing.
type Options struct {
	Ownership    code.Ownership
	Fingerprints *idm.Index   // nil: none
	Records      []*edm.Index // tables for exact data match
}

// Detectors makes every detector from a catalogue. They are immutable and safe
// for concurrent use. The error is [strict.Errors] and holds every rule that
// cannot be compiled.
func Detectors(c *rules.Catalogue) ([]detectors.Detector, error) { return Own(c, Options{}) }

// Own makes every detector from a catalogue and of what a company teaches.
func Own(c *rules.Catalogue, o Options) ([]detectors.Detector, error) {
	ds, err := pattern.New(c)
	if err != nil {
		return nil, err
	}
	ds = append(append(ds, code.Owned(o.Ownership)), names.New()...)
	if o.Fingerprints != nil {
		ds = append(ds, idm.New(o.Fingerprints))
	}
	for _, t := range o.Records {
		ds = append(ds, edm.New(t))
	}
	return ds, nil
}

// Engine makes the engine that runs them.
func Engine(c *rules.Catalogue, cfg engine.Config) (*engine.Engine, error) {
	return OwnEngine(c, Options{}, cfg)
}

// OwnEngine makes the engine that runs what [Own] makes.
func OwnEngine(c *rules.Catalogue, o Options, cfg engine.Config) (*engine.Engine, error) {
	ds, err := Own(c, o)
	if err != nil {
		return nil, err
	}
	return engine.New(cfg, ds...)
}

// Test runs the tests that stand inside the rules of a catalogue through e, in
// the order of the rules.
func Test(c *rules.Catalogue, e *engine.Engine) []pattern.TestResult {
	return test(c, c.Rules(), e)
}

// Prove runs the tests of the rules that users added to a catalogue: a rule that
// does not find what its author shows must not go into service. Shipped rules are
// proved by the tests of this package. The error is [strict.Errors].
func Prove(c *rules.Catalogue, e *engine.Engine) error {
	var own []rules.Rule
	for _, r := range c.Rules() {
		if c.Own(r.ID) {
			own = append(own, r)
		}
	}
	var errs strict.Errors
	for _, t := range test(c, own, e) {
		if t.Failure != "" {
			r, _ := c.Rule(t.Rule)
			errs.Add(c.Errorf(r, fmt.Sprintf("test[%d].text", t.Ordinal), "this test of %s fails: %s", t.Rule, t.Failure))
		}
	}
	return errs.Err()
}

func test(c *rules.Catalogue, list []rules.Rule, e *engine.Engine) []pattern.TestResult {
	return pattern.RunTests(list, func(text []byte, label string) []detectors.Finding {
		found, _ := e.Scan(text, engine.Options{Label: label})
		return found
	})
}

// Package shipped names the detectors that the product runs: the one list that
// the proxy, the scanner and the benchmarks share.
package shipped

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/code"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
)

// Detectors makes every detector from a catalogue. They are immutable and safe
// for concurrent use. The error names the rules that cannot be compiled.
func Detectors(c *rules.Catalogue) ([]detectors.Detector, error) {
	ds, err := pattern.New(c)
	if err != nil {
		return nil, err
	}
	return append(ds, code.New()), nil
}

// Engine makes the engine that runs them.
func Engine(c *rules.Catalogue, cfg engine.Config) (*engine.Engine, error) {
	ds, err := Detectors(c)
	if err != nil {
		return nil, err
	}
	return engine.New(cfg, ds...)
}

// Test runs the tests that stand inside the rules of a catalogue through e, in
// the order of the rules.
func Test(c *rules.Catalogue, e *engine.Engine) []pattern.TestResult {
	return pattern.RunTests(c, func(text []byte, label string) []detectors.Finding {
		found, _ := e.Scan(text, engine.Options{Label: label})
		return found
	})
}

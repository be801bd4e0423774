// Package shipped names the detectors that the product runs: the one list that
// the proxy, the scanner and the benchmarks share.
package shipped

import (
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/code"
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

package engine

import "github.com/promptgate/promptgate/detectors"

// Digest is the digest that a finding of value would have: what others find can be
// counted together with what the engine does.
func (e *Engine) Digest(t detectors.InfoType, value []byte) detectors.Digest {
	d := newDigester(e.key)
	return d.digest(t, value)
}

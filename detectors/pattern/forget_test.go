package pattern

import (
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// A file with an address on each line does not make a pass grow; those near a
// signal stay, wherever it stands.
func TestPersonsThatNoSignalStandsNearAreForgotten(t *testing.T) {
	p := &pass{}
	const lines, size = 400_000, 40
	most := 0
	for i := range lines {
		at := i * size
		if i%100_000 == 50_000 {
			p.signals = append(p.signals, sighting{start: at, end: at + 8})
		}
		p.addPerson(detectors.Span{Start: at + 10, End: at + 30})
		most = max(most, len(p.persons))
	}
	if most > 16*fewPersons {
		t.Errorf("%d persons were kept", most)
	}
	for _, s := range p.signals {
		n := 0
		for _, o := range p.persons {
			if o.Start <= s.end+nearby && o.End >= s.start-nearby {
				n++
			}
		}
		if want := 2 * nearby / size; n < want || n > want+2 {
			t.Errorf("%d persons near the signal at %d, want %d", n, s.start, want)
		}
	}
	p.Reset()
	if len(p.persons) != 0 || p.manyPersons != 0 {
		t.Error("Reset leaves persons behind")
	}
}

package main

import (
	"fmt"
	"slices"
	"time"
)

// A cell is one subject over one corpus: its speed in each round, in MB/s.
type cell struct {
	rounds []float64
	found  int
	bytes  int
}

func (c cell) median() float64 { return median(c.rounds) }

// spread is half the distance between the slowest and the fastest round, as a
// part of the median.
func (c cell) spread() float64 {
	if len(c.rounds) == 0 {
		return 0
	}
	return (slices.Max(c.rounds) - slices.Min(c.rounds)) / 2 / c.median()
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// A grid is every cell.
type grid struct {
	subjects []string
	corpora  []string
	cells    map[[2]string]cell // subject, corpus
}

func (g *grid) at(subject, corpus string) (cell, bool) {
	c, ok := g.cells[[2]string{subject, corpus}]
	return c, ok
}

// ratio is the median over the rounds of how much faster one subject was than
// another; false if one of them was not measured.
func (g *grid) ratio(one, other, corpus string) (float64, bool) {
	a, ok1 := g.at(one, corpus)
	b, ok2 := g.at(other, corpus)
	if !ok1 || !ok2 {
		return 0, false
	}
	var r []float64
	for i := range min(len(a.rounds), len(b.rounds)) {
		r = append(r, a.rounds[i]/b.rounds[i])
	}
	return median(r), len(r) > 0
}

// probeBytes is what a subject reads to learn how fast it is.
const probeBytes = 128 << 10

// measure times every subject over every text, interleaved, behind a round
// that is not timed. For one corpus all
// read the same bytes, as many as the slowest can in the slice of time, but for
// those that bound themselves.
func measure(subjects []subject, c config, texts map[string][]byte) (*grid, error) {
	g := &grid{corpora: c.corpora, cells: make(map[[2]string]cell)}
	for _, s := range subjects {
		g.subjects = append(g.subjects, s.name)
	}
	for _, name := range c.corpora {
		text := texts[name]
		n := len(text)
		for _, s := range subjects {
			if s.most > 0 {
				continue
			}
			probe := text[:min(len(text), probeBytes)]
			fastest := 0.0
			for range 2 { // the first compiles patterns and fills pools
				speed, _, err := timed(s, probe)
				if err != nil {
					return nil, fmt.Errorf("%s over %s: %w", s.name, name, err)
				}
				fastest = max(fastest, speed)
			}
			n = min(n, max(int(fastest*1e6*c.slice), 2*probeBytes))
		}
		text = text[:min(n, len(text))]
		for round := -1; round < c.rounds; round++ { // the first compiles what is compiled on first use
			counts := make(map[string]int)
			for _, s := range subjects {
				part := text
				if s.most > 0 {
					part = text[:min(len(text), s.most)]
				}
				speed, found, err := timed(s, part)
				if err != nil {
					return nil, fmt.Errorf("%s over %s: %w", s.name, name, err)
				}
				key := [2]string{s.name, name}
				cl, again := g.cells[key]
				if again && cl.found != found {
					return nil, fmt.Errorf("%w: %s finds %d in %s, then %d", errMissed, s.name, cl.found, name, found)
				}
				if was, ok := counts[s.found]; ok && s.found != "" && was != found {
					return nil, fmt.Errorf("%w: %s finds %d in %s, another path %d", errMissed, s.name, found, name, was)
				}
				counts[s.found] = found
				cl.found, cl.bytes = found, len(part)
				if round >= 0 {
					cl.rounds = append(cl.rounds, speed)
				}
				g.cells[key] = cl
			}
		}
	}
	return g, nil
}

// timed runs a subject once, in MB/s.
func timed(s subject, text []byte) (speed float64, found int, err error) {
	clock := s.clock
	if clock == nil {
		clock = cpuTime
	}
	start := clock()
	found, err = s.run(text)
	took := max(clock()-start, time.Microsecond)
	return float64(len(text)) / took.Seconds() / 1e6, found, err
}

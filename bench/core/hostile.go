package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/promptgate/promptgate/bench/corpus"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

const (
	hostileSmallest = 16 << 10
	hostileLoss     = 0.20                   // how much slower than at 16 KB the largest may be
	hostileTime     = 400 * time.Millisecond // as long as a large input takes: a short run may meet a quiet moment
	hostilePatience = time.Second            // of one scan: what takes longer is measured once
	hostileWritten  = 1 << 20                // bytes that are also written in pieces
)

// hostile measures inputs that are made to cost more than linear work, from
// 16 KB to the largest size, without a budget: what the budget would hide is
// what is looked for. A second engine with the default budget says where it ends.
func (b *bench) hostile(w io.Writer, c config) error {
	cat, err := rules.LoadEmbedded()
	if err != nil {
		return err
	}
	cfg := engine.Config{Key: []byte("bench"), Budget: engine.Budget{Base: math.MaxInt / 2}}
	free, err := shipped.Engine(cat, cfg)
	if err != nil {
		return err
	}
	var sizes []int
	for n := hostileSmallest; n <= c.largest; n *= 32 {
		sizes = append(sizes, n)
	}
	if last := sizes[len(sizes)-1]; last < c.largest {
		sizes = append(sizes, c.largest)
	}
	t := table{{"MB/s by size, best round"}}
	for _, n := range sizes {
		t[0] = append(t[0], sizeName(n))
	}
	t[0] = append(t[0], "4 KB writes", "found a KB", "budget", "kept", "")
	bent := 0
	if c.profiles != "" {
		if err := os.MkdirAll(c.profiles, 0o755); err != nil {
			return err
		}
	}
	for _, h := range corpus.HostileInputs() {
		if !strings.Contains(h.Name, c.only) {
			continue
		}
		row, linear, err := b.hostileRow(free, h, sizes, c)
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		if !linear {
			bent++
		}
		t = append(t, row)
	}
	fmt.Fprintln(w)
	t.write(w)
	fmt.Fprintf(w, "\nbudget: where the default budget ends a text of %s; kept: the speed at that size over that at %s; SLOWER: less than %.2f\n", sizeName(c.largest), sizeName(hostileSmallest), 1-hostileLoss)
	if bent > 0 {
		return fmt.Errorf("%w: %d hostile inputs cost more than linear work", errMissed, bent)
	}
	return nil
}

// hostileRow measures one input, its sizes interleaved. What counts is the best
// round of each: a neighbour on the machine can only slow a round down.
func (b *bench) hostileRow(free *engine.Engine, h corpus.Hostile, sizes []int, c config) (row []string, linear bool, err error) {
	text := h.Make(sizes[len(sizes)-1])
	whole, pieces := messages(h.Name, free, 0), inPieces(h.Name, free)
	speeds := make([][]float64, len(sizes)+1)             // the last is that of writes
	if _, err := whole.run(text[:sizes[0]]); err != nil { // compiles what is compiled on first use
		return nil, false, err
	}
	found := 0
	rounds := c.rounds
	for round := 0; round < rounds; round++ {
		for i, n := range sizes {
			v, one, err := steady(whole, text[:n])
			if err != nil {
				return nil, false, err
			}
			speeds[i] = append(speeds[i], v)
			if float64(n)/1e6/v > hostilePatience.Seconds() {
				rounds = 1 // one is enough to see it
			}
			found = one
		}
		v, _, err := steady(pieces, text[:min(len(text), hostileWritten)])
		if err != nil {
			return nil, false, err
		}
		speeds[len(sizes)] = append(speeds[len(sizes)], v)
	}
	row = []string{h.Name}
	best := make([]float64, len(speeds))
	for i, v := range speeds {
		best[i] = slices.Max(v)
		row = append(row, speed(best[i]))
	}
	row = append(row, fmt.Sprintf("%.1f", float64(found)/float64(len(text))*1024), b.budgetEnds(text))
	last := best[len(sizes)-1] / best[0]
	linear = last >= 1-hostileLoss && best[len(sizes)] >= best[0]*(1-hostileLoss)/2
	row = append(row, fmt.Sprintf("%.2f", last))
	if c.profiles != "" {
		name := strings.ReplaceAll(h.Name, " ", "_") + ".pprof"
		if err := record(filepath.Join(c.profiles, name), whole, text[:min(len(text), hostileWritten)], 1); err != nil {
			return nil, false, err
		}
	}
	if linear {
		return append(row, "ok"), true, nil
	}
	return append(row, "SLOWER"), false, nil
}

// inPieces is stream with one text that is as long as it is. Findings are
// counted and not kept: what keeping them costs is in the other columns.
func inPieces(name string, e *engine.Engine) subject {
	return subject{name: name, run: func(text []byte) (found int, err error) {
		s := e.NewScanner(engine.Options{Found: func(detectors.Finding) { found++ }})
		for len(text) > 0 {
			n := min(len(text), streamWrite)
			s.Write(text[:n:n])
			text = text[n:]
		}
		s.Close()
		s.Release()
		return found, nil
	}}
}

// steady is the speed of a run that is repeated until it takes hostileTime.
func steady(s subject, text []byte) (mbs float64, found int, err error) {
	one, found, err := timed(s, text)
	if err != nil {
		return 0, 0, err
	}
	again := int(hostileTime.Seconds() / (float64(len(text)) / one / 1e6))
	if again < 1 {
		return one, found, nil
	}
	many := subject{run: func(text []byte) (int, error) {
		for range again {
			if _, err := s.run(text); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}}
	all, _, err := timed(many, text)
	return all * float64(again), found, err
}

// budgetEnds says after how many bytes the default budget has been spent.
func (b *bench) budgetEnds(text []byte) string {
	spent := false
	s := b.shipped[b.best()].NewScanner(engine.Options{Gap: func(detectors.Gap) { spent = true }})
	defer s.Release()
	for off := 0; off < len(text); off += streamText {
		s.Write(text[off:min(len(text), off+streamText)])
		if spent {
			return "ends at " + sizeName(off+streamText)
		}
	}
	s.Close()
	return "holds"
}

func sizeName(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

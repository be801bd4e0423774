package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime/pprof"
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
	hostileLoss     = 0.20 // how much slower than at 16 KB the largest may be
	hostileTime     = 40 * time.Millisecond
	hostilePatience = 30 * time.Second // of one scan: what takes longer is not linear
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
	for n := hostileSmallest; n <= c.largest; n *= 4 {
		sizes = append(sizes, n)
	}
	if last := sizes[len(sizes)-1]; last < c.largest {
		sizes = append(sizes, c.largest)
	}
	t := table{{"MB/s by size"}}
	for _, n := range sizes {
		t[0] = append(t[0], sizeName(n))
	}
	t[0] = append(t[0], "4 KB writes", "found a KB", "budget", "")
	bent := 0
	for _, h := range corpus.HostileInputs() {
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
	fmt.Fprintf(w, "\nbudget: the offset at which the default budget ends a text of %s; SLOWER: more than %.0f %% below the speed at 16 KB\n", sizeName(sizes[len(sizes)-1]), 100*hostileLoss)
	if bent > 0 {
		return fmt.Errorf("%w: %d hostile inputs cost more than linear work", errMissed, bent)
	}
	return nil
}

func (b *bench) hostileRow(free *engine.Engine, h corpus.Hostile, sizes []int, c config) (row []string, linear bool, err error) {
	row = []string{h.Name}
	var first, last float64
	text := h.Make(sizes[len(sizes)-1])
	whole := messages(h.Name, free, 0)
	pieces := inPieces(h.Name, free)
	for _, n := range sizes {
		v, _, err := steady(whole, text[:n], c.rounds)
		if err != nil {
			return nil, false, err
		}
		if n == sizes[0] {
			first = v
		}
		last = v
		row = append(row, speed(v))
		if float64(n)/1e6/v > hostilePatience.Seconds() {
			break
		}
	}
	for len(row) < len(sizes)+1 {
		row = append(row, "-")
	}
	// A stream of writes must be as linear as the whole.
	n := min(len(text), 1<<20)
	v, found, err := steady(pieces, text[:n], c.rounds)
	if err != nil {
		return nil, false, err
	}
	row = append(row, speed(v), fmt.Sprintf("%.1f", float64(found)/float64(n)*1024), b.budgetEnds(text))
	linear = last >= (1-hostileLoss)*first && v >= (1-hostileLoss)*first/2
	if linear {
		return append(row, "ok"), true, nil
	}
	if c.profiles != "" {
		if err := os.MkdirAll(c.profiles, 0o755); err != nil {
			return nil, false, err
		}
		if err := onceRecorded(filepath.Join(c.profiles, strings.ReplaceAll(h.Name, " ", "_")+".pprof"), whole, text); err != nil {
			return nil, false, err
		}
	}
	return append(row, "SLOWER"), false, nil
}

// inPieces is stream with one text that is as long as it is.
func inPieces(name string, e *engine.Engine) subject {
	return subject{name: name, run: func(text []byte) (int, error) {
		return len(inWrites(e, text, streamWrite)), nil
	}}
}

// steady is the median speed of runs that each take at least hostileTime.
func steady(s subject, text []byte, rounds int) (mbs float64, found int, err error) {
	one, found, err := timed(s, text)
	if err != nil {
		return 0, 0, err
	}
	took := float64(len(text)) / one / 1e6
	if took > 1 {
		return one, found, nil // long enough to need no repetition
	}
	again := max(1, int(hostileTime.Seconds()/took))
	many := subject{run: func(text []byte) (int, error) {
		for range again {
			if _, err := s.run(text); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}}
	var v []float64
	for range rounds {
		one, _, err := timed(many, text)
		if err != nil {
			return 0, 0, err
		}
		v = append(v, one*float64(again))
	}
	return median(v), found, nil
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

// onceRecorded profiles a single run.
func onceRecorded(path string, s subject, text []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	_, err = s.run(text)
	return err
}

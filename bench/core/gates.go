package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors/anchor"
)

// A gate is a ratio that must be reached on each of some corpora.
type gate struct {
	path    anchor.Path
	over    string
	corpora []string
	least   float64
}

// gates are those of the detector core. A path that the CPU lacks is not
// judged, and the report says so. The rows of the rules alone are compared with
// Hyperscan, which has the same rules and no detector of source code.
func gates() []gate {
	natural := []string{"prose", "code", "log", "chat"}
	return []gate{
		{anchor.AVX512, nameFriendly, []string{"prose", "code"}, 1.9},
		{anchor.AVX512, nameFriendly, []string{"chat", "log"}, 1.5},
		{anchor.AVX512, nameFriendly, []string{"adv"}, 0.8},
		{anchor.AVX2, nameFriendly, natural, 1.1},
		{anchor.Portable, nameFriendly, natural, 0.6},
		{anchor.Auto, nameGitleaks, natural, 150},
	}
}

// A verdict is a gate on one corpus.
type verdict struct {
	subject, over, corpus string
	least, got            float64
}

func (v verdict) missed() bool { return v.got < v.least }

// judgeGates says for each gate that was measured what was reached, over the
// slower of a stream and of messages.
func judgeGates(g *grid, list []gate, paths []anchor.Path) (out []verdict, skipped []string) {
	for _, gt := range list {
		over := []string{nameShipped}
		if gt.path != anchor.Auto {
			over = []string{nameMessages(gt.path), nameStream(gt.path)}
			if !slices.Contains(paths, gt.path) {
				skipped = append(skipped, fmt.Sprintf("%v over %s on %s: this CPU has no %v", gt.path, gt.over, strings.Join(gt.corpora, ", "), gt.path))
				continue
			}
		}
		var unmeasured []string
		for _, c := range gt.corpora {
			v, any := verdict{over: gt.over, corpus: c, least: gt.least}, false
			for _, s := range over {
				if r, ok := g.ratio(s, gt.over, c); ok && (!any || r < v.got) {
					v.subject, v.got, any = s, r, true
				}
			}
			if !any {
				unmeasured = append(unmeasured, c)
				continue
			}
			out = append(out, v)
		}
		if len(unmeasured) > 0 {
			skipped = append(skipped, fmt.Sprintf("%v over %s on %s: not measured", gt.path, gt.over, strings.Join(unmeasured, ", ")))
		}
	}
	return out, skipped
}

// judge writes the verdicts. With -gate a missed one is an error, and so is
// that none was measured.
func judge(w io.Writer, c config, g *grid, paths []anchor.Path) error {
	list, skipped := judgeGates(g, gates(), paths)
	t := table{{"gate", "corpus", "least", "reached", ""}}
	missed := 0
	for _, v := range list {
		word := "ok"
		if v.missed() {
			word = "MISSED"
			missed++
		}
		t = append(t, []string{v.subject + " / " + v.over, v.corpus, fmt.Sprintf("%.1f", v.least), fmt.Sprintf("%.2f", v.got), word})
	}
	if len(list) > 0 {
		fmt.Fprintln(w)
		t.write(w)
	}
	for _, s := range skipped {
		fmt.Fprintln(w, "not judged:", s)
	}
	switch {
	case !c.gate:
		return nil
	case len(list) == 0:
		return errors.New("no gate was measured: build with -tags hyperscan or ask for -gitleaks")
	case missed > 0:
		return fmt.Errorf("%w: %d of %d gates", errMissed, missed, len(list))
	}
	return nil
}

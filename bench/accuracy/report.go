package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// report writes docs/accuracy.md and its picture: what print says, and recall by
// category.
func (s *score) report(dir string, printed []byte) error {
	svg := s.picture()
	if err := os.WriteFile(filepath.Join(dir, "accuracy.svg"), svg, 0o644); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `# How much is found, and how often it is a false alarm

Made by `+"`make accuracy-report`"+` (seed %d). The corpus is made up by
`+"`bench/accuracy`"+`: values with right check digits in sentences of ten languages
and in data of eleven layouts, credentials, code, marked documents; harmless texts of
fifteen kinds. A case is *shared* when a rule lists what its value is called, else
*disjoint*. Found means from Medium on. It is our own corpus: other texts give
other numbers, and `+"`make bench-peers`"+` runs other programs on this one.

![Recall by category](accuracy.svg)

`, s.seed)
	b.WriteString("```\n")
	b.Write(printed)
	b.WriteString("```\n")
	return os.WriteFile(filepath.Join(dir, "accuracy.md"), b.Bytes(), 0o644)
}

// Sizes of the picture in pixels.
const (
	barLeft   = 130
	barWidth  = 480
	barHeight = 14
	rowHeight = 46
)

// picture draws the recall of each category as two bars.
func (s *score) picture() []byte {
	sums := map[string]*tally{}
	for typ, x := range s.types {
		category, _, _ := strings.Cut(typ, ".")
		t := sums[category]
		if t == nil {
			t = &tally{}
			sums[category] = t
		}
		for p := range 2 {
			t.cases[p] += x.cases[p]
			t.found[p] += x.found[p]
		}
	}
	names := slices.Sorted(maps.Keys(sums))
	height := 40 + rowHeight*len(names)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12" role="img" aria-label="Recall by category">
<rect width="100%%" height="100%%" fill="#ffffff"/>
<text x="%d" y="20" fill="#1b6ca8">shared words</text><text x="%d" y="20" fill="#e08e0b">disjoint words</text>
`, barLeft+barWidth+70, height, barLeft, barLeft+110)
	for i, name := range names {
		y := 34 + rowHeight*i
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", barLeft-10, y+18, name)
		for p, colour := range []string{"#1b6ca8", "#e08e0b"} {
			at := y + p*(barHeight+2)
			if sums[name].cases[p] == 0 {
				continue
			}
			share := float64(sums[name].found[p]) / float64(sums[name].cases[p])
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#eeeeee"/><rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/><text x="%d" y="%d">%.1f %%</text>`+"\n",
				barLeft, at, barWidth, barHeight, barLeft, at, share*barWidth, barHeight, colour, barLeft+barWidth+8, at+11, 100*share)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

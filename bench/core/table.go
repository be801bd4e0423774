package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A table is rows of cells; the first column is flush left, the others right.
type table [][]string

func (t table) write(w io.Writer) {
	var width []int
	for _, row := range t {
		for i, c := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range t {
		var line strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 {
				line.WriteString(c + pad)
			} else {
				line.WriteString("  " + pad + c)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// speeds writes every subject's median with its spread, and what it counted.
func (g *grid) speeds(w io.Writer) {
	t := table{append([]string{"MB/s, median ± half the range"}, g.corpora...)}
	n := table{append([]string{"found a MB"}, g.corpora...)}
	var read []string
	for _, c := range g.corpora {
		most := 0
		for _, s := range g.subjects {
			if cl, ok := g.at(s, c); ok {
				most = max(most, cl.bytes)
			}
		}
		read = append(read, fmt.Sprintf("%s %.1f MB", c, float64(most)/1e6))
	}
	for _, s := range g.subjects {
		row, found := []string{s}, []string{s}
		for _, c := range g.corpora {
			cl, ok := g.at(s, c)
			if !ok {
				row, found = append(row, "-"), append(found, "-")
				continue
			}
			row = append(row, fmt.Sprintf("%s ±%2.0f%%", speed(cl.median()), 100*cl.spread()))
			found = append(found, fmt.Sprintf("%.0f", float64(cl.found)/float64(cl.bytes)*1e6))
		}
		t, n = append(t, row), append(n, found)
	}
	fmt.Fprintf(w, "\nread in a round: %s\n\n", strings.Join(read, ", "))
	t.write(w)
	fmt.Fprintln(w)
	n.write(w)
}

// speed shows three digits.
func speed(mbs float64) string {
	switch {
	case mbs >= 100:
		return fmt.Sprintf("%.0f", mbs)
	case mbs >= 10:
		return fmt.Sprintf("%.1f", mbs)
	}
	return fmt.Sprintf("%.2f", mbs)
}

// ratios writes how ours compare with each of theirs.
func (g *grid) ratios(w io.Writer, subjects []subject) {
	for _, other := range []string{nameFriendly, nameNaive, nameLiterals, nameGitleaks} {
		t := table{append([]string{"times as fast as " + other}, g.corpora...)}
		for _, s := range subjects {
			if s.peer {
				continue
			}
			row, any := []string{s.name}, false
			for _, c := range g.corpora {
				r, ok := g.ratio(s.name, other, c)
				if !ok {
					row = append(row, "-")
					continue
				}
				any = true
				row = append(row, fmt.Sprintf("%.2f", r))
			}
			if any {
				t = append(t, row)
			}
		}
		if len(t) > 1 {
			fmt.Fprintln(w)
			t.write(w)
		}
	}
}

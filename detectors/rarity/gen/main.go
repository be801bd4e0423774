// Command gen trains package rarity and writes its weights.
//
//	go run ./detectors/rarity/gen
//
// It reads no one's secrets and no one's passwords: from the identifiers and
// comments of Go's standard library it takes words and how often each occurs,
// makes names of them as people do (snake_case, camelCase, dotted paths,
// versions, numbers at the end), adds the identifiers as they stand, and counts
// which class of byte follows which two, and which letter follows which two.
package main

import (
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/promptgate/promptgate/detectors/rarity"
)

const (
	names   = 1_500_000
	classes = rarity.Edge + 1
	history = 27
	letters = 26
	perBit  = 8
	// What was never seen may be written all the same: shares of the pair and of
	// chance in what is taken for the probability of a triple.
	pairShare, chanceShare = 0.15, 0.06
)

func main() {
	if err := run("detectors/rarity/weights.bin"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	words, identifiers, err := vocabulary()
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(20261128, 1))
	var m model
	for range names {
		m.count(name(r, words))
		m.count(identifiers[r.IntN(len(identifiers))])
	}
	return os.WriteFile(path, m.weights(), 0o644)
}

// vocabulary is every word and every identifier of the standard library, as
// often as it stands there.
func vocabulary() (words, identifiers []string, err error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, nil, err
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "src")
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var s scanner.Scanner
		set := token.NewFileSet()
		s.Init(set.AddFile(path, -1, len(src)), src, func(token.Position, string) {}, scanner.ScanComments)
		for {
			_, tok, lit := s.Scan()
			switch tok {
			case token.EOF:
				return nil
			case token.IDENT:
				identifiers = append(identifiers, lit)
				words = append(words, split(lit)...)
			case token.COMMENT:
				words = append(words, split(lit)...)
			}
		}
	})
	return words, identifiers, err
}

// split cuts text into words of small letters, 2 to 16 long: at everything that
// is no letter and before capitals.
func split(s string) (out []string) {
	start := -1
	rs := []rune(s)
	for i := 0; i <= len(rs); i++ {
		letter := i < len(rs) && rs[i] < 0x80 && unicode.IsLetter(rs[i])
		turn := letter && i > 0 && unicode.IsUpper(rs[i]) && unicode.IsLower(rs[i-1])
		if start >= 0 && (!letter || turn) {
			if n := i - start; n >= 2 && n <= 16 {
				out = append(out, strings.ToLower(string(rs[start:i])))
			}
			start = -1
		}
		if letter && start < 0 {
			start = i
		}
	}
	return out
}

// name makes a name as people write them.
func name(r *rand.Rand, words []string) string {
	style := r.IntN(10)
	sep := []string{"_", "-", ".", "/", "", "", " ", "_", ".", "::"}[style]
	var parts []string
	for range 1 + r.IntN(4) {
		w := words[r.IntN(len(words))]
		switch {
		case style == 4 && len(parts) > 0, style == 5, style == 6 && len(parts) == 0, style >= 8 && r.IntN(2) == 0:
			w = strings.ToUpper(w[:1]) + w[1:]
		case style == 7:
			w = strings.ToUpper(w)
		}
		parts = append(parts, w)
	}
	s := strings.Join(parts, sep)
	switch r.IntN(10) {
	case 0:
		s += fmt.Sprint(r.IntN(10))
	case 1:
		s += sep + fmt.Sprint(r.IntN(100))
	case 2:
		s += sep + "v" + fmt.Sprint(r.IntN(10))
	case 3:
		s += sep + fmt.Sprint(2000+r.IntN(40))
	}
	return s
}

type model struct {
	class  [classes][classes][classes]float64
	letter [history][history][letters]float64
}

func (m *model) count(s string) {
	c1, c2, l1, l2 := rarity.Edge, rarity.Edge, letters, letters
	for i := range len(s) {
		c := rarity.Class(s[i])
		m.class[c1][c2][c]++
		c1, c2 = c2, c
		if c > rarity.Upper {
			l1, l2 = letters, letters
			continue
		}
		l := int(s[i]|0x20) - 'a'
		m.letter[l1][l2][l]++
		l1, l2 = l2, l
	}
}

// weights are costs in eighths of a bit.
func (m *model) weights() (out []byte) {
	row := func(counts, pair []float64) {
		all, both := sum(counts), sum(pair)
		for i, n := range counts {
			p := chanceShare / float64(len(counts))
			p += pairShare * (pair[i] + 1) / (both + float64(len(pair)))
			p += (1 - chanceShare - pairShare) * (n + 0.01) / (all + 0.01*float64(len(counts)))
			out = append(out, byte(min(math.Round(-math.Log2(p)*perBit), 127)))
		}
	}
	for a := range m.class {
		for b := range m.class[a] {
			pair := make([]float64, classes)
			for x := range m.class {
				add(pair, m.class[x][b][:])
			}
			row(m.class[a][b][:], pair)
		}
	}
	for a := range m.letter {
		for b := range m.letter[a] {
			pair := make([]float64, letters)
			for x := range m.letter {
				add(pair, m.letter[x][b][:])
			}
			row(m.letter[a][b][:], pair)
		}
	}
	return out
}

func sum(list []float64) (s float64) {
	for _, x := range list {
		s += x
	}
	return s
}

func add(to, list []float64) {
	for i, x := range list {
		to[i] += x
	}
}

// Command core measures the detector core and holds it to its gates.
//
//	go run ./bench/core                                      our engine alone
//	go run ./bench/core -gitleaks                            beside gitleaks as a library
//	CGO_ENABLED=1 go run -tags hyperscan ./bench/core -gate  beside Hyperscan; fails when a gate is missed
//	go run ./bench/core -hostile                             worst case: is the cost linear?
//
// Corpora come from `make bench-corpora`. Hyperscan needs its headers
// (Debian: apt-get install libhyperscan-dev); without the tag nothing of it is
// built. gitleaks is a module of its own, bench/peers/gitleaks, and runs as a
// child.
//
// Every subject runs on one thread over the same bytes, all of them once a
// round, and what is shown is the median of the rounds in 10^6 bytes per second
// of CPU time of the whole process, garbage collection included. On a shared
// machine that moves by some ten per cent, which is why gates are ratios, and a
// ratio is the median of those of each round. Before anything is timed, what the
// engine finds must be equal for every path of the CPU and every cut.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/bench/corpus"
)

// Exit codes.
const (
	exitMissed = 1 // a gate was missed, a law broken
	exitUsage  = 2
	exitFailed = 3 // it could not be measured
)

type config struct {
	dir      string
	corpora  []string
	most     int // bytes of a corpus
	rounds   int
	slice    float64 // seconds that the slowest subject may take for one corpus
	gate     bool
	gitleaks bool
	hostile  bool
	largest  int
	only     string
	profiles string
}

func main() {
	runtime.GOMAXPROCS(1)
	var c config
	corpora := flag.String("corpora", strings.Join(corpus.Names(), ","), "which corpora")
	flag.StringVar(&c.dir, "dir", corpus.Dir, "where the corpora are")
	mib := flag.Int("mib", 8, "most MiB of a corpus that are read")
	flag.IntVar(&c.rounds, "rounds", 5, "rounds of which medians are taken")
	flag.Float64Var(&c.slice, "slice", 0.25, "CPU seconds that the slowest subject may take for a corpus in a round")
	flag.BoolVar(&c.gate, "gate", false, "fail when a gate is missed")
	flag.BoolVar(&c.gitleaks, "gitleaks", false, "measure gitleaks as well")
	flag.BoolVar(&c.hostile, "hostile", false, "measure hostile inputs of 16 KB to 16 MB and nothing else")
	largest := flag.Int("hostile-mib", 16, "size of the largest hostile input in MiB")
	flag.StringVar(&c.only, "only", "", "only hostile inputs with this in their name")
	flag.StringVar(&c.profiles, "profile", "", "write a CPU profile of each corpus, or with -hostile of each input, into this directory")
	flag.Parse()
	c.corpora, c.most, c.largest = strings.Split(*corpora, ","), *mib<<20, *largest<<20
	if flag.NArg() > 0 || c.rounds < 1 || c.most < 1 || c.largest < 64<<10 || slices.ContainsFunc(c.corpora, func(n string) bool { return !slices.Contains(corpus.Names(), n) }) {
		flag.Usage()
		os.Exit(exitUsage)
	}
	if err := run(os.Stdout, c); err != nil {
		fmt.Fprintln(os.Stderr, "core:", err)
		if errors.Is(err, errMissed) {
			os.Exit(exitMissed)
		}
		os.Exit(exitFailed)
	}
}

// errMissed is what a missed gate or a broken law is.
var errMissed = errors.New("missed")

func run(w io.Writer, c config) error {
	b, err := newBench()
	if err != nil {
		return err
	}
	b.describe(w)
	if c.hostile {
		return b.hostile(w, c)
	}
	m, err := corpus.ReadManifest(c.dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "corpora   seed %d, middle %d MiB at most of each:\n", m.Seed, c.most>>20)
	for _, e := range m.Corpora {
		from := "generated"
		if e.Sources > 0 {
			from = fmt.Sprintf("from %d files", e.Sources)
		}
		fmt.Fprintf(w, "  %-7s %d bytes, %s, sha256 %.16s\n", e.Name, e.Bytes, from, e.SHA256)
	}
	texts := make(map[string][]byte)
	for _, name := range c.corpora {
		data, err := corpus.Load(c.dir, name)
		if err != nil {
			return err
		}
		n := min(c.most, len(data))
		texts[name] = data[(len(data)-n)/2:][:n]
	}
	if c.profiles != "" {
		return b.profile(w, c, texts)
	}
	fmt.Fprintln(w, "\nequal findings for every path and cut:")
	for _, name := range c.corpora {
		line, err := b.check(texts[name][:min(len(texts[name]), checkBytes)])
		if err != nil {
			return fmt.Errorf("%s: %w: %w", name, errMissed, err)
		}
		fmt.Fprintf(w, "  %-7s %s\n", name, line)
	}
	subjects := b.subjects()
	theirs, err := hyperscanSubjects(w, b)
	if err != nil {
		return err
	}
	subjects = append(subjects, theirs...)
	if c.gitleaks {
		s, done, err := gitleaksSubject()
		if err != nil {
			return err
		}
		defer done()
		subjects = append(subjects, s)
	}
	g, err := measure(subjects, c, texts)
	if err != nil {
		return err
	}
	g.speeds(w)
	g.ratios(w, subjects)
	return judge(w, c, g, b.paths)
}

// Command accuracy says how much the shipped rules find and how often they cry
// wolf, on a labelled corpus that it makes itself from a seed.
//
//	go run ./bench/accuracy
//	go run ./bench/accuracy -misses 20 -type pii.us_ssn
//	go run ./bench/accuracy -source "$(go env GOROOT)/src:$(go env GOMODCACHE):/usr/lib/python3"
//
// Positives are values with right check digits in sentences of ten languages, in
// data of eleven layouts, bare, and as credentials, code and marked documents.
// What a value is called was written without looking at the rules: a case whose
// cue a rule lists is shared, any other is disjoint, and both are reported.
// Harmless texts come from templates of fifteen kinds. The upper bounds are those
// of a Poisson count at 95 % (Garwood).
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/rules"
)

func main() {
	o := options{}
	flag.Uint64Var(&o.seed, "seed", 20261125, "of the corpus")
	flag.IntVar(&o.each, "each", 20, "cases of each type and layout")
	flag.IntVar(&o.harmless, "harmless", 20000, "harmless texts")
	flag.StringVar(&o.only, "type", "", "this info type alone; \"people\" for names and addresses, \"hard\" for near misses and evasions, \"code\" for source code by language")
	flag.StringVar(&o.source, "source", "", "directories of ordinary source code, as in PATH: count false alarms on excerpts of it and nothing else")
	flag.IntVar(&o.excerpts, "excerpts", 20000, "excerpts of 60 lines taken of -source")
	flag.IntVar(&o.misses, "misses", 0, "print so many missed cases and false alarms (the texts are made up)")
	flag.StringVar(&o.export, "export", "", "write the corpus to this file, a case a line, and measure nothing")
	flag.StringVar(&o.report, "report", "", "write accuracy.md and its picture into this directory")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(3)
	}
}

type options struct {
	seed                   uint64
	each, harmless, misses int
	only, source, export   string
	report                 string
	excerpts               int
}

func run(o options) error {
	c, err := rules.LoadEmbedded()
	if err != nil {
		return err
	}
	e, err := shipped.Engine(c, engine.Config{Key: []byte("accuracy")})
	if err != nil {
		return err
	}
	if o.source != "" {
		return onSource(e, o)
	}
	r := rand.New(rand.NewPCG(o.seed, 1))
	positives, err := positives(r, o.each)
	if err != nil {
		return err
	}
	if o.export != "" {
		return export(o.export, append(positives, harmless(r, o.harmless)...))
	}
	s := score{engine: e, known: knownCues(c), options: o}
	for _, k := range positives {
		if o.only == "" || o.only == k.Type {
			s.positive(k)
		}
	}
	if o.only == "" {
		for _, k := range harmless(r, o.harmless) {
			s.harmless(k)
		}
	}
	var printed bytes.Buffer
	w := io.MultiWriter(os.Stdout, &printed)
	s.print(w)
	if o.only == "" || o.only == "hard" {
		if err := s.hardCases(rand.New(rand.NewPCG(o.seed, 3)), w); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "forms" {
		if err := s.forms(w, c, rand.New(rand.NewPCG(o.seed, 4))); err != nil {
			return err
		}
	}
	if o.only == "" || o.only == "code" {
		s.printSources(w, rand.New(rand.NewPCG(o.seed, 5)), 20*o.each)
	}
	if o.only == "" || o.only == "people" {
		s.people(w, peopleCases(rand.New(rand.NewPCG(o.seed, 2)), o.each))
	}
	if o.report == "" {
		return nil
	}
	return s.report(o.report, printed.Bytes())
}

// export writes cases as JSON lines.
func export(file string, cases []Case) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, k := range cases {
		if err := enc.Encode(k); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// positives makes every labelled case.
func positives(r *rand.Rand, each int) ([]Case, error) {
	list, err := specs()
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, s := range list {
		for range each {
			out = append(out, inSentence(r, s), inData(r, s))
			if s.bare {
				out = append(out, inBare(r, s))
			}
		}
	}
	out = append(out, credentials(r, each)...)
	return append(out, documents(r, each)...), nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func testVerb() verb {
	return verb{
		name: "test", args: "[DIR | FILE]", short: "run the tests inside rules and policies",
		long: `Without an argument runs the tests of the built-in rules and policies; with a
directory those in it, laid over the built-in ones as rules_dir is; with a file those
of one rule file or policy. Exits 1 when a test fails. Texts are never printed.`,
		examples: [3]string{
			"promptgate test",
			"promptgate test ./rules",
			"promptgate test ./rules/policies/finance.toml",
		},
		set: func(f *flags) runner {
			asJSON := f.onOff("json", "print one JSON object a test")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) > 1 {
					return usagef("test wants one directory or file")
				}
				t := &testRun{}
				var err error
				switch {
				case len(args) == 0:
					err = t.tree("")
				case isDir(args[0]):
					err = t.tree(args[0])
				default:
					err = t.file(args[0])
				}
				if err != nil {
					return err
				}
				return p.printTests(t, *asJSON)
			}
		},
	}
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// A testResult is the outcome of one test.
type testResult struct {
	Kind    string `json:"kind"` // "rule" or "policy"
	File    string `json:"file"`
	Of      string `json:"of"`             // the rule's id, or the policy's name
	Test    string `json:"test"`           // its ordinal in the rule from 0, or its name
	Failure string `json:"failure"`        // "" when it passed
	Line    int    `json:"line,omitempty"` // in File; of rules when it failed
}

type testRun struct {
	results []testResult
	never   []neverMet
	covered int  // rules and connections of policies that tests meet
	empty   bool // there is nothing that could have tests
}

// tree runs the tests of dir laid over the built-in rules: all when dir is "",
// else those that stand in it.
func (t *testRun) tree(dir string) error {
	fsys, err := rulesFS(dir)
	if err != nil {
		return err
	}
	catalogue, err := loadCatalogue(dir)
	if err != nil {
		return located(err, dir)
	}
	if err := t.rules(catalogue); err != nil {
		return located(err, dir)
	}
	names, err := policyNames(fsys)
	if err != nil {
		return err
	}
	var errs strict.Errors
	for _, name := range names {
		pol, err := policy.Load(fsys, name, catalogue)
		if err != nil {
			errs.Add(located(err, dir))
			continue
		}
		t.policy(pol)
	}
	if dir != "" {
		files, err := fs.Glob(os.DirFS(dir), "*/*.toml")
		t.empty = err == nil && len(files) == 0
		shipped := func(file string) bool {
			_, err := fs.Stat(os.DirFS(dir), file)
			return err != nil
		}
		t.results = slices.DeleteFunc(t.results, func(r testResult) bool { return shipped(r.File) })
		t.never, t.covered = slices.DeleteFunc(t.never, func(x neverMet) bool { return shipped(x.File) }), 0
		for i := range t.results {
			t.results[i].File = filepath.Join(dir, t.results[i].File)
		}
	}
	return errs.Err()
}

func (t *testRun) rules(c *rules.Catalogue) error {
	e, err := untested(c, nil)
	if err != nil {
		return err
	}
	for _, r := range shipped.Test(c, e) {
		res := testResult{Kind: "rule", File: r.File, Of: r.Rule, Test: fmt.Sprint(r.Ordinal), Failure: r.Failure}
		if r.Failure != "" {
			rule, _ := c.Rule(r.Rule)
			res.Line = c.Errorf(rule, fmt.Sprintf("test[%d].text", r.Ordinal), "").Line
		}
		t.results = append(t.results, res)
	}
	return nil
}

// A neverMet is a rule or connection of a policy that none of its tests meets.
type neverMet struct {
	Kind string `json:"kind"` // "never met"
	File string `json:"file"`
	Line int    `json:"line"`
	Of   string `json:"of"`   // the policy's name
	Part string `json:"part"` // "rule card.bulk"
}

func (t *testRun) policy(p *policy.Policy) {
	c := p.Coverage()
	t.covered += c.Met
	for _, x := range c.Never {
		t.never = append(t.never, neverMet{"never met", x.File, x.Line, p.Profile(), x.Name()})
	}
	for _, r := range p.Test() {
		t.results = append(t.results, testResult{Kind: "policy", File: r.File, Of: r.Policy, Test: r.Name, Failure: r.Failure, Line: r.Line})
	}
}

// file runs the tests of one file: a rule file when its rules name an info type,
// else a policy.
func (t *testRun) file(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return plainPathError(err)
	}
	doc, err := strict.Parse(name, data)
	if err != nil {
		return err
	}
	if !doc.Has("rule[0].info_type") {
		c, err := rules.LoadEmbedded()
		if err != nil {
			return err
		}
		pol, err := loadPolicy("", name, c)
		if err != nil {
			return err
		}
		t.policy(pol)
		for i := range t.results {
			t.results[i].File = name
		}
		// What it includes has tests of its own.
		t.never = slices.DeleteFunc(t.never, func(x neverMet) bool { return x.File != filepath.Base(name) })
		for i := range t.never {
			t.never[i].File = name
		}
		return nil
	}
	// A rule file is loaded from a tree; it gets one of its own.
	dir, err := os.MkdirTemp("", "promptgate-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const family = "confidential" // any; the loader goes by info types
	if err := os.Mkdir(filepath.Join(dir, family), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, family, filepath.Base(name)), data, 0o600); err != nil {
		return err
	}
	own := filepath.Join(dir, family, filepath.Base(name))
	err = t.tree(dir)
	for i := range t.results {
		t.results[i].File = name
	}
	return renamed(err, own, name)
}

// renamed gives errors about one file another name.
func renamed(err error, from, to string) error {
	if list, ok := err.(strict.Errors); ok {
		for _, e := range list {
			if e.File == from {
				e.File = to
			}
		}
	}
	return err
}

func (p *program) printTests(t *testRun, asJSON bool) error {
	failed, of := 0, map[string]map[string]bool{"rule": {}, "policy": {}}
	for _, r := range t.results {
		of[r.Kind][r.Of] = true
		if r.Failure != "" {
			failed++
		}
		switch {
		case asJSON:
			if err := json.NewEncoder(p.stdout).Encode(r); err != nil {
				return err
			}
		case r.Failure != "" && r.Kind == "policy":
			fmt.Fprintf(p.stdout, "%s:%d: %s, test %q: %s\n", r.File, r.Line, r.Of, r.Test, r.Failure)
		case r.Failure != "":
			fmt.Fprintf(p.stdout, "%s:%d: %s, test %s: %s\n", r.File, r.Line, r.Of, r.Test, r.Failure)
		}
	}
	if t.empty {
		return errors.New("no rules or policies found")
	}
	for _, x := range t.never {
		if asJSON {
			if err := json.NewEncoder(p.stdout).Encode(x); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(p.stdout, "%s:%d: %s: no test meets %s\n", x.File, x.Line, x.Of, x.Part)
		}
	}
	if !asJSON && t.covered > 0 {
		fmt.Fprintf(p.stdout, "%d of %d rules and connections of policies are met\n", t.covered, t.covered+len(t.never))
	}
	if !asJSON {
		_, err := fmt.Fprintf(p.stdout, "%s, %d failed; of %d rules and %d policies\n", count(len(t.results), "test"), failed, len(of["rule"]), len(of["policy"]))
		if err != nil {
			return err
		}
	}
	if failed > 0 {
		return errFindings
	}
	return nil
}

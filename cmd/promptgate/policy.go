package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

func policyVerb() verb {
	return verb{
		name: "policy", args: "diff OLD NEW | lint [POLICY] | simulate NEW | readiness | explain INCIDENT | key", short: "change a policy with confidence",
		long: `A policy is a file, or the name of a profile. diff says in words what is different;
lint what loads and is probably not meant. simulate tries a policy on the shapes of
past messages, which the state directory keeps without any text; readiness says what
each rule has done in them, and explain why one was decided as it was. key reads API
keys from stdin, a line each, and prints the digests that tenants.api_keys lists.`,
		examples: [3]string{
			"promptgate policy diff l2 ./rules/policies/company.toml",
			"promptgate policy simulate --since 30d ./rules/policies/company.toml",
			"promptgate policy explain 01M8H9S9SYXX883JG4MWQJFHW8",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			since := f.text("since", "AGE", "30d", "simulate, readiness: how far back, such as 36h or 30d")
			asJSON := f.onOff("json", "print JSON, one object a line")
			return func(_ context.Context, p *program, args []string) error {
				verbs := []string{"diff", "lint", "simulate", "readiness", "explain", "key"}
				if len(args) == 0 {
					return usagef("policy wants: %s", strings.Join(verbs, ", "))
				}
				t := policyTask{p: p, json: *asJSON}
				var err error
				if t.cfg, err = s.load(); err != nil {
					return err
				}
				if t.since, err = age(*since); err != nil {
					return err
				}
				rest := args[1:]
				wants := func(n int, what string) error {
					if len(rest) != n {
						return usagef("policy %s wants %s", args[0], what)
					}
					return nil
				}
				switch args[0] {
				case "diff":
					if err := wants(2, "two policies: the old and the new"); err != nil {
						return err
					}
					return t.diff(rest[0], rest[1])
				case "lint":
					if len(rest) > 1 {
						return usagef("policy lint wants one policy")
					}
					return t.lint(append(rest, t.cfg.Profile)[0])
				case "simulate":
					if err := wants(1, "the new policy"); err != nil {
						return err
					}
					return t.simulate(rest[0])
				case "readiness":
					if err := wants(0, "no argument"); err != nil {
						return err
					}
					return t.readiness()
				case "explain":
					if err := wants(1, "the number of an incident"); err != nil {
						return err
					}
					return t.explain(rest[0])
				case "key":
					if err := wants(0, "no argument: keys are read from stdin"); err != nil {
						return err
					}
					return t.key()
				}
				return unknown("policy verb", args[0], verbs)
			}
		},
	}
}

// age reads "30d", "36h".
func age(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days+" ", "%d ", &n); err == nil && n > 0 && n <= 3660 && fmt.Sprint(n) == days {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("--since wants an age such as 36h or 30d")
}

// A policyTask is one run of the verb.
type policyTask struct {
	p     *program
	cfg   *config.Config
	since time.Duration
	json  bool
}

// load reads a policy: the name of a profile, or a file, which may include the
// shipped ones.
func (t policyTask) load(name string) (*policy.Policy, error) {
	catalogue, err := loadCatalogue(t.cfg.RulesDir)
	if err != nil {
		return nil, located(err, t.cfg.RulesDir)
	}
	return loadPolicy(t.cfg.RulesDir, name, catalogue)
}

// loadPolicy reads a profile of dir, or a file.
func loadPolicy(dir, name string, c *rules.Catalogue) (*policy.Policy, error) {
	fsys, err := rulesFS(dir)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(name, ".toml") {
		p, err := policy.Load(fsys, name, c)
		return p, located(err, dir)
	}
	// What it includes stands beside it, or is shipped.
	shipped, err := fs.Sub(fsys, "policies")
	if err != nil {
		return nil, err
	}
	p, err := policy.Read(overlay{os.DirFS(filepath.Dir(name)), shipped}, filepath.Base(name), c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file", name)
	}
	return p, renamed(err, filepath.Base(name), name)
}

func (t policyTask) print(v any) error {
	data, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(t.p.stdout, "%s\n", data)
	}
	return err
}

func (t policyTask) diff(older, newer string) error {
	before, err := t.load(older)
	if err != nil {
		return err
	}
	after, err := t.load(newer)
	if err != nil {
		return err
	}
	changes := policy.Diff(before, after)
	for _, c := range changes {
		if t.json {
			err = t.print(c)
		} else {
			_, err = fmt.Fprintln(t.p.stdout, c)
		}
		if err != nil {
			return err
		}
	}
	if len(changes) == 0 && !t.json {
		_, err = fmt.Fprintln(t.p.stdout, "no difference")
	}
	return err
}

func (t policyTask) lint(name string) error {
	pol, err := t.load(name)
	if err != nil {
		return err
	}
	remarks := pol.Lint(time.Now())
	for _, r := range remarks {
		if t.json {
			err = t.print(r)
		} else {
			_, err = fmt.Fprintf(t.p.stdout, "%s:%d: %s: %s\n", r.File, r.Line, r.Part, r.Text)
		}
		if err != nil {
			return err
		}
	}
	if !t.json {
		_, err = fmt.Fprintln(t.p.stdout, count(len(remarks), "remark"))
	}
	if err == nil && len(remarks) > 0 {
		return errFindings
	}
	return err
}

// key prints the digests of API keys. Keys are not echoed.
func (t policyTask) key() error {
	state, err := openState(t.cfg, t.p.getenv)
	if err != nil {
		return err
	}
	secret, err := evidenceKey(state)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(t.p.stdin)
	for in.Scan() {
		if key := strings.TrimSpace(in.Text()); key != "" {
			if _, err := fmt.Fprintln(t.p.stdout, inspect.KeyDigest(secret, key)); err != nil {
				return err
			}
		}
	}
	return in.Err()
}

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

func checkVerb() verb {
	return verb{
		name: "check", short: "validate settings, rules, policies, providers and messages",
		long: `Reads everything that serve would read, starts nothing, and reports every mistake at
once with file, line and column. It also fails when the CA of the state directory
may not sign for a host that the provider rows inspect.`,
		examples: [3]string{
			"promptgate check",
			"promptgate check --config /etc/promptgate/promptgate.toml",
			"promptgate check --config promptgate.toml --state-dir ./state",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			return func(_ context.Context, p *program, args []string) error {
				if err := noArgs(args); err != nil {
					return err
				}
				return p.check(s)
			}
		},
	}
}

// A checkup gathers the mistakes of everything, and a line about each part.
type checkup struct {
	errs  strict.Errors
	lines strings.Builder
}

func (k *checkup) line(name, format string, a ...any) {
	fmt.Fprintf(&k.lines, "%-10s %s\n", name, fmt.Sprintf(format, a...))
}

func (p *program) check(s settings) error {
	k := &checkup{}
	c, err := s.load()
	k.errs.Add(err)
	if c == nil { // what it names cannot be read; the built-in rules can
		c = config.Default()
	}
	k.files(p, c)
	providers := k.rules(c)
	if providers != nil && err == nil {
		k.authority(p, c, providers)
	}
	if err := k.errs.Err(); err != nil {
		return err
	}
	source := "defaults"
	if *s.file != "" {
		source = *s.file
	}
	_, err = fmt.Fprintf(p.stdout, "%-10s %s\n%s", "settings", source, k.lines.String())
	return err
}

// files reads what the settings point to.
func (k *checkup) files(p *program, c *config.Config) {
	if f := c.Identity.TokenFile; f != "" {
		tokens, err := identity.LoadTokens(f)
		k.errs.Add(err)
		if err == nil {
			k.line("tokens", "%s in %s", count(tokens.Len(), "user"), f)
		}
	}
	if own, err := p.company(c).open(); err != nil {
		k.errs.Add(err)
	} else if n := len(own.Records); n > 0 || own.Fingerprints != nil {
		sources := 0
		if own.Fingerprints != nil {
			sources = len(own.Fingerprints.Sources())
		}
		k.line("own", "%s of fingerprints, %s of records", count(sources, "source"), count(n, "table"))
	}
	if t := c.ListenTLS; t.Enabled() {
		_, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		k.errs.Add(err)
	}
	if _, err := upstreamRoots(c.Upstream.CAFile); err != nil {
		k.errs.Add(c.Errorf("upstream.ca_file", "%v", err))
	}
	if _, err := c.Upstream.ParentProxyCredentials.Load(p.getenv); err != nil {
		k.errs.Add(c.Errorf("upstream.parent_proxy_credentials", "%v", err))
	}
}

// rules checks everything below the rules directory. It returns the providers
// when they are valid.
func (k *checkup) rules(c *config.Config) *provider.Catalogue {
	fsys, err := rulesFS(c.RulesDir)
	if err != nil {
		k.errs.Add(err)
		return nil
	}
	add := func(err error) { k.errs.Add(located(err, c.RulesDir)) }
	catalogue, err := loadCatalogue(c.RulesDir)
	add(err)
	if err == nil {
		_, err = newEngine(catalogue, nil)
		add(err)
		k.line("rules", "%s, %s%s", count(len(catalogue.Rules()), "rule"), count(len(catalogue.InfoTypes()), "info type"), ownParts(catalogue))
	} else {
		// The policies' own mistakes are shown all the same.
		catalogue, err = rules.LoadEmbedded()
		add(err)
	}
	if err == nil {
		k.policies(fsys, c, catalogue)
	}
	providers, err := loadProviders(c.RulesDir)
	add(err)
	if err == nil {
		k.line("providers", "%s, %s", count(len(providers.Hosts()), "host pattern"), count(len(providers.Endpoints()), "endpoint"))
	}
	_, err = refuse.Load(fsys)
	add(err)
	return providers
}

// ownParts says what of a catalogue stands in the rules directory.
func ownParts(c *rules.Catalogue) string {
	own, terms := 0, 0
	for _, r := range c.Rules() {
		if c.Own(r.ID) {
			own++
			terms += len(r.Terms)
		}
	}
	var b strings.Builder
	if own > 0 {
		fmt.Fprintf(&b, "; %s of your own", count(own, "rule"))
	}
	if terms > 0 {
		fmt.Fprintf(&b, " with %s", count(terms, "term"))
	}
	if n := len(c.Disabled()); n > 0 {
		fmt.Fprintf(&b, "; %s switched off", count(n, "rule"))
	}
	return b.String()
}

// policies checks every policy, not only the one in force.
func (k *checkup) policies(fsys fs.FS, c *config.Config, catalogue *rules.Catalogue) {
	names, err := policyNames(fsys)
	k.errs.Add(err)
	known := false
	for _, name := range names {
		_, err := policy.Load(fsys, name, catalogue)
		k.errs.Add(located(err, c.RulesDir))
		known = known || name == c.Profile
	}
	if !known {
		e := c.Errorf("profile", "no policy is called %q", c.Profile)
		e.Hint = strict.Suggest(c.Profile, names)
		k.errs.Add(e)
	}
	k.line("policies", "%s; %s is in force", strings.Join(names, ", "), c.Profile)
}

// policyNames lists the policies of a rules tree, sorted.
func policyNames(fsys fs.FS) ([]string, error) {
	files, err := fs.Glob(fsys, "policies/*.toml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".toml")
	}
	return files, err
}

// authority compares the CA with the provider rows, when there is a CA yet.
func (k *checkup) authority(p *program, c *config.Config, providers *provider.Catalogue) {
	state, err := c.State(p.getenv)
	if err != nil || !caExists(state) {
		k.errs.Add(err)
		k.line("ca", "none yet; serve makes it")
		return
	}
	a, err := ca.Open(caConfig(c, state, providers))
	if err != nil {
		k.errs.Add(err)
		return
	}
	if err := uncovered(a, providers); err != nil {
		k.errs.Add(err)
		return
	}
	k.line("ca", "%s covers every inspected host", caDir(state))
}

// uncovered is the error for provider hosts that the authority may not sign for.
func uncovered(a *ca.Authority, providers *provider.Catalogue) error {
	missing := a.Uncovered(providers.Suffixes())
	if len(missing) == 0 {
		return nil
	}
	root := a.Show()[0].File
	return fmt.Errorf("ca: %s may not sign for %s, which the provider rows inspect: move %s away and start again; clients must then trust the new root",
		root, strings.Join(missing, ", "), path.Dir(root))
}

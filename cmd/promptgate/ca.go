package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/ca"
)

func caVerb() verb {
	return verb{
		name: "ca", args: "show | export", short: "show or export the inspection CA",
		long: `show prints what the authority of the state directory is and may sign for. export
prints its root certificate, which clients must trust; like serve it makes the
authority when there is none. The private keys are never printed.`,
		examples: [3]string{
			"promptgate ca show --state-dir ./state",
			"promptgate ca export --format pem > promptgate-ca.crt",
			"promptgate ca export --format der --config promptgate.toml > promptgate-ca.cer",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			format := f.text("format", "pem|der", "pem", "of export")
			asJSON := f.onOff("json", "show: one JSON object a certificate")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) != 1 {
					return usagef("ca wants: show, or export")
				}
				switch args[0] {
				case "show":
					return p.caShow(s, *asJSON)
				case "export":
					if *format != "pem" && *format != "der" {
						return usagef("--format wants pem or der")
					}
					return p.caExport(s, *format)
				}
				return unknown("ca verb", args[0], []string{"show", "export"})
			}
		},
	}
}

// openCA opens the authority, and makes it when create says so.
func (p *program) openCA(s settings, create bool) (*ca.Authority, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	state, err := c.State(p.getenv)
	if err != nil {
		return nil, err
	}
	if !create && !caExists(state) {
		return nil, fmt.Errorf("no CA in %s yet\nserve and ca export make one", caDir(state))
	}
	if _, err := rulesFS(c.RulesDir); err != nil { // says so when it is none
		return nil, err
	}
	providers, err := loadProviders(c.RulesDir)
	if err != nil {
		return nil, located(err, c.RulesDir)
	}
	return ca.Open(caConfig(c, state, providers))
}

// caExists reports whether a state directory holds an authority, whole or not.
func caExists(state string) bool {
	_, err := os.Lstat(filepath.Join(caDir(state), "root.crt"))
	return !errors.Is(err, fs.ErrNotExist)
}

func (p *program) caShow(s settings, asJSON bool) error {
	a, err := p.openCA(s, false)
	if err != nil {
		return err
	}
	for _, i := range a.Show() {
		if asJSON {
			if err := json.NewEncoder(p.stdout).Encode(i); err != nil {
				return err
			}
			continue
		}
		_, err := fmt.Fprintf(p.stdout, "%s\n  subject      %s\n  valid        %s to %s\n  SHA-256      %s\n  may sign for %s\n  file         %s\n",
			i.Name, i.Subject, i.NotBefore.Format(time.DateOnly), i.NotAfter.Format(time.DateOnly), i.Fingerprint, strings.Join(i.Permitted, ", "), i.File)
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *program) caExport(s settings, format string) error {
	a, err := p.openCA(s, true)
	if err != nil {
		return err
	}
	out := a.RootPEM()
	if format == "der" {
		out = a.RootDER()
	}
	_, err = p.stdout.Write(out)
	return err
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/promptgate/promptgate/detectors/idm"
)

func fingerprintVerb() verb {
	return verb{
		name: "fingerprint", args: "add PATH... | list | remove LABEL... | stats", short: "teach the code and documents that are the company's own",
		long: `add reads repositories and documents (text and Markdown) and keeps keyed hashes of
them, never text: excerpts are then found in prompts, with other names and spacing
too. A label is a path's last name, or --label; what it had before is replaced.
The index is in the state directory, its key beside it; copy both to where the proxy
runs. serve reads a new index when it is started or told to reload (SIGHUP).
remove forgets labels, list shows them, stats says how large the index is.`,
		examples: [3]string{
			"promptgate fingerprint add ~/src/billing ~/src/ledger",
			"promptgate fingerprint add --label ledger --exclude-public ~/go/pkg/mod ~/src/ledger",
			"promptgate fingerprint remove billing",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			label := f.text("label", "NAME", "", "what findings call the path; for one path")
			public := f.list("exclude-public", "DIR", "public code that is no evidence; may be repeated")
			asJSON := f.onOff("json", "list and stats: print JSON")
			return func(ctx context.Context, p *program, args []string) error {
				c, err := s.load()
				if err != nil {
					return err
				}
				own := p.company(c)
				if own.dir == "" {
					_, err := c.State(p.getenv)
					return err
				}
				if len(args) == 0 {
					return &usageError{msg: "fingerprint wants: add, list, remove or stats", hint: "promptgate fingerprint --help"}
				}
				switch verb, rest := args[0], args[1:]; {
				case verb == "add" && len(rest) > 0:
					return p.addFingerprints(ctx, own, rest, *label, *public)
				case verb == "remove" && len(rest) > 0:
					return p.removeFingerprints(own, rest)
				case verb == "add" || verb == "remove":
					return usagef("fingerprint %s wants at least one %s", verb, map[string]string{"add": "path", "remove": "label"}[verb])
				case verb == "list" && len(rest) == 0:
					return p.listFingerprints(own, *asJSON)
				case verb == "stats" && len(rest) == 0:
					return p.fingerprintStats(own, *asJSON)
				case verb == "list" || verb == "stats":
					return noArgs(rest)
				default:
					return unknown("verb of fingerprint", verb, []string{"add", "list", "remove", "stats"})
				}
			}
		},
	}
}

// index opens the index that there is, nil when there is none yet.
func (c company) index() (*idm.Index, error) {
	key, err := readKey(c.key)
	if err != nil {
		if files, _ := filepath.Glob(c.fingerprints()); errors.Is(err, fs.ErrNotExist) && len(files) == 0 {
			return nil, nil
		}
		return nil, err
	}
	x, err := idm.Open(c.fingerprints(), key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return x, plainPathError(err)
}

// errNoFingerprints says what to do first.
var errNoFingerprints = errors.New("there are no fingerprints yet\npromptgate fingerprint add PATH makes the first")

func (p *program) addFingerprints(ctx context.Context, own company, paths []string, label string, public []string) error {
	if label != "" && len(paths) > 1 {
		return usagef("--label names one path, and there are %d", len(paths))
	}
	key, err := own.ready()
	if err != nil {
		return err
	}
	old, err := own.index()
	if err != nil {
		return err
	}
	b, err := idm.NewBuilder(key, old)
	if err != nil {
		return err
	}
	g := p.newProgress()
	var mu sync.Mutex // guards g
	b.Progress = func(_ int, bytes int64) {
		mu.Lock()
		defer mu.Unlock()
		g.add(bytes)
	}
	for _, dir := range public {
		g.start(dir, 0)
		err := b.Exclude(ctx, dir)
		g.end()
		if err != nil {
			return fmt.Errorf("--exclude-public: %w", plainPathError(err))
		}
	}
	for _, path := range paths {
		name := label
		if name == "" {
			if name, err = labelOf(path); err != nil {
				return err
			}
		}
		g.start(path, 0)
		s, err := b.Add(ctx, name, path, time.Now())
		g.end()
		if err != nil {
			return plainPathError(err)
		}
		if _, err := fmt.Fprintf(p.stdout, "%s: %s, %s, %s\n", s.Label, count(s.Files, "file"), megabytes(s.Bytes), hashes(s.Hashes)); err != nil {
			return err
		}
	}
	return plainPathError(b.Write(own.fingerprints()))
}

func (p *program) removeFingerprints(own company, labels []string) error {
	old, err := own.index()
	if err != nil {
		return err
	}
	if old == nil {
		return errNoFingerprints
	}
	key, err := readKey(own.key)
	if err != nil {
		return err
	}
	b, err := idm.NewBuilder(key, old)
	if err != nil {
		return err
	}
	var known []string
	for _, s := range old.Sources() {
		known = append(known, s.Label)
	}
	for _, l := range labels {
		if !b.Remove(l) {
			return unknown("label", l, known)
		}
	}
	return plainPathError(b.Write(own.fingerprints()))
}

func (p *program) listFingerprints(own company, asJSON bool) error {
	x, err := own.index()
	if err != nil || x == nil {
		return err
	}
	for _, s := range x.Sources() {
		if asJSON {
			err = json.NewEncoder(p.stdout).Encode(map[string]any{"label": s.Label, "files": s.Files, "bytes": s.Bytes, "hashes": s.Hashes, "added": s.Added})
		} else {
			_, err = fmt.Fprintf(p.stdout, "%-24s %s, %s, %s, added %s\n", s.Label, count(s.Files, "file"), megabytes(s.Bytes), hashes(s.Hashes), s.Added.Format(time.DateTime))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *program) fingerprintStats(own company, asJSON bool) error {
	x, err := own.index()
	if err != nil {
		return err
	}
	if x == nil {
		return errNoFingerprints
	}
	var total int64
	for _, s := range x.Sources() {
		total += s.Bytes
	}
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"sources": len(x.Sources()), "source_bytes": total, "hashes": x.Hashes(), "index_bytes": x.Size()})
	}
	_, err = fmt.Fprintf(p.stdout, "%s, %s\n%s in %s, %.1f %% of the source\n", count(len(x.Sources()), "source"), megabytes(total),
		hashes(x.Hashes()), megabytes(int64(x.Size())), 100*float64(x.Size())/float64(max(total, 1)))
	return err
}

// megabytes is "1.2 MB", or "310 KB" when it is less.
func megabytes(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d KB", (n+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// hashes is "1 hash", "3 hashes".
func hashes(n int) string {
	if n == 1 {
		return "1 hash"
	}
	return fmt.Sprintf("%d hashes", n)
}

package main

import (
	"fmt"
	"os"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/content/file"
	"github.com/promptgate/promptgate/proxy/content/worker"
)

// files is what reads documents and archives: children of this program. cache is
// a directory for what they compile once, "" for none. A program that was not
// started by that name (in tests) has no children.
func (p *program) files(c *config.Config, cache string) (*worker.Pool, error) {
	if c.Limits.FileWorkers == 0 || p.name == "" {
		return nil, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find my own program, which reads files in a process of its own: %w", plainPathError(err))
	}
	args := []string{worker.Verb}
	if cache != "" {
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return nil, fmt.Errorf("state directory: %w", plainPathError(err))
		}
		args = append(args, cache)
	}
	return worker.New(worker.Config{Path: exe, Name: p.name, Args: args, Timeout: c.Timeouts.File, Workers: c.Limits.FileWorkers}), nil
}

// parseFiles is such a child: it has no help, since nobody types it.
func (p *program) parseFiles(args []string) error {
	cache := ""
	if len(args) > 0 {
		cache = args[0]
	}
	return worker.Serve(p.stdin, p.stdout, &file.Reader{PDF: &file.PDF{Cache: cache}}, worker.Limits{Write: cache})
}

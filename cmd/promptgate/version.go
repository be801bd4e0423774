package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionVerb() verb {
	return verb{
		name: "version", short: "print what this binary is",
		long:     "Prints the version, the commit it was built from and the Go release.",
		examples: [3]string{"promptgate version", "promptgate --version", "promptgate version --json"},
		set: func(f *flags) runner {
			asJSON := f.onOff("json", "print one JSON object")
			return func(_ context.Context, p *program, args []string) error {
				if err := noArgs(args); err != nil {
					return err
				}
				v := struct {
					Version  string `json:"version"`
					Commit   string `json:"commit"`
					Go       string `json:"go"`
					Platform string `json:"platform"`
				}{p.version, commit(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
				if *asJSON {
					return json.NewEncoder(p.stdout).Encode(v)
				}
				_, err := fmt.Fprintf(p.stdout, "promptgate %s (%s, %s, %s)\n", v.Version, v.Commit, v.Go, v.Platform)
				return err
			}
		},
	}
}

// commit is the revision stamped by the Go tool, or "unknown commit".
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return s.Value[:12]
			}
		}
	}
	return "unknown commit"
}

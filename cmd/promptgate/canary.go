package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"github.com/promptgate/promptgate/detectors/validate"
)

func canaryVerb() verb {
	return verb{
		name: "canary", args: "new", short: "make a token to plant in documents that must not leave",
		long: `Prints a token on stdout. Put it into a document, a wiki page or a table that must
not leave the company, and note where you put it: wherever the token turns up in a
message, it is found as confidential.canary with high confidence, and the policy
decides. Nothing is stored: the token carries its own check sum.`,
		examples: [3]string{
			"promptgate canary new",
			"promptgate canary new --count 20 > canaries.txt",
			"promptgate canary new | promptgate scan -",
		},
		set: func(f *flags) runner {
			count := f.text("count", "N", "1", "how many tokens, one on each line")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) != 1 || args[0] != "new" {
					return &usageError{msg: "canary wants: new", hint: "promptgate canary new"}
				}
				n, err := strconv.Atoi(*count)
				if err != nil || n < 1 || n > 100_000 {
					return usagef("--count is a number from 1 to 100000")
				}
				for range n {
					var random [16]byte
					if _, err := rand.Read(random[:]); err != nil {
						return fmt.Errorf("canary: %w", err)
					}
					if _, err := fmt.Fprintln(p.stdout, validate.NewCanary(random)); err != nil {
						return err
					}
				}
				return nil
			}
		},
	}
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/promptgate/promptgate/proxy/identity"
)

func tokenVerb() verb {
	return verb{
		name: "token", args: "new USER", short: "make a proxy password for a user",
		long: `Prints the line for identity.token_file on stdout, and the token itself on stderr:
it is shown once and cannot be read back from the line. The user's proxy address is
then http://USER:TOKEN@host:port.`,
		examples: [3]string{
			"promptgate token new alice >> tokens",
			"promptgate token new build-7 --groups ci,backend >> tokens",
			"promptgate token new alice --json",
		},
		set: func(f *flags) runner {
			groups := f.text("groups", "A,B", "", "groups of the user, for policies")
			asJSON := f.onOff("json", "print token and line as one JSON object on stdout")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) != 2 || args[0] != "new" {
					return &usageError{msg: "token wants: new USER", hint: "promptgate token new alice"}
				}
				return p.newToken(args[1], *groups, *asJSON)
			}
		},
	}
}

func (p *program) newToken(user, groups string, asJSON bool) error {
	var list []string
	for g := range strings.SplitSeq(groups, ",") {
		if g = strings.TrimSpace(g); g != "" {
			list = append(list, g)
		}
	}
	token, line, err := identity.NewToken(user, list, rand.Reader)
	if err != nil {
		return &usageError{msg: err.Error()}
	}
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{"user": user, "token": token, "line": line})
	}
	if _, err := fmt.Fprintln(p.stdout, line); err != nil {
		return err
	}
	p.say("the token of %s, shown once:\n%s", user, token)
	return nil
}

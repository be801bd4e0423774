package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

func helpVerb() verb {
	return verb{
		name: "help", args: "[VERB]", short: "explain a verb",
		long:     "Without a verb, lists them.",
		examples: [3]string{"promptgate help", "promptgate help scan", "promptgate scan --help"},
		set: func(*flags) runner {
			return func(_ context.Context, p *program, args []string) error {
				if len(args) == 0 {
					return p.overview()
				}
				for _, v := range verbs() {
					if v.name == args[0] {
						_, err := io.WriteString(p.stdout, v.help())
						return err
					}
				}
				return unknown("verb", args[0], verbNames())
			}
		},
	}
}

// overview is the help of the program.
func (p *program) overview() error {
	var b strings.Builder
	b.WriteString("promptgate looks at what leaves for ChatGPT and the OpenAI API, before it leaves.\n\nUsage: promptgate VERB [flags] [args]\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-11s %s\n", v.name, v.short)
	}
	b.WriteString(`
Settings live in a TOML file (serve --config FILE); every key is optional.
Exit codes: 0 done, nothing found; 1 findings (scan) or failed tests (test);
2 usage, or config, rules or policy not valid; 3 could not do it.

Examples:
  promptgate demo
  promptgate serve --state-dir ./state
  echo 'my card is 4111 1111 1111 1111' | promptgate scan
`)
	_, err := io.WriteString(p.stdout, b.String())
	return err
}

// help fits a screen and ends with three examples.
func (v verb) help() string {
	f := newFlags(v.name)
	v.set(f)
	var b strings.Builder
	usage := "promptgate " + v.name
	var lines [][2]string
	f.VisitAll(func(g *flag.Flag) {
		name := "--" + g.Name
		if value, takes := f.value[g.Name]; takes {
			name += " " + value
		}
		text := g.Usage
		if g.DefValue != "" && g.DefValue != "false" {
			text += " (default " + g.DefValue + ")"
		}
		lines = append(lines, [2]string{name, text})
	})
	if len(lines) > 0 {
		usage += " [flags]"
	}
	if v.args != "" {
		usage += " " + v.args
	}
	fmt.Fprintf(&b, "Usage: %s\n\n%s\n", usage, v.long)
	if len(lines) > 0 {
		b.WriteString("\nFlags:\n")
		for _, l := range lines {
			fmt.Fprintf(&b, "  %-22s %s\n", l[0], l[1])
		}
	}
	b.WriteString("\nExamples:\n")
	for _, e := range v.examples {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	return b.String()
}

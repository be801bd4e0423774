package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func readme(ts *testscript.TestScript) string {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	ts.Check(err)
	return string(b)
}

// readme-shows FILE PATTERN: the block of the README whose first line matches
// PATTERN consists of lines of FILE, in their order.
func readmeShows(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: readme-shows FILE PATTERN")
	}
	lines := strings.Split(ts.ReadFile(args[0]), "\n")
	first := regexp.MustCompile(args[1])
	for i, block := range strings.Split(readme(ts), "```") {
		_, block, _ = strings.Cut(block, "\n")
		want := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
		if i%2 == 0 || !first.MatchString(want[0]) {
			continue
		}
		if len(want) < 3 {
			ts.Fatalf("the block has %d lines", len(want))
		}
		for _, w := range want {
			for len(lines) > 0 && lines[0] != w {
				lines = lines[1:]
			}
			if len(lines) == 0 {
				ts.Fatalf("%s does not hold, in this order, the README's line\n%s", args[0], w)
			}
		}
		return
	}
	ts.Fatalf("no block of the README begins with %s", args[1])
}

// readme-curl ADDRESS runs the README's curl line through the proxy at ADDRESS.
func readmeCurl(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(`(?m)^    curl ((?:.*\\\n)*.*)$`).FindStringSubmatch(readme(ts))
	if m == nil || len(args) != 1 {
		ts.Fatalf("the README has no curl line, or no address was given")
	}
	command := strings.ReplaceAll(m[1], "\\\n", " ")
	var words []string
	for _, w := range regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(command, -1) {
		words = append(words, strings.Trim(w, `'"`))
	}
	for i, w := range words {
		if w == "http://127.0.0.1:8080" {
			words[i] = "http://" + args[0]
		}
	}
	ts.Check(ts.Exec("curl", words...))
}

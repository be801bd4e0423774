// Command promptgate inspects what leaves for ChatGPT and the OpenAI API: a
// forward proxy that opens the TLS of these providers, finds what must not
// leave, and logs, redacts or blocks it by policy.
//
// Every verb is one file here and a thin one: it reads its flags, wires
// packages together and prints. What stdout holds is what was asked for;
// everything else is on stderr. Exit codes are in [exitCode].
package main

import (
	"context"
	"os"
)

// version is set by the Makefile's -ldflags.
var version = "devel"

func main() {
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, version: version, name: os.Args[0],
	}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

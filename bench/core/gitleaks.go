package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// gitleaksBytes is how much of a corpus gitleaks reads in a round: it does some
// MB a second.
const gitleaksBytes = 512 << 10

// An answer is what the child says of one text.
type answer struct {
	Found int   `json:"found"`
	CPU   int64 `json:"cpu_ns"` // used for it
}

// gitleaksSubject builds bench/peers/gitleaks and starts it. It reads the same
// bytes in messages of 4 KB and counts its own CPU time. done ends it.
func gitleaksSubject() (s subject, done func(), err error) {
	dir, err := os.MkdirTemp("", "promptgate-gitleaks-")
	if err != nil {
		return s, nil, err
	}
	bin := filepath.Join(dir, "gitleaks")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = filepath.Join("bench", "peers", "gitleaks")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		os.RemoveAll(dir)
		return s, nil, fmt.Errorf("gitleaks does not build: %w", err)
	}
	child := exec.Command(bin)
	child.Env = append(os.Environ(), "GOMAXPROCS=1")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		return s, nil, err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return s, nil, err
	}
	if err := child.Start(); err != nil {
		os.RemoveAll(dir)
		return s, nil, err
	}
	var total time.Duration
	answers := json.NewDecoder(bufio.NewReader(out))
	s = subject{name: nameGitleaks, peer: true, most: gitleaksBytes, clock: func() time.Duration { return total }}
	s.run = func(text []byte) (int, error) {
		if err := ask(in, text); err != nil {
			return 0, err
		}
		var a answer
		if err := answers.Decode(&a); err != nil {
			return 0, fmt.Errorf("gitleaks does not answer: %w", err)
		}
		total += time.Duration(a.CPU)
		return a.Found, nil
	}
	return s, func() {
		in.Close()
		_ = child.Wait()
		os.RemoveAll(dir)
	}, nil
}

// ask sends one text: its length as a line, then its bytes.
func ask(w io.Writer, text []byte) error {
	if _, err := fmt.Fprintf(w, "%d\n", len(text)); err != nil {
		return err
	}
	_, err := w.Write(text)
	return err
}

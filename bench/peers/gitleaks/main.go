// Command gitleaks measures gitleaks as a library, for bench/core. It is a
// module of its own, so that what gitleaks needs is no part of the product.
//
// For each text on its standard input (its length as a line, then its bytes) it
// scans messages of 4 KB and answers with one JSON line: findings and the CPU
// time it took, in nanoseconds.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/zricethezav/gitleaks/v8/detect"
)

const (
	message = 4 << 10
	most    = 1 << 30 // bytes of one text
)

func main() {
	if err := run(bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "gitleaks:", err)
		os.Exit(3)
	}
}

func run(in *bufio.Reader, out *json.Encoder) error {
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return err
	}
	for {
		text, err := read(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		found := 0
		start := cpuTime()
		for len(text) > 0 {
			n := min(len(text), message)
			found += len(d.DetectBytes(text[:n]))
			text = text[n:]
		}
		answer := struct {
			Found int   `json:"found"`
			CPU   int64 `json:"cpu_ns"`
		}{found, cpuTime() - start}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
}

// read takes one text; io.EOF says that there is no more.
func read(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || n < 0 || n > most {
		return nil, fmt.Errorf("a text begins with its length, at most %d", most)
	}
	text := make([]byte, n)
	_, err = io.ReadFull(in, text)
	return text, err
}

func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("gitleaks: internal error: " + err.Error())
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

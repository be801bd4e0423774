package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profileSeconds is how long a corpus is read over and over for one profile.
const profileSeconds = 4

// profile writes one CPU profile of the shipped engine for each corpus.
func (b *bench) profile(w io.Writer, c config, texts map[string][]byte) error {
	if err := os.MkdirAll(c.profiles, 0o755); err != nil {
		return err
	}
	s := messages(nameShipped, b.shipped[b.best()], 4<<10)
	for _, name := range c.corpora {
		text := texts[name]
		probe := text[:min(len(text), probeBytes)]
		speed, _, err := timed(s, probe)
		if err == nil {
			speed, _, err = timed(s, probe)
		}
		if err != nil {
			return err
		}
		text = text[:min(len(text), int(speed*1e6*profileSeconds))]
		path := filepath.Join(c.profiles, name+".pprof")
		if err := record(path, s, text, profileSeconds); err != nil {
			return err
		}
		fmt.Fprintf(w, "go tool pprof -top %s\n", path)
	}
	return nil
}

// record profiles runs that take some seconds together, at least one.
func record(path string, s subject, text []byte, seconds float64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for start := cpuTime(); ; {
		if _, err := s.run(text); err != nil {
			return err
		}
		if (cpuTime() - start).Seconds() >= seconds {
			return nil
		}
	}
}

package main

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strings"
)

// A machine is what figures were measured on.
type machine struct {
	cpu, flags, system, build string
	cpus                      int
}

func thisMachine() machine {
	m := machine{cpu: runtime.GOARCH, flags: "unknown", system: runtime.GOOS, build: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, cpus: runtime.NumCPU()}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		if cpu, flags := readCPU(f); cpu != "" {
			m.cpu, m.flags = cpu, flags
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		number, _, _ := strings.Cut(strings.TrimSpace(string(release)), "-")
		m.system += " " + number
	}
	return m
}

// readCPU takes model, family and the flags that matter here out of the first
// processor of a /proc/cpuinfo.
func readCPU(r io.Reader) (cpu, flags string) {
	field := make(map[string]string)
	for s := bufio.NewScanner(r); s.Scan() && s.Text() != ""; {
		k, v, _ := strings.Cut(s.Text(), ":")
		field[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	if field["model name"] == "" {
		return "", ""
	}
	cpu = field["model name"] + " (family " + field["cpu family"] + " model " + field["model"] + ", cache " + field["cache size"] + ")"
	var have []string
	for _, f := range strings.Fields(field["flags"]) {
		switch {
		case strings.HasPrefix(f, "avx"), f == "sse4_2", f == "bmi2", f == "gfni", f == "hypervisor":
			have = append(have, f)
		}
	}
	return cpu, strings.Join(have, " ")
}

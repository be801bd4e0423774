// Command traffic measures what inspection costs: requests per second and
// latency of promptgate beside goproxy's own MITM without inspection, tuned, in
// one run over the same upstream, for each pair of protocols.
//
//	make build && go run ./bench/traffic
//	go run ./bench/traffic -gate -seconds 6 -rounds 5
//
// Clients and upstream share this process, each proxy has one of its own; all
// share the machine, so read ratios. Each round runs the baseline and then
// promptgate; medians over the rounds are shown, and of ratios and differences
// the medians of those within a round: many short rounds say more on a machine
// that does other work. CPU is the proxy's alone. Added latency is the difference
// at half the load that the slower of the two can bear.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

// A pair is a protocol on the client's side and one upstream. The gates are the
// issue's: least share of the baseline's throughput.
type pair struct {
	name    string
	h2, up2 bool
	gate    float64
}

var pairs = [...]pair{{"h1/h1", false, false, 0.9}, {"h2/h2", true, true, 0.9}, {"h2/h1", true, false, 0.6}}

const maxAdded = 500 * time.Microsecond // at p50 and half load

func main() {
	role := flag.String("role", "", "internal: baseline")
	listen := flag.String("listen", "", "internal")
	upstream := flag.String("upstream", "", "internal")
	upstreamCA := flag.String("upstream-ca", "", "internal")
	caOut := flag.String("ca-out", "", "internal")
	h2, up2 := flag.Bool("h2", false, "internal"), flag.Bool("up2", false, "internal")
	bin := flag.String("bin", "bin/promptgate", "the binary to measure")
	seconds := flag.Float64("seconds", 4, "length of one measurement")
	rounds := flag.Int("rounds", 3, "measurements of each proxy")
	conns := flag.Int("conns", 32, "connections")
	only := flag.String("pair", "", "measure this pair alone, such as h1/h1")
	gate := flag.Bool("gate", false, "exit 1 when a gate is missed")
	flag.Parse()
	var err error
	ok := true
	if *role == "baseline" {
		err = baseline(*listen, *upstream, *upstreamCA, *caOut, *h2, *up2)
	} else {
		ok, err = measure(*bin, *only, time.Duration(*seconds*float64(time.Second)), *rounds, *conns)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		os.Exit(3)
	}
	if *gate && !ok {
		os.Exit(1)
	}
}

func measure(bin, only string, d time.Duration, rounds, conns int) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "promptgate-traffic")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	ok = true
	fmt.Printf("2 KB prompts, %d connections, %d rounds of %s; medians\n", conns, rounds, d)
	fmt.Printf("%-7s %-12s %9s %9s %9s %12s\n", "pair", "proxy", "rps", "p50", "p99", "CPU µs/req")
	for _, p := range pairs {
		if only != "" && only != p.name {
			continue
		}
		good, err := p.measure(bin, filepath.Join(dir, strings.ReplaceAll(p.name, "/", "-")), d, rounds, conns)
		if err != nil {
			return false, fmt.Errorf("%s: %w", p.name, err)
		}
		ok = ok && good
	}
	return ok, nil
}

func (p pair) measure(bin, dir string, d time.Duration, rounds, conns int) (bool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	up, err := proxytest.Start(proxytest.Options{HTTP1: !p.up2})
	if err != nil {
		return false, err
	}
	defer up.Close()
	upstreamCA := filepath.Join(dir, "upstream.pem")
	if err := os.WriteFile(upstreamCA, up.CAPEM(), 0o600); err != nil {
		return false, err
	}
	base, err := startBaseline(p, dir, up.Addr(), upstreamCA)
	if err != nil {
		return false, err
	}
	defer base.stop()
	ours, err := startOurs(bin, dir, up.Addr(), upstreamCA)
	if err != nil {
		return false, err
	}
	defer ours.stop()
	for _, s := range []*child{base, ours} {
		if s.load, err = newLoad(s.proxy, s.ca, "https://api.openai.com/v1/chat/completions", prompt(p.up2), conns, p.h2); err != nil {
			return false, err
		}
		defer s.load.close()
		if warm := s.load.run(time.Second, 0); warm.failed > 0 || warm.rps == 0 {
			return false, fmt.Errorf("%s: %d requests failed while warming up, the last with: %w", s.name, warm.failed, warm.lastErr)
		}
		up.Reset()
	}
	for range rounds {
		for _, s := range []*child{base, ours} {
			before := s.cpu()
			m := s.load.run(d, 0)
			s.cpuPer = append(s.cpuPer, float64((s.cpu()-before).Microseconds())/max(1, m.rps*d.Seconds()))
			s.rps, s.p50, s.p99 = append(s.rps, m.rps), append(s.p50, m.p50), append(s.p99, m.p99)
			if m.failed > 0 {
				return false, fmt.Errorf("%s: %d requests failed, the last with: %w", s.name, m.failed, m.lastErr)
			}
			up.Reset()
		}
	}
	half := min(median(base.rps), median(ours.rps)) / 2
	for range rounds {
		for _, s := range []*child{base, ours} {
			s.half50 = append(s.half50, s.load.run(d, half).p50)
			up.Reset()
		}
	}
	for _, s := range []*child{base, ours} {
		fmt.Printf("%-7s %-12s %9.0f %9s %9s %12.0f\n", p.name, s.name, median(s.rps), round(median(s.p50)), round(median(s.p99)), median(s.cpuPer))
	}
	ratio, added := median(pairwise(ours.rps, base.rps, func(a, b float64) float64 { return a / b })),
		median(pairwise(ours.half50, base.half50, func(a, b time.Duration) time.Duration { return a - b }))
	verdict := "ok"
	if ratio < p.gate || added > maxAdded {
		verdict = "MISSED"
	}
	fmt.Printf("%-7s ratio %.2f (gate %.2f), added at half load p50 %s (gate %s): %s\n\n", p.name, ratio, p.gate, round(added), maxAdded, verdict)
	return verdict == "ok", nil
}

// pairwise compares measurement by measurement: what else the machine did in a
// round hit both.
func pairwise[T any](ours, base []T, f func(ours, base T) T) []T {
	out := make([]T, len(ours))
	for i := range ours {
		out[i] = f(ours[i], base[i])
	}
	return out
}

func median[T int | float64 | time.Duration](v []T) T {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// prompt is a clean question of about 2 KB. A streamed answer is what makes
// promptgate speak HTTP/2 upstream.
func prompt(stream bool) []byte {
	var b strings.Builder
	for b.Len() < 1900 {
		b.WriteString("Could you explain how a hash map grows when many entries are added, and what that costs on average? ")
	}
	if stream {
		return proxytest.ChatStream(b.String())
	}
	return proxytest.Chat(b.String())
}

// A child is one proxy in a process of its own, with what was measured of it.
type child struct {
	name, proxy, ca string
	cmd             *exec.Cmd
	stdin           io.Closer
	load            *load
	rps, cpuPer     []float64
	p50, p99        []time.Duration
	half50          []time.Duration
}

func startBaseline(p pair, dir, upstream, upstreamCA string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{name: "goproxy MITM", ca: filepath.Join(dir, "baseline.pem")}
	if c.proxy, err = freeAddr(); err != nil {
		return nil, err
	}
	return c, c.start(self, "ready", "-role", "baseline", "-listen", c.proxy, "-upstream", upstream, "-upstream-ca", upstreamCA, "-ca-out", c.ca,
		"-h2="+strconv.FormatBool(p.h2), "-up2="+strconv.FormatBool(p.up2))
}

func startOurs(bin, dir, upstream, upstreamCA string) (*child, error) {
	c := &child{name: "promptgate", ca: filepath.Join(dir, "promptgate.pem")}
	var err error
	if c.proxy, err = freeAddr(); err != nil {
		return nil, err
	}
	admin, err := freeAddr()
	if err != nil {
		return nil, err
	}
	// No file is sent, and what reads PDF would be compiled during the first rounds.
	settings := fmt.Sprintf("listen = %q\nadmin_listen = %q\nstate_dir = %q\n[upstream]\nca_file = %q\nconnect_to = [\"api.openai.com:443=%s\"]\n[log]\nlevel = \"warn\"\n[limits]\nfile_workers = 0\n",
		c.proxy, admin, filepath.Join(dir, "state"), upstreamCA, upstream)
	file := filepath.Join(dir, "promptgate.toml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	if err := c.start(bin, "", "serve", "--config", file); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		resp, err := http.Get("http://" + admin + "/ca.pem")
		if err == nil {
			pem, readErr := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if readErr == nil && resp.StatusCode == http.StatusOK {
				return c, os.WriteFile(c.ca, pem, 0o600)
			}
		}
		if time.Now().After(deadline) {
			c.stop()
			return nil, errors.New("promptgate was not ready within 20 s")
		}
	}
}

// start runs a program and waits for a line on its standard output.
func (c *child) start(name, line string, args ...string) error {
	c.cmd = exec.Command(name, args...)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	r := bufio.NewReader(out)
	if line != "" {
		if got, err := r.ReadString('\n'); err != nil || strings.TrimSpace(got) != line {
			return fmt.Errorf("%s did not start: %q, %v", c.name, got, err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }() // ends with the child
	return nil
}

func (c *child) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Process.Signal(os.Interrupt)
	_ = c.cmd.Wait()
}

// cpu is the processor time the child has used (proc(5), fields utime and stime,
// in ticks of 10 ms); zero where there is no /proc.
func (c *child) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

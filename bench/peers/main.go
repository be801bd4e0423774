// Command peers runs other programs beside promptgate on the corpus of
// bench/accuracy and prints what each finds and how often it cries wolf.
//
//	go run ./bench/peers            (make bench-peers)
//	go run ./bench/peers -n 500 -only presidio,promptgate
//
// Programs are installed from their registries into a directory of their own, in
// the newest version; one that cannot be installed is named and left out. Types have other
// names everywhere, so a value counts as found when anything was found that
// touches it, and a redactor has found what its output no longer holds.
package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

//go:embed programs
var programs embed.FS

// A peer is one program: how it is installed, and what reads the corpus on
// stdin. Both run in dir.
type peer struct {
	name    string
	about   string
	install [][]string
	run     []string
	version []string
}

func peers() []peer {
	npm := func(pkg string) peer {
		return peer{
			name: pkg, about: "npm", install: [][]string{{"npm", "install", "--silent", "--no-fund", "--no-audit", pkg}},
			run: []string{"node", "redactors.mjs", pkg}, version: []string{"node", "-p", "require('./node_modules/" + pkg + "/package.json').version"},
		}
	}
	pip := func(pkg, script string) peer {
		return peer{
			name: pkg, about: "PyPI", install: [][]string{{"python3", "-m", "venv", "venv"}, {"venv/bin/pip", "install", "-q", pkg}},
			run: []string{"venv/bin/python", script}, version: []string{"venv/bin/python", "-c", "import importlib.metadata as m; print(m.version('" + pkg + "'))"},
		}
	}
	return []peer{
		{name: "promptgate", about: "this tree", run: []string{"./promptgate", "scan", "--jsonl"}},
		pip("presidio-analyzer", "presidio.py"), pip("detect-secrets", "detect_secrets_files.py"),
		npm("redact-pii"), npm("@redactpii/node"), npm("openredaction"),
	}
}

func main() {
	dir := flag.String("dir", filepath.Join(os.TempDir(), "promptgate-peers"), "where programs are installed")
	n := flag.Int("n", 2000, "harmless texts; 0 for none")
	each := flag.Int("each", 3, "cases of each type and layout")
	only := flag.String("only", "", "these peers, separated by commas")
	flag.Parse()
	if err := run(*dir, *n, *each, *only); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(3)
	}
}

func run(dir string, n, each int, only string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := programs.ReadDir("programs")
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := programs.ReadFile("programs/" + e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), b, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "making the corpus and promptgate")
	file := filepath.Join(dir, "corpus.jsonl")
	for _, c := range [][]string{
		{"go", "run", "./bench/accuracy", "-each", fmt.Sprint(each), "-harmless", fmt.Sprint(n), "-export", file},
		{"go", "build", "-o", filepath.Join(dir, "promptgate"), "./cmd/promptgate"},
	} {
		if err := do(".", nil, os.Stderr, c...); err != nil {
			return err
		}
	}
	c, err := readCorpus(file)
	if err != nil {
		return err
	}
	var rows []result
	for _, p := range peers() {
		if only != "" && !strings.Contains(","+only+",", ","+p.name+",") {
			continue
		}
		fmt.Fprintln(os.Stderr, "running", p.name)
		r, err := c.measure(dir, p)
		if err != nil {
			fmt.Fprintf(os.Stderr, "left out: %s: %v\n", p.name, err)
			continue
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return errors.New("nothing could be run")
	}
	print(os.Stdout, c, rows)
	return nil
}

// do runs a command with its output on w.
func do(dir string, in io.Reader, w io.Writer, argv ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, in, w, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(argv[:min(3, len(argv))], " "), err)
	}
	return nil
}

// A labelled is a line of the corpus: with nothing wanted it is harmless.
type labelled struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Type string `json:"type"`
	Want []span `json:"want"`
}

type span struct{ Start, End int }

type corpus struct {
	cases []labelled
	input []byte
	count map[string]int // positives of each category
	quiet int
}

func readCorpus(file string) (*corpus, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &corpus{count: map[string]int{}}
	for lines := bufio.NewReader(f); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, err
		}
		var x labelled
		if err := json.Unmarshal(line, &x); err != nil {
			return nil, err
		}
		x.ID = fmt.Sprint(len(c.cases))
		b, err := json.Marshal(map[string]string{"id": x.ID, "text": x.Text})
		if err != nil {
			return nil, err
		}
		c.input = append(append(c.input, b...), '\n')
		c.cases = append(c.cases, x)
		if len(x.Want) > 0 {
			c.count[category(x.Type)]++
		} else {
			c.quiet++
		}
	}
}

func category(infoType string) string {
	c, _, _ := strings.Cut(infoType, ".")
	return c
}

// A result is one row of the table.
type result struct {
	peer
	said   string // its version
	found  map[string]int
	alarms int
	took   time.Duration
}

// An answer is a line of a program.
type answer struct {
	ID       string `json:"id"`
	Findings []struct {
		Start      int      `json:"start"`
		End        int      `json:"end"`
		Confidence *float64 `json:"confidence"`
		Category   string   `json:"category"`
	} `json:"findings"`
	Secrets  []string `json:"secrets"`
	Redacted *string  `json:"redacted"`
}

func (c *corpus) measure(dir string, p peer) (result, error) {
	r := result{peer: p, found: map[string]int{}, said: "-"}
	for _, i := range p.install {
		if err := do(dir, nil, io.Discard, i...); err != nil {
			return r, err
		}
	}
	if p.version != nil {
		var b bytes.Buffer
		if err := do(dir, nil, &b, p.version...); err == nil {
			r.said = strings.TrimSpace(b.String())
		}
	}
	var out bytes.Buffer
	began := time.Now()
	if err := do(dir, bytes.NewReader(c.input), &out, p.run...); err != nil {
		return r, err
	}
	r.took = time.Since(began)
	n := 0
	for line := range bytes.Lines(out.Bytes()) {
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			return r, err
		}
		if n >= len(c.cases) || a.ID != c.cases[n].ID {
			return r, fmt.Errorf("answer %d is not in its place", n)
		}
		r.count(c.cases[n], a, p.name == "promptgate")
		n++
	}
	if n != len(c.cases) {
		return r, fmt.Errorf("%d answers for %d texts", n, len(c.cases))
	}
	return r, nil
}

// count judges one answer. Offsets of promptgate are bytes, those of others
// characters; its findings count from Medium, as its policies act, and code by
// right is no alarm.
func (r *result) count(x labelled, a answer, ours bool) {
	touched, loud := false, len(a.Secrets) > 0 || a.Redacted != nil && *a.Redacted != x.Text
	for _, f := range a.Findings {
		if f.Confidence != nil && *f.Confidence < 0.75 || f.Category == "source_code" && len(x.Want) == 0 {
			continue
		}
		loud = true
		start, end := f.Start, f.End
		if !ours {
			start, end = bytesOf(x.Text, start), bytesOf(x.Text, end)
		}
		for _, w := range x.Want {
			touched = touched || start < w.End && w.Start < end
		}
	}
	for _, w := range x.Want {
		value := x.Text[w.Start:w.End]
		touched = touched || a.Redacted != nil && !strings.Contains(*a.Redacted, value)
		for _, s := range a.Secrets {
			touched = touched || strings.Contains(value, s) || strings.Contains(s, value)
		}
	}
	switch {
	case len(x.Want) == 0 && loud:
		r.alarms++
	case len(x.Want) > 0 && touched:
		r.found[category(x.Type)]++
	}
}

// bytesOf is the byte at which the nth character of s begins.
func bytesOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func print(w io.Writer, c *corpus, rows []result) {
	categories := []string{"pci", "pii", "phi", "secret", "source_code", "confidential"}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "program\tversion\t")
	for _, k := range categories {
		fmt.Fprintf(t, "%s\t", k)
	}
	fmt.Fprint(t, "alarms per 1,000\tseconds\t\n")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t", r.name, r.said)
		for _, k := range categories {
			if c.count[k] == 0 {
				fmt.Fprint(t, "-\t")
				continue
			}
			fmt.Fprintf(t, "%.0f %%\t", 100*float64(r.found[k])/float64(c.count[k]))
		}
		fmt.Fprintf(t, "%.1f\t%.1f\t\n", 1000*float64(r.alarms)/float64(max(c.quiet, 1)), r.took.Seconds())
	}
	_ = t.Flush()
	fmt.Fprintf(w, "\n%d labelled texts, %d harmless ones; a value counts as found when anything found touches it\n", len(c.cases)-c.quiet, c.quiet)
}

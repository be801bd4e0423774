// Package corpus makes and reads the texts that the benchmarks run over.
//
// Six corpora of one size, each a file under bench/corpora (not committed):
//
//	prose   documentation of the machine: manual pages, READMEs, licences, pods
//	code    Go, C-like, shell, Python and Perl sources found on the machine
//	log     generated JSON, access and syslog lines, 2 % with something planted
//	chat    generated OpenAI request bodies around that prose and code
//	adv     near hits glued together: what a detector must look at and reject
//	digits  digit runs, separated and not
//
// A fixed seed makes the generated ones equal everywhere; the natural ones
// depend on what is installed, which is why [Manifest] records sources and
// hashes, and why gates are ratios taken in one run and never absolute speeds.
package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Dir is where the corpora live, from the root of the repository.
const Dir = "bench/corpora"

// Seed makes the generated corpora.
const Seed = 20261124

// Names lists the corpora in the order in which tables show them.
func Names() []string { return []string{"prose", "code", "log", "chat", "adv", "digits"} }

// A Manifest says what a directory of corpora was made from.
type Manifest struct {
	Seed    uint64  `json:"seed"`
	Corpora []Entry `json:"corpora"`
}

// An Entry describes one corpus.
type Entry struct {
	Name    string `json:"name"`
	Bytes   int    `json:"bytes"`
	Sources int    `json:"sources"` // files it was made from; 0 = generated
	SHA256  string `json:"sha256"`
}

// Build makes every corpus of at most size bytes each in dir and returns what
// it made. It fails when the machine has less than a quarter of size of prose
// or code: a benchmark over repeated text would measure a cache.
func Build(dir string, size int) (Manifest, error) {
	m := Manifest{Seed: Seed}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return m, err
	}
	prose, proseFiles := Prose(size)
	code, codeFiles := Code(size)
	if len(prose) < size/4 || len(code) < size/4 {
		return m, fmt.Errorf("corpus: this machine has %d bytes of prose and %d of code, want %d of each: install man pages and docs or ask for less", len(prose), len(code), size/4)
	}
	parts := []struct {
		name    string
		data    []byte
		sources int
	}{
		{"prose", prose, proseFiles},
		{"code", code, codeFiles},
		{"log", fill(size, Rand("log"), PlantedLog), 0},
		{"chat", fill(size, Rand("chat"), chatBody(prose, code)), 0},
		{"adv", fill(size, Rand("adv"), NearHits), 0},
		{"digits", fill(size, Rand("digits"), DigitRuns), 0},
	}
	for _, p := range parts {
		if err := os.WriteFile(filepath.Join(dir, p.name+".txt"), p.data, 0o644); err != nil {
			return m, err
		}
		sum := sha256.Sum256(p.data)
		m.Corpora = append(m.Corpora, Entry{p.name, len(p.data), p.sources, hex.EncodeToString(sum[:])})
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	return m, os.WriteFile(filepath.Join(dir, "manifest.json"), append(data, '\n'), 0o644)
}

// Load reads one corpus.
func Load(dir, name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, name+".txt"))
	if err != nil {
		return nil, fmt.Errorf("corpus %s: %w (run make bench-corpora)", name, err)
	}
	return data, nil
}

// ReadManifest reads what Build wrote about a directory of corpora.
func ReadManifest(dir string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return m, fmt.Errorf("corpora: %w (run make bench-corpora)", err)
	}
	return m, json.Unmarshal(data, &m)
}

// Cut divides data into messages of size bytes; the last may be shorter.
// A size of 0 gives data as one message.
func Cut(data []byte, size int) [][]byte {
	if size <= 0 {
		return [][]byte{data}
	}
	out := make([][]byte, 0, len(data)/size+1)
	for len(data) > 0 {
		n := min(size, len(data))
		out = append(out, data[:n:n])
		data = data[n:]
	}
	return out
}

// Rand is a generator of its own for each name.
func Rand(name string) *rand.Rand {
	h := sha256.Sum256([]byte(name))
	var s uint64
	for _, b := range h[:8] {
		s = s<<8 | uint64(b)
	}
	return rand.New(rand.NewPCG(Seed, s))
}

// fill appends what next makes until size bytes are there.
func fill(size int, r *rand.Rand, next func(r *rand.Rand, out []byte) []byte) []byte {
	out := make([]byte, 0, size+64<<10)
	for len(out) < size {
		out = next(r, out)
	}
	return out[:size]
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// letters appends n bytes of an alphabet.
func letters(r *rand.Rand, out []byte, alphabet string, n int) []byte {
	for range n {
		out = append(out, alphabet[r.IntN(len(alphabet))])
	}
	return out
}

// The alphabets of tokens.
const (
	hexLower = "0123456789abcdef"
	decimal  = "0123456789"
	base62   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

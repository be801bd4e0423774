//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// clients are what make e2e promises to drive; the others may be missing.
var clients = []struct {
	name     string
	required bool
}{
	{"curl", true},
	{"openai npm SDK", true},
	{"openai-go SDK", true},
	{"Chromium", true},
	{"openai Python SDK", false},
	{"Squid", false},
}

// ran remembers which clients did their whole test, and why others did not.
var ran = struct {
	sync.Mutex
	done    map[string]string // client → version
	skipped map[string]string // client → reason
}{done: map[string]string{}, skipped: map[string]string{}}

func finished(t *testing.T, client, version string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		ran.Lock()
		defer ran.Unlock()
		ran.done[client] = version
	})
}

func unavailable(t *testing.T, client, reason string) {
	t.Helper()
	for _, c := range clients {
		if c.name == client && c.required {
			t.Fatalf("%s is required: %s", client, reason)
		}
	}
	ran.Lock()
	ran.skipped[client] = reason
	ran.Unlock()
	t.Skipf("%s: %s", client, reason)
}

func TestMain(m *testing.M) {
	if prompt := os.Getenv("PROMPTGATE_E2E_GO_CLIENT"); prompt != "" {
		goClient(prompt, os.Getenv("PROMPTGATE_E2E_GO_MODE"))
		return
	}
	if os.Getenv("PROMPTGATE_BIN") == "" {
		bin, err := filepath.Abs(filepath.Join("..", "..", "..", "bin", "promptgate"))
		if err == nil {
			err = os.Setenv("PROMPTGATE_BIN", bin)
		}
		if _, statErr := os.Stat(bin); err != nil || statErr != nil {
			fmt.Println("the binary under test is missing: make build, or set PROMPTGATE_BIN:", err, statErr)
			os.Exit(1)
		}
	}
	code := m.Run()
	ran.Lock()
	defer ran.Unlock()
	fmt.Println("clients:")
	for _, c := range clients {
		switch v, ok := ran.done[c.name]; {
		case ok:
			fmt.Printf("  ran      %-18s %s\n", c.name, v)
		case ran.skipped[c.name] != "":
			fmt.Printf("  skipped  %-18s %s\n", c.name, ran.skipped[c.name])
		case c.required && !testingOne():
			fmt.Printf("  MISSING  %-18s\n", c.name)
			code = max(code, 1)
		default:
			fmt.Printf("  not run  %-18s\n", c.name)
		}
	}
	os.Exit(code)
}

// testingOne says that -run narrowed the tests, so that a missing client is wanted.
func testingOne() bool {
	for _, a := range os.Args {
		if strings.HasPrefix(a, "-test.run=") && a != "-test.run=" {
			return true
		}
	}
	return false
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors/engine"
)

// A proxy that is told to reload reads what was taught since it was started.
func TestAReloadReadsWhatWasTaught(t *testing.T) {
	r := serveForTest(t, time.Hour)
	knows := func() bool {
		found, _ := r.inForce.Load().Engine.Scan([]byte("Anna Sommerfeld, 0098765432"), engine.Options{})
		for _, f := range found {
			if f.Type == "pii.record" {
				return true
			}
		}
		return false
	}
	if knows() {
		t.Fatal("it is known before it was taught")
	}
	file := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(file, []byte("name,account\nAnna Sommerfeld,0098765432\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, version: "test"}
	if code := p.run(t.Context(), []string{"edm", "build", "--state-dir", r.state, "--columns", "name,account", file}); code != exitClean {
		t.Fatalf("exit %d", code)
	}
	r.told <- syscall.SIGHUP
	until(t, "the table is in force", knows)
}

func TestLabelsOfPaths(t *testing.T) {
	for path, want := range map[string]string{"/src/billing": "billing", "/data/customers.csv": "customers", "/src/my repo": "my-repo", "/src/.config": ".config", "/a/b.c.d": "b.c"} {
		if got, err := labelOf(path); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
}

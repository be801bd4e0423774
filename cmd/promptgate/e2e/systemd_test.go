//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The unit is one that systemd takes without a warning, and it is hardened.
func TestSystemdUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "deploy", "promptgate.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.ReplaceAll(string(b), "/usr/local/bin/promptgate", builtBinary(t))
	file := filepath.Join(t.TempDir(), "promptgate.service")
	write(t, file, []byte(unit))
	if out, stderr, err := run(t, nil, "systemd-analyze", "verify", file); err != nil || out+stderr != "" {
		t.Errorf("systemd-analyze verify: %v\n%s%s", err, out, stderr)
	}
	out, stderr, err := run(t, nil, "systemd-analyze", "security", "--offline=true", "--no-pager", file)
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("systemd-analyze security: %v\n%s%s", err, last(out, 500), stderr)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 2 {
		t.Errorf("exposure level %s, want at most 2: %v", m[1], err)
	}
	t.Logf("exposure level %s", m[1])
}

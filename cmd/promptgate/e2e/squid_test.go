//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// squidDir is a directory that Squid can write to after it has dropped root:
// t.TempDir lies below one that only its owner may enter.
func squidDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "promptgate-squid-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // the umask does not count here
		t.Fatal(err)
	}
	return dir
}

// squidConf is the deployed file with the addresses of this test, and with
// files of its own, so that a Squid of the system is not disturbed.
func squidConf(t *testing.T, conf, listen, parent, dir string) string {
	t.Helper()
	host, port, _ := strings.Cut(parent, ":")
	replaced := 0
	lines := strings.Split(conf, "\n")
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "http_port "):
			lines[i] = "http_port " + listen
			replaced++
		case strings.HasPrefix(l, "cache_peer 127.0.0.1 parent 8080 "):
			lines[i] = strings.Replace(l, "127.0.0.1 parent 8080", host+" parent "+port, 1)
			replaced++
		}
	}
	if replaced != 2 {
		t.Fatalf("deploy/squid.conf has %d of the 2 lines with addresses", replaced)
	}
	own := []string{
		"pid_filename " + filepath.Join(dir, "squid.pid"),
		"access_log stdio:" + filepath.Join(dir, "access.log"),
		"cache_log " + filepath.Join(dir, "cache.log"),
		"coredump_dir " + dir,
		"shutdown_lifetime 1 seconds",
	}
	return strings.Join(append(lines, own...), "\n") + "\n"
}

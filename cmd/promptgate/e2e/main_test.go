//go:build !e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// Without the tag e2e only the tests run that need nothing installed: they build
// the program themselves.
func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("PROMPTGATE_BIN") == "" {
		if bin, err := built(); err == nil {
			_ = os.RemoveAll(filepath.Dir(bin))
		}
	}
	os.Exit(code)
}

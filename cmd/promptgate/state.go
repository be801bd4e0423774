package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/promptgate/promptgate/proxy/config"
)

// openState makes the state directory, which nobody else may read.
func openState(c *config.Config, getenv func(string) string) (string, error) {
	dir, err := c.State(getenv)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("state directory: %w", plainPathError(err))
	}
	return dir, nil
}

// evidenceKey keys the digests of values and of names in the evidence, so that
// equal ones can be told without being kept. It is made once per state directory.
func evidenceKey(state string) ([]byte, error) {
	const size = 32
	file := filepath.Join(state, "evidence.key")
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, size)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("evidence key: %w", err)
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, fmt.Errorf("evidence key: %w", err)
		}
		_, err = f.Write(key)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return nil, fmt.Errorf("evidence key: %w", err)
		}
		return key, nil
	}
	if err != nil {
		return nil, fmt.Errorf("evidence key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("evidence key: %s can be read by others (mode %04o)\nrun: chmod 600 %s", file, info.Mode().Perm(), file)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("evidence key: %w", err)
	}
	if len(key) != size {
		return nil, fmt.Errorf("evidence key: %s has %d bytes, want %d\nmove it away; a new one is made, and digests begin anew", file, len(key), size)
	}
	return key, nil
}

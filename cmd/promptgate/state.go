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
func evidenceKey(state string) ([]byte, error) { return madeKey(filepath.Join(state, "evidence.key")) }

const keySize = 32

// madeKey reads the key in a file; a key is made when there is none.
func madeKey(file string) ([]byte, error) {
	key, err := readKey(file)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	key = make([]byte, keySize)
	rand.Read(key) // never fails (crypto/rand, Go 1.24)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("key: %w", plainPathError(err))
	}
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("key: %w", plainPathError(err))
	}
	return key, nil
}

// readKey reads a key that nobody else can read.
func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("key: %w", plainPathError(err))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key: %s can be read by others (mode %04o)\nrun: chmod 600 %s", file, info.Mode().Perm(), file)
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("key: %w", plainPathError(err))
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("key: %s has %d bytes, want %d\nmove it away; a new one is made, and what was made with the old one counts no more", file, len(key), keySize)
	}
	return key, nil
}

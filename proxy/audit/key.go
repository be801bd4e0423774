package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyBytes is the size of a key.
const keyBytes = 32

// Key reads the key of the hashes that stand for people, or makes one in a file
// of mode 0600. Whoever destroys the file makes the hashes unlinkable.
func Key(file string) ([]byte, error) {
	key, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return makeKey(file)
	case err != nil:
		return nil, fmt.Errorf("audit: %w", err)
	case len(key) != keyBytes:
		return nil, fmt.Errorf("audit: %s does not hold a key of %d bytes: restore it from a backup, or remove it to begin with new hashes", file, keyBytes)
	}
	if info, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	} else if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("audit: %s can be read by others (mode %04o): run chmod 600 on it", file, info.Mode().Perm())
	}
	return key, nil
}

// makeKey writes a new key whole or not at all. Of two processes that do so at
// the same time, the first wins.
func makeKey(file string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".key-*") // made with mode 0600
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer os.Remove(f.Name())
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails (crypto/rand, Go 1.24)
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), file)
	}
	if errors.Is(err, fs.ErrExist) {
		return Key(file)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return key, nil
}

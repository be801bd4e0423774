package keyed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Magic is what an index begins with: eight bytes that name its kind and format.
type Magic string

// Open maps an index and reads it with parse, which gets what the file holds and
// the key. The error names what the index is of, and the file; ErrKey is in it when
// the index was made with another key.
func Open[X any](of, file string, k []byte, parse func(data []byte, key Key) (X, error)) (x X, f File, err error) {
	key, err := NewKey(k)
	if err != nil {
		return x, f, err
	}
	if f, err = Map(file); err != nil {
		return x, f, err
	}
	if x, err = parse(f.Data, key); err != nil {
		_ = f.Close()
		return x, File{}, fmt.Errorf("%s %s: %w", of, file, err)
	}
	return x, f, nil
}

// Verify reports whether data is an index of this kind with a header of size bytes,
// whose check value of the key stands at an offset: ErrDamaged or ErrKey if not.
func (m Magic) Verify(data []byte, size, check int, key Key) error {
	switch {
	case len(data) < size || string(data[:len(m)]) != string(m):
		return ErrDamaged
	case binary.LittleEndian.Uint64(data[check:]) != key.Check():
		return ErrKey
	}
	return nil
}

// CheckLabel holds the label of a source or a table to its form: it stands in
// evidence and names a file.
func CheckLabel(label string) error {
	const may = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	if label == "" || len(label) > 64 || strings.Trim(label, may) != "" {
		return errors.New("a label has 1 to 64 letters, digits, dots, hyphens and underscores")
	}
	return nil
}

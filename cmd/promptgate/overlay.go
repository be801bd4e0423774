package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/promptgate/promptgate/rules"
	"github.com/promptgate/promptgate/rules/strict"
)

// An overlay shows two trees as one: a file of upper hides the file of the same
// path in lower, and a directory lists both.
type overlay struct{ upper, lower fs.FS }

// rulesFS is the built-in rules with dir laid over them; "" is none.
func rulesFS(dir string) (fs.FS, error) {
	if dir == "" {
		return rules.FS(), nil
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return nil, fmt.Errorf("rules directory %w", plainPathError(err))
	case !info.IsDir():
		return nil, fmt.Errorf("rules directory %s: not a directory", dir)
	}
	return overlay{os.DirFS(dir), rules.FS()}, nil
}

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.lower.Open(name)
	}
	return f, err
}

// ReadDir lists both trees, sorted by name.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	upper, upperErr := fs.ReadDir(o.upper, name)
	if upperErr != nil && !errors.Is(upperErr, fs.ErrNotExist) {
		return nil, upperErr
	}
	lower, lowerErr := fs.ReadDir(o.lower, name)
	if lowerErr != nil && (upperErr != nil || !errors.Is(lowerErr, fs.ErrNotExist)) {
		return nil, lowerErr
	}
	for _, e := range lower {
		if !slices.ContainsFunc(upper, func(u fs.DirEntry) bool { return u.Name() == e.Name() }) {
			upper = append(upper, e)
		}
	}
	slices.SortFunc(upper, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return upper, nil
}

// located gives the errors about files of dir their path on this machine.
func located(err error, dir string) error {
	var list strict.Errors
	if dir == "" || !errors.As(err, &list) {
		return err
	}
	for _, e := range list {
		file := filepath.Join(dir, filepath.FromSlash(e.File))
		if _, statErr := os.Stat(file); e.File != "" && statErr == nil {
			e.File = file
		}
	}
	return list
}

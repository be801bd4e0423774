package keyed

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// A File is the bytes of a file in memory.
type File struct {
	Data    []byte
	release func() error
}

// Map maps a file into memory, to be read only. A file that is replaced by
// rename stays as it was for those who mapped it.
func Map(name string) (File, error) { return mapFile(name) }

// Close gives the memory back. Nothing may read Data any more.
func (f *File) Close() error {
	release := f.release
	*f = File{}
	if release == nil {
		return nil
	}
	return release()
}

func readWhole(name string) (File, error) {
	data, err := os.ReadFile(name)
	return File{Data: data}, err
}

// Create writes a file that nobody else may read, whole or not at all.
func Create(name string, write func(*bufio.Writer)) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails when it was renamed
	w := bufio.NewWriterSize(f, 1<<20)
	write(w)
	if err := errors.Join(w.Flush(), f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

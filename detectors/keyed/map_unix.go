//go:build unix

package keyed

import (
	"os"
	"syscall"
)

func mapFile(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	if info.Size() == 0 || !info.Mode().IsRegular() {
		return readWhole(name)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return File{}, &os.PathError{Op: "mmap", Path: name, Err: err}
	}
	return File{data, func() error { return syscall.Munmap(data) }}, nil
}

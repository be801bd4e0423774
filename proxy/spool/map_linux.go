package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

const mappable = true

var pageSize = int64(os.Getpagesize())

// mapFile maps the first n bytes of a file, shared, so that pages can be given
// back without losing what was written to them.
func mapFile(f *os.File, n int, writable bool) ([]byte, error) {
	prot := unix.PROT_READ
	if writable {
		prot |= unix.PROT_WRITE
	}
	return unix.Mmap(int(f.Fd()), 0, n, prot, unix.MAP_SHARED)
}

// reserve makes a file n bytes long, with room for all of them on the disk: a
// write to a mapped page that the disk has no room for would end the process.
func reserve(f *os.File, n int) ([]byte, error) {
	if err := unix.Fallocate(int(f.Fd()), 0, 0, int64(n)); err != nil {
		return nil, err
	}
	return mapFile(f, n, true)
}

func release(b []byte) { _ = unix.Madvise(b, unix.MADV_DONTNEED) }

func unmap(b []byte) { _ = unix.Munmap(b) }

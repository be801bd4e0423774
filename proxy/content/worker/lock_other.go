//go:build !linux

package worker

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }

// lock has nothing to lock with here: the deadline of the pool remains.
func lock(Limits) error { return nil }

func moreTime(uint64) error { return nil }

//go:build !linux

package worker

import (
	"errors"
	"syscall"
)

func apart() *syscall.SysProcAttr { return nil }

func killGroup(int) error { return errors.ErrUnsupported }

// BecomeReader fails: nothing takes the network from a program here.
func BecomeReader([]string) error { return errors.ErrUnsupported }

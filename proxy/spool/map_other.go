//go:build !linux

package spool

import (
	"errors"
	"os"
)

const mappable = false

var pageSize = int64(os.Getpagesize())

func mapFile(*os.File, int, bool) ([]byte, error) { return nil, errors.ErrUnsupported }

func reserve(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }

func release([]byte) {}

func unmap([]byte) {}

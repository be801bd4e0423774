//go:build !(cgo && hyperscan)

package main

import (
	"fmt"
	"io"
)

// hyperscanSubjects has none: Hyperscan is C, and the product has none of it.
func hyperscanSubjects(w io.Writer, _ *bench) ([]subject, error) {
	fmt.Fprintln(w, "\nHyperscan is not built in: CGO_ENABLED=1 go run -tags hyperscan ./bench/core")
	return nil, nil
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/edm"
	"github.com/promptgate/promptgate/detectors/idm"
	"github.com/promptgate/promptgate/detectors/keyed"
)

// own are the detectors of what a company teaches: fingerprints of this
// repository, and a table of one row, in which next to no number is known: what
// is measured is the search.
func own() (fingerprints, records detectors.Detector, err error) {
	dir, err := os.MkdirTemp("", "core")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir) // what is mapped stays
	key := make([]byte, keyed.KeySize)
	b, err := idm.NewBuilder(key, nil)
	if err != nil {
		return nil, nil, err
	}
	root := "."
	if _, err := os.Stat("detectors"); err != nil {
		root = "../.." // a test runs where its package is
	}
	for _, tree := range []string{"cmd", "detectors", "docs", "proxy", "rules"} {
		if _, err := b.Add(context.Background(), tree, filepath.Join(root, tree), time.Now()); err != nil {
			return nil, nil, err
		}
	}
	file := filepath.Join(dir, "own")
	if err := b.Write(file); err != nil {
		return nil, nil, err
	}
	index, err := idm.Open(file, key)
	if err != nil {
		return nil, nil, err
	}
	rows, err := edm.CSV(strings.NewReader("name,account\nAnna Sommerfeld,0098765432\n"), ',', []string{"name", "account"})
	if err != nil {
		return nil, nil, err
	}
	if _, err := edm.Build(context.Background(), file, key, edm.Shape{Label: "x", Columns: 2, Any: 2, Within: 300}, rows, edm.Options{}); err != nil {
		return nil, nil, err
	}
	table, err := edm.Open(file, key)
	if err != nil {
		return nil, nil, err
	}
	return idm.New(index), edm.New(table), nil
}

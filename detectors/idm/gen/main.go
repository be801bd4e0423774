// Command gen writes common.bin: a filter of the fingerprints that public code
// has in more than one file, which are no evidence.
//
//	go run ./detectors/idm/gen -o detectors/idm/common.bin DIR...
//
// DIR are trees of public code, of as many authors as possible. What is written
// is a Bloom filter of hashes; no text, nor anything that text could be made of.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/promptgate/promptgate/detectors/idm"
)

func main() {
	out := flag.String("o", "common.bin", "file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(3)
	}
}

func run(out string, roots []string) error {
	first := map[uint64]int{} // file that a hash was first seen in
	common := map[uint64]bool{}
	files := 0
	for _, root := range roots {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			hashes := idm.Hashes(name)
			if len(hashes) > 0 {
				files++
			}
			for _, h := range hashes {
				if was, ok := first[h]; !ok {
					first[h] = files
				} else if was != files {
					common[h] = true
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	list := make([]uint64, 0, len(common))
	for h := range common {
		list = append(list, h)
	}
	fmt.Printf("%d files, %d hashes, %d common\n", files, len(first), len(list))
	return os.WriteFile(out, idm.Filter(list), 0o644)
}

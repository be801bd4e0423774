// Command build makes the corpora of the benchmarks; see package corpus.
//
//	go run ./bench/corpus/build [-dir bench/corpora] [-mib 32]
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/promptgate/promptgate/bench/corpus"
)

func main() {
	dir := flag.String("dir", corpus.Dir, "where the corpora go")
	mib := flag.Int("mib", 32, "size of each corpus in MiB")
	flag.Parse()
	m, err := corpus.Build(*dir, *mib<<20)
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(3)
	}
	for _, e := range m.Corpora {
		fmt.Printf("%-7s %9d bytes  %6d files  sha256 %s\n", e.Name, e.Bytes, e.Sources, e.SHA256[:16])
	}
}

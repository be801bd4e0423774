// Command gen makes table.bin of package gazetteer from its lists.
package main

import (
	"fmt"
	"os"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

func main() {
	table, err := gazetteer.Pack(os.DirFS("lists"))
	if err == nil {
		err = os.WriteFile("table.bin", table, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

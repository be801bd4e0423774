// Make writes cl100k_base.gz: the bytes of each token, in the order of their
// ids, each behind one byte with its length. It is a module of its own, so that
// the product does not carry the library, whose tables are forty times as large.
//
//	cd proxy/content/tokens/make && go run . > ../cl100k_base.gz
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"

	"github.com/tiktoken-go/tokenizer/codec"
)

// count is how many tokens cl100k_base has before its special ones.
const count = 100256

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run() error {
	var all bytes.Buffer
	c := codec.NewCl100kBase()
	for id := range uint(count) {
		s, err := c.Decode([]uint{id})
		if err != nil || len(s) == 0 || len(s) > 255 {
			return fmt.Errorf("token %d of %d bytes: %w", id, len(s), err)
		}
		all.WriteByte(byte(len(s)))
		all.WriteString(s)
	}
	z, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(all.Bytes()); err != nil {
		return err
	}
	return z.Close()
}

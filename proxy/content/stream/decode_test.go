package stream_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/promptgate/promptgate/proxy/content/stream"
)

// What a server has flushed can be read before anything follows.
func TestCodingsOfStreamsAreUndoneAsTheyCome(t *testing.T) {
	type flusher interface {
		io.WriteCloser
		Flush() error
	}
	for coding, pack := range map[string]func(io.Writer) flusher{
		"gzip":    func(w io.Writer) flusher { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) flusher { return zlib.NewWriter(w) },
		"br":      func(w io.Writer) flusher { return brotli.NewWriter(w) },
		"zstd": func(w io.Writer) flusher {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	} {
		from, to := io.Pipe()
		var packed bytes.Buffer
		z := pack(&packed)
		r, err := stream.Decode(coding, iotest.OneByteReader(from))
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range []string{"data: a\n\n", "data: " + strings.Repeat("b", 5000) + "\n\n"} {
			_, _ = z.Write([]byte(event))
			_ = z.Flush()
			go func(p []byte) { _, _ = to.Write(p) }(bytes.Clone(packed.Bytes()))
			packed.Reset()
			got := make([]byte, len(event))
			if _, err := io.ReadFull(r, got); err != nil || string(got) != event {
				t.Errorf("%s: %v, %d bytes", coding, err, len(got))
			}
		}
		_ = to.Close()
	}
	if r, err := stream.Decode(" Identity ", strings.NewReader("x")); err != nil || r == nil {
		t.Error(err)
	}
	for _, coding := range []string{"sdch", "gzip, br"} {
		if _, err := stream.Decode(coding, strings.NewReader("x")); !errors.Is(err, stream.ErrCoding) {
			t.Errorf("%s: %v", coding, err)
		}
	}
}

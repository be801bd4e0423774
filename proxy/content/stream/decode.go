package stream

import (
	"errors"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// ErrCoding: the content coding is not known.
var ErrCoding = errors.New("stream: unknown content coding")

// maxWindow is the largest window of a zstd frame, in bytes: RFC 9659 allows 8 MiB.
const maxWindow = 8 << 20

// Decode undoes a content coding of a stream as it comes: what the server has
// flushed can be read. "" and "identity" are r itself. Of several codings over
// each other none is undone. The caller closes r.
func Decode(coding string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		return &lazy{open: func() (io.Reader, error) { return gzip.NewReader(r) }}, nil
	case "deflate":
		return &lazy{open: func() (io.Reader, error) { return zlib.NewReader(r) }}, nil
	case "br":
		return brotli.NewReader(r), nil
	case "zstd":
		return &lazy{open: func() (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		}}, nil
	}
	return nil, ErrCoding
}

// a lazy is a reader that reads its header with its first byte, not before.
type lazy struct {
	open func() (io.Reader, error)
	r    io.Reader
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.r == nil {
		r, err := l.open()
		if err != nil {
			return 0, err
		}
		l.r = r
	}
	return l.r.Read(p)
}

package content

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/promptgate/promptgate/detectors"
)

const (
	// maxCodings is how many codings may lie over each other. No client uses more
	// than one.
	maxCodings = 4
	// maxWindow is the largest window of a zstd frame that is decoded, in bytes;
	// RFC 9659 allows 8 MiB on the web.
	maxWindow = 32 << 20
	// freeRatio is how many decoded bytes are free of Limits.Ratio: short texts
	// that repeat themselves pack very well.
	freeRatio = 1 << 20
	// brotliQuality is what servers use for answers made on the fly.
	brotliQuality = 5
)

// A recode writes the bytes of a Whole space as they were written before.
type recode func(data []byte) ([]byte, error)

// decoders are kept by a pooled walk: making one costs more than a small body.
type decoders struct {
	in   bytes.Reader // what they read from
	gzip *gzip.Reader
	zstd *zstd.Decoder
	br   *brotli.Reader
}

// undo removes the content codings of the body and returns the innermost
// bytes. A coding that is not known, or that is not what the bytes are, leaves
// what it hides, and that is read as it stands.
func (w *Walk) undo() source {
	src := source{span: detectors.Span{End: len(w.layers[0].data)}}
	if w.media.ContentEncoding == "" {
		return src
	}
	names := strings.Split(strings.ToLower(w.media.ContentEncoding), ",")
	applied := 0
	for i := len(names) - 1; i >= 0; i-- {
		name := strings.TrimSpace(names[i])
		if name == "" || name == "identity" {
			continue
		}
		applied++
		r, encode, err := w.open(name, w.bytes(src))
		if applied > maxCodings || errors.Is(err, errors.ErrUnsupported) {
			w.gap(detectors.CauseUnsupportedEncoding, int64(src.span.Len()))
			break
		}
		if err != nil {
			w.gap(detectors.CauseDecodeError, int64(src.span.Len()))
			break
		}
		in, ok := w.decode(strings.TrimPrefix(name, "x-"), src, r, encode)
		if !ok {
			break
		}
		src = in
	}
	return src
}

// open returns a reader of what data holds under one coding, and the way back.
func (w *Walk) open(name string, data []byte) (r io.Reader, encode recode, err error) {
	d := &w.decoders
	d.in.Reset(data)
	switch name {
	case "gzip", "x-gzip":
		if d.gzip == nil {
			d.gzip = new(gzip.Reader)
		}
		return d.gzip, encodeGzip, d.gzip.Reset(&d.in)
	case "deflate": // RFC 9110 §8.4.1.2: zlib; some clients send deflate alone
		if len(data) > 1 && data[0]&0x0f == 8 && (int(data[0])<<8|int(data[1]))%31 == 0 {
			r, err = zlib.NewReader(&d.in)
			return r, encodeZlib, err
		}
		return flate.NewReader(&d.in), encodeFlate, nil
	case "br":
		if d.br == nil {
			d.br = brotli.NewReader(&d.in)
		} else {
			err = d.br.Reset(&d.in)
		}
		return d.br, encodeBrotli, err
	case "zstd":
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(&d.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		} else {
			err = d.zstd.Reset(&d.in)
		}
		return d.zstd, encodeZstd, err
	}
	return nil, nil, errors.ErrUnsupported
}

// decode reads r to its end, or as far as the limits and the data allow, and
// opens a space of what came out. ok is false when that is nothing.
func (w *Walk) decode(codec string, src source, r io.Reader, encode recode) (in source, ok bool) {
	limit := min(w.limits.Decoded-w.decoded, max(freeRatio, int64(w.limits.Ratio)*int64(src.span.Len())))
	data := w.buffer(min(int(limit), 4*src.span.Len()+512))
	var err error
	for err == nil && int64(len(data)) <= limit {
		if len(data) == cap(data) {
			if cap(data) >= minScratch/2 && w.mapped.scratch != nil {
				data = append(w.buffer(2*cap(data)), data...)
			} else {
				data = append(data, 0)[:len(data)]
			}
			w.mapped.giveBack()
		}
		var n int
		n, err = r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if w.interrupted() {
			break
		}
	}
	l := layer{Space: Space{Codec: codec, Rewrite: Whole}, from: src, recode: encode, own: true}
	if err != nil && err != io.EOF && isText(w.bytes(src)) {
		// The coding is a lie: no packed bytes look like text.
		w.free = append(w.free, data)
		w.gap(detectors.CauseDecodeError, int64(src.span.Len()))
		return src, false
	}
	cause := detectors.CauseDecodeError
	left := w.decoders.in.Len()
	if int64(len(data)) > limit {
		data, cause, err = data[:limit], detectors.CauseDecodeBomb, io.ErrShortBuffer
		left = max(left, 1)
	}
	w.decoded += int64(len(data))
	l.data = data
	if err != io.EOF || left > 0 { // truncated, damaged, too large, or something behind the end
		l.Rewrite = Never
		w.gap(cause, int64(left))
	}
	if len(data) == 0 {
		return src, err == io.EOF && left == 0 // an empty body, well packed, holds nothing to read
	}
	return w.addLayer(l), true
}

func encodeGzip(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	return pack(&b, z, data)
}

func encodeZlib(data []byte) ([]byte, error) {
	var b bytes.Buffer
	return pack(&b, zlib.NewWriter(&b), data)
}

func encodeFlate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	return pack(&b, z, data)
}

func encodeBrotli(data []byte) ([]byte, error) {
	var b bytes.Buffer
	return pack(&b, brotli.NewWriterLevel(&b, brotliQuality), data)
}

func encodeZstd(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return pack(&b, z, data)
}

func pack(b *bytes.Buffer, z io.WriteCloser, data []byte) ([]byte, error) {
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

package file

import (
	"bytes"
	"errors"
	"io"

	"github.com/nwaples/rardecode/v2"

	"github.com/promptgate/promptgate/detectors"
)

// maxDictionary bounds the memory that one RAR archive may ask for, in bytes; WinRAR
// makes archives with 32 MiB unless it is told otherwise.
const maxDictionary = 64 << 20

// rar reads a RAR archive of version 1.5 to 5.
func (j *job) rar(data []byte, at string, depth int) string {
	r, err := rardecode.NewReader(bytes.NewReader(data), rardecode.MaxDictionarySize(maxDictionary))
	if err != nil {
		j.gap(at, rarCause(err), len(data))
		return "rar"
	}
	var names []byte
	for i := 0; ; i++ {
		h, err := r.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				j.gap(under(at, ordinal("entry", i)), rarCause(err), 0)
			}
			break
		}
		names = append(append(names, h.Name...), '\n')
		here := under(at, ordinal("entry", i))
		if j.entries++; j.over(here) {
			break
		}
		switch {
		case h.IsDir || h.LinkType != 0:
		case h.Encrypted:
			j.gap(here, detectors.CauseEncryptedFile, int(h.PackedSize))
		default:
			// A solid archive packs all entries together, so that the size of one says
			// nothing of what it may become: the archive's own does.
			packed := int(h.PackedSize)
			if h.Solid {
				packed = len(data)
			}
			if b, ok := j.unpack(r, packed, here); ok {
				j.entry(b, here, depth)
			}
		}
	}
	j.names(names, "", at)
	return "rar"
}

// rarCause is the gap of an error; its text may name an entry.
func rarCause(err error) detectors.Cause {
	switch {
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted):
		return detectors.CauseEncryptedFile
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return detectors.CauseDecodeBomb
	case errors.Is(err, rardecode.ErrMultiVolume), errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownDecoder),
		errors.Is(err, rardecode.ErrUnknownVersion), errors.Is(err, rardecode.ErrUnknownEncryptMethod):
		return detectors.CauseUnknownFormat
	}
	return detectors.CauseDecodeError
}

package file

import (
	"bytes"
	"unicode/utf16"

	"github.com/promptgate/promptgate/detectors"
)

// compound looks at a compound file (MS-CFB): an encrypted OOXML document
// (MS-OFFCRYPTO 2.3.2), or one of Office 97 to 2003, whose formats are not read.
func (j *job) compound(data []byte, at string) string {
	if bytes.Contains(data, wide("EncryptedPackage")) {
		j.gap(at, detectors.CauseEncryptedFile, len(data))
		return "encrypted"
	}
	j.labels(data)
	j.gap(at, detectors.CauseUnknownFormat, len(data))
	return "office97"
}

// wide is s in UTF-16LE, as directories of compound files hold names.
func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

package validate

import (
	"bytes"
	"encoding/base64"
)

// BasicAuth checks that a value is the base64 of a user and a password with a
// colon between them (RFC 7617), printable ASCII.
func BasicAuth(v []byte) bool {
	v = bytes.TrimRight(v, "=")
	buf := make([]byte, base64.RawStdEncoding.DecodedLen(len(v)))
	n, err := base64.RawStdEncoding.Decode(buf, v)
	if err != nil {
		return false
	}
	for _, b := range buf[:n] {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	user, password, ok := bytes.Cut(buf[:n], []byte(":"))
	return ok && len(user) > 0 && len(password) > 2
}

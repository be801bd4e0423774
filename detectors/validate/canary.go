package validate

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
)

// CanaryPrefix begins every canary token.
const CanaryPrefix = "pgcanary-"

// canaryRandom is how many random bytes a canary holds.
const canaryRandom = 16

var canaryCode = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewCanary makes a canary token out of 16 random bytes: they and their CRC-32,
// in base 32. What a company plants in a document is then known wherever it
// turns up, without a list of what was planted.
func NewCanary(random [canaryRandom]byte) string {
	sum := binary.BigEndian.AppendUint32(random[:], crc32.ChecksumIEEE(random[:]))
	return CanaryPrefix + canaryCode.EncodeToString(sum)
}

// Canary checks the form and the sum of a canary token.
func Canary(v []byte) bool {
	body, ok := bytes.CutPrefix(v, []byte(CanaryPrefix))
	if !ok || len(body) != canaryCode.EncodedLen(canaryRandom+4) {
		return false
	}
	var raw [canaryRandom + 4]byte
	if n, err := canaryCode.Decode(raw[:], body); err != nil || n != len(raw) {
		return false
	}
	return binary.BigEndian.Uint32(raw[canaryRandom:]) == crc32.ChecksumIEEE(raw[:canaryRandom])
}

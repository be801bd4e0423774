package validate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"hash/crc32"
	"net/netip"
	"strconv"
)

// GitHubCRC checks a token whose last six characters are the CRC-32 (IEEE) of
// its random part in base 62, zero-padded: GitHub (2021) and npm.
func GitHubCRC(v []byte) bool {
	i := bytes.IndexByte(v, '_')
	if i < 0 || len(v) < i+8 {
		return false
	}
	body := v[i+1:]
	sum := AppendBase62(nil, crc32.ChecksumIEEE(body[:len(body)-6]))
	return bytes.Equal(sum, body[len(body)-6:])
}

// AppendBase62 appends n in base 62 (0-9A-Za-z), padded to six characters.
func AppendBase62(b []byte, n uint32) []byte {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var out [6]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[n%62]
		n /= 62
	}
	return append(b, out[:]...)
}

// gitLabSum is the length of the checksum of a routable GitLab token.
const gitLabSum = 7

// GitLabCRC checks a routable token of GitLab, whose last seven characters are
// the CRC-32 (IEEE) of all before them in base 36, zero-padded. What is before
// ends in a dot and the length of the payload, since 2025 behind a version
// (handbook, Cells: routable tokens).
func GitLabCRC(v []byte) bool {
	dot := bytes.LastIndexByte(v, '.')
	if n := len(v) - dot - 1 - gitLabSum; dot < 0 || n != 2 && n != 4 {
		return false
	}
	body := v[:len(v)-gitLabSum]
	return bytes.Equal(AppendGitLabSum(nil, body), v[len(body):])
}

// AppendGitLabSum appends the checksum of a routable GitLab token's body.
func AppendGitLabSum(b, body []byte) []byte {
	s := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 36)
	for range gitLabSum - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}

// JWT checks that the first part of a compact JWS is base64url of a JSON object
// that names an algorithm (RFC 7515).
func JWT(v []byte) bool {
	head, rest, ok := bytes.Cut(v, []byte("."))
	if !ok || len(rest) == 0 {
		return false
	}
	head = bytes.TrimRight(head, "=")
	buf := make([]byte, base64.RawURLEncoding.DecodedLen(len(head)))
	n, err := base64.RawURLEncoding.Decode(buf, head)
	if err != nil {
		return false
	}
	buf = bytes.TrimSpace(buf[:n])
	return len(buf) > 2 && buf[0] == '{' && buf[len(buf)-1] == '}' && bytes.Contains(buf, []byte(`"alg"`))
}

// Base58Check checks the double SHA-256 of a Bitcoin-style address.
func Base58Check(v []byte) bool {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	if len(v) < 26 || len(v) > 35 {
		return false
	}
	var out [25]byte
	for _, b := range v {
		c := bytes.IndexByte([]byte(alphabet), b)
		if c < 0 {
			return false
		}
		for i := len(out) - 1; i >= 0; i-- {
			c += 58 * int(out[i])
			out[i] = byte(c)
			c >>= 8
		}
		if c != 0 {
			return false
		}
	}
	first := sha256.Sum256(out[:21])
	second := sha256.Sum256(first[:])
	return bytes.Equal(second[:4], out[21:])
}

// Bech32 checks a SegWit address by BIP 173 or BIP 350.
func Bech32(v []byte) bool {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	lower := bytes.ToLower(v)
	i := bytes.LastIndexByte(lower, '1')
	if i < 1 || len(lower)-i < 8 || len(lower) > 90 {
		return false
	}
	chk := uint32(1)
	step := func(x byte) {
		top := chk >> 25
		chk = (chk&0x1ffffff)<<5 ^ uint32(x)
		for j, g := range [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>j&1 == 1 {
				chk ^= g
			}
		}
	}
	for _, b := range lower[:i] {
		step(b >> 5)
	}
	step(0)
	for _, b := range lower[:i] {
		step(b & 31)
	}
	for _, b := range lower[i+1:] {
		c := bytes.IndexByte([]byte(alphabet), b)
		if c < 0 {
			return false
		}
		step(byte(c))
	}
	return chk == 1 || chk == 0x2bc830a3
}

// Ethereum checks the form of an address: 0x and 40 hexadecimal digits that are
// not a counter or a constant. The mixed-case checksum of EIP-55 needs Keccak
// and is not checked.
func Ethereum(v []byte) bool {
	if len(v) != 42 || v[0] != '0' || v[1] != 'x' {
		return false
	}
	var seen [16]bool
	kinds := 0
	for _, b := range v[2:] {
		var n int
		if isDigit(b) {
			n = int(b - '0')
		} else if c := b | 0x20; c >= 'a' && c <= 'f' {
			n = int(c-'a') + 10
		} else {
			return false
		}
		if !seen[n] {
			seen[n] = true
			kinds++
		}
	}
	return kinds >= 8 && mixedCase(v[2:])
}

// PublicIP checks that an address can be routed: not private, loopback,
// link-local, multicast, documentation (RFC 5737, RFC 3849) or unspecified.
func PublicIP(v []byte) bool {
	a, err := netip.ParseAddr(string(v))
	if err != nil {
		return false
	}
	a = a.Unmap()
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.IsInterfaceLocalMulticast() {
		return false
	}
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001:db8::/32", "3fff::/20", "100::/64"} {
		if netip.MustParsePrefix(p).Contains(a) {
			return false
		}
	}
	return true
}

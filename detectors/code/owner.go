package code

import "bytes"

// ownership collects what code says of whose it is.
type ownership struct {
	copyright, reserved, public, secret bool
	internal                            int
}

// read looks at one line of a region.
func (o *ownership) read(line []byte, inComment bool) {
	var buf [maxLine]byte
	l := lower(buf[:0], line)
	has := func(words ...string) bool {
		for _, w := range words {
			if bytes.Contains(l, []byte(w)) {
				return true
			}
		}
		return false
	}
	if inComment {
		o.copyright = o.copyright || has("copyright ", "(c) 20", "© ")
		o.reserved = o.reserved || has("all rights reserved")
		o.public = o.public || has("spdx-license-identifier", "apache license", "mit license", "bsd", "gnu general", "gpl", "mozilla public", "permission is hereby granted", "licensed under", "license: mit", "license file", "public domain", "creative commons", "open source")
		o.secret = o.secret || has("proprietary", "confidential", "trade secret", "internal use only", "do not distribute", "not for distribution", "unauthorized copying", "unauthorised copying", "company private", "vertraulich", "propriétaire", "confidencial")
	}
	if has(".corp/", ".corp.", ".corp\"", ".corp:", ".internal/", ".internal\"", ".internal:", ".intra.", ".intranet", ".lan/", "/internal/", "internal-registry", ".corp.net", "artifactory.", "nexus.", "gitlab.internal", "jira.") && !has("golang.org", "go/internal", "src/internal") {
		o.internal++
	}
	if inComment && ticket(line) {
		o.internal++
	}
}

// ticket reports whether a line holds a ticket id such as PAY-1234.
func ticket(line []byte) bool {
	for i := 0; i < len(line); i++ {
		j := i
		for j < len(line) && line[j] >= 'A' && line[j] <= 'Z' {
			j++
		}
		if n := j - i; n >= 2 && n <= 8 && j+2 < len(line) && line[j] == '-' {
			k := j + 1
			for k < len(line) && line[k] >= '0' && line[k] <= '9' {
				k++
			}
			word := string(line[i:j])
			if k-j >= 3 && k-j <= 7 && word != "RFC" && word != "ISO" && word != "UTF" && word != "CVE" && word != "SHA" && word != "PEP" && word != "IEEE" && word != "AES" && word != "CP" && word != "EIP" && word != "BIP" && word != "FIPS" {
				return true
			}
		}
		if j > i {
			i = j
		}
	}
	return false
}

// verdict names why the code is somebody's own, or "".
func (o *ownership) verdict() string {
	switch {
	case o.secret && !o.public:
		return "marked"
	case o.copyright && o.reserved && !o.public:
		return "copyright"
	case o.copyright && o.internal > 0 && !o.public:
		return "copyright"
	case o.internal >= 2 && !o.public:
		return "internal_names"
	}
	return ""
}

func lower(dst, src []byte) []byte {
	for _, b := range src {
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		dst = append(dst, b)
	}
	return dst
}

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
	if inComment {
		l := lower(buf[:0], line)
		for i := range len(l) - min(len(l), 1) {
			list := words[l[i]]
			for k := range list {
				w := &list[k]
				if w.text[1] == l[i+1] && len(w.text) <= len(l)-i && string(l[i:i+len(w.text)]) == w.text {
					*w.field(o) = true
				}
			}
		}
		if ticket(line) {
			o.internal++
		}
	}
	if internalName(line) {
		if l := lower(buf[:0], line); !bytes.Contains(l, []byte("golang.org")) && !bytes.Contains(l, []byte("go/internal")) && !bytes.Contains(l, []byte("src/internal")) {
			o.internal++
		}
	}
}

// A word in a comment that says something of whose the code is.
type word struct {
	text  string
	field func(*ownership) *bool
}

// ownerWords indexes the words of comments by their first byte.
func ownerWords() (t [256][]word) {
	add := func(field func(*ownership) *bool, list ...string) {
		for _, w := range list {
			t[w[0]] = append(t[w[0]], word{w, field})
		}
	}
	add(func(o *ownership) *bool { return &o.copyright }, "copyright ", "(c) 20", "© ")
	add(func(o *ownership) *bool { return &o.reserved }, "all rights reserved")
	add(func(o *ownership) *bool { return &o.public }, "spdx-license-identifier", "apache license", "mit license", "bsd", "gnu general", "gpl", "mozilla public", "permission is hereby granted", "licensed under", "license: mit", "license file", "public domain", "creative commons", "open source")
	add(func(o *ownership) *bool { return &o.secret }, "proprietary", "confidential", "trade secret", "internal use only", "do not distribute", "not for distribution", "unauthorized copying", "unauthorised copying", "company private", "vertraulich", "propriétaire", "confidencial")
	return t
}

// words is built once; it never changes.
var words = ownerWords()

// internalName reports whether a line names a host or path that only stands
// inside a company: what is looked at are the dots, slashes and hyphens.
func internalName(line []byte) bool {
	for i, b := range line {
		if b > '/' || b < '-' {
			continue
		}
		var before, behind byte // the letters beside it, which most often say no
		if i > 0 {
			before = line[i-1] | 0x20
		}
		if i+1 < len(line) {
			behind = line[i+1] | 0x20
		}
		switch {
		case b == '.' && (behind == 'c' || behind == 'i' || behind == 'l' || before == 'y' || before == 's' || before == 'a'):
			if foldedPrefix(line[i+1:], "corp/", "corp.", "corp\"", "corp:", "internal/", "internal\"", "internal:", "intra.", "intranet", "lan/") ||
				foldedSuffix(line[:i], "artifactory", "nexus", "jira") ||
				foldedPrefix(line[i+1:], "internal") && foldedSuffix(line[:i], "gitlab") {
				return true
			}
		case b == '/' && behind == 'i':
			if foldedPrefix(line[i+1:], "internal/") {
				return true
			}
		case b == '-' && behind == 'r':
			if foldedPrefix(line[i+1:], "registry") && foldedSuffix(line[:i], "internal") {
				return true
			}
		}
	}
	return false
}

func foldedPrefix(b []byte, words ...string) bool {
	for _, w := range words {
		if len(b) >= len(w) && equalFolded(b[:len(w)], w) {
			return true
		}
	}
	return false
}

func foldedSuffix(b []byte, words ...string) bool {
	for _, w := range words {
		if len(b) >= len(w) && equalFolded(b[len(b)-len(w):], w) {
			return true
		}
	}
	return false
}

// equalFolded compares with w, which has no capitals, as ASCII.
func equalFolded(b []byte, w string) bool {
	for i, x := range b {
		if x >= 'A' && x <= 'Z' {
			x |= 0x20
		}
		if x != w[i] {
			return false
		}
	}
	return true
}

// ticket reports whether a line holds a ticket id such as PAY-1234.
func ticket(line []byte) bool {
	if bytes.IndexByte(line, '-') < 0 {
		return false
	}
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

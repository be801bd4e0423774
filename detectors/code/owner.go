package code

import (
	"bytes"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// An Ownership is what a company's own code says of itself. Companies and Marks
// are compared as ASCII, whatever their case.
type Ownership struct {
	// Companies are names that a copyright of the company's carries: "Initech".
	Companies []string
	// Marks stand in no code but the company's: hosts ("git.initech.net"),
	// scopes of packages ("@initech/", "com.initech."), registries, paths of
	// the monorepo ("//billing/ledger/").
	Marks []string
	// Tickets are the keys of the company's projects: "PAY" for PAY-1234.
	Tickets []string
}

// A sign is an anchor that says something of whose code it stands in.
type sign struct {
	text  string // ASCII-caseless
	says  field
	next  string // bytes of which one must follow; "" for any
	named string // what stands before it when it is nobody's: "go" of "go/internal/"
}

// A field is what a sign says.
type field uint8

const (
	copyright field = iota // this and the next four count in comments only
	reserved
	public
	secret
	company
	internal
	mark
)

// signs are those that any company's code may have.
func signs() (list []sign) {
	add := func(f field, texts ...string) {
		for _, t := range texts {
			list = append(list, sign{text: t, says: f})
		}
	}
	add(copyright, "copyright ", "(c) 20", "© ")
	add(reserved, "all rights reserved")
	add(public, "spdx-license", "apache license", "mit license", "bsd license", "bsd-style", "bsd-3", "bsd-2", "gnu general", "gnu lesser", " gpl", "lgpl", "mozilla public", "permission is hereby granted", "licensed under", "license: mit", "license file", "public domain", "creative commons", "open source")
	add(secret, "proprietary", "confidential", "trade secret", "internal use only", "do not distribute", "not for distribution", "unauthorized copying", "unauthorised copying", "company private", "vertraulich", "propriétaire", "confidencial")
	add(internal, ".intra.", ".intranet", ".lan/", "artifactory.", "nexus.", "jira.", "gitlab.internal", "internal-registry")
	return append(list,
		sign{text: ".corp", says: internal, next: `/."':`},
		sign{text: ".internal", says: internal, next: `/"':`},
		sign{text: "/internal/", says: internal, named: "go|src|golang.org"})
}

func (o Ownership) signs() []sign {
	list := signs()
	for _, s := range o.Companies {
		list = append(list, sign{text: s, says: company})
	}
	for _, s := range o.Marks {
		list = append(list, sign{text: s, says: mark})
	}
	return list
}

// Bytes that a sign is looked at with.
const (
	signLeft  = anchor.MaxLiteral + 64
	signRight = 1
)

// maxMarks bounds the signs that wait for the end of their line.
const maxMarks = 256

// A marked is a sign that was seen.
type marked struct {
	end int // of the sign
	id  uint32
}

// Check implements [detectors.Pass]. It notes a sign; what it says counts when
// the line around it turns out to be code.
func (p *pass) Check(v detectors.View, h anchor.Hit, _ func(detectors.Finding)) int {
	s := &p.signs[h.ID]
	m := marked{h.End, h.ID}
	switch {
	case h.End <= p.end || len(p.marks) == maxMarks || slices.Contains(p.marks, m): // a Flush shows anchors twice
	case s.next != "" && (v.At >= len(v.Text) || strings.IndexByte(s.next, v.Text[v.At]) < 0):
	case s.named != "" && nobodys(v.Text[:v.At-len(s.text)], s.named):
	default:
		p.marks = append(p.marks, m)
	}
	return 0
}

// nobodys reports whether a line up to a sign names who is not a company.
func nobodys(before []byte, names string) bool {
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	for name := range strings.SplitSeq(names, "|") {
		if bytes.HasSuffix(before, []byte(name)) || len(name) > 3 && bytes.Contains(before, []byte(name)) {
			return true
		}
	}
	return false
}

// owned counts the signs of a line that ends at an offset.
func (p *pass) owned(end int, inComment bool) {
	n := 0
	for ; n < len(p.marks) && p.marks[n].end <= end; n++ {
		p.region.owner.count(p.signs[p.marks[n].id].says, inComment)
	}
	p.marks = append(p.marks[:0], p.marks[n:]...)
}

// unowned forgets the signs up to an offset: they stood in no code.
func (p *pass) unowned(end int) {
	n := 0
	for n < len(p.marks) && p.marks[n].end <= end {
		n++
	}
	p.marks = append(p.marks[:0], p.marks[n:]...)
}

// ownership collects what code says of whose it is.
type ownership struct {
	said     [mark + 1]bool
	internal int
}

func (o *ownership) count(f field, inComment bool) {
	if f > company || inComment {
		o.said[f] = true
	}
	if f == internal {
		o.internal++
	}
}

// publicKeys begin ids that look like tickets and are of standards.
var publicKeys = []string{"RFC", "ISO", "UTF", "CVE", "SHA", "PEP", "IEEE", "AES", "CP", "EIP", "BIP", "FIPS"}

// ticket is the key of a ticket id such as PAY-1234 in a line, or "".
func ticket(line []byte) string {
	for i := bytes.IndexByte(line, '-'); i >= 0; {
		from := i
		for from > 0 && line[from-1] >= 'A' && line[from-1] <= 'Z' {
			from--
		}
		to := i + 1
		for to < len(line) && line[to] >= '0' && line[to] <= '9' {
			to++
		}
		if n, k := i-from, to-i-1; n >= 2 && n <= 8 && k >= 3 && k <= 6 {
			if key := string(line[from:i]); !slices.Contains(publicKeys, key) {
				return key
			}
		}
		k := bytes.IndexByte(line[i+1:], '-')
		if k < 0 {
			return ""
		}
		i += 1 + k
	}
	return ""
}

// verdict names why the code is somebody's own, or "". What the company names
// as its own stands against any licence.
func (o *ownership) verdict() string {
	switch {
	case o.said[company] && o.said[copyright]:
		return "company"
	case o.said[mark]:
		return "company_mark"
	case o.said[public]:
		return ""
	case o.said[secret]:
		return "marked"
	case o.said[copyright] && (o.said[reserved] || o.internal > 0):
		return "copyright"
	case o.internal >= 2:
		return "internal_names"
	}
	return ""
}

package policy

import "strings"

// glob reports whether s matches pattern, in which each * stands for any run of
// bytes and everything else for itself.
func glob(pattern, s string) bool {
	if pattern == s {
		return true
	}
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return false
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	s = s[len(head):]
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(part):], more
	}
}

// anyGlob reports whether s matches one of the patterns.
func anyGlob(patterns []string, s string) bool {
	for _, p := range patterns {
		if glob(p, s) {
			return true
		}
	}
	return false
}

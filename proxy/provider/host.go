package provider

import (
	"slices"
	"strings"

	"github.com/promptgate/promptgate/proxy/policy"
)

// a hostEntry is one host pattern with the surface it serves.
type hostEntry struct {
	Host
	surface *surface
}

// Host says what a host is. It is total: names that no row knows are class
// other. The name should be lower case without a trailing dot or a port; upper
// case and one trailing dot are forgiven. Nothing is allocated for clean names.
func (c *Catalogue) Host(name string) Host {
	if e := c.lookup(name); e != nil {
		return e.Host
	}
	return Host{Class: policy.HostOther}
}

// lookup finds the row of a name: its own, or that of the longest suffix. A
// suffix is whole labels: evil-chatgpt.com is not below chatgpt.com.
func (c *Catalogue) lookup(name string) *hostEntry {
	name = clean(name)
	if e := c.exact[name]; e != nil {
		return e
	}
	for {
		i := strings.IndexByte(name, '.')
		if i < 0 {
			return nil
		}
		name = name[i+1:]
		if e := c.below[name]; e != nil {
			return e
		}
	}
}

// clean lowers ASCII letters and takes one trailing dot away. Other letters stay
// as they are: no provider has them, and folding them would make two names of
// one (the Kelvin sign lowers to k).
func clean(name string) string {
	name = strings.TrimSuffix(name, ".")
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// Suffixes returns the DNS suffixes that the certificate authority must be able
// to sign for, sorted: every inspected host is one of them or lies below one.
func (c *Catalogue) Suffixes() []string {
	var all []string
	for _, e := range c.entries() {
		if e.Class == policy.HostInspect {
			all = append(all, strings.TrimPrefix(e.Pattern, "*."))
		}
	}
	return shortest(all)
}

// Proxied returns the hosts that must come to the proxy, whatever it does with
// them: exact names, and suffixes without their leading dot, which stand for the
// names below them and not for themselves. Both are sorted; a name that a suffix
// covers is not repeated.
func (c *Catalogue) Proxied() (exact, suffixes []string) {
	for _, e := range c.entries() {
		if s, ok := strings.CutPrefix(e.Pattern, "*."); ok {
			suffixes = append(suffixes, s)
		}
	}
	suffixes = shortest(suffixes)
	for _, e := range c.entries() {
		covered := slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(e.Pattern, "."+s) })
		if !covered && !strings.HasPrefix(e.Pattern, "*.") {
			exact = append(exact, e.Pattern)
		}
	}
	return exact, suffixes
}

// entries are all rows in the order of their patterns.
func (c *Catalogue) entries() []*hostEntry {
	out := make([]*hostEntry, 0, len(c.patterns))
	for _, p := range c.patterns {
		if s, ok := strings.CutPrefix(p, "*."); ok {
			out = append(out, c.below[s])
		} else {
			out = append(out, c.exact[p])
		}
	}
	return out
}

// shortest drops the names that lie below another one, and repeats; it sorts.
func shortest(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	var out []string
	for _, n := range names {
		if !slices.ContainsFunc(names, func(o string) bool { return n != o && strings.HasSuffix(n, "."+o) }) {
			out = append(out, n)
		}
	}
	return out
}

package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// errPrivate: the address is private, loopback, link-local, metadata, or
// otherwise not a public one, and is not listed.
var errPrivate = errors.New("proxy: not a public address")

// control is called by net.Dialer with the address of each attempt, before the
// connection is made.
func (u *upstream) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	return u.guard(a.Addr())
}

// guard refuses an address that is not public and not listed.
func (u *upstream) guard(a netip.Addr) error {
	a = a.WithZone("").Unmap()
	for _, p := range u.cfg.Allow {
		if p.Contains(a) {
			return nil
		}
	}
	for _, p := range u.special {
		if p.Contains(a) {
			return errPrivate
		}
	}
	if v4, ok := embedded(a); ok {
		return u.guard(v4)
	}
	return nil
}

// guardName refuses what can be refused without resolving: names are looked up
// by the parent proxy, out of our sight.
func (u *upstream) guardName(target string) error {
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return errPrivate
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return u.guard(a)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return errPrivate
	}
	return nil
}

// embedded is the IPv4 address inside an address of the well-known NAT64 prefix
// (RFC 6052): a translator in the company's network reaches it.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !netip.MustParsePrefix("64:ff9b::/96").Contains(a) {
		return netip.Addr{}, false
	}
	b := a.As16()
	return netip.AddrFrom4([4]byte(b[12:])), true
}

// specialPrefixes are the blocks that are not the public Internet: IANA's
// special-purpose registries for IPv4 and IPv6, multicast, and metadata services
// that stand on addresses which look public.
func specialPrefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32", // Azure's platform service, from inside its virtual machines
		"::/96",            // unspecified, loopback, IPv4-compatible
		"64:ff9b:1::/48",   // NAT64 of a local operator: what is behind it cannot be told
		"100::/64",
		"2001::/32", // Teredo: holds an IPv4 address of its own
		"2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32",
		"2002::/16", // 6to4: likewise
		"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

package proxy

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// splitTarget reads "host:port" into a host in the one form in which hosts are
// compared (lower case, no trailing dot, no brackets) and a port.
func splitTarget(s string) (host string, port int, ok bool) {
	h, p, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, false
	}
	port, err = strconv.Atoi(p)
	if err != nil || port < 1 || port > 65535 {
		return "", 0, false
	}
	host, ok = cleanHost(h)
	return host, port, ok
}

// splitAuthority is splitTarget with a default port.
func splitAuthority(s string, port int) (string, int, bool) {
	if host, p, ok := splitTarget(s); ok {
		return host, p, true
	}
	host, ok := cleanHost(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return host, port, ok
}

// cleanHost brings a host into the form in which hosts are compared. It refuses
// what is neither a name of letters, digits, hyphens and underscores nor an
// address: every other spelling is a way to be read differently by two readers.
func cleanHost(h string) (string, bool) {
	if a, err := netip.ParseAddr(h); err == nil {
		return a.WithZone("").Unmap().String(), a.Zone() == ""
	}
	h = strings.TrimSuffix(h, ".")
	if h == "" || len(h) > 253 {
		return "", false
	}
	upper := false
	label := 0
	for i := range len(h) {
		switch c := h[i]; {
		case c == '.':
			if label == 0 {
				return "", false
			}
			label = 0
			continue
		case c >= 'A' && c <= 'Z':
			upper = true
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return "", false
		}
		if label++; label > 63 {
			return "", false
		}
	}
	if label == 0 {
		return "", false
	}
	if upper {
		h = strings.ToLower(h)
	}
	return h, true
}

// joinTarget is net.JoinHostPort with a number.
func joinTarget(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// isAddress reports whether a clean host is an IP address.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// authority is host[:port] as it stands in a URL: without a default port.
func authority(scheme, host string, port int) string {
	if (scheme == "https" && port == 443) || (scheme == "http" && port == 80) {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return joinTarget(host, port)
}

// sameTarget reports whether the authority of a request (Host, :authority, or
// an absolute URL) is the target of its tunnel. A missing port is the target's.
func sameTarget(asked, host string, port int) bool {
	h, p := asked, strconv.Itoa(port)
	if i := strings.LastIndexByte(asked, ':'); i >= 0 && !strings.HasSuffix(asked, "]") {
		h, p = asked[:i], asked[i+1:]
	}
	h = strings.TrimSuffix(strings.TrimPrefix(h, "["), "]")
	clean, ok := cleanHost(h)
	return ok && clean == host && p == strconv.Itoa(port)
}

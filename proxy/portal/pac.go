package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// maxPAC is the size of a PAC file in bytes: what every client is known to take
// without complaint.
const maxPAC = 32 << 10

// PAC makes the proxy auto-configuration file: exact hosts, and all names below
// suffixes, go to the proxies in their order; everything else goes direct.
//
// There is no DIRECT behind the proxies: a proxy that is down must not be a way
// past it. The script decides by the host alone, as browsers hide the path, and
// looks nothing up in DNS, which would block the browser. It is ES3, pure ASCII
// and the same bytes for the same lists.
func PAC(exact, suffixes, proxies []string, tls bool) ([]byte, error) {
	if len(proxies) == 0 {
		return nil, errors.New("portal: no proxy is named for the PAC file: set portal.proxies")
	}
	scheme := "PROXY "
	if tls {
		scheme = "HTTPS "
	}
	var chain bytes.Buffer
	for i, p := range proxies {
		if i > 0 {
			chain.WriteString("; ")
		}
		chain.WriteString(scheme + p)
	}
	exact, suffixes = sorted(exact), sorted(suffixes)
	var rules bytes.Buffer
	writeSet(&rules, "exact", exact)
	writeSet(&rules, "below", suffixes)
	fmt.Fprintf(&rules, "var proxies = %s;\n", strconv.QuoteToASCII(chain.String()))

	sum := sha256.Sum256(rules.Bytes())
	var b bytes.Buffer
	fmt.Fprintf(&b, "// promptgate %s: AI hosts go to the proxy, everything else goes direct.\n", hex.EncodeToString(sum[:6]))
	b.Write(rules.Bytes())
	b.WriteString(finder)
	if b.Len() > maxPAC {
		return nil, fmt.Errorf("portal: the PAC file has %d bytes, and clients take %d: name fewer hosts by suffixes", b.Len(), maxPAC)
	}
	return b.Bytes(), nil
}

// writeSet writes names as the keys of an object. Names are looked up with
// hasOwnProperty, so that a host called "constructor" is not found in it.
func writeSet(b *bytes.Buffer, variable string, names []string) {
	fmt.Fprintf(b, "var %s = {", variable)
	for i, n := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n  %s: 1", strconv.QuoteToASCII(n))
	}
	b.WriteString("\n};\n")
}

// finder is the part of the script that never changes. A trailing dot is the
// same host ("chatgpt.com."), and a suffix begins behind a dot, so that
// evil-chatgpt.com is not below chatgpt.com.
const finder = `
function known(set, name) {
  return Object.prototype.hasOwnProperty.call(set, name);
}

function FindProxyForURL(url, host) {
  var name = host.toLowerCase();
  if (name.charAt(name.length - 1) === ".") {
    name = name.substring(0, name.length - 1);
  }
  if (known(exact, name)) {
    return proxies;
  }
  for (var dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    if (known(below, name.substring(dot + 1))) {
      return proxies;
    }
  }
  return "DIRECT";
}
`

package inspect

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
)

// maxQuery is how many values of a query are documents of their own; what
// stands behind them is read as one.
const maxQuery = 256

// url reads what the request line says: the values of the query, what looks like
// words in the path, and of an endpoint that no row names the whole path. Nothing
// of it can be redacted: the address is the message's own. A signature or key of
// the provider in its own parameter is not read while it is one run of token
// characters.
func (c *collector) url(u *url.URL, unknown bool) {
	if unknown {
		c.text("path", "", unescape(u.EscapedPath(), false))
	} else {
		for i, s := range strings.Split(u.EscapedPath(), "/") {
			if s = unescape(s, false); speaks(s) {
				c.text("path["+strconv.Itoa(i-1)+"]", "", s)
			}
		}
	}
	rest := u.RawQuery
	for n := 0; rest != ""; n++ {
		var pair string
		if n < maxQuery {
			pair, rest, _ = strings.Cut(rest, "&")
		} else {
			pair, rest = rest, ""
		}
		key, value, _ := strings.Cut(pair, "=")
		key, value = unescape(key, true), unescape(value, true)
		if value == "" {
			key, value = "", key
		}
		if value == "" || credential(key) && token(value) {
			continue
		}
		c.text("query["+strconv.Itoa(n)+"]", key, value)
	}
}

// Speaks reports whether the address of a request may hold words of a person, or
// numbers of somebody: a read with such an address is inspected like a request
// with a body.
func Speaks(u *url.URL) bool {
	if u.RawQuery != "" {
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			key, value, _ := strings.Cut(pair, "=")
			if speaks(unescape(key, true)) || !credential(key) && speaks(unescape(value, true)) {
				return true
			}
		}
	}
	if strings.IndexByte(u.EscapedPath(), '%') < 0 && content.Identifier(u.Path) {
		return false
	}
	for s := range strings.SplitSeq(u.EscapedPath(), "/") {
		if speaks(unescape(s, false)) {
			return true
		}
	}
	return false
}

// speaks reports whether v may be words, or a number of nine digits or more that is
// no time. A run of letters and digits is the machinery's: ids, tokens, paths, the
// account that signs in.
func speaks(v string) bool {
	letters := false
	for i := range len(v) {
		switch c := v[i]; {
		case c <= ' ', c >= 0x7f, c == '"', c == '{', c == '<':
			return true
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
		}
	}
	return !letters && !content.Identifier(v) && !unixTime(v)
}

// unixTime reports whether v is a time of the years 2020 to 2033 in seconds or in
// milliseconds: no card and no phone number begins so.
func unixTime(v string) bool {
	return (len(v) == 10 || len(v) == 13) && v[0] == '1' && v[1] >= '6' && !strings.ContainsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
}

// header reads the values of headers that no protocol names and that look like
// words or numbers. They cannot be redacted: what signs a message may cover them.
func (c *collector) header(h http.Header) {
	var names []string
	for name, values := range h {
		if !standard(name) && (speaks(name) || slices.ContainsFunc(values, speaks)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		at := "header[" + strconv.Itoa(i) + "]"
		if speaks(name) {
			c.text(at+":name", "", name)
		}
		for _, v := range h[name] {
			if speaks(v) {
				c.text(at, name, v)
			}
		}
	}
}

// standard reports whether a header is one whose values have spaces, or numbers,
// by the definition of the protocol (RFC 9110 and its companions, Fetch, Trace
// Context), or are credentials.
func standard(name string) bool {
	switch name {
	case "Authorization", "Proxy-Authorization", "Cookie", "User-Agent", "Referer", "Origin", "Host", "Connection", "Keep-Alive", "Te",
		"Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Content-Length", "Content-Range", "Content-Md5", "Digest",
		"Cache-Control", "Pragma", "Date", "Expect", "Range", "Priority", "Prefer", "Upgrade", "Via", "Forwarded", "X-Forwarded-For", "X-Real-Ip",
		"Traceparent", "Tracestate", "Baggage", "Dnt", "Save-Data", "Device-Memory", "X-Ms-Date", "X-Ms-Blob-Content-Md5":
		return true
	}
	for _, prefix := range [...]string{"Accept", "Sec-", "If-", "X-Amzn-Trace-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// unescape undoes percent-encoding, in a query also "+" for a space. A malformed
// escape stands for itself: one of them must not hide the rest.
func unescape(s string, query bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+' && query:
			b.WriteByte(' ')
		case c == '%' && i+2 < len(s):
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// credential reports whether a parameter is where providers put signatures and
// keys: Azure's shared access signatures, Azure OpenAI's api-key, sockets' verify.
func credential(key string) bool {
	switch strings.ToLower(key) {
	case "sig", "skoid", "sktid", "ske", "skt", "api-key", "subscription-key", "verify":
		return true
	}
	return false
}

// token reports whether v is one run of printable characters, as keys are.
func token(v string) bool {
	return len(v) <= 2048 && !strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' })
}

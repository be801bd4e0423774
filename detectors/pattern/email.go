package pattern

import "strings"

// findEmail reads an address (RFC 5321's dot-string, RFC 5890's labels) around an '@'.
func findEmail(c *check, r *rule, _ int) {
	text := c.v.Text
	s := c.at - 1
	for s > 0 && c.at-s <= 64 && localByte(text[s-1]) {
		s--
	}
	for s < c.at-1 && (text[s] == '.' || text[s] == '-' || text[s] == '\'' || text[s] == '%' || text[s] == '/') {
		s++
	}
	if s >= c.at-1 || text[c.at-2] == '.' || !c.has(c.at, 66) {
		return
	}
	e, dots, label := c.at, 0, c.at
	last := c.at
	for e < len(text) && e-c.at < 190 {
		b := text[e]
		if isAlnum(b) || b == '-' && e > label || b >= 0xC3 && b <= 0xC9 || b >= 0x80 && b < 0xC0 && e > label {
			e++
			continue
		}
		if b == '.' && e > label && e+1 < len(text) && (isAlnum(text[e+1]) || text[e+1] >= 0xC3 && text[e+1] <= 0xC9) {
			dots++
			e++
			label = e
			continue
		}
		break
	}
	last = label
	if dots == 0 || !c.has(e, 2) || text[e-1] == '-' {
		return
	}
	tld := text[last:e]
	for _, b := range tld {
		if isDigit(b) && !strings.HasPrefix(string(tld), "xn--") {
			return
		}
	}
	lower := strings.ToLower(string(tld))
	if len(tld) < 2 || isFileEnding(lower) {
		return
	}
	if e < len(text) && (text[e] == '_' || text[e] == '@') {
		return
	}
	local := strings.ToLower(string(text[s : c.at-1]))
	if inURL(text, s) || local == "git" && e < len(text) && (text[e] == ':' || text[e] == '/') {
		return
	}
	var points int16
	evidence := ""
	if reservedDomain(strings.ToLower(string(text[c.at:e]))) {
		points, evidence = -16, "example_domain"
		if twoNames(local) && tellsMail(text[max(0, s-24):s]) {
			points = -10 // somebody's, whatever the domain
		}
	} else if roleAddress(local) {
		points, evidence = -14, "role_address"
	}
	c.judge(r, candidate{start: s, end: e, head: s, points: points, evidence: evidence})
}

// twoNames reports whether an address begins with two names: jane.doe, jane_doe.
func twoNames(local string) bool {
	i := strings.IndexAny(local, "._")
	if i < 3 || len(local)-i < 4 {
		return false
	}
	for k := range len(local) {
		if !isLetter(local[k]) && k != i {
			return false
		}
	}
	return !strings.HasPrefix(local, "your") && !strings.HasPrefix(local, "user") && !strings.HasPrefix(local, "first")
}

// tellsMail reports whether the last words before an address say that somebody is
// reached there.
func tellsMail(before []byte) bool {
	t := strings.ToLower(string(before))
	for _, w := range []string{"mail", "contact", "reach", "correo"} {
		if strings.Contains(t, w) {
			return true
		}
	}
	return false
}

func localByte(b byte) bool {
	return isAlnum(b) || strings.IndexByte("._%+-'!#$&*/?^{|}~", b) >= 0 && strings.IndexByte("'!#$&*?^{|}~/", b) < 0
}

// inURL reports whether the word before i holds "://": what stands there is a
// user and a password.
func inURL(text []byte, i int) bool {
	for k := i - 1; k >= 2 && i-k < 80 && !isSpace(text[k]) && text[k] != '"'; k-- {
		if text[k] == '/' && text[k-1] == '/' && text[k-2] == ':' {
			return true
		}
	}
	return false
}

func isFileEnding(s string) bool {
	switch s {
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "mjs", "ts", "tsx", "jsx", "json", "html", "htm", "xml", "txt", "md", "py", "rb",
		"go", "java", "php", "yml", "yaml", "lock", "map", "min", "pdf", "zip", "gz", "tgz", "service", "socket", "timer", "conf", "cfg", "log", "h", "so":
		return true
	}
	return false
}

// reservedDomain knows RFC 2606 and RFC 6761.
func reservedDomain(d string) bool {
	for _, r := range []string{"example.com", "example.org", "example.net", "example", "test", "invalid", "localhost", "local", "domain.com", "email.com", "company.com", "acme.com", "foo.com", "bar.com", "test.com"} {
		if d == r || strings.HasSuffix(d, "."+r) {
			return true
		}
	}
	return false
}

// roleAddress knows the mailboxes of RFC 2142 and their like: nobody's own.
func roleAddress(local string) bool {
	switch local {
	case "info", "support", "sales", "contact", "admin", "administrator", "webmaster", "postmaster", "hostmaster", "abuse", "noc", "security", "help",
		"helpdesk", "noreply", "no-reply", "donotreply", "do-not-reply", "marketing", "press", "media", "jobs", "careers", "billing", "office", "hello",
		"team", "privacy", "legal", "feedback", "newsletter", "root", "mailer-daemon", "service", "kontakt", "bounce", "notifications", "git", "user", "username", "email", "name", "you", "someone", "bugs", "golang-dev", "dev":
		return true
	}
	return false
}

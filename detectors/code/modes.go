package code

import "bytes"

// diffLine knows the lines that stand above the lines of a diff.
func diffLine(t []byte) bool {
	switch t[0] {
	case 'd':
		return bytes.HasPrefix(t, []byte("diff --git "))
	case '@':
		return bytes.HasPrefix(t, []byte("@@ -")) && bytes.Contains(t[4:], []byte(" @@"))
	case '-':
		return bytes.HasPrefix(t, []byte("--- a/")) || bytes.HasPrefix(t, []byte("--- /dev/null"))
	case '+':
		return bytes.HasPrefix(t, []byte("+++ b/")) || bytes.HasPrefix(t, []byte("+++ /dev/null"))
	}
	return false
}

// hunkSize is the number of lines, each side counted, that "@@ -a,n +b,m @@"
// announces; at most 10,000. A line of context counts for both sides.
func hunkSize(t []byte) int {
	if t[0] != '@' {
		return 0
	}
	size, side := 0, 0
	for i := 3; i < len(t) && t[i] != '@'; i++ {
		if t[i] != '-' && t[i] != '+' {
			continue
		}
		n := 1
		if k := bytes.IndexAny(t[i:], ", "); k > 0 && t[i+k] == ',' {
			n = number(t[i+k+1:])
		}
		size += n
		if side++; side == 2 {
			break
		}
	}
	return min(size, 10_000)
}

func number(t []byte) (n int) {
	for _, b := range t {
		if b < '0' || b > '9' || n > 10_000 {
			break
		}
		n = n*10 + int(b-'0')
	}
	return n
}

// hunkLine is a line of a diff: code by right, of the language of its text.
func (p *pass) hunkLine(line []byte) class {
	r := &p.region
	if r.hunk--; line[0] == ' ' {
		r.hunk--
	}
	k := class{kind: codeLine, lang: diff}
	if _, t := trim(line[1:]); len(t) > 0 && commentKind(t) == prose {
		if inner := classify(line[1:], t, measure(t), r); inner.kind == strongLine {
			k.kind = strongLine
		}
	}
	return k
}

// cellLine is a line of a cell of a notebook: a JSON string that is a line of
// code, as it stands between the quotes.
func cellLine(t []byte, r *region) class {
	t = bytes.TrimSuffix(t[1:], []byte(","))
	t = bytes.TrimSuffix(t, []byte(`"`))
	t = bytes.TrimSuffix(t, []byte(`\n`))
	if bytes.Contains(t, []byte(`": `)) {
		return class{kind: neutral} // a member of the notebook's own
	}
	line, t := trim(t)
	if len(t) == 0 {
		return class{kind: neutral}
	}
	k := classify(line, t, measure(t), r)
	if k.kind == strongLine || k.kind == codeLine {
		k.lang, k.sure = notebook, false
	}
	return k
}

// yamlLine knows the lines of a manifest: "key: value", "- key: value", "- value".
func yamlLine(t []byte) bool {
	t = bytes.TrimPrefix(t, []byte("- "))
	for i, b := range t {
		switch {
		case b == ':':
			return i > 0 && (i+1 == len(t) || t[i+1] == ' ')
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '-', b == '.', b == '/', b == '"':
		default:
			return false
		}
	}
	return false
}

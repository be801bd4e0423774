package pattern

import "bytes"

// findPEM reads a private key from "-----BEGIN" to the END that belongs to it
// (RFC 7468, OpenPGP's armor), line breaks written as \n included. A block that
// is cut off counts as far as it goes.
func findPEM(c *check, r *rule, n int) {
	text := c.v.Text
	s := c.at - n
	if !c.has(c.at, 64) {
		return
	}
	head := text[c.at:min(len(text), c.at+64)]
	k := bytes.Index(head, []byte("-----"))
	if k < 0 || !bytes.Contains(head[:k], []byte("PRIVATE KEY")) {
		return
	}
	body := c.at + k + 5
	stop := min(len(text), s+r.src.MaxLength)
	begins := false // another block does, before this one ended
	if i := bytes.Index(text[body:stop], []byte("-----BEGIN")); i >= 0 {
		stop, begins = body+i, true
	}
	end, bodyEnd := -1, 0
	if i := bytes.Index(text[body:stop], []byte("-----END")); i >= 0 {
		bodyEnd = body + i
		tail := text[body+i+8 : min(len(text), body+i+8+64)]
		if j := bytes.Index(tail, []byte("-----")); j >= 0 {
			end = body + i + 8 + j + 5
		} else {
			end = body + i + 8
		}
	} else if !begins && !c.has(s, r.src.MaxLength) {
		return
	}
	whole := end > 0
	if !whole {
		for end = body; end < stop && (isToken(text[end]) || isSpace(text[end]) || text[end] == '\\' || text[end] == ':' || text[end] == ','); end++ {
		}
		for end > body && isSpace(text[end-1]) {
			end--
		}
		bodyEnd = end
	}
	// The body must hold key material, not dots or a placeholder.
	longest, run := 0, 0
	for _, b := range text[body:bodyEnd] {
		if isToken(b) {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	points, why := int16(0), ""
	if longest < 20 {
		if !whole || longest < 8 {
			return
		}
		points, why = -25, "short_body"
	}
	c.judge(r, candidate{start: s, end: end, head: s, points: points, evidence: why})
}

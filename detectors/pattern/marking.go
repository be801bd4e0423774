package pattern

import "bytes"

// border stands in a view where another part of the text ends.
const border = 0x1E

// findMarking judges a classification marking by where it stands: alone on its
// line, behind a label ("Classification: …"), or in capitals. In a running
// sentence, and above all in a disclaimer, it is only a word. Shape marking_line
// knows only the first two places.
func findMarking(c *check, r *rule, n int) {
	text := c.v.Text
	s, e := c.at-n, c.at
	if !wholeWord(text, s, e) || !c.has(e, disclaims) {
		return
	}
	c.work += lineCost
	ls := s
	for ls > 0 && text[ls-1] != '\n' && text[ls-1] != border && s-ls < 200 {
		ls--
	}
	le := e
	for le < len(text) && text[le] != '\n' && le-e < 160 {
		le++
	}
	line := text[ls:le]
	before := bytes.Trim(text[ls:s], " \t\r*#_=-[](){}<>|/\\~.•·:\"'“”„«»►•!")
	behind := bytes.Trim(text[e:le], " \t\r*#_=-[](){}<>|/\\~.•·:\"'“”„«»►•!,;")
	caps := capitals(text[s:e])
	words := bytes.Count(bytes.TrimSpace(text[s:e]), []byte(" ")) + 1
	own := len(before) == 0
	common := r.src.Shape == "marking_line" // a word too common to mark anything elsewhere
	if common && own && len(behind) == 0 && !marksAlone(text, ls, s, e, caps) {
		return
	}
	points, why := int16(0), ""
	switch {
	case own && len(behind) == 0 && (caps || isUpper(text[s])):
		points, why = 22, "own_line"
	case own && len(behind) == 0 && text[s] >= 0x80:
		points, why = 22, "own_line"
	case own && len(behind) == 0 && r.src.Shape == "marking":
		points, why = 8, "own_line"
	case labelsMarking(c.lower(before), text[ls:s], common) && len(behind) < 40:
		points, why = 22, "label"
	case common:
		return
	case caps && own && len(behind) <= 70:
		points, why = 18, "heading"
	case caps && len(before) <= 40 && len(behind) <= 40:
		points, why = 14, "capitals"
	case caps && words >= 2:
		points, why = 12, "capitals"
	case own && words >= 2 && isUpper(text[s]) && len(behind) <= 30 && len(behind) > 0 && isUpper(behind[0]) && text[e] != ',': // or a sentence goes on
		points, why = 14, "heading"
	case bytes.HasPrefix(c.lower(behind), []byte("do not")) && own:
		points, why = 18, "heading"
	case text[s] >= 0x80 && len(before)+len(behind) < 30:
		points, why = 12, "short_line"
	case own && isUpper(text[s]) && len(behind) <= 40 && (bytes.IndexByte(text[e:le], '|') >= 0 || bytes.Contains(text[e:min(le, e+6)], []byte("-")) || bytes.Contains(text[e:min(le, e+6)], []byte("–")) || bytes.IndexByte(text[e:min(le, e+3)], ':') >= 0):
		points, why = 10, "heading"
	default:
		return
	}
	if c.disclaimer(ls, e) {
		return
	}
	if c.v.Off+s < topBytes && why != "" {
		points += 3 // where headers stand
	}
	c.fold = appendLower(c.fold[:0], line)
	for _, w := range [][]byte{[]byte("may contain"), []byte("this message"), []byte("this email"), []byte("this e-mail"), []byte("intended recipient"), []byte("intended only"),
		[]byte("diese e-mail"), []byte("ce message"), []byte("este mensaje"), []byte("how to "), []byte("what is"), []byte("what does"), []byte("explain"), []byte("should i"), []byte("do i "), []byte("can i "), []byte("meaning of"), []byte("difference between"), []byte("i was told"), []byte("?")} {
		if bytes.Contains(c.fold, w) {
			return
		}
	}
	c.judge(r, candidate{start: s, end: e, head: s, points: points, evidence: why, shown: true})
}

// Bytes around a marking that are read for a disclaimer, and those from the
// beginning of a text in which a marking is a header's.
const (
	disclaims = 320
	topBytes  = 400
)

// disclaimer reports whether a marking whose line begins at ls and that ends at
// e heads the small print of a mail, which every mail has.
func (c *check) disclaimer(ls, e int) bool {
	text := c.v.Text
	c.fold = appendLower(c.fold[:0], text[max(0, ls-120):min(len(text), e+disclaims)])
	for _, w := range []string{"intended recipient", "intended solely for", "intended only for", "received this message in error", "received this email in error", "received this e-mail in error", "confidentiality notice", "notify the sender", "may be privileged", "may contain confidential",
		"nicht der richtige adressat", "nicht der beabsichtigte", "vertrauliche informationen enthalten", "irrtümlich erhalten", "destinataire", "reçu par erreur", "destinatario", "recibido este mensaje por error", "ricevuto per errore", "recebeu esta mensagem", "niet de geadresseerde",
		"omyłkowo", "inte är avsedd mottagare"} {
		if bytes.Contains(c.fold, []byte(w)) {
			return true
		}
	}
	return false
}

func (c *check) lower(b []byte) []byte {
	c.valid = lowerWord(c.valid[:0], b)
	return c.valid
}

// labelsMarking knows what stands before a marking in headers and tables. line is
// its line as far as the marking, with what divides the two. A status is one of a
// document only where the marking is no common word.
func labelsMarking(b, line []byte, common bool) bool {
	gap := line[len(bytes.TrimRight(line, " \t:=*|\"'`->：–—_")):]
	if !bytes.ContainsAny(gap, ":=|>\t：–—") && !bytes.Contains(gap, []byte(" - ")) {
		return false
	}
	for _, w := range []string{"classification", "sensitivity", "confidentiality", "data class", "security class", "marking", "label", "klassifizierung", "einstufung", "vertraulichkeit", "classificação", "clasificación", "classificazione", "niveau de confidentialité", "classificatie", "klauzula", "信息分类", "密级", "status"} {
		if bytes.HasSuffix(bytes.TrimRight(b, " :=*|\"'-"), []byte(w)) {
			return w != "status" || !common
		}
	}
	return false
}

// marksAlone reports whether a common word, text[s:e], alone on the line that
// begins at ls, can be a marking: no heading of a list of changes, no comment, no
// line of an enumeration.
func marksAlone(text []byte, ls, s, e int, caps bool) bool {
	lead := bytes.TrimLeft(text[ls:s], " \t")
	for _, sign := range []string{"//", "/*", "--", "\"", "'", "|"} {
		if bytes.HasPrefix(lead, []byte(sign)) {
			return false
		}
	}
	if caps {
		return e == len(text) || text[e] != ','
	}
	next := bytes.IndexByte(text[e:], '\n')
	return !bytes.HasPrefix(lead, []byte("#")) && (next < 0 || e+next+1 >= len(text) || text[e+next+1] == '\n' || text[e+next+1] == '\r')
}

// wholeWord reports whether no letter or digit touches text[s:e].
func wholeWord(text []byte, s, e int) bool {
	return (s == 0 || !isWord(text[s-1])) && (e == len(text) || !isWord(text[e]))
}

// capitals reports whether every letter of b is a capital.
func capitals(b []byte) bool {
	n := 0
	for _, x := range b {
		if isLower(x) {
			return false
		}
		if isUpper(x) {
			n++
		}
	}
	return n > 0
}

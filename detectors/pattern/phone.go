package pattern

// findPhone reads a number that begins with an area code in parentheses; the
// anchor is "(" and a digit. Other numbers are tried by digitRun.
func findPhone(c *check, r *rule, n int) {
	text := c.v.Text
	s := c.at - n
	if s == 0 && !c.v.BOF || s > 0 && (isWord(text[s-1]) || text[s-1] == ')') || !c.has(c.at, 24) {
		return
	}
	i := s + 1
	area := i
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	k := i - area
	if k < 2 || k > 5 || i >= len(text) || text[i] != ')' {
		return
	}
	i++
	if i < len(text) && (text[i] == ' ' || text[i] == '-' || text[i] == '.') {
		i++
	}
	g, digits, end := c.rest(i)
	if g == nil || digits < 6 || digits > 9 || digits+k < 9 || digits+k > 11 {
		return
	}
	start := s
	if s > 1 && text[s-1] == ' ' && (text[s-2] == '8' || text[s-2] == '0') && (s == 2 || !isWord(text[s-3]) && text[s-3] != '+') && (s > 2 || c.v.BOF) {
		s -= 2 // 8 (912) 345-67-89, as Russia dials
		start = s
	}
	for start > 0 && s-start < 5 && text[start] != '+' && (text[start-1] == ' ' || isDigit(text[start-1]) || text[start-1] == '+') {
		start--
	}
	points, why := int16(0), ""
	if text[start] != '+' {
		start = s
	} else {
		points, why = 14, "international"
	}
	if k == 3 && digits == 7 && g[0] == 3 && nanp(text[area], text[i]) {
		points, why = 14, "separators"
		if fictional(text[start:end]) {
			points, why = 0, "fictional_number"
		}
	}
	c.judge(r, candidate{start: start, end: end, head: start, points: points, evidence: why})
}

// rest reads up to three groups of digits joined by single separators.
func (c *check) rest(i int) (lens []int, digits, end int) {
	text := c.v.Text
	for len(lens) < 3 {
		s := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if i == s {
			return nil, 0, 0
		}
		lens = append(lens, i-s)
		digits += i - s
		end = i
		if i+1 < len(text) && (text[i] == ' ' || text[i] == '-' || text[i] == '.') && isDigit(text[i+1]) {
			i++
			continue
		}
		break
	}
	if end < len(text) && isWord(text[end]) {
		return nil, 0, 0
	}
	if len(lens) == 1 {
		lens = append(lens, 0)
	}
	return lens, digits, end
}

// nanp reports whether area code and exchange may begin with these digits.
func nanp(area, exchange byte) bool { return area >= '2' && exchange >= '2' }

// fictional reports whether a number ends in 555-01xx.
func fictional(tail []byte) bool {
	d := make([]byte, 0, 8)
	for _, b := range tail {
		if isDigit(b) {
			d = append(d, b)
		}
	}
	return len(d) >= 7 && string(d[len(d)-7:len(d)-2]) == "55501"
}

// mayDial reports whether a number of phone's may begin with the group of n
// digits at text[i:]: most groups begin none of its forms.
func mayDial(text []byte, i, n int) bool {
	if i > 0 && (text[i-1] == '+' || text[i-1] == ')' || text[i-1] == ' ' && i > 1 && text[i-2] == ')') {
		return true
	}
	switch b := text[i]; n {
	case 1:
		return b == '1'
	case 2, 4:
		return b == '0'
	case 5:
		return b == '0' || b >= '6'
	case 3, 10, 11:
		return true
	}
	return false
}

// phone tries the national and international forms at a group of a digit run.
func (c *check) phone(r *rule, at int) {
	text := c.v.Text
	first := c.groups[at].start
	plus := first > 0 && text[first-1] == '+'
	sep := byte(0)
	digits, n := 0, 0
	for k := at; k < len(c.groups) && n < 6; k++ {
		g := c.groups[k]
		if k > at {
			s := text[g.start-1]
			if g.start-c.groups[k-1].end != 1 || sep != 0 && s != sep && !(plus || n == 1 || s == '-') {
				break
			}
			if !plus && n >= 2 && s != sep && s != '-' {
				break
			}
			sep = s
		}
		if digits+g.end-g.start > 15 {
			break
		}
		digits += g.end - g.start
		n++
		if plus && digits >= 11 && n >= 2 && k+1 < len(c.groups) && c.groups[k+1].end-c.groups[k+1].start > 4 {
			break
		}
	}
	if n == 0 {
		return
	}
	if plus {
		c.international(r, at, n, digits)
		return
	}
	if start := c.countryCode(first); start < first {
		if end := c.groups[at+n-1].end; digits >= 8 && digits <= 12 && c.has(end, 2) && (end == len(text) || !isWord(text[end])) {
			c.judge(r, candidate{start: start, end: end, head: start, points: 14, evidence: "international"})
		}
		return
	}
	for ; n > 0; n-- {
		if points, why, ok := c.national(at, n); ok {
			if end := c.groups[at+n-1].end; c.alone(false, first, end) && !c.inRow(at, n) {
				c.judge(r, candidate{start: first, end: end, head: first, points: points, evidence: why})
				return
			}
		}
	}
}

// inRow reports whether n groups are a part of a longer row with the same
// separator, or of a dump of bytes.
func (c *check) inRow(at, n int) bool {
	text := c.v.Text
	if n == 1 {
		return false
	}
	sep := text[c.groups[at+1].start-1]
	if at > 0 && c.groups[at].start-c.groups[at-1].end == 1 && text[c.groups[at].start-1] == sep {
		return true
	}
	if at+n < len(c.groups) && c.groups[at+n].start-c.groups[at+n-1].end == 1 && text[c.groups[at+n].start-1] == sep {
		return true
	}
	if c.groups[at].end-c.groups[at].start != 2 {
		return false
	}
	i := c.groups[at].start // two hexadecimal digits, one or two spaces before
	for k := 0; k < 2 && i > 0 && text[i-1] == ' '; k++ {
		i--
	}
	if i > 2 && i < c.groups[at].start && isHex(text[i-1]) && isHex(text[i-2]) {
		return true
	}
	j := c.groups[at+n-1].end
	for k := 0; k < 2 && j < len(text) && text[j] == ' '; k++ {
		j++
	}
	return j > c.groups[at+n-1].end && j+2 < len(text) && isHex(text[j]) && isHex(text[j+1]) && !isAlnum(text[j+2])
}

func isHex(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

// countryCode extends a number to the left over "+44 (0)".
func (c *check) countryCode(first int) int {
	text := c.v.Text
	i := first
	if i > 0 && text[i-1] == ' ' {
		i--
	}
	if i > 2 && text[i-1] == ')' && text[i-2] == '0' && text[i-3] == '(' {
		i -= 3
		if i > 0 && text[i-1] == ' ' {
			i--
		}
		j := i
		for j > 0 && i-j < 3 && isDigit(text[j-1]) {
			j--
		}
		if j < i && j > 0 && text[j-1] == '+' {
			return j - 1
		}
	}
	return first
}

// international judges + and a number of ITU-T E.164.
func (c *check) international(r *rule, at, n, digits int) {
	text := c.v.Text
	start := c.groups[at].start - 1
	if start > 0 && (isWord(text[start-1]) || text[start-1] == '+') || start == 0 && !c.v.BOF {
		return
	}
	end := 0
	for ; n > 0; n-- { // the most groups that are a number
		if end = c.groups[at+n-1].end; digits <= 16 && dials(text[start+1:end]) {
			break
		}
		digits -= c.groups[at+n-1].end - c.groups[at+n-1].start
	}
	if n == 0 || digits < 7 || !c.has(end, 2) || end < len(text) && isWord(text[end]) {
		return
	}
	if n == 1 && (digits < 9 || start > 1 && (text[start-1] == '\\' || text[start-1] == ' ' && text[start-2] == '=')) {
		return // an integer with its sign
	}
	c.judge(r, candidate{start: start, end: end, head: start, points: 14, evidence: "international"})
}

func nthDigit(d []byte, n int) byte {
	for _, b := range d {
		if isDigit(b) {
			if n == 0 {
				return b
			}
			n--
		}
	}
	return 0
}

// national judges n groups as a number of some country's plan.
func (c *check) national(at, n int) (points int16, why string, ok bool) {
	text := c.v.Text
	var lens [6]int
	total := 0
	for k := range n {
		lens[k] = c.groups[at+k].end - c.groups[at+k].start
		total += lens[k]
	}
	s, e := c.groups[at].start, c.groups[at+n-1].end
	b0, b1 := text[s], nthDigit(text[s:e], 1)
	if (lens[0] == 2 || lens[0] == 4 && lens[1] < 4) && n > 2 && b0 == '0' && b1 == '0' && dials(text[s+2:e]) && total > 11 {
		return 14, "international", true // dialled as 00
	}
	if n == 1 {
		// Ten to eleven bare digits: nothing without context.
		switch {
		case total == 10 && b0 >= '2' && text[s+3] >= '2', total == 10 && b0 == '0' && b1 >= '1', total == 11 && b0 == '0' && b1 >= '1', total == 11 && b0 == '1' && b1 >= '2':
			return -16, "no_separators", true
		}
		return 0, "", false
	}
	sep := text[c.groups[at+1].start-1]
	same := true
	for k := 1; k < n; k++ {
		same = same && text[c.groups[at+k].start-1] == sep
	}
	k := 0
	if lens[0] == 1 && b0 == '1' && n == 4 {
		k = 1 // 1-212-555-0142
	}
	switch {
	case n-k == 3 && lens[k] == 3 && lens[k+1] == 3 && lens[k+2] == 4 && same:
		area, exchange := text[c.groups[at+k].start:], text[c.groups[at+k+1].start:]
		if area[0] < '2' || area[1] == '1' && area[2] == '1' {
			break
		}
		if exchange[0] < '2' { // no exchange, and still what people make up
			return -8, "no_such_exchange", true
		}
		points, why = 10, "separators"
		if sep == ' ' || sep == '/' {
			points = 0
		}
		if fictional(text[s:e]) {
			points, why = 0, "fictional_number"
		}
		return points, why, true
	case n == 2 && lens[0] == 5 && lens[1] == 4:
		return 0, "", false // ZIP+4
	case b0 == '0' && b1 >= '1' && lens[0] >= 2 && lens[0] <= 5 && total >= 9 && total <= 12 && n <= 5 && same:
		switch {
		case n == 5 && lens[0] == 2 && lens[1] == 2 && lens[4] == 2 && total == 10, // France
			n == 3 && lens[0] == 3 && lens[1] == 4 && lens[2] == 4,                                        // London, Japan
			n == 2 && lens[0] == 5 && lens[1] == 6, n == 3 && lens[0] == 4 && lens[1] == 3 && total >= 10, // UK, Australia
			n == 3 && lens[0] == 5 && lens[1] == 3 && lens[2] == 3:
			return 10, "separators", true
		}
		if n == 5 || lens[n-1] >= 2 {
			return 0, "", true
		}
	case n == 2 && lens[0] == 5 && lens[1] == 5 && b0 >= '6', // India
		n == 3 && total == 11 && b0 == '1' && b1 >= '3' && lens[0] == 3, // China
		n >= 3 && total == 9 && b0 >= '6' && same && lens[0] == 3:       // Spain
		return -16, "ambiguous", true
	}
	return 0, "", false
}

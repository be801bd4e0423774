package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/promptgate/promptgate/detectors"
)

// A format is digit groups and what stands between them.
type format struct {
	lens   []int
	seps   []byte // '_' stands for one of " -./", the same throughout
	points int16
}

// parseFormat reads "3-2-4", "4_4_4_4=12" (with points), "9".
func parseFormat(s string) (f format, err error) {
	spec, points, ok := strings.Cut(s, "=")
	if ok {
		n, err := strconv.Atoi(points)
		if err != nil || n < -50 || n > 50 {
			return f, errors.New("the points of a format are a number from -50 to 50")
		}
		f.points = int16(n)
	}
	for i := 0; i < len(spec); {
		j := i
		for j < len(spec) && isDigit(spec[j]) {
			j++
		}
		n, err := strconv.Atoi(spec[i:j])
		if err != nil || n < 1 || n > maxGroup {
			return f, fmt.Errorf("the groups of a format have 1 to %d digits", maxGroup)
		}
		f.lens = append(f.lens, n)
		if j < len(spec) {
			if !strings.ContainsRune("_ -./", rune(spec[j])) || j+1 == len(spec) {
				return f, errors.New("the separators of a format are space, - . / or _")
			}
			f.seps = append(f.seps, spec[j])
			j++
		}
		i = j
	}
	if len(f.lens) == 0 {
		return f, errors.New("a format is empty")
	}
	return f, nil
}

// A group is a run of digits without separators.
type group struct{ start, end int }

func isSeparator(b byte) bool { return b == ' ' || b == '-' || b == '.' || b == '/' }

// How much of one run of separated digits is looked at for one anchor: groups
// that begin within digitsZone of it, the engine marking longer runs again, and
// what stands behind them.
const (
	digitsZone = detectors.DigitsAgain
	maxRun     = digitsZone + 128
)

// maxGroup is the longest group of digits that a format has.
const maxGroup = 32

// digitRules are the rules that look at runs of digits, indexed by the length
// of the group they begin with, formats by that of the next one as well (0 if
// there is none): most groups begin none of them.
type digitRules struct {
	formats  [maxGroup + 1][maxGroup + 1]formatList
	gates    [maxGroup + 1][maxGroup + 1]gate // of these
	patterns [maxGroup + 1][]digitPattern     // lead nothing
	behind   [maxGroup + 1]byteSet            // what may stand behind the group for one of patterns
	led      []*rule                          // begin before the group
	leads    []digitLead
	phones   []*rule
}

// A formatList is the formats that begin with two groups.
type formatList []ruleFormats

// A gate is what all formats of a list ask: they are tried only where one of them
// may hold. Its lowest bits say how long the third group is, bit 0 that some have
// none; above stand what separates the first two groups, and whether some are one
// group alone.
type gate uint64

const (
	gateSpace = gate(1) << (maxGroup + 1 + iota)
	gateDash
	gateDot
	gateSlash
	gateBare
	gateRows = gateSpace | gateDash | gateDot | gateSlash
)

// gateOf is the bit of a separator.
func gateOf(sep byte) gate {
	switch sep {
	case ' ':
		return gateSpace
	case '-':
		return gateDash
	case '.':
		return gateDot
	case '/':
		return gateSlash
	}
	return gateRows // '_': one of these
}

// ruleFormats are formats of a rule that begin alike.
type ruleFormats struct {
	rule    *rule
	formats []format
}

// A digitLead is how far before a group matches of led rules begin, and with what.
type digitLead struct {
	bytes int
	heads byteSet
}

// A digitPattern is a rule whose pattern begins with a group of a length, and
// what may stand behind that.
type digitPattern struct {
	rule   *rule
	behind byteSet
}

func newDigitRules(list []*rule) (d digitRules) {
	for _, r := range list {
		switch r.src.Shape {
		case "digits":
			for _, f := range r.formats {
				for second := range maxGroup + 1 {
					if len(f.lens) > 1 && f.lens[1] != second {
						continue // a single group may stand before any other
					}
					d.add(r, f, second)
				}
			}
		case "phone":
			d.phones = append(d.phones, r)
		default:
			if len(r.leads) != 1 || r.leads[0] != 0 {
				d.lead(r)
				continue
			}
			for n, set := range r.match.behindDigits(r.right == boundNone) {
				if set != (byteSet{}) {
					d.patterns[n] = append(d.patterns[n], digitPattern{r, set})
					d.behind[n].addAll(set)
				}
			}
		}
	}
	return d
}

// add puts a format into the list of those that begin as it does.
func (d *digitRules) add(r *rule, f format, second int) {
	l := &d.formats[f.lens[0]][second]
	if k := len(*l); k == 0 || (*l)[k-1].rule != r {
		*l = append(*l, ruleFormats{rule: r})
	}
	last := &(*l)[len(*l)-1]
	last.formats = append(last.formats, f)
	g := &d.gates[f.lens[0]][second]
	if len(f.lens) == 1 {
		*g |= gateBare
		return
	}
	*g |= gateOf(f.seps[0])
	if len(f.lens) > 2 {
		*g |= 1 << f.lens[2]
	} else {
		*g |= 1
	}
}

// opens reports whether formats of more than one group may hold where two groups
// stand, separated by sep, with rest behind them.
func (g gate) opens(sep byte, rest []group) bool {
	if g&gateRows == 0 || !isSeparator(sep) || g&gateOf(sep) == 0 {
		return false
	}
	if g&1 != 0 || len(rest) == 0 {
		return g&1 != 0
	}
	n := rest[0].end - rest[0].start
	return n <= maxGroup && g>>uint(n)&1 == 1
}

// lead notes a rule whose matches begin before the group.
func (d *digitRules) lead(r *rule) {
	d.led = append(d.led, r)
	for _, n := range r.leads {
		i := slices.IndexFunc(d.leads, func(l digitLead) bool { return l.bytes == n })
		if i < 0 {
			i = len(d.leads)
			d.leads = append(d.leads, digitLead{bytes: n})
		}
		if len(r.match.heads) > 0 {
			d.leads[i].heads.addAll(r.match.heads[0])
		} else {
			d.leads[i].heads = anyByte
		}
	}
}

// mayLead reports whether a led rule may match around the group at text[i:].
func (d *digitRules) mayLead(text []byte, i int) bool {
	for k := range d.leads {
		l := &d.leads[k]
		if s := i - l.bytes; s >= 0 && l.heads.has(text[s]) {
			return true
		}
	}
	return false
}

// digitRun looks at the run of separated digits around the anchor: at each
// group, the formats and patterns of every rule are tried.
func (c *check) digitRun() {
	text := c.v.Text
	i := c.at
	for i > 0 && (isDigit(text[i-1]) || isSeparator(text[i-1]) && i > 1 && isDigit(text[i-2])) {
		i--
	}
	start := i
	if start == 0 && !c.v.BOF {
		// The run began before the view. What stands at its border is not whole.
		for start < c.at && isDigit(text[start]) {
			start++
		}
	}
	j := max(c.groupsFrom(start, min(len(text), c.at+maxRun)), c.at)
	if j >= len(text)-1 && j-c.at < maxRun && !c.has(c.at, min(max(2*(len(text)-c.at), right), maxRun)) {
		return
	}
	if len(c.groups) > 0 {
		c.hint(c.groups[0].start, j)
	}
	// Groups that an earlier anchor of the run brought were looked at.
	from, to := c.runEnd-c.v.Off, min(j, c.at+digitsZone)
	if to < j { // the rest is marked again
		c.runEnd = max(c.runEnd, c.v.Off+to)
	}
	rules := &c.d.digits
	for k, g := range c.groups {
		if g.start < from || g.start >= to {
			continue
		}
		c.work += groupCost
		c.lone = 0
		n := g.end - g.start
		second := 0
		if k+1 < len(c.groups) {
			second = c.groups[k+1].end - c.groups[k+1].start
		}
		if n <= maxGroup {
			m := min(second, maxGroup)
			if is := rules.gates[n][m]; is&gateBare != 0 && c.lonely(g) || second > 0 && is.opens(text[g.end], c.groups[k+2:]) {
				list := rules.formats[n][m]
				for i := range list {
					c.tryFormats(&list[i], k)
				}
			}
		}
		if len(rules.phones) > 0 && mayDial(text, g.start, n) {
			for _, r := range rules.phones {
				c.phone(r, k)
			}
		}
		if m := min(n, maxGroup); n > maxGroup || g.end >= len(text) || rules.behind[m].has(text[g.end]) {
			for i := range rules.patterns[m] {
				p := &rules.patterns[m][i]
				if n <= maxGroup && g.end < len(text) && !p.behind.has(text[g.end]) {
					continue
				}
				if r := p.rule; r.left.before(text, g.start) && r.match.begins(text, g.start) && (g.start > 0 || c.v.BOF) {
					c.tryAt(r, g.start, 0, "")
				}
			}
		}
		if !rules.mayLead(text, g.start) {
			continue
		}
		for _, r := range rules.led {
			for _, lead := range r.leads {
				if s := g.start - lead; s >= 0 && r.match.begins(text, s) && r.left.before(text, s) && (s > 0 || c.v.BOF) {
					c.tryAt(r, s, 0, "")
				}
			}
		}
	}
}

// groupsFrom reads the groups of digits of the run that goes on at text[k:], up to
// stop, and returns where it ends: behind a separator where stop cuts it there.
func (c *check) groupsFrom(k, stop int) (end int) {
	text := c.v.Text
	c.groups = c.groups[:0]
	for k < stop {
		e := k
		for e < stop && isDigit(text[e]) {
			e++
		}
		if e > k {
			c.groups = append(c.groups, group{k, e})
		}
		if k = e; k == stop || !isSeparator(text[k]) || k+1 >= len(text) || !isDigit(text[k+1]) {
			break
		}
		k++
	}
	return k
}

// tryFormats matches formats of a rule at a group that is as long as their
// first; the first format that holds wins.
func (c *check) tryFormats(rf *ruleFormats, at int) {
	text, r := c.v.Text, rf.rule
next:
	for f := range rf.formats {
		fm := &rf.formats[f]
		if at+len(fm.lens) > len(c.groups) {
			continue
		}
		var sep byte
		for k := 1; k < len(fm.lens); k++ { // the first was looked up
			g := c.groups[at+k]
			if g.end-g.start != fm.lens[k] {
				continue next
			}
			s := text[g.start-1]
			want := fm.seps[k-1]
			if want == '_' {
				if sep == 0 {
					sep = s
				}
				want = sep
			}
			if s != want {
				continue next
			}
		}
		first, last := c.groups[at].start, c.groups[at+len(fm.lens)-1].end
		if len(fm.lens) == 1 {
			if !c.lonely(c.groups[at]) {
				continue
			}
		} else if !c.alone(true, first, last) || sep == ' ' && c.inDump(first, last) {
			continue
		}
		c.judge(r, candidate{start: first, end: last, head: first, points: fm.points, evidence: "separators"})
		return
	}
}

// lonely reports whether the group being looked at stands alone, the same for
// every rule.
func (c *check) lonely(g group) bool {
	if c.lone == 0 {
		c.lone = 1
		if !c.alone(true, g.start, g.end) {
			c.lone = -1
		}
	}
	return c.lone > 0
}

// alone reports whether a number is not a piece of something longer: a word, a
// decimal, a version, a UUID, a longer row of groups. No sign stands before one that
// has a format.
func (c *check) alone(format bool, start, end int) bool {
	text := c.v.Text
	if start == 0 && !c.v.BOF || !c.has(end, 2) {
		return false
	}
	if start > 0 {
		b := text[start-1]
		if isWord(b) && b != '_' || b == '+' && format || b == '#' && start > 1 && text[start-2] == '&' {
			return false
		}
		if (b == '.' || b == '-' || b == '/') && start > 1 {
			p := text[start-2]
			if isDigit(p) || b == '-' && isAlnum(p) || b == '.' && isAlnum(p) {
				return false
			}
		}
	}
	if end < len(text) {
		b := text[end]
		if isWord(b) && b != '_' {
			return false
		}
		if end+1 < len(text) {
			n := text[end+1]
			if (b == '.' || b == '-' || b == '/') && isDigit(n) || b == '-' && isAlnum(n) || b == '.' && isLower(n) && c.inHost(end+1) {
				return false
			}
			if b == ',' && isDigit(n) && end-start < 4 {
				return false
			}
		}
	}
	return true
}

// inHost reports whether the label at i, behind a number and a dot, goes on as
// the name of a host does: another label, a port or a path. The ending of a file
// does not, nor does a sentence whose space was forgotten.
func (c *check) inHost(i int) bool {
	const label = 24 // bytes of a label that is looked at; a longer one is no ending
	text := c.v.Text
	if !c.has(i, label+2) {
		return true // asked again with more text
	}
	end := i
	for end < len(text) && end-i < label && (isAlnum(text[end]) || text[end] == '-') {
		end++
	}
	if end-i == label || end+1 >= len(text) {
		return end-i == label
	}
	switch text[end] {
	case '.', ':':
		return isAlnum(text[end+1])
	case '/', '(', '_':
		return true
	}
	return false
}

// inDump reports whether groups of digits are a part of a row of hexadecimal
// groups: a fingerprint, a dump of memory.
func (c *check) inDump(start, end int) bool {
	text := c.v.Text
	hexGroup := func(i, step int) bool {
		letters, n := 0, 0
		for ; i >= 0 && i < len(text) && isHex(text[i]); i += step {
			if isLetter(text[i]) {
				letters++
			}
			n++
		}
		return letters > 0 && (n == 2 || n == 4 || n == 8) && (i < 0 || i >= len(text) || isSpace(text[i]))
	}
	before := start > 1 && isSpace(text[start-1]) && hexGroup(start-2, -1)
	behind := end+1 < len(text) && isSpace(text[end]) && hexGroup(end+1, 1)
	return before || behind
}

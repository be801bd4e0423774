package decode

import (
	"bytes"
	"slices"
)

// wrap undoes a line break, and what indents the next line, inside a number or
// a key.
func (f *Finder) wrap(text []byte, base, i int, buf []byte) (c Change, ok bool) {
	r := i + 1
	if text[i] == '\r' {
		if r == len(text) || text[r] != '\n' {
			return c, false
		}
		r++
	}
	for k := 0; k < 8 && r < len(text) && (text[r] == ' ' || text[r] == '\t' || text[r] == '>'); k++ {
		r++
	}
	if i == 0 || r == len(text) || text[i-1] <= ' ' && text[i-1] != ' ' {
		return c, false
	}
	c = Change{r - i, buf[:0], Wrapped}
	if isDigit(text[r]) {
		if with, ok := wrappedNumber(text, i, r); ok {
			if with != 0 {
				c.With = append(c.With, with)
			}
			return c, true
		}
	}
	return c, f.wrappedKey(text, base, i, r)
}

// wrappedNumber reports whether text[:i] and text[r:] are two parts of one
// number, and what stands between them, 0 for nothing.
func wrappedNumber(text []byte, i, r int) (with byte, ok bool) {
	ls, left := i, 0 // where the left part begins, its digits
	for ls > 0 && i-ls < Context/2 {
		if b := text[ls-1]; isDigit(b) {
			left++
		} else if !joins(b) || ls < 2 || !isDigit(text[ls-2]) {
			break
		}
		ls--
	}
	re, right := r, 0
	for re < len(text) && re-r < Context/2 {
		if isDigit(text[re]) {
			right++
		} else if !joins(text[re]) || re+1 >= len(text) || !isDigit(text[re+1]) {
			break
		}
		re++
	}
	if left < minSide || right < minSide || left+right < minDigits || left+right > 19 || i-ls >= Context/2 || re-r >= Context/2 || i-ls < minPart && re-r < minPart {
		return 0, false
	}
	if ls > 0 && isAlnum(text[ls-1]) || re < len(text) && isAlnum(text[re]) || column(text, ls, re) {
		return 0, false
	}
	sep, most, same := groups(text[ls:i], 0)
	sep, more, alike := groups(text[r:re], sep)
	if !same || !alike {
		return 0, false
	}
	if joins(text[i-1]) {
		return 0, true
	}
	// A group cut in two is no longer than the others.
	if group(text, i-1, -1)+group(text, r, 1) > max(most, more) {
		return sep, true
	}
	return 0, true
}

// groups is what separates the groups of digits in p, or sep where nothing
// does, and how long the longest is that p does not begin or end with; same is
// false when different bytes separate them.
func groups(p []byte, sep byte) (_ byte, most int, same bool) {
	n, whole := 0, false
	for _, b := range p {
		if isDigit(b) {
			n++
			continue
		}
		if sep != 0 && b != sep {
			return sep, most, false
		}
		sep = b
		if whole {
			most = max(most, n)
		}
		n, whole = 0, true
	}
	return sep, most, true
}

func joins(b byte) bool { return b == ' ' || b == '-' || b == '.' }

// group is the number of digits from i on, in one direction.
func group(text []byte, i, step int) (n int) {
	for ; i >= 0 && i < len(text) && n < Context/2 && isDigit(text[i]); i += step {
		n++
	}
	return n
}

// column reports whether text[ls:re] is a part of more lines that are numbers.
func column(text []byte, ls, re int) bool {
	k := ls
	for k > 0 && ls-k < 8 && (text[k-1] == ' ' || text[k-1] == '\t') {
		k--
	}
	if k > 0 && text[k-1] == '\n' {
		k--
		if k > 0 && text[k-1] == '\r' {
			k--
		}
		if k > 0 && isDigit(text[k-1]) {
			return true
		}
	}
	k = re
	if k < len(text) && text[k] == '\r' {
		k++
	}
	if k < len(text) && text[k] == '\n' {
		for k++; k < len(text) && k-re < 10 && (text[k] == ' ' || text[k] == '\t'); k++ {
		}
		return k < len(text) && isDigit(text[k])
	}
	return false
}

// wrappedKey reports whether text[:i] and text[r:] are two parts of one key:
// one of them is long or has a head, both look chosen at random, and the second
// neither begins like the first, as in a list, nor is a name that something is
// assigned to.
func (f *Finder) wrappedKey(text []byte, base, i, r int) bool {
	ls := i
	for ls > 0 && i-ls < Context-8 && keyByte(text[ls-1]) {
		ls--
	}
	re := r
	for re < len(text) && re-r < Context-12 && keyByte(text[re]) {
		re++
	}
	left, right := text[ls:i], text[r:re]
	if len(left) < minSide || len(right) < minSide || len(left)+len(right) < minWhole || !isAlnum(right[0]) && right[0] != '_' && right[0] != '-' || left[len(left)-1] == '.' || string(left[:3]) == string(right[:3]) {
		return false
	}
	if re < len(text) && (text[re] == ':' || text[re] == '(') || re+1 < len(text) && right[len(right)-1] == '=' && isAlnum(text[re+1]) {
		return false
	}
	if bytes.IndexAny(right, "0123456789") < 0 || assigns(right) || assigns(left) {
		return false
	}
	if f.headIn(base+r, base+min(re, r+maxHead)) {
		return false // another key
	}
	if f.headIn(base+ls, base+i) {
		return true
	}
	return turns(left) >= 3 && turns(right) > 0 && len(left) != len(right) && (f.long(text, base, i) || longRun(right))
}

func keyByte(b byte) bool {
	return isAlnum(b) || b == '_' || b == '-' || b == '+' || b == '/' || b == '=' || b == '.'
}

// assigns reports whether a name in p is assigned something.
func assigns(p []byte) bool {
	k := bytes.IndexByte(p, '=')
	return k >= 0 && k+1 < len(p) && isAlnum(p[k+1])
}

// turns is how often a letter stands beside a digit in p: often in what was
// chosen at random, hardly ever in names.
func turns(p []byte) (n int) {
	for k := 1; k < len(p); k++ {
		if isAlnum(p[k]) && isAlnum(p[k-1]) && isDigit(p[k]) != isDigit(p[k-1]) {
			n++
		}
	}
	return n
}

// long reports whether a run of token bytes ends at text[i] that is minKey long
// or more, and no line of data.
func (f *Finder) long(text []byte, base, i int) bool {
	t := i
	for t > 0 && i-t < minKey && isToken(text[t-1]) {
		t--
	}
	at, _ := slices.BinarySearch(f.tokens, base+t+1)
	return i-t == minKey && at > 0 && base+i-f.tokens[at-1] <= maxLine
}

// longRun reports whether p begins with minKey token bytes.
func longRun(p []byte) bool {
	for k := range minKey {
		if k == len(p) || !isToken(p[k]) {
			return false
		}
	}
	return true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isToken is what a token anchor counts.
func isToken(b byte) bool {
	return isAlnum(b) || b == '_' || b == '-' || b == '+' || b == '/' || b == '='
}

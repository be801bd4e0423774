package pattern

//go:generate go run ./dialgen

// dials reports whether digits behind a + are a number that some country gives:
// a calling code in use and one of the lengths of its plan. A national 0 that
// people leave standing behind the code does not count. It errs to yes where a
// plan's own prefixes would say no.
func dials(number []byte) bool {
	var d [18]byte
	n := 0
	for _, b := range number {
		if isDigit(b) {
			if n == len(d) {
				return false
			}
			d[n] = b
			n++
		}
	}
	code := uint16(0)
	for i := range min(n, 3) {
		code = code*10 + uint16(d[i]-'0')
		lengths, ok := dialLengths[code]
		if !ok {
			continue
		}
		rest := n - i - 1
		return rest < 16 && lengths>>rest&1 == 1 || d[i+1] == '0' && rest > 1 && rest < 17 && lengths>>(rest-1)&1 == 1
	}
	return false
}

package names

import (
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// A tail is what follows a street and its number.
type tail struct {
	end                     int
	postcode, region, place bool // place: a town that the gazetteer knows
	town                    bool // a town beside a postcode or a region
	unit                    bool
	weak                    bool // the postcode has four digits and nothing else beside it
}

// maxParts bounds the parts of a tail: flat, district, town, region, postcode, country.
const maxParts = 7

// readTail reads the parts of an address behind its street, which ends at text[at].
func readTail(text []byte, at int) tail {
	t := tail{end: at}
	i := at
	pending := false // a town was read that nothing confirms yet
	afterCode, district := false, false
	lines := 0
	for range maxParts {
		j, line, ok := separator(text, i)
		if !ok {
			break
		}
		if line {
			if lines++; lines > 3 {
				break
			}
		}
		if n := readUnit(text, j); n > 0 && !t.postcode {
			i, t.end, t.unit = n, n, true
			continue
		}
		if n, short := readPostcode(text, j); n > 0 && !t.postcode {
			t.postcode, t.weak = true, short && !pending
			if pending {
				t.town = true
			}
			i, t.end = n, n
			pending, afterCode = false, true
			continue
		}
		if n := readRegion(text, j); n > 0 && !t.region && (pending || t.town || t.place) {
			t.region, t.town = true, true
			i, t.end = n, n
			pending = false
			continue
		}
		n, known := readTown(text, j)
		if n == 0 {
			break
		}
		i = n
		switch {
		case afterCode:
			t.town, t.end, t.weak = true, n, false
			afterCode = false
			if known {
				t.place = true
			}
		case known:
			t.place, t.end = true, n
			pending = true
		case pending && district:
			return t
		case pending:
			district = true // a district before its town
		default:
			pending = true
		}
	}
	return t
}

// separator reads what stands between two parts: blanks, a comma, one end of a
// line, a hyphen between blanks.
func separator(text []byte, i int) (next int, line, ok bool) {
	j := i
	comma := false
	for j < len(text) && j-i < 12 {
		switch b := text[j]; {
		case b == ' ' || b == '\t' || b == '\r':
		case b == ',' || b == ';':
			if comma {
				return j, line, false
			}
			comma = true
		case b == '\n':
			if line {
				return j, line, false
			}
			line = true
		case b == '\\' && j+1 < len(text) && text[j+1] == 'n': // in JSON that nobody decoded
			line = true
			j++
		case b == '-' && j > i && text[j-1] == ' ' && j+1 < len(text) && text[j+1] == ' ', b == '(' || b == '|':
		default:
			return j, line, j > i
		}
		j++
	}
	return j, line, false
}

// readUnit reads a flat or a floor: "Apt 4B", "#12", "2º B", "3. Stock".
func readUnit(text []byte, i int) int {
	j := i
	if j < len(text) && text[j] == '#' {
		j++
		for j < len(text) && text[j] == ' ' {
			j++
		}
		if n := alnum(text, j); n > j && n-j <= 6 {
			return n
		}
		return 0
	}
	k := digits(text, j)
	if k > j && k-j <= 2 { // 2º B, 3rd floor, 4. Stock
		n := k
		switch {
		case n+1 < len(text) && text[n] == 0xC2 && (text[n+1] == 0xBA || text[n+1] == 0xAA || text[n+1] == 0xB0): // º ª °
			n += 2
			if n+1 < len(text) && text[n] == ' ' && isUpper(text[n+1]) && (n+2 >= len(text) || !labelLetter(text[n+2])) {
				n += 2
			} else if n+3 < len(text) && text[n] == ' ' && (string(fold(nil, text[n+1:n+4])) == "dto" || string(fold(nil, text[n+1:n+4])) == "esq" || string(fold(nil, text[n+1:n+4])) == "izq" || string(fold(nil, text[n+1:n+4])) == "dch") {
				n += 4
				if n < len(text) && text[n] == '.' {
					n++
				}
			}
			return n
		case n < len(text) && (text[n] == '.' || text[n]|0x20 == 't' || text[n]|0x20 == 'r' || text[n]|0x20 == 'n' || text[n]|0x20 == 's'):
			for n < len(text) && (labelLetter(text[n]) || text[n] == '.') {
				n++
			}
			if n < len(text) && text[n] == ' ' {
				if w, ok := sequence.ReadWord(text, n+1); ok && isUnit(text[w.Start:w.End]) {
					return w.End
				}
			}
		}
		return 0
	}
	w, ok := sequence.ReadWord(text, j)
	if !ok || !isUnit(text[w.Start:w.End]) {
		return 0
	}
	n := w.End
	for n < len(text) && (text[n] == '.' || text[n] == ' ' || text[n] == '#') {
		n++
	}
	k = alnum(text, n)
	if k == n || k-n > 6 || !hasDigit(text[n:k]) && k-n > 1 {
		return 0
	}
	return k
}

func isUnit(w []byte) bool {
	var buf [64]byte
	return len(w) < len(buf) && units[string(fold(buf[:0], w))]
}

// readPostcode reads a postcode; short says that it is four digits alone.
func readPostcode(text []byte, i int) (end int, short bool) {
	if i+2 < len(text) && text[i+1] == '-' && isUpper(text[i]) { // D-10115
		i += 2
	} else if i+3 < len(text) && text[i+2] == '-' && isUpper(text[i]) && isUpper(text[i+1]) && digits(text, i+3) > i+3 { // CH-8001
		i += 3
	}
	free := func(j int) bool {
		return j >= len(text) || !labelLetter(text[j]) && !isDigit(text[j]) && text[j] != '_' && !(text[j] == '.' && j+1 < len(text) && isDigit(text[j+1]))
	}
	k := digits(text, i)
	switch n := k - i; {
	case n == 5:
		if j := k + 1; k < len(text) && text[k] == '-' {
			if m := digits(text, j) - j; (m == 4 || m == 3) && free(j+m) { // ZIP+4, CEP
				return j + m, false
			}
		}
		if free(k) {
			return k, false
		}
	case n == 4:
		j := k
		if j < len(text) && text[j] == '-' { // 1100-048
			if m := digits(text, j+1) - j - 1; m == 3 && free(j+4) {
				return j + 4, false
			}
			return 0, false
		}
		if j < len(text) && text[j] == ' ' {
			j++
		}
		if j+1 < len(text) && isUpper(text[j]) && isUpper(text[j+1]) && free(j+2) { // 1016 GV
			return j + 2, false
		}
		if free(k) {
			return k, true
		}
	case n == 2:
		if k < len(text) && text[k] == '-' && digits(text, k+1) == k+4 && free(k+4) { // 31-147
			return k + 4, false
		}
	case n == 6: // India
		if free(k) {
			return k, false
		}
	case n == 0 && i < len(text) && isUpper(text[i]):
		return british(text, i, free), false
	}
	return 0, false
}

// british reads a postcode of the United Kingdom, "SW1A 2AA", or Canada, "K1A 0B1".
func british(text []byte, i int, free func(int) bool) int {
	j := i + 1
	if j < len(text) && isUpper(text[j]) {
		j++
	}
	if j >= len(text) || !isDigit(text[j]) {
		return 0
	}
	j++
	if j < len(text) && (isDigit(text[j]) || isUpper(text[j])) {
		j++
	}
	if j < len(text) && (text[j] == ' ' || text[j] == '-') {
		j++
	}
	if j+2 < len(text) && isDigit(text[j]) && (isUpper(text[j+1]) && isUpper(text[j+2]) || isUpper(text[j+1]) && isDigit(text[j+2])) && free(j+3) {
		return j + 3
	}
	return 0
}

// readRegion reads the code of a state: "CA", "NSW", "(MI)".
func readRegion(text []byte, i int) int {
	j := i
	for j < len(text) && isUpper(text[j]) {
		j++
	}
	if j-i < 2 || j-i > 3 || j < len(text) && (labelLetter(text[j]) || isDigit(text[j])) {
		return 0
	}
	if j < len(text) && text[j] == ')' && i > 0 && text[i-1] == '(' && j-i == 2 { // a province of Italy
		return j + 1
	}
	if regions[string(text[i:j])] || string(text[i:j]) == "SA" || string(text[i:j]) == "WA" || string(text[i:j]) == "NT" {
		return j
	}
	return 0
}

// readTown reads up to four words that may name a town, with their particles;
// known says that the gazetteer has it.
func readTown(text []byte, i int) (end int, known bool) {
	j := i
	n := 0
	for n < 4 {
		w, ok := sequence.ReadWord(text, j)
		if !ok || w.Foreign || w.Shape == sequence.Mixed {
			break
		}
		if w.Shape == sequence.Lower {
			if n == 0 || !townParticle(text[w.Start:w.End]) || w.End >= len(text) || text[w.End] != ' ' {
				break
			}
			next, ok := sequence.ReadWord(text, w.End+1)
			if !ok || next.Shape != sequence.Cap {
				break
			}
			w = next
		}
		if c := w.Info.Class(); n > 0 && !w.Info.Place() && (c == gazetteer.Start || c == gazetteer.Verb || c == gazetteer.Near || c == gazetteer.Label || c == gazetteer.Is) {
			break
		}
		if w.Shape == sequence.Caps && w.Letters <= 3 && n > 0 { // a region
			break
		}
		n++
		end = w.End
		if gazetteer.Word(text[i:end]).Place() {
			known = true
		} else if n > 1 && known && w.Info.Class() != gazetteer.Place {
			known = w.Info.Place()
		}
		if end < len(text) && text[end] == '.' && w.Letters <= 3 { // St. Gallen
			end++
		}
		if end >= len(text) || text[end] != ' ' {
			break
		}
		j = end + 1
	}
	return end, known
}

func townParticle(w []byte) bool {
	switch string(w) {
	case "am", "an", "der", "den", "dem", "im", "in", "bei", "ob", "vor", "de", "la", "le", "les", "sur", "sous", "en", "el", "los", "las", "del", "do", "da", "dos", "das", "di", "al", "aan", "upon", "on", "the", "of", "lez", "nad":
		return true
	}
	return false
}

func digits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func alnum(text []byte, i int) int {
	for i < len(text) && (isDigit(text[i]) || text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || text[i] == '-' || text[i] == '/') {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func hasDigit(b []byte) bool {
	for _, c := range b {
		if isDigit(c) {
			return true
		}
	}
	return false
}

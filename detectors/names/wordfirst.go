package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// readSuffix reads "Lindenstraße 12" where the word text[at:end] ends.
func readSuffix(text []byte, at, end int, s *street) (a place, ok bool) {
	i := end
	if text[end-1] == ' ' {
		i = end - 1
	}
	for i < len(text) && i < end+1 && text[i] == '.' {
		i++
	}
	if i >= len(text) || text[i] != ' ' {
		return a, false
	}
	for i < len(text) && text[i] == ' ' && i < end+3 {
		i++
	}
	if i+3 < len(text) && text[i]|0x20 == 'n' && (text[i+1] == 'r' || text[i+1] == 'o') && text[i+2] == '.' { // Nr. 5
		i += 3
		for i < len(text) && text[i] == ' ' {
			i++
		}
	}
	n := number(text, i)
	if n == 0 {
		return a, false
	}
	start := at
	for start > 0 && (labelLetter(text[start-1]) || text[start-1] == '-' || text[start-1] == '.') {
		start--
	}
	alone := start == at // "Lange Straße", "Bonner Str."
	if !isUpper(text[start]) && !(text[start] == 0xC3 && start+1 < len(text) && text[start+1] < 0xA0) {
		return a, false
	}
	a = place{start: start, end: n, points: 70}
	if s.sure {
		a.points = 76
	}
	// Words before it: "Lange Straße", "Karl-Marx-Allee", "Bonner Str.", "Van der Waalsstraat".
	words := 0
	for k := start; words < 3 && k > 1 && text[k-1] == ' '; {
		w, ok := sequence.WordBefore(text, k-1)
		if !ok || w.End != k-1 || w.Shape == sequence.Lower && !townParticle(text[w.Start:w.End]) && string(text[w.Start:w.End]) != "van" {
			break
		}
		if w.Shape == sequence.Lower {
			k = w.Start
			words++
			continue
		}
		if c := w.Info.Class(); w.Shape != sequence.Cap || c != gazetteer.None && c != gazetteer.Demonym && c != gazetteer.Culture && c != gazetteer.Particle && c != gazetteer.Place {
			break
		}
		if !alone && !isAdjective(text[w.Start:w.End]) {
			break
		}
		a.start, k = w.Start, w.Start
		words++
	}
	return a, a.start != at // "Platz 3" alone is a rank
}

// isAdjective reports whether a word ends as those before a street do: Lange
// Straße, Bonner Straße, Alten Markt.
func isAdjective(w []byte) bool {
	return bytes.HasSuffix(w, []byte("er")) || bytes.HasSuffix(w, []byte("e")) || bytes.HasSuffix(w, []byte("en"))
}

// readRue reads "12 rue des Lilas" or "Rue des Lilas 12" at the word text[at:end].
func readRue(text []byte, at, end int, sure bool) (a place, ok bool) {
	if at > 0 && (labelLetter(text[at-1]) || text[at-1] == '-') {
		return a, false
	}
	num, before := numberBefore(text, at)
	if !before { // 8 bis rue, 12 ter avenue
		for _, s := range [...]string{"bis ", "ter ", "B ", "bis, "} {
			if k := at - len(s); k > 0 && string(text[k:at]) == s {
				num, before = numberBefore(text, k)
			}
		}
	}
	stop, caps, words := streetName(text, end, 6)
	if words == 0 || caps == 0 && !(before && sure) {
		return a, false
	}
	if before {
		a = place{start: num, end: stop, points: 70}
		if sure {
			a.points = 76
		}
		return a, true
	}
	if !isUpper(text[at]) && caps == 0 {
		return a, false
	}
	i := stop
	for i < len(text) && (text[i] == ' ' || text[i] == ',') && i < stop+3 {
		i++
	}
	if n := number(text, i); n > 0 && i > stop {
		return place{start: at, end: n, points: 71}, true
	}
	return a, false
}

// streetName reads the words of a street's name that begins at text[i]; it ends
// before a comma, a number or a word that no name has.
func streetName(text []byte, i, most int) (end, caps, words int) {
	end = i
	for words < most {
		j := end
		if words > 0 {
			if j >= len(text) || text[j] != ' ' {
				break
			}
			j++
		}
		w, ok := sequence.ReadWord(text, j)
		if !ok || w.Foreign {
			if d := digits(text, j); d > j && d-j <= 2 && words > 0 && d < len(text) && text[d] == ' ' && d+1 < len(text) && labelLetter(text[d+1]) && streetMonth(text, d+1) { // rue du 8 Mai 1945, Rua 25 de Abril
				end = d
				words++
				continue
			}
			break
		}
		switch {
		case w.Shape == sequence.Cap || w.Shape == sequence.Caps || w.Shape == sequence.Initial || w.Shape == sequence.Mixed:
			caps++
		case townParticle(text[w.Start:w.End]) || streetParticle(text[w.Start:w.End]):
			next, ok := sequence.ReadWord(text, min(w.End+1, len(text)))
			if !ok || w.End >= len(text) || text[w.End] != ' ' || next.Start == next.End {
				return end, caps, words
			}
		case words <= 2 && w.Info.Class() == gazetteer.None && caps == 0:
		default:
			return end, caps, words
		}
		end = w.End
		if end < len(text) && text[end] == '.' && w.Letters <= 4 && end+1 < len(text) && text[end+1] == ' ' { // St., Dr.
			end++
		}
		words++
	}
	return end, caps, words
}

func streetMonth(text []byte, i int) bool {
	w, ok := sequence.ReadWord(text, i)
	return ok && (w.Info.Class() == gazetteer.Month || string(text[w.Start:w.End]) == "de")
}

func streetParticle(w []byte) bool {
	switch string(w) {
	case "des", "du", "de", "d'", "l'", "della", "dei", "delle", "degli", "dello", "dell'", "y", "e", "et", "von", "van", "zu", "zum", "zur", "św":
		return true
	}
	return false
}

// readWordFirst reads "Calle Mayor 12", "Via Roma, 5", "ul. Długa 15/3".
func readWordFirst(text []byte, at, end int, s *street) (a place, ok bool) {
	if at > 0 && (labelLetter(text[at-1]) || text[at-1] == '-' || text[at-1] == '/' || text[at-1] == '.' || isDigit(text[at-1])) {
		return a, false
	}
	stop, caps, words := streetName(text, end, 6)
	if words == 0 || caps == 0 {
		return a, false
	}
	i := stop
	for i < len(text) && (text[i] == ' ' || text[i] == ',') && i < stop+3 {
		i++
	}
	if num, ok := numberBefore(text, at); ok && number(text, i) == 0 { // 17 Via Nazionale
		return place{start: num, end: stop, points: 66}, true
	}
	if i == stop {
		return a, false
	}
	for _, p := range [...]string{"nº ", "nº", "n.º ", "n° ", "n°", "n. ", "no. ", "No. ", "núm. ", "número ", "numero ", "nr ", "n.o "} {
		if bytes.HasPrefix(text[i:], []byte(p)) {
			i += len(p)
			break
		}
	}
	n := number(text, i)
	if n == 0 {
		if bytes.HasPrefix(text[i:], []byte("s/n")) {
			n = i + 3
		} else {
			return a, false
		}
	}
	a = place{start: at, end: n, points: 71}
	if s.sure {
		a.points = 75
	}
	return a, true
}

// readPreposition reads "Am Alten Markt 3".
func readPreposition(text []byte, at, end int) (a place, ok bool) {
	if at > 0 && (labelLetter(text[at-1]) || isDigit(text[at-1])) {
		return a, false
	}
	stop, caps, words := streetName(text, end, 3)
	if caps == 0 || words == 0 || stop >= len(text) || text[stop] != ' ' {
		return a, false
	}
	n := number(text, stop+1)
	if n == 0 {
		return a, false
	}
	return place{start: at, end: n, points: 69, needs: true}, true
}

// readBox reads "P.O. Box 1187"; a postcode must follow.
func readBox(text []byte, at, end int) (a place, ok bool) {
	if at > 0 && labelLetter(text[at-1]) {
		return a, false
	}
	i := digits(text, end)
	for i > end && i+1 < len(text) && text[i] == ' ' && isDigit(text[i+1]) && i-end < 8 { // 10 11 12
		i = digits(text, i+1)
	}
	if i == end || i-end > 10 {
		return a, false
	}
	return place{start: at, end: i, points: 70, needs: true}, true
}

// readMilitary reads "PSC 4, Box 12, APO AE 09012": the anchor is the office.
func readMilitary(text []byte, at, end int) (a place, ok bool) {
	if end+6 >= len(text) || text[end] != 'A' && text[end] != 'E' && text[end] != 'P' || text[end+1] != ' ' || digits(text, end+2) != end+7 {
		return a, false
	}
	from := max(0, at-48)
	before := text[from:at]
	for _, unit := range [...]string{"PSC ", "Unit ", "CMR ", "USS ", "USNS ", "USNV ", "USCGC "} {
		if i := bytes.LastIndex(before, []byte(unit)); i >= 0 && (i == 0 || !labelLetter(before[i-1])) {
			return place{start: from + i, end: end + 7, points: 86}, true
		}
	}
	return a, false
}

// readLabelled reads what stands behind "Address:" or "lives at" when it has a
// number and words, or is a town with a postcode: forms that no street word shows.
func readLabelled(text []byte, at, end int) (a place, ok bool) {
	if at > 0 && (labelLetter(text[at-1]) && text[at-1] != '_') {
		return a, false
	}
	i := end
	colon := false
	for i < len(text) && i-end < 10 {
		switch b := text[i]; b {
		case ':', '=':
			colon = true
		case '"', '\'', ' ', '*', '\t', '|', '>':
		case '\n':
			if !colon {
				return a, false
			}
		default:
			goto value
		}
		i++
	}
value:
	word := text[at:end]
	verb := bytes.IndexByte(word, ' ') >= 0 // lives at
	if !colon && !verb || i >= len(text) || i == end {
		return a, false
	}
	k := i
	number1, caps := false, 0
	for words := 0; words < 8 && k < len(text); words++ {
		if n := number(text, k); n > 0 {
			if n-k > 4 && !number1 && caps == 0 {
				return a, false
			}
			number1 = true
			k = n
		} else if w, ok := sequence.ReadWord(text, k); ok && !w.Foreign && w.Shape != sequence.Mixed {
			if w.Shape != sequence.Lower {
				caps++
			} else if c := w.Info.Class(); c != gazetteer.None && c != gazetteer.By && c != gazetteer.The && c != gazetteer.Place && c != gazetteer.In {
				break
			}
			k = w.End
		} else {
			break
		}
		if number1 && caps > 0 {
			a = place{start: i, end: k, points: 62}
		}
		if k < len(text) && text[k] == '.' && k+1 < len(text) && text[k+1] == ' ' {
			k++
		}
		if k+1 < len(text) && text[k] == ' ' && (labelLetter(text[k+1]) || isDigit(text[k+1])) {
			k++
			continue
		}
		break
	}
	return a, a.end > 0
}

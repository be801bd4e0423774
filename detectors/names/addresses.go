package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/detectors/names/gazetteer"
	"github.com/promptgate/promptgate/detectors/names/sequence"
)

// How much text is looked at around the word for a street, in bytes.
const (
	addressLeft  = 128
	addressRight = 72  // shown at once: a name and a number
	addressMore  = 256 // when there is a street
)

// addresses is the detector of postal addresses.
type addresses struct{}

// Needs implements [detectors.Detector].
func (addresses) Needs() detectors.Needs {
	n := detectors.Needs{Left: addressLeft, Right: addressRight, MaxRight: addressMore, Open: openAddress}
	for _, s := range streets {
		n.Literals = append(n.Literals, anchor.Literal{Text: s.text, Fold: !s.exact})
		n.LiteralReach = append(n.LiteralReach, detectors.Reach{Before: addressLeft, Behind: addressMore})
	}
	return n
}

// NewPass implements [detectors.Detector].
func (addresses) NewPass() detectors.Pass { return &addressPass{} }

type addressPass struct{ work int }

// Reset implements [detectors.Pass]; nothing is kept between anchors.
func (p *addressPass) Reset() { p.work = 0 }

// Close implements [detectors.Pass].
func (p *addressPass) Close(func(detectors.Finding)) {}

// Work implements [detectors.Meter].
func (p *addressPass) Work() int {
	w := p.work
	p.work = 0
	return w
}

// A place is a street with its number.
type place struct {
	start, end int
	points     int16 // what the street alone is worth
	needs      bool  // a postcode must follow
}

// Check implements [detectors.Pass].
func (p *addressPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) (more int) {
	s := &streets[h.ID]
	at := v.At - len(s.text)
	var a place
	ok := false
	switch s.form {
	case numberFirst:
		a, ok = readNumberFirst(v.Text, at, v.At, s)
	case suffix:
		a, ok = readSuffix(v.Text, at, v.At, s)
	case numberRue:
		a, ok = readRue(v.Text, at, v.At, s.sure)
	case wordFirst:
		a, ok = readWordFirst(v.Text, at, v.At, s)
	case preposition:
		a, ok = readPreposition(v.Text, at, v.At)
	case box:
		a, ok = readBox(v.Text, at, v.At)
	case military:
		a, ok = readMilitary(v.Text, at, v.At)
	case labelForm:
		a, ok = readLabelled(v.Text, at, v.At)
	}
	if !ok {
		return 0
	}
	if !v.EOF && len(v.Text)-v.At < addressMore {
		return addressMore
	}
	p.work += 4
	t := readTail(v.Text, a.end)
	if t.end > v.At+addressMore {
		return 0
	}
	good := t.postcode && (!t.weak || t.region)
	if a.needs && !good {
		return 0
	}
	e := []detectors.Evidence{{Name: "street", Points: a.points}}
	points := a.points
	add := func(name string, n int16) {
		points += n
		e = append(e, detectors.Evidence{Name: name, Points: n})
	}
	if good {
		add("postcode", 12)
	}
	if t.region {
		add("region", 5)
	}
	switch {
	case t.place:
		add("town", 5)
	case t.town:
		add("town", 2)
	}
	if t.unit {
		add("flat", 2)
	}
	if announced(v.Text[:a.start]) {
		add("cue", 8)
	}
	if a.published(v.Text) && points > publicMost {
		add("published", publicMost-points)
	}
	emit(detectors.Finding{Type: TypeAddress, Rule: rules[s.form], Span: detectors.Span{Start: v.Off + a.start, End: v.Off + t.end}, Confidence: detectors.Confidence(points), Evidence: e})
	return 0
}

// published reports whether a place is known to everybody, from licences, news
// or fiction: no private person's address.
func (a place) published(text []byte) bool {
	var buf [48]byte
	t := fold(buf[:0], text[a.start:min(a.start+24, a.end)])
	for _, p := range [...]string{
		"51 franklin st", "59 temple place", "675 mass ave", "1600 pennsylvania ave", "10 downing st", "11 downing st", "221b baker st", "1600 amphitheatre p", "1 infinite loop",
		"4 privet drive", "12 grimmauld place", "platz der republik 1", "1 hacker way", "1 apple park way", "unter den linden 77",
	} {
		if bytes.HasPrefix(t, []byte(p)) {
			return true
		}
	}
	return false
}

// rules names the rule of each form.
var rules = [...]detectors.RuleID{
	numberFirst: "pii.postal_address.number_street", suffix: "pii.postal_address.street_number", numberRue: "pii.postal_address.rue",
	wordFirst: "pii.postal_address.calle", preposition: "pii.postal_address.postcode", box: "pii.postal_address.box", military: "pii.postal_address.military", labelForm: "pii.postal_address.label",
}

// announced reports whether one of the last words before an address is about
// where somebody lives or something goes.
func announced(before []byte) bool {
	from := max(0, len(before)-48)
	tail := before[from:]
	var buf [64]byte
	for at := 0; at < len(tail); {
		if !labelLetter(tail[at]) || at > 0 && labelLetter(tail[at-1]) {
			at++
			continue
		}
		w, ok := sequence.ReadWord(tail, at)
		if !ok {
			at++
			continue
		}
		if w.End-w.Start < 32 {
			switch string(fold(buf[:0], tail[w.Start:w.End])) {
			case "address", "live", "lives", "lived", "living", "reside", "resides", "residing", "residence", "ship", "shipped", "shipping", "deliver", "delivered", "delivery", "mail", "send", "home", "house", "apartment", "moved", "billing", "located",
				"anschrift", "adresse", "wohne", "wohnt", "wohnhaft", "wohnen", "liefern", "lieferadresse", "rechnungsadresse", "habite", "demeurant", "domicile", "domicilie", "livraison", "vivo", "vive", "domicilio", "direccion", "residente", "envio",
				"abito", "abita", "indirizzo", "residenza", "spedire", "moro", "mora", "endereco", "morada", "woon", "woont", "adres", "mieszkam", "mieszka", "zamieszkaly", "zamieszkala", "adresem":
				return true
			}
		}
		at = w.End
	}
	return false
}

// number reads a house number that begins at text[i]: 12, 12a, 12-14, 15/3, 120.
func number(text []byte, i int) int {
	j := digits(text, i)
	if j == i || j-i > 5 || text[i] == '0' {
		return 0
	}
	if j < len(text) && text[j]|0x20 >= 'a' && text[j]|0x20 <= 'h' && (j+1 >= len(text) || !labelLetter(text[j+1]) && !isDigit(text[j+1])) {
		j++
	} else if j+1 < len(text) && text[j] == ' ' && text[j+1] >= 'a' && text[j+1] <= 'd' && (j+2 >= len(text) || text[j+2] == ',' || text[j+2] == '\n') { // 12 a
		j += 2
	}
	if j+1 < len(text) && (text[j] == '-' || text[j] == '/') && isDigit(text[j+1]) {
		k := digits(text, j+1)
		if k-j > 5 || text[j] == '-' && j-i == 4 && k-j == 5 { // 1991-2012 are years
			return 0
		}
		if k < len(text) && text[k]|0x20 >= 'a' && text[k]|0x20 <= 'h' && (k+1 >= len(text) || !labelLetter(text[k+1])) {
			k++
		}
		j = k
	}
	if j < len(text) && (labelLetter(text[j]) || isDigit(text[j]) || text[j] == '_' || text[j] == '%' || text[j] == ':') {
		return 0
	}
	if j+1 < len(text) && text[j] == '.' && isDigit(text[j+1]) {
		return 0
	}
	return j
}

// numberBefore finds the house number that ends before text[end] and a blank or
// a comma; start is where it begins.
func numberBefore(text []byte, end int) (start int, ok bool) {
	i := end
	if i > 0 && text[i-1] == ' ' {
		i--
	}
	if i > 0 && text[i-1] == ',' {
		i--
	}
	if i == end {
		return 0, false
	}
	j := i
	for j > 0 && i-j < 12 && (isDigit(text[j-1]) || text[j-1] == '-' || text[j-1] == '/' || text[j-1]|0x20 >= 'a' && text[j-1]|0x20 <= 'h') {
		j--
	}
	for j < i && !isDigit(text[j]) {
		j++
	}
	if j == i {
		return 0, false
	}
	if j > 0 {
		switch b := text[j-1]; {
		case labelLetter(b), isDigit(b), b == '_', b == '.', b == '$', b == '\'', b == '@':
			return 0, false
		}
	}
	if n := number(text[:i], j); n != i {
		return 0, false
	}
	return j, true
}

// readNumberFirst reads "12 Elm Street" at the word text[at+1:end].
func readNumberFirst(text []byte, at, end int, s *street) (a place, ok bool) {
	sure := s.sure
	if end < len(text) && (labelLetter(text[end]) || isDigit(text[end]) || text[end] == '_' || text[end] == '-' || text[end] == '\'') {
		return a, false
	}
	capital := isUpper(text[at+1])
	i, n, caps := at, 0, 0
	for n < 5 {
		start, isCap, ok := nameWordBefore(text, i)
		if !ok {
			break
		}
		n++
		if isCap {
			caps++
		}
		i = start
		if num, ok := numberBefore(text, i); ok {
			if caps == 0 && !sure || caps == 0 && n > 2 {
				return a, false
			}
			if _, street := streetWord(text, start); street && !sure && n == 1 { // 12 Street View
				return a, false
			}
			a = place{start: num, end: end, points: 68}
			if sure {
				a.points = 71
			}
			if capital && caps > 0 {
				a.points += 4
			}
			switch {
			case !capital && !sure: // 4 rounds of B loop
				a.points -= 8
			case caps == 0 || !capital && end-at <= 4:
				a.points -= 5
			case s.rare:
				a.points -= 8
			}
			break
		}
		if i == 0 || text[i-1] != ' ' {
			break
		}
		i--
	}
	if a.end == 0 {
		return a, false
	}
	if end < len(text) && text[end] == '.' {
		a.end++
	}
	// A quarter behind it: "Queen Street West", "K Street NW". Another word for a
	// street there has an anchor of its own: "Harbour View Road".
	if a.end+1 < len(text) && text[a.end] == ' ' {
		if is, _ := streetWord(text, a.end+1); is {
			return a, false
		}
		if w, ok := sequence.ReadWord(text, a.end+1); ok {
			switch string(text[w.Start:w.End]) {
			case "North", "South", "East", "West", "NW", "NE", "SW", "SE", "N", "S", "E", "W", "N.", "S.", "E.", "W.":
				a.end = w.End
			}
		}
	}
	a.start = flatBefore(text, a.start)
	return a, true
}

// streetWord reports whether the word that begins at text[i] is one for a street,
// and whether it hardly ever means something else.
func streetWord(text []byte, i int) (is, sure bool) {
	w, ok := sequence.ReadWord(text, i)
	if !ok {
		return false, false
	}
	var buf [64]byte
	sure, is = streetWords[string(fold(buf[:0], text[w.Start:w.End]))]
	return is, sure
}

// nameWordBefore reads a word of a street's name that ends at text[end]:
// "Elm", "St.", "5th", "N.", "of", "the".
func nameWordBefore(text []byte, end int) (start int, isCap, ok bool) {
	i := end
	if i > 1 && text[i-1] == '.' {
		i--
	}
	j := i
	for j > 0 && i-j < 24 && (labelLetter(text[j-1]) || isDigit(text[j-1]) || text[j-1] == '\'' || text[j-1] == '-') {
		j--
	}
	if j == i {
		return 0, false, false
	}
	w := text[j:i]
	switch {
	case isDigit(w[0]): // 5th, 42nd
		k := digits(w, 0)
		if k == len(w) || len(w)-k != 2 {
			return 0, false, false
		}
		switch string(w[k:]) {
		case "st", "nd", "rd", "th":
			return j, true, true
		}
		return 0, false, false
	case isUpper(w[0]) || w[0] >= 0xC3:
		return j, true, true
	}
	if w, ok := sequence.ReadWord(text[:i], j); ok {
		switch w.Info.Class() {
		case gazetteer.None, gazetteer.The, gazetteer.Place, gazetteer.Month:
			return j, false, true
		case gazetteer.By:
			return j, false, string(text[j:i]) == "of"
		}
	}
	return 0, false, false
}

// flatBefore takes "Flat 3, " and "Apt 4B, " before a number to the address.
func flatBefore(text []byte, start int) int {
	from := max(0, start-20)
	b := text[from:start]
	if i := bytes.LastIndexAny(b, "\n:;"); i >= 0 {
		b, from = b[i+1:], from+i+1
	}
	b = bytes.TrimRight(b, " ,")
	if len(b) == start-from {
		return start
	}
	i := bytes.LastIndexByte(b, ' ')
	if i <= 0 {
		return start
	}
	k := bytes.LastIndexByte(b[:i], ' ') + 1
	if isUnit(b[k:i]) && len(b)-i <= 6 && hasDigit(b[i+1:]) {
		return from + k
	}
	return start
}

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

package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
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
		// Of two letters there is but "C/", which is read only where a word begins.
		n.Literals = append(n.Literals, anchor.Literal{Text: s.text, Fold: !s.exact, Begins: len(s.text) == 2})
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

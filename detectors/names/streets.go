package names

import "strings"

// A form is how a language writes a street and its number.
type form uint8

const (
	numberFirst form = iota // 12 Elm Street: the anchor is the word behind the name
	suffix                  // Lindenstraße 12: the anchor ends a word, the number follows
	numberRue               // 12 rue des Lilas, rue des Lilas 12: the anchor stands before the name
	wordFirst               // Calle Mayor 12: the anchor stands before the name
	preposition             // Am Alten Markt 3: no word for a street; a postcode must follow
	box                     // P.O. Box 12
	military                // PSC 4, Box 12, APO AE 09012
	labelForm               // Address: …
)

// A street is a word that shows where an address is.
type street struct {
	text  string
	form  form
	sure  bool // it hardly ever means something else
	exact bool // as written, capitals and all
	rare  bool // it means something else more often than not
}

func (f form) streets(sure bool, list ...string) (out []street) {
	for _, w := range list {
		out = append(out, street{text: w, form: f, sure: sure})
	}
	return out
}

func exactly(list []street) []street {
	for i := range list {
		list[i].exact = true
	}
	return list
}

// streets are the words, each with the blank before or behind it that the
// anchor needs. USPS Publication 28 (C1) for the abbreviations.
var streets = func() (out []street) {
	add := func(list []street) { out = append(out, list...) }
	add(numberFirst.streets(true, " street", " avenue", " road", " boulevard", " blvd", " lane", " drive", " terrace", " parkway", " pkwy", " crescent", " highway", " turnpike", " expressway", " esplanade"))
	add(numberFirst.streets(true, " ave", " rd", " ln", " hwy", " cres", " crt", " st", " dr"))
	add(numberFirst.streets(false, " court", " ct", " way", " place", " pl", " circle", " cir", " trail", " close", " grove", " square", " gardens", " mews", " walk", " row", " hill", " loop", " alley", " plaza", " broadway", " quay", " view", " rise", " parade", " green"))
	// The other suffixes of Publication 28, as written: they name much else.
	for w := range strings.FieldsSeq("Alley Branch Bridge Brook Bypass Camp Canyon Causeway Center Cliff Common Corner Cove Creek Crest Crossing Curve Dale Divide Estate Estates Extension Falls Ferry Field Fields Flats Ford Forest Forge Forges Fork Forks Freeway Gateway Glen Haven Heights Hollow Inlet Island Isle Junction Key Keys Knoll Knolls Lake Lakes Landing Lock Locks Lodge Mall Manor Meadow Meadows Mill Mills Mission Motorway Mount Mountain Neck Orchard Oval Overpass Park Pass Passage Path Pike Pine Pines Plain Plains Point Port Ports Prairie Radial Ramp Ranch Rapids Rest Ridge River Route Run Shoal Shore Shores Skyway Spring Springs Spur Station Stream Summit Throughway Trace Track Trafficway Tunnel Underpass Union Valley Viaduct Village Villages Ville Vista Wall Well Wells") {
		out = append(out, street{text: " " + w, form: numberFirst, rare: true, exact: true})
	}
	add(exactly(military.streets(true, "APO A", "FPO A", "DPO A")))
	add(suffix.streets(true, "straße", "strasse", "straat", "gasse", "gracht", "str."))
	add(suffix.streets(false, "weg ", "platz ", "allee ", "damm ", "ufer ", "laan ", "plein ", "kade ", "singel ", "dijk ", "steeg ", "dreef ", "markt ", "chaussee ", "promenade ", "stieg ", "pfad "))
	add(exactly(suffix.streets(false, "ring ", "hof ", "berg ", "park ")))
	add(numberRue.streets(true, "rue ", "avenue ", "boulevard ", "impasse ", "chemin ", "allée ", "allee ", "quai ", "bd ", "faubourg "))
	add(numberRue.streets(false, "place ", "cours ", "route ", "square ", "passage ", "sentier ", "villa ", "av. "))
	add(wordFirst.streets(true, "calle ", "avenida ", "avda. ", "avda ", "paseo ", "plaza ", "carrer ", "camino ", "carretera ", "viale ", "piazza ", "vicolo ", "piazzale ", "rua ", "praça ", "travessa ", "alameda ", "ulica ", "aleja ", "aleje ", "ul. ", "al. ", "pl. ", "os. ", "osiedle "))
	add(exactly(wordFirst.streets(false, "C/ ", "C/", "Av. ", "Via ", "via ", "Corso ", "corso ", "Largo ", "Strada ", "Ronda ", "Estrada ", "Av ", "R. ")))
	add(exactly(preposition.streets(false, "Am ", "Im ", "An der ", "An den ", "Auf der ", "Auf dem ", "In der ", "Zum ", "Zur ", "Unter den ", "Hinter der ", "Vor dem ", "Beim ", "Op de ", "Aan de ")))
	add(box.streets(true, "p.o. box ", "po box ", "postfach ", "postbus ", "apartado de correos ", "casella postale ", "skrytka pocztowa "))
	add(labelForm.streets(true,
		"address", "anschrift", "adresse", "dirección", "direccion", "domicilio", "indirizzo", "residenza", "endereço", "morada", "adres", "zamieszkania", "wohnort",
		"lives at", "living at", "live at", "lived at", "resides at", "residing at", "located at", "ship to", "deliver to", "delivered to", "street"))
	return out
}()

// streetWords are the words of numberFirst, in small letters, and whether they
// hardly ever mean something else.
var streetWords = func() map[string]bool {
	m := make(map[string]bool)
	for _, s := range streets {
		if s.form == numberFirst {
			m[strings.ToLower(s.text[1:])] = s.sure
		}
	}
	return m
}()

// regions are the codes of states and provinces behind a town.
var regions = func() map[string]bool {
	m := make(map[string]bool)
	for _, r := range [...]string{
		"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC", "PR",
		"AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT", // Canada
		"NSW", "VIC", "QLD", "TAS", "ACT", // Australia, with SA, WA, NT
		"AC", "AP", "AM", "BA", "CE", "ES", "GO", "MG", "PB", "RJ", "RN", "RS", "RO", "RR", "SP", "SE", "TO", // Brazil
	} {
		m[r] = true
	}
	return m
}()

// units are words before the number of a flat or a floor, folded.
var units = func() map[string]bool {
	m := make(map[string]bool)
	for _, u := range [...]string{
		"apt", "apartment", "suite", "ste", "unit", "floor", "fl", "flat", "room", "rm", "bldg", "building", "lot", "level", "penthouse",
		"wohnung", "whg", "top", "stock", "etage", "bte", "appt", "appartement", "batiment", "bat", "esc", "piso", "puerta", "bajo", "planta", "portal", "escalera",
		"interno", "int", "scala", "piano", "apto", "ap", "bloco", "andar", "sala", "casa", "lote", "conj", "m", "lok", "lokal", "mieszkanie",
	} {
		m[u] = true
	}
	return m
}()

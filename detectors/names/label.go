package names

import (
	"bytes"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

// A weight says how strongly something announces a name.
type weight uint8

const (
	no weight = iota
	weak
	strong
)

// maxLabel is how much of a label is read, in bytes.
const maxLabel = 64

// labelWeight says what a label ("Patient name", "customerName", "full_name",
// "Kunde") says of the value under it; named says that it has the word name.
func labelWeight(label []byte) (w weight, named bool) {
	if len(label) > maxLabel {
		return no, false
	}
	var names, people, parts, others int
	for at := 0; at < len(label); {
		i := at
		for i < len(label) && !labelLetter(label[i]) {
			i++
		}
		j := i
		for j < len(label) && labelLetter(label[j]) && !(j > i && isUpper(label[j]) && !isUpper(label[j-1])) {
			j++
		}
		if i == j {
			break
		}
		at = j
		parts++
		part := label[i:j]
		if j-i > 4 && j == len(label) { // "fullname", "patientname"
			if n := len(part) - 4; string(lower4(part[n:])) == "name" {
				switch w := labelPart(part[:n]); w {
				case partBad:
					return no, false
				case partQualifier, partPerson:
					people++
				case partName, partSmall, partOther:
				}
				names++
				continue
			}
		}
		switch labelPart(part) {
		case partBad:
			return no, false
		case partName:
			names++
		case partPerson, partQualifier:
			people++
		case partOther:
			others++
		case partSmall:
		}
	}
	named = names > 0
	switch {
	case parts == 0 || parts > 6 || others > 1:
		return no, false
	case people > 0 && (names > 0 || others == 0):
		return strong, named
	case names > 1:
		return strong, named
	case names == 1:
		return weak, named
	case people > 0:
		return weak, named
	}
	return no, false
}

type labelKind uint8

const (
	partOther     labelKind = iota
	partBad                 // no person's name: file, company
	partName                // name, nom
	partPerson              // patient, Kunde
	partQualifier           // full, first
	partSmall               // of, the
)

// labelPart says what one word of a label is.
func labelPart(w []byte) labelKind {
	var buf [maxLabel]byte
	switch string(fold(buf[:0], w)) {
	case "name", "names", "nom", "nome", "nombre", "naam", "namen", "nombres", "imie", "cognome", "nominativo":
		return partName
	case "full", "first", "last", "given", "family", "middle", "legal", "maiden", "preferred", "birth", "real", "complete", "completo", "apellidos", "apellido", "prenom", "prenoms", "vorname", "nachname", "familienname", "nazwisko", "imiona", "voornaam", "achternaam", "volledige", "surname", "forename", "sobrenome", "fullname", "firstname", "lastname", "person", "persons", "people", "author", "attending", "emergency", "kin", "requested", "submitted", "prepared", "reviewed", "approved", "signed", "reported", "assigned", "referred", "referring", "dr", "mr", "mrs", "ms", "doctor", "physician", "provider", "therapist", "nurse", "attorney", "judge", "lawyer", "manager", "owner", "spouse", "wife", "husband", "mother", "father", "parent", "guardian", "parents", "child", "son", "daughter", "interviewer", "interviewee", "driver", "victim", "suspect", "deceased", "heir", "executor", "trustee", "buyer", "seller", "landlord", "donor", "instructor", "teacher", "supervisor", "agent", "user's", "attendees", "attendee", "participants", "present", "referent", "referente", "contatto", "contato", "contacto", "kontakt", "kontaktperson", "contactpersoon", "ansprechpartner":
		return partQualifier
	case "file", "user", "username", "login", "screen", "display", "host", "hostname", "domain", "class", "table", "column", "product", "project", "company", "brand", "model", "server", "event", "field", "app", "package", "variable", "function", "service", "bucket", "branch", "repo", "repository", "image", "pod", "container", "node", "cluster", "database", "db", "schema", "key", "tag", "group", "role", "team", "department", "item", "title", "country", "city", "state", "street", "bank", "store", "shop", "school", "place", "course", "drug", "medication", "test", "plan", "ship", "hotel", "road", "code", "common", "process", "stage", "step", "index", "font", "theme", "type", "generic", "trade", "organization", "organisation", "org", "business", "firm", "venue", "address", "phone", "email", "date", "id", "number", "no", "status", "portal", "support", "experience", "success", "care", "satisfaction", "relations", "handbook", "benefits", "segment", "base", "journey", "loyalty", "safety", "history", "subject", "topic", "song", "album", "artist", "band", "movie", "book", "game", "character", "hero", "heroine", "pet", "dog", "cat", "species", "recipe", "dish", "color", "colour", "method", "parameter", "property", "attribute", "module", "component", "feature", "environment", "region", "zone", "network", "device", "account", "firma", "produkt", "datei", "stadt", "strasse", "projekt", "verein", "entreprise", "societe", "fichier", "produit", "ville", "empresa", "archivo", "producto", "ciudad", "azienda", "prodotto", "citta", "arquivo", "produto", "cidade", "bedrijf", "bestand", "plik", "miasto", "label", "category", "priority", "severity", "version", "language", "format", "url", "path", "time", "error", "message", "note", "notes", "summary", "description", "comment":
		return partBad
	case "of", "the", "by", "and", "y", "et", "e", "und", "i", "en", "de", "des", "der", "du", "del", "van", "mr/mrs", "s", "is", "compte", "conto", "cuenta", "conta", "kontos", "rekening", "konta", "holder", "to", "from", "cc", "bcc", "for":
		if len(w) >= 2 && (w[0]|0x20 == 't' && len(w) == 2 || w[0]|0x20 == 'f' && len(w) == 4 || w[0]|0x20 == 'c' || w[0]|0x20 == 'b' && len(w) == 3) {
			return partPerson // the heads of a mail: To, From, Cc
		}
		return partSmall
	}
	if f := fold(buf[:0], w); bytes.HasSuffix(f, []byte("nehmer")) || bytes.HasSuffix(f, []byte("nehmerin")) || bytes.HasSuffix(f, []byte("inhaber")) || bytes.HasSuffix(f, []byte("inhaberin")) || bytes.HasSuffix(f, []byte("geberin")) {
		return partPerson
	}
	switch gazetteer.Word(w).Class() {
	case gazetteer.Label, gazetteer.Relation:
		return partPerson
	case gazetteer.Org, gazetteer.Place, gazetteer.Product, gazetteer.Month, gazetteer.Near:
		return partBad
	}
	return partOther
}

// fold appends a word in lower case without diacritics.
func fold(dst, w []byte) []byte {
	for i := 0; i < len(w); {
		l, n, _ := gazetteer.Letter(w[i:])
		if l != 0 {
			dst = append(dst, byte(l))
			if l > 0xFF {
				dst = append(dst, byte(l>>8))
			}
		}
		i += n
	}
	return dst
}

func lower4(b []byte) []byte { return []byte{b[0] | 0x20, b[1] | 0x20, b[2] | 0x20, b[3] | 0x20} }

func labelLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

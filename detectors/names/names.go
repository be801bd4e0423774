// Package names finds the names of persons and postal addresses in prose.
//
// Text goes in by anchors: capital letters for names, words for streets for
// addresses. Findings come out. A name is a run of capitalised words that the
// model of package sequence takes for one; what announces it (a title, a label
// or JSON key, a greeting, a signature, "my name is") and what the gazetteer
// knows of its words decide how sure that is:
//
//	High    announced, and known to be a name
//	Medium  announced; or a full name, known, in a place where names stand
//	Low     in prose: a given name alone, somebody of public life, a guess
//
// What stands in questions of general knowledge ("Who was …") stays Low, and so
// does what looks like a company, a place, a work or a headline. A street needs
// a number; with a postcode and a town it is High. Addresses are read in the
// forms of the United States, Britain, Canada, Australia, Germany, Austria,
// Switzerland, France, Spain, Italy, Portugal, Brazil, the Netherlands and Poland.
//
// Each decision is made on one view: the text around one anchor, the same for
// every way of cutting a text (law L1). The detectors are immutable and safe for
// concurrent use; a pass keeps no text.
package names

import "github.com/promptgate/promptgate/detectors"

// Info types of the findings, and what their rules' names begin with.
const (
	TypeName    detectors.InfoType = "pii.person_name"
	TypeAddress detectors.InfoType = "pii.postal_address"
)

// New returns the detectors of names and addresses.
func New() []detectors.Detector {
	return []detectors.Detector{persons{}, lower{}, hanzi{}, addresses{}}
}

package policy

import "github.com/promptgate/promptgate/detectors"

// An operator is how a finding is edited: the loosest first, so that of several
// rules the strictest operator wins.
type operator uint8

const (
	mask        operator = iota // keeps the last four: "****1111"
	generalize                  // keeps what is common: a date's year
	token                       // a name that the answer can be restored from
	hash                        // a keyed hash: equal values stay equal
	placeholder                 // a typed name: "[PAYMENT_CARD_1]"
	drop                        // nothing
)

var operatorNames = [...]string{mask: "mask", generalize: "generalize", token: "token", hash: "hash", placeholder: "placeholder", drop: "drop"}

func (o operator) String() string { return operatorNames[o] }

// An operatorGlob is an operator for some info types.
type operatorGlob struct {
	types string // glob
	op    operator
}

// operatorFor is how r edits a finding of a type; a placeholder where a table
// does not say.
func (r *rule) operatorFor(t detectors.InfoType) operator {
	for _, o := range r.operators {
		if glob(o.types, string(t)) {
			return o.op
		}
	}
	return placeholder
}

package pattern

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// The library's own examples of every region and kind dial, and what its lengths
// rule out does not.
func TestDialsAsTheLibrary(t *testing.T) {
	kinds := []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE, phonenumbers.VOIP}
	n := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range kinds {
			p := phonenumbers.GetExampleNumberForType(region, kind)
			if p == nil {
				continue
			}
			s := phonenumbers.Format(p, phonenumbers.INTERNATIONAL)
			if !dials([]byte(s[1:])) {
				t.Errorf("the example of %s does not dial", region)
			}
			n++
		}
	}
	if n < 400 {
		t.Fatalf("only %d examples", n)
	}
	r := rand.New(rand.NewPCG(3, 3))
	const tries = 4000
	wrong, same := 0, 0
	for range tries {
		b := make([]byte, 7+r.IntN(9))
		for i := range b {
			b[i] = byte('0' + r.IntN(10))
		}
		b[0] = byte('1' + r.IntN(9))
		p, err := phonenumbers.Parse("+"+string(b), "")
		if err != nil || fmt.Sprint(p.GetCountryCode())+phonenumbers.GetNationalSignificantNumber(p) != string(b) {
			continue // no calling code, or a prefix of the plan was taken off
		}
		same++
		if reason := phonenumbers.IsPossibleNumberWithReason(p); dials(b) != (reason == phonenumbers.IS_POSSIBLE) && nthDigit(b, len(fmt.Sprint(p.GetCountryCode()))) != '0' {
			wrong++
		}
	}
	if wrong > 0 || same < tries/2 {
		t.Errorf("%d of %d random numbers are judged otherwise than by the library", wrong, same)
	}
}

func TestDialTableIsFresh(t *testing.T) {
	if len(dialLengths) != len(phonenumbers.GetSupportedCallingCodes()) {
		t.Errorf("%d calling codes, the library has %d: go generate ./detectors/pattern", len(dialLengths), len(phonenumbers.GetSupportedCallingCodes()))
	}
}

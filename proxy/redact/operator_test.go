package redact

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

func TestOperators(t *testing.T) {
	tab := table(t, vault(t), "anna")
	email := token(t, tab, "EMAIL", "anna.weber@example.com")
	for _, c := range []struct {
		name     string
		operator Operator
		info     string
		text     string
		digest   detectors.Digest
		want     string
	}{
		{"nothing said", "", "pii.email", "anna.weber@example.com", digest(1), "[EMAIL_1]"},
		{"placeholder", Placeholder, "pii.email", "anna.weber@example.com", digest(1), "[EMAIL_1]"},
		{"hash", Hash, "pii.email", "anna.weber@example.com", digest(1), "[EMAIL_HASH_010000000000]"},
		{"hash of what has no digest", Hash, "pii.email", "anna.weber@example.com", detectors.Digest{}, "[EMAIL_1]"},
		{"drop", Drop, "pii.email", "anna.weber@example.com", digest(1), ""},
		{"token", Token, "pii.email", "anna.weber@example.com", digest(1), email},
		{"token of another spelling", Token, "pii.email", "Anna.Weber@Example.com", digest(1), email},
		{"mask of a card", Mask, "pci.payment_card", "4111 1111 1111 1111", digest(1), "**** **** **** 1111"},
		{"mask of a short one", Mask, "pii.passport", "C01X0006H", digest(1), "*******6H"},
		{"mask of what is too short", Mask, "pii.age", "43 years", digest(1), "** *****"},
		{"mask of lines", Mask, "pii.postal_address", "Am Ring 4\n10115 Berlin", digest(1), "** **** ******* **rlin"},
		{"mask of a long one", Mask, "secret.private_key", strings.Repeat("a", 200) + "beef", digest(1), "****beef"},
		{"mask of another script", Mask, "pii.person_name", "Мария Иванова Петрова", digest(1), "***** ******* ***рова"},
		{"year of a date", Generalize, "pii.date_of_birth", "17.03.1984", digest(1), "1984"},
		{"year of a date in words", Generalize, "pii.date_of_birth", "March 17, 1984", digest(1), "1984"},
		{"a date without a whole year", Generalize, "pii.date_of_birth", "17.03.84", digest(1), "[EMAIL_1]"},
		{"a date with two years", Generalize, "pii.date_of_birth", "1984 2001", digest(1), "[EMAIL_1]"},
		{"network of an address", Generalize, "pii.ip_address", "192.0.2.17", digest(1), "192.0.2.x"},
		{"an address that has none", Generalize, "pii.ip_address", "2001:db8::17", digest(1), "[EMAIL_1]"},
		{"about where", Generalize, "pii.geo_location", "52.520008, -13.404954", digest(1), "52.5, -13.4"},
		{"what has nothing common", Generalize, "pii.email", "anna.weber@example.com", digest(1), "[EMAIL_1]"},
		{"one that does not exist", "shuffle", "pii.email", "anna.weber@example.com", digest(1), "[EMAIL_1]"},
	} {
		target := Target{Span: detectors.Span{End: len(c.text)}, Type: detectors.InfoType(c.info), Placeholder: "EMAIL", Digest: c.digest, Operator: c.operator}
		edits, ok := Edits([]Target{target}, nil, &Names{Table: tab}, plain(c.text))
		if !ok || len(edits) != 1 || string(edits[0].With) != c.want {
			t.Errorf("%s: %q, want %q", c.name, edits[0].With, c.want)
		}
	}
}

// What may be kept of a value is not known of a run that is more than the value, or
// that holds it encoded.
func TestNothingIsKeptOfWhatIsMoreThanTheValue(t *testing.T) {
	text := "key=4111111111111111;" + strings.Repeat("A", 24)
	span := detectors.Span{Start: 4, End: 20}
	for _, tt := range []struct {
		name    string
		matched []detectors.Span
		target  []Target
		want    string
	}{
		{"grown", []detectors.Span{{Start: 0, End: 21}}, []Target{{Span: span, Operator: Mask}}, "[X_1]"},
		{"encoded", nil, []Target{{Span: span, Encoded: true, Operator: Mask}}, "[X_1]"},
		{"with another one in it", nil, []Target{{Span: span, Operator: Mask}, {Span: detectors.Span{Start: 6, End: 10}, Digest: digest(2), Operator: Generalize}}, "[X_1]"},
		{"the strictest of two", nil, []Target{{Span: span, Operator: Mask}, {Span: detectors.Span{Start: 18, End: 24}, Digest: digest(2), Operator: Drop}}, ""},
	} {
		for i := range tt.target {
			tt.target[i].Placeholder, tt.target[i].Type = "X", "pci.payment_card"
		}
		edits, ok := Edits(tt.target, map[int][]detectors.Span{0: tt.matched}, &Names{}, plain(text))
		if !ok || len(edits) != 1 || string(edits[0].With) != tt.want {
			t.Errorf("%s: %d edits, %v", tt.name, len(edits), ok)
		}
	}
}

// Without a key there are no tokens, and a placeholder says less.
func TestWithoutATableThereAreNoTokens(t *testing.T) {
	edits, ok := Edits([]Target{{Span: detectors.Span{End: 3}, Placeholder: "EMAIL", Operator: Token}}, nil, &Names{}, plain("abc"))
	if !ok || string(edits[0].With) != "[EMAIL_1]" {
		t.Errorf("%v", ok)
	}
}

// A value that was numbered before keeps its number, and new ones get others.
func TestNumbersAreKept(t *testing.T) {
	n := &Names{}
	n.Remember([]Numbered{{"EMAIL", digest(2), 3}, {"EMAIL", digest(9), 3}, {"IBAN", digest(2), 1}})
	got := []string{n.Name("EMAIL", digest(1)), n.Name("EMAIL", digest(2)), n.Name("IBAN", digest(3)), n.Name("EMAIL", digest(9))}
	want := []string{"[EMAIL_4]", "[EMAIL_3]", "[IBAN_2]", "[EMAIL_5]"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("name %d is %s, want %s", i, got[i], want[i])
		}
	}
	if n.Number("EMAIL", digest(1)) != 4 || n.Number("EMAIL", digest(7)) != 0 {
		t.Error("numbers are not told")
	}
}

package pattern

import (
	"strings"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors/names/gazetteer"
)

// variants are other ways to write a keyword: as a key (passport_no), and
// without the marks on its letters (cedula, numero_fiscal), as on a keyboard
// that lacks them and in the names of columns.
func variants(k string) (out []string) {
	for _, w := range []string{k, unmarked(k)} {
		if w == "" {
			continue
		}
		if w != k {
			out = append(out, w)
		}
		key := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimRight(w, ".: "))
		if n := strings.Count(key, "_"); n > 0 && n < 3 && key != w && utf8.RuneCountInString(key) == len(key) {
			out = append(out, key) // keys are short and in ASCII
		}
	}
	return out
}

// unmarked is a word in Latin letters without their marks, "" if it has none or
// other letters.
func unmarked(w string) string {
	var out []byte
	marked := false
	for b := []byte(w); len(b) > 0; {
		if b[0] < 0x80 {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		folded, n, _ := gazetteer.Letter(b)
		low, high := byte(folded), byte(folded>>8)
		if low == 0 || low >= 0x80 || high >= 0x80 {
			return ""
		}
		if out = append(out, low); high > 0 {
			out = append(out, high)
		}
		marked, b = true, b[n:]
	}
	if !marked {
		return ""
	}
	return string(out)
}

package main

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/promptgate/promptgate/rules"
)

// Pieces of the shapes that are hand-written matchers in detectors/pattern.
const (
	gap       = `[^\n]{0,48}`    // what may stand between a label and its value
	gapLetter = `[^\n0-9]{0,48}` // the same, ended by a digit, as in detectors/pattern
	digitRun  = `[^0-9][0-9](?:[ ./-]?[0-9]){8}`
	areaCode  = `\([0-9]{2,5}\)[ .-]?[0-9]{2,4}[ .-]?[0-9]{3}`
	assigns   = `[A-Za-z0-9_.-]{0,24}['"\x60\])]{0,2}[ \t]{0,8}(?:=>|[:?+]?=|[:>,(]|\\":|[ \t]|[^\n=]{0,32}=|\n[ \t]{1,16}value:)[ \t]{0,16}(?:[A-Za-z@]?['"\x60])?`
	secretOf  = `[^\s'"\x60,;<>()\[\]{}|]`
	says      = `[^\n]{0,48}(?:[:= ]|：|(?i: is| was| are| to| ist| lautet| est| es| era| as))[ \t"'\x60(*]{1,3}`
	passes    = `[^\s"'\x60]`
	between   = `[^\n]{0,40}[ =:'"\x60>]`
	pemHead   = `-----BEGIN [A-Z ]{0,24}PRIVATE KEY`
)

// friendly is a rule in the formulation that is fast; each choice is the faster
// of those that were tried (see bench/results). Words and assignments are one
// expression a keyword: an alternation of them is thirty times slower. All
// formats of digits, phone numbers among them, are one expression for a run of
// nine with separators, which is what our own anchors ask for: one expression a
// format is several times slower, and with a guard before [0-9]{16} Hyperscan
// falls from 700 to 6 MB/s.
func friendly(r rules.Rule) ([]string, error) {
	value := ""
	if r.Pattern != "" {
		var err error
		if value, err = pattern8(r.Pattern, false, least); err != nil {
			return nil, err
		}
	}
	each := func(words []string, behind string) (out []string) {
		for _, w := range words {
			out = append(out, quoteFold(w, !r.KeywordCase)+behind)
		}
		return out
	}
	switch r.Shape {
	case "":
		if strings.HasPrefix(value, `[\x30-\x39]{17}`) {
			return []string{digitRun}, nil
		}
		return []string{value}, nil
	case "labelled":
		return []string{anyOf(r.Keywords, !r.KeywordCase) + gapLetter + value}, nil
	case "street":
		return []string{`[0-9] [A-Z][^\n]{1,60}` + value}, nil
	case "digits":
		return []string{digitRun}, nil
	case "phone":
		return []string{digitRun, areaCode}, nil
	case "email":
		return []string{`[A-Za-z0-9._%+-]@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2}`}, nil
	case "assignment", "pairs":
		return each(names(r), fmt.Sprintf("%s%s{%d}", assigns, secretOf, secretLength(r))), nil
	case "named":
		value, err := pattern8(r.Pattern, false, func(re *syntax.Regexp) *syntax.Regexp { return cut(re, true) })
		var out []string
		for _, n := range r.Names {
			out = append(out, "(?i:"+strings.ReplaceAll(quote(n), `\x20`, `[ _.-]?`)+")"+between+value)
		}
		return out, err
	case "prose":
		return each(r.Keywords, says+passes+"{4}"), nil
	case "near": // the words that a value stands near: runs of 26 characters are slower
		return each(r.Context[0].Words, ""), nil
	case "mrz":
		return []string{`[A-Z0-9]<<<<`}, nil
	case "pem":
		return []string{pemHead}, nil
	case "marking", "marking_line", "record":
		return each(r.Keywords, ""), nil
	case "signals":
		return each(signalWords(r), ""), nil
	}
	return nil, nil
}

// naive is a rule as it stands, between word boundaries.
func naive(r rules.Rule) ([]string, error) {
	value := ""
	if r.Pattern != "" {
		var err error
		if value, err = pattern8(r.Pattern, true, nil); err != nil {
			return nil, err
		}
	}
	words := anyOf(r.Keywords, !r.KeywordCase)
	whole := func(s string) []string { return []string{`\b(?:` + s + `)\b`} }
	switch r.Shape {
	case "":
		left, right, err := wordEdges(r.Pattern)
		if r.Boundary.Left == "none" {
			left = ""
		}
		if r.Boundary.Right == "none" {
			right = ""
		}
		return []string{left + `(?:` + value + `)` + right}, err
	case "labelled":
		return labels(r, gap+`\b(?:`+value+`)\b`), nil
	case "street":
		return whole(`[0-9]{1,6}[A-Za-z]? (?:[A-Z][^\n]{1,24} ?){1,4}` + value), nil
	case "digits":
		var out []string
		for _, f := range r.Formats {
			out = append(out, digitsOf(f))
		}
		return whole(strings.Join(out, "|")), nil
	case "phone":
		return []string{`(?:` + strings.Join(phones(), "|") + `)\b`}, nil
	case "email":
		return whole(`[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}`), nil
	case "assignment", "pairs":
		return []string{fmt.Sprintf("%s%s%s{%d,%d}", anyOf(names(r), true), assigns, secretOf, secretLength(r), r.MaxLength)}, nil
	case "named":
		return []string{strings.ReplaceAll(anyOf(r.Names, true), `\x20`, `[ _.-]?`) + between + `(?:` + value + `)`}, nil
	case "prose":
		return []string{`\b` + words + `\b` + says + passes + "{4,64}"}, nil
	case "near":
		return []string{fmt.Sprintf(`%s[^\n]{0,56}[^A-Za-z0-9_+/=-][A-Za-z0-9_+/=-]{26,%d}`, anyOf(r.Context[0].Words, true), r.MaxLength)}, nil
	case "mrz":
		return []string{`(?:[A-Z0-9<]{44}[^A-Z0-9<]{1,4}[A-Z0-9<]{44}|[A-Z0-9<]{36}[^A-Z0-9<]{1,4}[A-Z0-9<]{36}|(?:[A-Z0-9<]{30}[^A-Z0-9<]{1,4}){2}[A-Z0-9<]{30})`}, nil
	case "pem":
		return []string{pemHead + `[A-Z ]{0,16}-----[^-]{20,8192}-----END`}, nil
	case "marking", "marking_line", "record":
		return whole(words), nil
	case "signals":
		return whole(anyOf(signalWords(r), true)), nil
	}
	return nil, nil
}

// labels are the keywords of a rule and what stands behind them; \b is about
// ASCII, so that what begins otherwise has none before it.
func labels(r rules.Rule, behind string) (out []string) {
	var ascii, other []string
	for _, k := range r.Keywords {
		if k[0] < 0x80 {
			ascii = append(ascii, k)
		} else {
			other = append(other, k)
		}
	}
	if len(ascii) > 0 {
		out = append(out, `\b`+anyOf(ascii, !r.KeywordCase)+behind)
	}
	if len(other) > 0 {
		out = append(out, anyOf(other, !r.KeywordCase)+behind)
	}
	return out
}

// names are the keywords of an assignment without the operator that some end in.
func names(r rules.Rule) (out []string) {
	for _, k := range r.Keywords {
		if k = strings.TrimRight(k, " =:\"'>,"); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// secretLength is the least length of a value that an assignment gives.
func secretLength(r rules.Rule) int {
	if r.InfoType == "secret.password" || r.Shape == "pairs" {
		return 4
	}
	return 12
}

func signalWords(r rules.Rule) (words []string) {
	for _, s := range r.Signals {
		words = append(words, s.Words...)
	}
	return words
}

// digitsOf is a format of digit groups: "3-2-4", "4_4_4_4=12".
func digitsOf(format string) string {
	spec, _, _ := strings.Cut(format, "=")
	var b strings.Builder
	for i := 0; i < len(spec); {
		j := i
		for j < len(spec) && spec[j] >= '0' && spec[j] <= '9' {
			j++
		}
		fmt.Fprintf(&b, `[0-9]{%s}`, spec[i:j])
		if j < len(spec) {
			if spec[j] == '_' {
				b.WriteString(`[ ./-]`)
			} else {
				b.WriteString(quote(spec[j : j+1]))
			}
			j++
		}
		i = j
	}
	return b.String()
}

// phones are the forms that detectors/pattern reads: international, an area code
// in parentheses, North America's groups, a trunk zero, ten digits.
func phones() []string {
	return []string{
		`\+[1-9](?:[ ().-]{0,2}[0-9]){7}`,
		areaCode,
		`[2-9][0-9]{2}[ .-][2-9][0-9]{2}[ .-][0-9]{4}`,
		`0[1-9][0-9]{0,3}[ .-][0-9]{2,4}[ .-][0-9]{2}`,
		`[0-9]{10,11}`,
	}
}

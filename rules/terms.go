package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/promptgate/promptgate/rules/strict"
)

// terms checks the terms that stand in the rule itself and counts all.
func (k *checker) terms() {
	if k.TermsFile == "" && len(k.Terms) == 0 {
		k.bad("terms", "shape dictionary needs terms or terms_file")
	}
	if k.TermsFile != "" && k.ownTerms > 0 {
		k.bad("terms", "a dictionary has terms or terms_file, not both")
	}
	if k.TermsFile == "" {
		for i, t := range k.Terms {
			if why := badTerm(t); why != "" {
				k.bad(fmt.Sprintf("terms[%d]", i), "%s", why)
			}
		}
	}
	if k.l.terms += len(k.Terms); k.l.terms > MaxTerms && k.l.terms-len(k.Terms) <= MaxTerms {
		k.bad("shape", "all dictionaries together have more than %d terms", MaxTerms)
	}
}

func badTerm(t string) string {
	switch {
	case len(t) < 2 || len(t) > MaxTerm:
		return fmt.Sprintf("a term has 2 to %d bytes", MaxTerm)
	case !utf8.ValidString(t):
		return "a term is UTF-8"
	case strings.TrimSpace(t) != t || strings.ContainsAny(t, "\n\r\t\x00"):
		return "a term has no white space at its ends, and no line break or tab inside"
	}
	return ""
}

// maxTermsFile bounds a file of terms, in bytes.
const maxTermsFile = 16 << 20

// readTerms reads the file of terms that a rule names: a term on each line;
// empty lines and lines that begin with # are none. Mistakes name the line and
// never show it: what stands there is what must not leave.
func (l *loader) readTerms(fsys fs.FS, doc *strict.Document, r *Rule) {
	bad := func(format string, a ...any) {
		l.errs = append(l.errs, doc.Errorf(at("rule", r.Index, "terms_file"), format, a...))
	}
	name := path.Join(path.Dir(r.File), r.TermsFile)
	if path.IsAbs(r.TermsFile) || !fs.ValidPath(name) || path.Ext(name) == ".toml" {
		bad("terms_file is a text file below the rules directory, named from where the rule stands")
		return
	}
	info, err := fs.Stat(fsys, name)
	if err == nil && info.Size() > maxTermsFile {
		bad("%s has more than %d bytes: all terms there may be take half of that", name, maxTermsFile)
		return
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		bad("%s: %v", name, cause(err))
		return
	}
	l.digest(name, data)
	r.ownTerms, r.Terms = len(r.Terms), nil
	shown := 0
	for n, line := range bytes.Split(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte{'\n'}) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		t := string(line)
		if why := badTerm(t); why != "" {
			if shown++; shown <= 20 {
				l.errs = append(l.errs, &strict.Error{File: name, Line: n + 1, Col: 1, Msg: why, Text: "***"})
			}
			continue
		}
		r.Terms = append(r.Terms, t)
	}
	if len(r.Terms) == 0 && shown == 0 {
		bad("%s holds no terms", name)
	}
}

// cause is what went wrong with a file, without its path.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

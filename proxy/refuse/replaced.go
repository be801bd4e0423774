package refuse

import (
	"net/http"
	"slices"
	"strings"
)

// Replaced is the line, in Markdown, above an answer to a message in which something
// was replaced: kinds in plain words, and the incident's number. link, when it is not
// "", is where people read about it. h is of the request.
func (m *Messages) Replaced(kinds []string, incident, link string, h http.Header) string {
	w := m.words(h)
	var list []string
	for _, k := range kinds {
		if k = plainWords(k); k != "" && !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	if extra := len(list) - maxKinds; extra > 0 {
		list = append(list[:maxKinds], w.more(extra))
	}
	number := strings.ReplaceAll(w.Frame.Incident, "{incident}", incident)
	if link != "" {
		number = "[" + strings.TrimSuffix(number, ".") + "](" + link + ")."
	}
	return "> " + strings.ReplaceAll(w.Frame.Replaced, "{kinds}", strings.Join(list, ", ")) + " " + number + "\n\n"
}

// plainWords is a title without what Markdown takes for its own.
func plainWords(title string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]()<>*_`\\#|\n", r) {
			return -1
		}
		return r
	}, title)
}

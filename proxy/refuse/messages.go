package refuse

import (
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	_ "embed"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules/strict"
)

// fallback is the language of clients that ask for none that there is.
const fallback = "en"

//go:embed page.html
var pageSource string

// Messages are the words of every language. Immutable, safe for concurrent use.
type Messages struct {
	languages map[string]*words
	page      *template.Template
	csp       string // of pages: nothing but their own style
}

// words are one language: a file of rules/messages.
type words struct {
	Language string             `toml:"language"` // BCP 47 primary tag: "en"
	Frame    frame              `toml:"frame"`
	Problems map[string]passage `toml:"problem"`  // by Cause
	Auth     map[string]passage `toml:"auth"`     // by identity.Reason: in place of problem.auth_required
	Gates    map[string]passage `toml:"gate"`     // by policy.Gate from coach on
	Category map[string]passage `toml:"category"` // by info type category; title is the kind in plain words
	Gaps     map[string]passage `toml:"gap"`      // by detectors.Cause; title is what could not be inspected
}

// A passage is what is said of one thing. {host} stands for the host that was
// asked for, or for "this host" where there is none.
type passage struct {
	Title string `toml:"title"` // heading of a page, or the thing in a few words
	Text  string `toml:"text"`  // what happened: whole sentences
	Next  string `toml:"next"`  // what to do: whole sentences
}

// frame is what stands around the passages.
type frame struct {
	Stopped  string `toml:"stopped"`  // begins every stopped message
	Held     string `toml:"held"`     // begins every message that waits for an acknowledgement
	Withheld string `toml:"withheld"` // begins every answer that is withheld, or ended
	Replaced string `toml:"replaced"` // {kinds}: above an answer to a message in which something was replaced
	Kind     string `toml:"kind"`     // {kind} and {places}: one kind that was found
	And      string `toml:"and"`      // between the last two of a list
	More     string `toml:"more"`     // {n}: what a list leaves out
	Rule     string `toml:"rule"`     // {rule}
	Incident string `toml:"incident"` // {incident}
	Host     string `toml:"host"`     // for {host} where there is none

	WithheldTitle string `toml:"withheld_title"` // heading of a page
	WithheldNext  string `toml:"withheld_next"`  // what to do

	// Labels of the page.
	Found        string `toml:"found"`
	Next         string `toml:"next"`
	RuleName     string `toml:"rule_name"`
	IncidentName string `toml:"incident_name"`
	HostName     string `toml:"host_name"`
	By           string `toml:"by"` // who says so
}

// Load reads messages/*.toml. The error is strict.Errors: an unknown key, a
// missing text, a text without words or with a name in braces that is not
// filled in.
func Load(fsys fs.FS) (*Messages, error) {
	names, err := fs.Glob(fsys, "messages/*.toml")
	if err != nil {
		return nil, fmt.Errorf("refuse: %w", err)
	}
	m := &Messages{languages: map[string]*words{}}
	var errs strict.Errors
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("refuse: %w", err)
		}
		w := &words{}
		doc, err := strict.Decode(name, data, w)
		errs.Add(err)
		if doc == nil {
			continue
		}
		check(doc, w, &errs)
		m.languages[w.Language] = w
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	if m.languages[fallback] == nil {
		return nil, fmt.Errorf("refuse: messages/%s.toml is missing", fallback)
	}
	m.page, m.csp, err = parsePage(pageSource)
	if err != nil {
		return nil, fmt.Errorf("refuse: page.html: %w", err)
	}
	return m, nil
}

// check reports what a file lacks and what nothing would ever read.
func check(doc *strict.Document, w *words, errs *strict.Errors) {
	if want := strings.TrimSuffix(path.Base(doc.File()), ".toml"); w.Language != want {
		errs.Add(doc.Errorf("language", "language must be %q, as the file is called", want))
	}
	for _, s := range w.Frame.sentences() {
		sentence(doc, "frame."+s.key, s.text, s.names, errs)
	}
	for _, t := range []struct {
		table string
		have  map[string]passage
		want  []string
	}{
		{"problem", w.Problems, keys(Causes())},
		{"auth", w.Auth, authReasons()},
		{"gate", w.Gates, gates()},
		{"category", w.Category, categories()},
		{"gap", w.Gaps, keys(detectors.Causes())},
	} {
		for _, k := range t.want {
			p, ok := t.have[k]
			if !ok {
				errs.Add(doc.Errorf(t.table, "%s.%s is missing", t.table, k))
				continue
			}
			for _, f := range []struct{ key, text string }{{"title", p.Title}, {"text", p.Text}, {"next", p.Next}} {
				sentence(doc, t.table+"."+k+"."+f.key, f.text, []string{"host"}, errs)
			}
		}
		for k := range t.have {
			if !slices.Contains(t.want, k) {
				e := doc.Errorf(t.table+"."+k, "nothing is called %s.%s", t.table, k)
				e.Hint = strict.Suggest(k, t.want)
				errs.Add(e)
			}
		}
	}
}

// sentence reports a text without words, and names in braces that are not in names.
func sentence(doc *strict.Document, key, text string, names []string, errs *strict.Errors) {
	if strings.TrimSpace(text) == "" {
		errs.Add(doc.Errorf(key, "%s is missing", key))
		return
	}
	for rest := text; ; {
		_, after, open := strings.Cut(rest, "{")
		if !open {
			return
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains(names, name) {
			errs.Add(doc.Errorf(key, "in braces may stand: %s", strings.Join(names, ", ")))
			return
		}
		rest = tail
	}
}

type sentenceOf struct {
	key, text string
	names     []string
}

func (f frame) sentences() []sentenceOf {
	return []sentenceOf{
		{"stopped", f.Stopped, nil}, {"held", f.Held, nil}, {"withheld", f.Withheld, nil}, {"withheld_title", f.WithheldTitle, nil}, {"withheld_next", f.WithheldNext, nil}, {"replaced", f.Replaced, []string{"kinds"}}, {"kind", f.Kind, []string{"kind", "places"}}, {"and", f.And, nil}, {"more", f.More, []string{"n"}},
		{"rule", f.Rule, []string{"rule"}}, {"incident", f.Incident, []string{"incident"}}, {"host", f.Host, nil},
		{"found", f.Found, nil}, {"next", f.Next, nil}, {"rule_name", f.RuleName, nil}, {"incident_name", f.IncidentName, nil},
		{"host_name", f.HostName, nil}, {"by", f.By, nil},
	}
}

func keys[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// gates are the gates that stop a message.
func gates() []string {
	return []string{policy.Coach.String(), policy.Justify.String(), policy.Approve.String(), policy.Block.String()}
}

func categories() []string {
	return []string{"pii", "phi", "pci", "secret", "source_code", "confidential"}
}

// words chooses the language by Accept-Language.
func (m *Messages) words(h http.Header) *words {
	for _, l := range preferences(h.Get("Accept-Language")) {
		primary, _, _ := strings.Cut(l, "-")
		if w := m.languages[primary]; w != nil {
			return w
		}
	}
	return m.languages[fallback]
}

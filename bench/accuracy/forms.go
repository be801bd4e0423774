package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/rules"
)

// formPlaces hold %v where people leave keys, in twelve languages and formats;
// %k is what the issuer is called. The tests inside the rules have none of them.
var formPlaces = []string{
	"%kToken = \"%v\"", "var %kToken string = \"%v\"", "%k_TOKEN=%v\n", "export %k_API_KEY=%v && make", "  \"%k_secret\": \"%v\",", "  \"%kToken\" => \"%v\"",
	"%k_api_key: %v", "%k:\n  token: %v\n", "curl -H \"X-%k-Token: %v\" https://api.vendor.io", "%k = Client(api_key=\"%v\")", "const %kApiKey: string = '%v';",
	"my %k api key is %v, why does it fail?", "here is the %k token: %v", "{\"name\": \"%k_TOKEN\", \"value\": \"%v\"}", "# %k\nsecret_key = \"%v\"",
	"https://api.%k.com/v1?access_token=%v", "<add key=\"%kApiKey\" value=\"%v\"/>", "ENV %k_SECRET %v", "System.setProperty(\"%k_TOKEN\", \"%v\");",
	"let %k_api_key: &str = \"%v\";", "$env:%k_TOKEN = \"%v\"", "deploy --%k-token %v --dry-run",
}

// forms are all lines of the tables of formats.
func forms(c *rules.Catalogue) (out []rules.Rule) {
	for _, r := range c.Rules() {
		if r.Category() == "secret" && (r.Shape == "named" || len(r.Heads) > 0) {
			out = append(out, r)
		}
	}
	return out
}

// recallOfForms draws keys in every form that the rules list, n of each, and
// counts those that are found as a credential with Medium confidence or more, and
// those whose issuer is told rightly too.
func (s *score) recallOfForms(c *rules.Catalogue, r *rand.Rand, n int) (cases, found, told int, err error) {
	for _, f := range forms(c) {
		name := "acme"
		if len(f.Names) > 0 {
			name = strings.ReplaceAll(f.Names[0], " ", "_")
		}
		for range n {
			v, _, err := pattern.Sample("{{gen:"+f.Pattern+"}}", fmt.Sprint(r.Uint64()))
			if err != nil {
				return 0, 0, 0, err
			}
			before, after, _ := strings.Cut(strings.ReplaceAll(pick(r, formPlaces), "%k", name), "%v")
			text := before + string(v) + after
			want := detectors.Span{Start: len(before), End: len(before) + len(v)}
			hit, right := false, false
			for _, x := range s.scan(text) {
				if x.Type.Category() == "secret" && x.Confidence.Level() >= detectors.Medium && x.Span.Overlaps(want) {
					hit, right = true, right || string(x.Type) == f.InfoType
				}
			}
			cases++
			if hit {
				found++
			} else {
				s.show("missed %s: %q\n", f.ID, text)
			}
			if right {
				told++
			}
		}
	}
	return cases, found, told, nil
}

func (s *score) forms(w io.Writer, c *rules.Catalogue, r *rand.Rand) error {
	cases, found, told, err := s.recallOfForms(c, r, max(1, s.each/4))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d keys in the %d forms of tables, in places that their own tests do not have: %.1f %% found, %.1f %% with their issuer's kind\n",
		cases, len(forms(c)), 100*float64(found)/float64(cases), 100*float64(told)/float64(cases))
	return nil
}

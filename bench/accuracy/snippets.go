package main

import (
	_ "embed"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"text/tabwriter"

	"github.com/promptgate/promptgate/detectors"
)

// snippets.txt has pieces of code in the twelve main languages, as people write
// them, made up for this and without looking at detectors/code/languages.txt.
//
//go:embed snippets.txt
var snippetFile string

// A dialect is a language and pieces of code in it.
type dialect struct {
	name   string
	pieces []string
}

func dialects() (out []dialect) {
	for part := range strings.SplitSeq("\n"+snippetFile, "\n[") {
		name, text, ok := strings.Cut(part, "]\n")
		if !ok {
			continue
		}
		out = append(out, dialect{name, strings.Split(text, "\n%%\n")})
	}
	return out
}

// snippet makes n lines of code in a language, blank ones not counted: pieces in
// any order, from the first line of one, with other names.
func (d dialect) snippet(r *rand.Rand, n int) string {
	var lines []string
	for left := n; left > 0; {
		for line := range strings.SplitSeq(strings.Trim(pick(r, d.pieces), "\n"), "\n") {
			if lines = append(lines, line); line != "" {
				if left--; left == 0 {
					break
				}
			}
		}
		if left > 0 && r.IntN(2) == 0 {
			lines = append(lines, "")
		}
	}
	noun := pick(r, nouns)
	return strings.NewReplacer("NOUN", noun, "noun", strings.ToLower(noun), "VERB", pick(r, verbs), "NUM", fmt.Sprint(2+r.IntN(900))).Replace(strings.Join(lines, "\n"))
}

// asked puts code into a prompt, or leaves it alone.
func asked(r *rand.Rand, code string) string {
	switch r.IntN(4) {
	case 0:
		return code
	case 1:
		return pick(r, []string{"Why does this fail?", "Please review:", "Can you explain what happens here", "Convert this to another language."}) + "\n\n" + code
	case 2:
		return "I have this and it is too slow.\n\n" + code + "\n\nWhat would you change, and why?\n"
	}
	return "Find the bug:\n```\n" + code + "\n```\nThanks!"
}

// talk is about code, or written by programs, and no code.
func talk(r *rand.Rand) string {
	return from(
		"What does `{defer|async|yield|static}` mean in {Go|Python|C#|Java}? When would I use it?",
		"How do I {sort|filter|copy} a {list|map|slice} in {Rust|PHP|Kotlin}? A one-liner is enough.",
		"I get \"{undefined is not a function|index out of range|segmentation fault}\" when I call load(). What may be wrong?",
		"Explain the difference between std::move and std::forward.\nDoes make_unique(x) copy x?\nWhich of them is cheaper?",
		"Run {npm install|pip install -r requirements.txt|go mod tidy} and then {npm test|pytest|go test ./...}, it says exit code {1-9}.",
		"cd app\nnpm ci\nnpm run build\ndocker build -t app:{1-9} .\ndocker push registry.example.com/app:{1-9}\nWhat is the order in CI?",
		"$ git checkout main\n$ git pull\n$ git rebase -i HEAD~{2-9}\nHow do I undo that?",
		"kubectl get pods -n {billing|search} | grep Error\nkubectl logs deploy/api --tail {10-90}\nwhat next?",
		"read the number of items\nfor each item\n    ask for its price\n    add it to the total\nif the total is above {20-90}\n    take ten percent off\nprint the total\n\nIs that a good algorithm?",
		"Algorithm:\n1. set total to {0-9}\n2. for every row, add the amount to total\n3. if total > {100-900} then stop\n4. return total",
		"id,name,amount\n1,Anna,{#3}\n2,Bob,{#3}\n3,Cleo,{#4}\n4,Dora,{#2}\nWhich row is the largest?",
		"Convert to CSV:\nname: Anna\namount: {#3}\nname: Bob\namount: {#4}",
		"[server]\nport = {#4}\nhost = localhost\n[log]\nlevel = debug\nfile = /var/log/app.log\nDoes the order matter?",
		"PORT={#4}\nHOST=localhost\nLEVEL=info\nTIMEOUT={10-90}\nDo I need quotes in an env file?",
		"GET /api/v{1-9}/orders?page={1-9}\nAccept: application/json\nHost: api.example.com\n\nreturns 404, why?",
		"services:\n  web:\n    image: nginx\n    ports:\n      - {#4}\n  db:\n    image: postgres\nIs the indentation right?",
		"Our class of {2000-2024} meets for the first time; if you can, import the dates into your calendar; return the form by Friday.",
		"SELECT committee members meet on Monday.\nWHERE: room {1-90}\nFROM: {9-11} o'clock",
		"Write a function that {reverses a string|sums a list|finds primes} in {Python|Go|Haskell}. Add a test.",
		"What is the complexity of quicksort (average: O(n log n); worst: O(n^2)), and how does f(n) = 2*f(n/2) + n resolve?",
	)(r)
}

// A sourceTally counts snippets and how many were found.
type sourceTally struct {
	short, shortFound, long, longFound, named int
}

// sources measures code by language: snippets of 3 to 14 lines, and of 15 to 60.
// Code is found whatever the level: from three lines on it is Low.
func (s *score) sources(r *rand.Rand, each int) (rows map[string]sourceTally, alarms, texts int) {
	rows = map[string]sourceTally{}
	for _, d := range dialects() {
		var t sourceTally
		for range each {
			short, long := asked(r, d.snippet(r, 3+r.IntN(12))), asked(r, d.snippet(r, 15+r.IntN(46)))
			t.short++
			t.long++
			if len(s.code(short)) > 0 {
				t.shortFound++
			} else {
				s.show("missed %s, short: %q\n", d.name, short)
			}
			found := s.code(long)
			if len(found) > 0 {
				t.longFound++
			} else {
				s.show("missed %s, long: %q\n", d.name, long)
			}
			for _, f := range found {
				for _, e := range f.Evidence {
					if e.Name == "language:"+d.name {
						t.named++
						found = nil
					}
				}
				if found == nil {
					break
				}
			}
		}
		rows[d.name] = t
	}
	for range 20 * each {
		text := talk(r)
		texts++
		if found := s.code(text); len(found) > 0 {
			alarms++
			s.show("code in talk: %q\n", text)
		}
	}
	for _, k := range harmless(r, 20*each) {
		texts++
		if len(s.code(k.Text)) > 0 {
			alarms++
			s.show("code in "+k.Class+": %q\n", k.Text)
		}
	}
	return rows, alarms, texts
}

func (s *score) code(text string) (found []detectors.Finding) {
	for _, f := range s.scan(text) {
		if f.Type.Category() == "source_code" {
			found = append(found, f)
		}
	}
	return found
}

func (s *score) printSources(w io.Writer, r *rand.Rand, each int) {
	rows, alarms, texts := s.sources(r, each)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\nsource code\t3 to 14 lines\t15 to 60\tlanguage named\t\n")
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	for _, d := range dialects() {
		x := rows[d.name]
		fmt.Fprintf(t, "%s\t%.1f %%\t%.1f %%\t%.1f %%\t\n", d.name, share(x.shortFound, x.short), share(x.longFound, x.long), share(x.named, x.long))
	}
	_ = t.Flush()
	fmt.Fprintf(w, "%d texts about code, or harmless: code in %d, %.2f %%, upper bound %.2f %%\n", texts, alarms, share(alarms, texts), 100*upper(alarms)/float64(texts))
}

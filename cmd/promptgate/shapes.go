package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/promptgate/promptgate/proxy/unlisted"
)

func shapesVerb() verb {
	return verb{
		name: "shapes", short: "list how requests are made that no row of the catalogue names",
		long: `A provider adds endpoints. Until a row of rules/providers names one, every string in
its requests is inspected, and nothing says whose words they are. This lists them:
method, template of the path, paths of keys, types, sizes; never a value, and "{}"
or "*" for what may be one. --toml drafts the rows, to be looked at and put into a
file below providers/ of rules_dir: promptgate check says what is wrong in it.`,
		examples: [3]string{
			"promptgate shapes --state-dir /var/lib/promptgate",
			"promptgate shapes --config promptgate.toml --json",
			"promptgate shapes --toml > rules/providers/new.toml",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			asTOML := f.onOff("toml", "draft rows for a provider file")
			asJSON := f.onOff("json", "one JSON object a line")
			return func(_ context.Context, p *program, args []string) error {
				if len(args) > 0 {
					return usagef("shapes takes no arguments")
				}
				c, err := s.load()
				if err != nil {
					return err
				}
				state, err := c.State(p.getenv)
				if err != nil {
					return err
				}
				list, err := unlisted.Read(state)
				if err != nil {
					return err
				}
				switch {
				case *asTOML:
					_, err = fmt.Fprint(p.stdout, drafts(list))
				case *asJSON:
					e := json.NewEncoder(p.stdout)
					for i := range list {
						if err := e.Encode(&list[i]); err != nil {
							return err
						}
					}
				case len(list) == 0:
					_, err = fmt.Fprintln(p.stderr, "promptgate: every request so far had its row")
				default:
					_, err = fmt.Fprint(p.stdout, outlines(list))
				}
				return err
			}
		},
	}
}

// outlines are requests for people.
func outlines(list []unlisted.Request) string {
	var b strings.Builder
	for i, r := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %s  (%s, %s)\n  %s, last on %s\n", r.Method, r.Path, r.Surface, r.Format, count(int(r.Count), "request"), r.Last.Format(time.DateOnly))
		for _, f := range r.Fields {
			size := fmt.Sprint(f.Max)
			if f.Min != f.Max {
				size = fmt.Sprintf("%d to %d", f.Min, f.Max)
			}
			fmt.Fprintf(&b, "  %-44s %-16s %s\n", f.Path, strings.Join(f.Types, ", "), size)
		}
	}
	return b.String()
}

// roots are what stands before the paths of rows, by surface: a row of openai
// serves Azure, too (rules/providers/openai.toml).
var roots = map[string][]string{"openai": {"/v1"}, "azure": {"/openai/v1", "/openai/deployments/{}", "/openai", "/models"}}

// drafts are rows for a provider file.
func drafts(list []unlisted.Request) string {
	var b strings.Builder
	b.WriteString("# Drafted by promptgate shapes. Look at each row: whose words a text is (role), what\n" +
		"# people do there (activity), and which fields are identifiers (skip, reference).\n")
	taken := map[string]bool{}
	for _, r := range list {
		surface, path := r.Surface, r.Path
		for _, root := range roots[surface] {
			if rest, ok := strings.CutPrefix(path, root); ok && strings.HasPrefix(rest, "/") {
				path = rest
				break
			}
		}
		if surface == "azure" {
			surface = "openai"
		}
		key := surface + " " + r.Method + " " + path
		if taken[key] || surface == "other" {
			continue
		}
		taken[key] = true
		id := draftID(surface, path)
		for n := 2; taken[id]; n++ {
			id = fmt.Sprintf("%s_%d", draftID(surface, path), n)
		}
		taken[id] = true
		fmt.Fprintf(&b, "\n[[endpoint]]\nid = %q\nsurface = %q\n", id, surface)
		if r.Method != "POST" {
			fmt.Fprintf(&b, "methods = [%q]\n", r.Method)
		}
		fmt.Fprintf(&b, "paths = [%q]\nactivity = \"unknown\"\n", strings.ReplaceAll(path, "{}", "{id}"))
		if f := map[string]string{"json": "json", "form": "form", "multipart": "multipart", "lines": "ndjson"}[r.Format]; f != "" {
			fmt.Fprintf(&b, "format = %q\n", f)
		}
		b.WriteString(draftSelects(r.Fields))
	}
	return b.String()
}

// draftID makes an id of a path: "/threads/{}/notes" is "openai.threads.notes".
func draftID(surface, path string) string {
	words := []string{surface}
	for _, s := range strings.Split(strings.ToLower(path), "/") {
		s = strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, s), "_0123456789")
		if s != "" {
			words = append(words, strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '_' }), "_"))
		}
	}
	if len(words) == 1 {
		words = append(words, "new")
	}
	return strings.Join(words, ".")
}

// draftSelects are the selects of fields that hold strings.
func draftSelects(fields []unlisted.Field) string {
	kinds := []struct {
		do, role string
		paths    []string
	}{{do: "reference"}, {do: "read", role: "file"}, {do: "read", role: "metadata"}}
	for _, f := range fields {
		if f.Path == "" || f.Path == "*" || strings.HasPrefix(f.Path, "[*]") {
			continue
		}
		last := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		last = strings.TrimSuffix(last, "[*]")
		has := func(kind string) bool {
			for _, t := range f.Types {
				if t == kind {
					return true
				}
			}
			return false
		}
		k := &kinds[2]
		switch {
		case has("file"):
			k = &kinds[1]
		case !has("string"):
			continue
		case last == "id" || strings.HasSuffix(last, "_id") || strings.HasSuffix(last, "_ids"):
			k = &kinds[0]
		}
		k.paths = append(k.paths, fmt.Sprintf("%q", f.Path))
	}
	var b strings.Builder
	for _, k := range kinds {
		if len(k.paths) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  [[endpoint.select]]\n  do = %q\n", k.do)
		if k.role != "" {
			fmt.Fprintf(&b, "  role = %q\n", k.role)
		}
		fmt.Fprintf(&b, "  paths = [%s]\n", strings.Join(k.paths, ", "))
	}
	return b.String()
}

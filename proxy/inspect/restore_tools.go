package inspect

import (
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
)

// tools are the names of the tools that an answer calls, by where it calls them.
// A name stands beside the arguments or in an event before them.
type tools map[string]string

// maxTools is how many names of one answer are kept.
const maxTools = 256

// note reads the names in an event, or in a whole answer.
func (n *tools) note(t *texts) {
	for k := range t.docs {
		parent, ok := strings.CutSuffix(t.docs[k].Locator, ".name")
		if !ok || len(*n) >= maxTools || t.docs[k].end-t.docs[k].start > 256 {
			continue
		}
		if *n == nil {
			*n = tools{}
		}
		name := string(t.of(k))
		(*n)[placed(t, parent)] = name
		if parent == "item" {
			(*n)[output(t)] = name
		}
	}
}

// output is the number of the output that an event is about, as a key.
func output(t *texts) string {
	for _, f := range t.facts {
		if f.Name == "item" && f.Locator == "output_index" {
			return "output " + f.Value
		}
	}
	return "output"
}

// of is the tool that a text is the arguments of, or "".
func (n tools) of(t *texts, locator, event string) string {
	if len(n) == 0 {
		return ""
	}
	for _, field := range []string{"arguments", "input"} {
		if i := strings.LastIndex(locator, "."+field); i >= 0 {
			if name, ok := n[placed(t, locator[:i])]; ok {
				return name
			}
		}
	}
	if calls(event) {
		return n[output(t)]
	}
	return ""
}

// calls reports whether the text of an event is what a tool is called with:
// "response.custom_tool_call_input".
func calls(event string) bool { return strings.Contains(event, "_call") }

// goesOn reports whether what the provider calls so can be gone on with: most
// answers have a name that nobody refers to.
func goesOn(id string) bool {
	return strings.HasPrefix(id, "resp_") || strings.HasPrefix(id, "conv_") || strings.HasPrefix(id, "thread_")
}

// threadNames are what the provider calls the answer, and the conversation it is in.
func threadNames(facts []content.Fact) (out []string) {
	for _, f := range facts {
		if f.Name == "response" || f.Name == "conversation" || f.Name == "item" && f.Locator == "id" && goesOn(f.Value) {
			out = append(out, f.Value)
		}
	}
	return out
}

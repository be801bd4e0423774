package inspect

import (
	"slices"
	"strings"

	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/provider"
)

// maxCalls is how many kinds of calls of one answer the policy hears of.
const maxCalls = 32

// calls adds the use of a tool to those of an answer, once. What the request
// itself asked for was decided with it.
func (v *Verdict) calls(known []content.Fact, f content.Fact) []content.Fact {
	if len(known) == maxCalls || !protocolCall(f.Value) || slices.ContainsFunc(known, func(k content.Fact) bool { return k.Value == f.Value }) {
		return known
	}
	for i := range v.Facts {
		if t := &v.Facts[i]; t.Name == "tool" && strings.HasPrefix(t.Value, strings.TrimSuffix(f.Value, "_call")) {
			return known
		}
	}
	return append(known, content.Fact{Name: provider.FactCall, Value: f.Value})
}

// protocolCall leaves out what is no use of anything.
func protocolCall(kind string) bool {
	switch kind {
	case "", "all", "assistant", "user", "message", "reasoning":
		return false
	}
	return true
}

// callsOf are the uses of tools among the facts of a whole answer.
func (v *Verdict) callsOf(facts []content.Fact) (out []content.Fact) {
	for _, f := range facts {
		if f.Name == provider.FactCall {
			out = v.calls(out, f)
		}
	}
	return out
}

package policy

import "github.com/promptgate/promptgate/detectors"

// builtin are the indexes of the rules that every policy ends with. They answer
// what its own rules leave open, and make Decide total.
type builtin struct {
	gapBlock, gapFlag, gapAllow int32
	unedited                    int32 // an edit was due and could not be made everywhere
	unruled                     int32 // a finding of a kind that no rule is about
	foreign, foreignSure        int32 // a finding of a category that nothing is known of
}

// builtinPrefix begins the ids of built-in rules and of nothing else.
const builtinPrefix = "default."

// addBuiltin appends the built-in rules.
func (p *Policy) addBuiltin(monitor bool) {
	on := func(r rule, c clause) int32 {
		n := int32(len(p.rules))
		c.rule, c.scope.empty = n, true
		r.id, r.monitor, r.finds = builtinPrefix+r.id, monitor, c.finds
		r.own, r.any, r.end = int32(len(p.clauses)), int32(len(p.clauses))+1, int32(len(p.clauses))+1
		p.rules, p.clauses = append(p.rules, r), append(p.clauses, c)
		return n
	}
	add := func(r rule) int32 { return on(r, clause{}) }
	from := func(level detectors.Confidence) clause { return clause{finds: true, filter: filter{confidence: level}} }
	const ask = "Send it as plain text if you can, or ask your security team."
	p.builtin = builtin{
		gapBlock: add(rule{id: "gap.block", gate: Block, reason: "Part of your message could not be checked, so it was not sent.", guidance: ask}),
		gapFlag:  add(rule{id: "gap.flag", gate: Log, alert: true}),
		gapAllow: add(rule{id: "gap.allow", gate: Allow}),
		unedited: add(rule{id: "unedited", gate: Block,
			reason: "Your message contains data that should have been replaced, but it could not be replaced everywhere.", guidance: "Remove the data and send the message again."}),
		unruled: on(rule{id: "finding", gate: Log}, from(detectors.Medium)),
		foreign: on(rule{id: "unknown", gate: Log, alert: true}, from(detectors.Medium)),
		foreignSure: on(rule{id: "unknown.sure", gate: Block, reason: "Your message contains data of a kind that this policy does not know.",
			guidance: "Remove it, or ask your security team."}, from(detectors.High)),
	}
}

// gapRule is the built-in answer to a gap that no rule is about: what the
// hardened profile says, and a block for causes that are not in the table.
func (b *builtin) gapRule(c detectors.Cause, d Direction) int32 {
	switch c {
	case detectors.CauseOpaqueProviderBlob, detectors.CauseReference, detectors.CauseUnknownEndpoint,
		detectors.CauseUpstreamError, detectors.CauseNotRewritable:
		return b.gapAllow
	case detectors.CauseImage, detectors.CauseAudio, detectors.CauseWebSocketUninspected,
		detectors.CauseIdentityUnavailable, detectors.CausePolicyStale:
		return b.gapFlag
	case detectors.CauseOversize, detectors.CauseSpoolFull, detectors.CauseTimeout, detectors.CauseWorkBudget,
		detectors.CauseTooManyFindings, detectors.CauseDecodeError, detectors.CauseUnsupportedEncoding,
		detectors.CauseTokensAsNumbers, detectors.CauseEngineError, detectors.CauseOverload:
		if d == Response {
			return b.gapFlag // its beginning has been read already
		}
	}
	return b.gapBlock
}

// stopsEdits reports whether a gap means that an edit may not have been made
// everywhere it was due.
func stopsEdits(c detectors.Cause) bool {
	return c == detectors.CauseNotRewritable || c == detectors.CauseTooManyFindings
}

// Package policy decides what happens to a message and to a connection.
//
// Facts go in: who, where, what was found ([Finding], [Total]) and what could
// not be looked at (gaps). A [Decision] comes out: a gate, edits, and the rule
// that explains them. The package knows nothing of bytes, bodies or clocks. A
// policy is immutable, safe for concurrent use, and reads no text.
//
// [Policy.Decide] promises to be total and monotone. Every message has a
// decision, also one with causes and info types that no rule knows: built-in
// rules, whose ids begin with "default.", answer what a file leaves open. The
// strictest gate of the rules that match wins and their edits are united, so a
// finding or a gap more never loosens a decision, and the order of findings
// does not matter.
//
// Precedence: of all rules that match, the strictest gate wins and the edits are
// united, no rule can loosen another, and only an explicit exception or the mode
// of a group stands above them.
//
// A rule matches when each of its conditions holds; of a list, one element:
//
//	[[rule]]
//	id       = "card.bulk"
//	when     = { info_type = ["pci.payment_card"], distinct = 10 }
//	gate     = "block"
//	controls = ["CIS-3.2", "NIST-PL-4", "SOC2-CC6.7"]
//	reason   = "Your message contains many payment card numbers."
//	guidance = "Send a sample with test card numbers instead."
//
// Nine different cards, or the same one ten times: the rule does not match.
// Ten different cards of which one is only Medium: neither, since coach and
// stricter act from High unless the rule says otherwise; log and redact act
// from Medium. What is Low is only counted. Where the list of findings was cut
// off, the totals count on.
//
// Inside, a rule is clauses (its own conditions, and branches under any and all)
// of a filter on findings and a [scope] on who, where and when. Decide counts for
// each clause what it takes, by a table from info types to clauses, and looks at
// scopes last. What a clause leaves out by "none" it only does not count: nothing
// can ask that a finding is absent, or one more could loosen a decision.
//
// A gate that the product cannot carry out yet is enforced as the next stricter
// one; [Decision.Intended] keeps what was asked for. With monitor, on a rule or
// on the whole policy, Would and Due say what would have happened and the
// message goes on.
//
// [Policy.Screen] answers for connections, before there is any message: the
// first [[connection]] that matches, as in a firewall, and without one a
// refusal.
//
// A policy file carries its own tests; [Policy.Test] runs them, [Policy.Coverage]
// says what they do not meet, [Policy.Lint] what is probably not meant, and [Diff]
// what has changed.
package policy

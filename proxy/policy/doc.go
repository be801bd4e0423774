// Package policy decides what happens to a message and to a connection.
//
// Facts go in: who, where, what was found ([Finding], [Total]) and what could
// not be looked at (gaps). A [Decision] comes out: a gate, edits, and the rule
// that explains them. The package knows nothing of bytes, bodies or clocks. A
// policy is immutable, safe for concurrent use, and reads no text.
//
// It promises to be total and monotone. Every message has a decision, also one
// with causes and info types that no rule knows. The strictest gate of the
// rules that match wins; edits are the union over them; so one finding or gap
// more never loosens a decision, and the order of findings does not matter.
//
// A rule matches when each of its conditions holds:
//
//	[[rule]]
//	id       = "card.bulk"
//	when     = { info_type = ["pci.payment_card"], distinct = 10 }
//	gate     = "block"
//	controls = ["CIS-3.2", "NIST-PL-4", "SOC2-CC6.7"]
//	reason   = "The message holds many payment cards."
//	guidance = "Send a sample with made-up numbers."
//
// Nine different cards and the same one ten times: the rule does not match.
// Ten different cards of which one is only Medium: neither, since coach and
// stricter act from High unless the rule says otherwise; log and redact act
// from Medium. What is Low is only counted.
//
// A gate that the product cannot carry out yet is enforced as the next stricter
// one; [Decision.Intended] keeps what was asked for. With monitor, on a rule or
// on the whole policy, Decision.Would and Due say what would have happened and
// the message goes on.
package policy

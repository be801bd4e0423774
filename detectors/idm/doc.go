// Package idm finds excerpts of a company's own code and documents by their
// fingerprints.
//
// [Build] reads sources and makes an [Index]: keyed hashes, no text. [New] makes
// a detector that looks text up in an index and reports the stretches that it
// shares with a source, with their span, the source's label, and how much of the
// message and of the source they are.
//
// # How
//
// Text becomes tokens. In code, white space and comments are left out, and an
// identifier is only how far back it last stood: renaming changes nothing. In
// documents, tokens are words of four letters and more. Every 17 tokens in a row
// are hashed by a rolling hash, and of every 9 hashes in a row the least is chosen
// (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003): at least one of any 25
// shared tokens, wherever the excerpt begins. What is chosen is hashed again with
// a key that is kept apart from the index; without it the index answers nothing.
//
// What everybody writes is no evidence: hashes of public code are left out
// (common.bin, and what [Builder.Exclude] reads), and a match counts only when
// its tokens carry enough information.
//
// Findings are Late, and the same for every way of cutting the text.
package idm

const (
	gram   = 17                // tokens of a hash
	window = 9                 // hashes of which one is chosen
	Least  = gram + window - 1 // tokens of an excerpt of which one hash is always chosen
)

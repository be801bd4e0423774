// Package engine runs detectors over text: text goes in, findings come out.
//
// An [Engine] is made once from detectors and is immutable. [Engine.Scan] reads
// a text that is whole; a [Scanner] reads one that comes in pieces. One pass of
// package anchor finds the places where something could be; at each, the
// detectors that asked for it are shown the text around it. A check comes when
// the text it needs is there, and checks come in the order of their anchors, so
// that a detector's state, and with it every finding, is the same for every way
// of cutting a text.
//
// # What it promises
//
// The numbers are those of ARCHITECTURE.md.
//
//   - L1 Cuts. A text is a sequence of bytes, Labels, Breaks and Flushes. However
//     its bytes are divided into Writes, what is found is equal, field by field and
//     in the same order; without a Flush it equals Scan.
//   - L2 Settled. No finding that is not Late and comes later begins before Settled.
//     What is held is the word that has not ended and what stands open.
//   - L3 Flush. What is reported up to a Flush at f is what Scan(text[:f]) finds.
//     What stood open at f is looked at again when more text is there.
//   - L4 Hold only what matters. An anchor of which nothing can come that reaches
//     Floor holds nothing.
//   - L5 Budget. Work is counted, not timed. It runs out at the same byte for every
//     cut and gives one gap for the rest of the text.
//   - L6 Overlap. A finding is dropped if an overlapping one outranks it: level, then
//     length, then the smaller rule id. Source code and the values in it do not
//     compete. Options.Matched hears of every span before that.
//   - L7 Late. What only a block of text or its end can show is marked Late and
//     reported when the text ends.
//   - L8 Layers. What is hidden (escapes, look-alikes, invisible characters, numbers
//     set apart, base64, hex, gzip in them) is read beside the text, three layers
//     deep. Its findings stand where the hidden text stands.
//
// For example "sk-proj-…" cut between two Writes: after the first, Settled stands
// before the 's', because the word there may be the head of a key. After the
// second the key is checked as soon as the text behind it is there, in a view that
// is the same as if there had been one Write; Settled moves past it once the
// finding was reported.
//
// # What it costs
//
// A stream keeps the text that open candidates and their left context need,
// usually one block of 4 KiB and at most about 25 KiB, and no more than one word
// of it is undecided in ordinary prose. Text that finds nothing allocates nothing
// once the pools are warm. Buffers are zeroed before they are pooled.
//
// The package knows no rule, no policy and no protocol, and it cannot log.
package engine

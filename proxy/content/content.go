// Package content takes the text out of a message body and knows the way back.
//
// Bytes go in; documents with labels, facts and gaps come out through a [Sink].
// Every byte of a document's text remembers where it came from, so that a span
// found in the text can be replaced in the body ([Walk.Places], [Walk.Splice]).
// Package content knows nothing of policies and holds no opinion on findings.
//
// A body is a tree of byte spaces. Space 0 is the body as received; decoding a
// Content-Encoding, a JSON string that is itself JSON, a base64 data URL opens
// a child space. An edit is made in the innermost space and carried upwards:
//
//	space 0  gzip bytes                                         In [0,n), Whole
//	space 1  {"arguments":"{\"card\":\"4111\\u0020…\"}"}          In [14,…), InPlace
//	space 2  {"card":"4111\u0020…"}                             the document's text: 4111 …
//
// Replacing the number edits space 2 as a JSON string, space 1 as a JSON string
// that holds it, and compresses space 1 again into space 0. Without an edit the
// body is returned as it came, byte for byte (law L9).
//
// Nothing is skipped in silence. What cannot be read (a truncated or an unknown
// coding, JSON that ends early, a picture) is a [detectors.Gap]; the bytes that
// remain are read as text all the same. Work and memory are bounded by [Limits].
package content

import (
	"fmt"

	"github.com/promptgate/promptgate/detectors"
)

// Rewrite says how an edit inside a space is carried into its parent.
type Rewrite uint8

// The ways of carrying an edit upwards.
const (
	InPlace Rewrite = iota // edit the parent's bytes directly
	Whole                  // decode, edit, encode again
	Never                  // cannot be rewritten faithfully: a redaction becomes a block
)

// A Space is a run of bytes of its own: the body, or something decoded from a
// span of another space. IDs are assigned in order of discovery; 0 is the body,
// and a parent's ID is lower than its child's.
type Space struct {
	ID, Parent int
	In         detectors.Span // the span of Parent it was decoded from
	Codec      string         // "identity", "gzip", "json-string", "base64", ...
	Rewrite    Rewrite
}

// Role is whose words a document holds.
type Role string

// The roles of documents.
const (
	RoleUser      Role = "user"
	RoleSystem    Role = "system" // system and developer messages, instructions
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
	RoleMetadata  Role = "metadata" // titles, names, user ids, key-value metadata
	RoleFile      Role = "file"
)

// A Doc is one run of text. Documents with the same non-empty Join are one
// text with a Break between them; with a Join that begins with "+" they are the
// lines of one text, follow each other, and have no Break between them. Locator is a schema path with ordinals
// ("messages[2].content"), never text from the body.
type Doc struct {
	ID      int
	Locator string
	Role    Role
	Media   string // "text/plain" when unknown
	Join    string
	Delta   bool // a piece of a text that goes on in the events of a stream
}

// A Fact is a setting of the request that policies ask about (model, tool,
// workspace, gizmo, attachment, stream, previous_response). Value is an
// identifier or enum of the protocol, never free text.
// A value that does not look like one is a document, and the fact's Value is
// [Unlisted].
type Fact struct{ Name, Value, Locator string }

// Unlisted is the Value of a fact whose value may hold anything.
const Unlisted = "unlisted"

// A Place is a span in one space: where some text of a document stands.
type Place struct {
	Space int
	Span  detectors.Span
	Quote Quote // how a replacement must be written there
}

// Quote says in which syntax a replacement stands.
type Quote uint8

// The syntaxes of places.
const (
	Plain           Quote = iota // raw bytes
	JSONString                   // inside the quotes of a JSON string
	JSONNumber                   // in place of a whole JSON number: the replacement needs quotes of its own
	FormValue                    // inside an application/x-www-form-urlencoded component
	Percent                      // percent-encoded, "+" standing for itself: data: URLs, RFC 8187 parameters
	HeaderString                 // inside a quoted-string of a header parameter
	HeaderToken                  // in place of a whole parameter value without quotes
	QuotedPrintable              // inside a quoted-printable body
)

// An Edit replaces one Place by With, which is plain text: Splice escapes it as Quote says.
type Edit struct {
	Place
	With []byte
}

// Format hides the replacement from every verb of package fmt.
func (e Edit) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[%d bytes]", len(e.With)) }

// A Sink receives what a walk finds, in body order. Text is called any number
// of times between Begin and End; the slice is only valid during the call.
// Label holds for the text that follows within the document.
type Sink interface {
	Space(Space)
	Begin(Doc)
	Text(p []byte)
	Label(string)
	End()
	Fact(Fact)
	Gap(detectors.Gap)
}

// Package provider knows the hosts of AI providers and what their endpoints
// carry.
//
// TOML files go in (rules/providers); a [Catalogue] comes out: immutable, with
// every mistake in the files reported at once, by file, line and column. It
// answers three questions. What is this host ([Catalogue.Host])? What does this
// request carry, and where do its texts stand ([Catalogue.Match])? Which names
// does the program have to do with at all ([Catalogue.Suffixes],
// [Catalogue.Proxied], [Catalogue.Hosts])?
//
// It promises to be total. Every host has a class and every request an
// endpoint: a request that no row names is read as a whole, every string of it,
// and carries the gap unknown_endpoint, so that a path that a provider adds is
// inspected on its first day. A path that two readers could read differently
// ("//", "..", "%2f") is such a request too: it never reaches a row that is
// passed on unread.
//
// It knows nothing of connections, bodies and policies; of package policy it
// uses the names of host classes only.
package provider

import (
	"slices"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
)

// A Catalogue is all hosts and endpoints. Immutable and safe for concurrent use.
type Catalogue struct {
	exact    map[string]*hostEntry
	below    map[string]*hostEntry // by the suffix without "*."
	patterns []string              // sorted: "api.openai.com", "*.openai.com"
	nowhere  *surface              // for hosts that no row names
	ids      []string              // of endpoints, sorted
	apps     []string              // sorted
	digest   string
}

// A Host is what is known of one host name.
type Host struct {
	Class policy.HostClass
	// App is the application behind it: "openai_api", "azure_openai",
	// "chatgpt_web", … or the assistant's name for class other_ai.
	App string
	// Reason says why it is not inspected, for people; "" when it is.
	Reason string
	// Pattern is the row that named it, one of [Catalogue.Hosts]; "" for class
	// other. Fit for a metric label, which the name itself is not.
	Pattern string
}

// An Endpoint is one row of the catalogue as one application serves it.
// Read-only.
type Endpoint struct {
	ID        string // "openai.chat_completions"; "<surface>.unknown" and "<surface>.read" where no row fits
	App       string // "openai_api", "azure_openai", "chatgpt_web", "codex", …
	Activity  string // one of [Activities]
	Operation string // gen_ai.operation.name of the conventions: "chat", "embeddings", …; may be empty
	Route     string // path template, never an id: "/v1/threads/{thread}/messages"
	Mode      Mode
	Upgrade   Upgrade
	Piece     Piece
	Closed    bool   // nothing is let through here; refusals answer 403
	Reason    string // why it is closed, for people
	Format    Dialect
	Shape     *content.Shape  // where the texts stand; never nil
	Answer    *Answer         // how answers are read; never nil
	Gaps      []detectors.Gap // what is not known of every request here
}

// Mode is what is done with a request's body.
type Mode uint8

// The modes. The zero value is the careful one.
const (
	Inspect Mode = iota // read, decided, changed where the policy says so
	Observe             // read and recorded; never changed and never stopped
	Pass                // not read: the provider's own machinery, which changes break
)

var modeNames = [...]string{Inspect: "inspect", Observe: "observe", Pass: "pass"}

// String is the name of a mode in provider files.
func (m Mode) String() string { return name(modeNames[:], int(m)) }

// Upgrade is what is done with a request to switch to a WebSocket.
type Upgrade uint8

// The answers to upgrades.
const (
	Refused     Upgrade = iota // 426: clients fall back to HTTP, which is inspected
	PassFlagged                // let through uninspected, with the gap websocket_uninspected
)

var upgradeNames = [...]string{Refused: "refuse", PassFlagged: "pass_flagged"}

// String is the name of an answer in provider files.
func (u Upgrade) String() string { return name(upgradeNames[:], int(u)) }

// Piece is what a request is to a file that leaves in several requests.
type Piece uint8

// The requests of such an upload.
const (
	NoPiece  Piece = iota
	Part           // one piece; the answer names it. The upload is the path but for its last segment
	Complete       // the order of the pieces, or the end of the upload; the path as of Part
	Announce       // a file; the answer has its id and the address its bytes go to
	Block          // bytes for such an address; in pieces, PUT with the query comp=block (one piece, named by blockid) or comp=blocklist (the order), as Azure's blobs have it
)

var pieceNames = [...]string{NoPiece: "", Part: "part", Complete: "complete", Announce: "announce", Block: "block"}

// Dialect is the form in which an application's clients expect refusals.
type Dialect uint8

// The dialects.
const (
	Generic Dialect = iota // JSON or HTML, as the client accepts
	OpenAI                 // {"error":{…}}
	ChatGPT                // {"detail":{…}}
)

var dialectNames = [...]string{Generic: "generic", OpenAI: "openai", ChatGPT: "chatgpt"}

// String is the name of a dialect in provider files.
func (d Dialect) String() string { return name(dialectNames[:], int(d)) }

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

// Activities are what endpoints are for, in the words that policies use.
func Activities() []string {
	return []string{
		"account", "agent", "batch", "chat", "complete", "control", "draft", "embed", "evaluate", "feedback", "file",
		"gpt", "image", "instructions", "memory", "moderate", "project", "read", "search", "share", "speech",
		"store", "telemetry", "title", "tool_output", "train", "transcribe", "unknown", "upload", "video", "voice",
	}
}

// Facts are the settings of requests that shapes may report, in the words that
// policies use.
func Facts() []string {
	return []string{
		"agent", "attachment", "batch_endpoint", "connector", "effort", "gizmo", "hint", "mode", "model", "purpose",
		"repository", "search", "service_tier", "source", "store", "stream", "temporary", "thread", "tool",
	}
}

// Hosts returns every host pattern, sorted: "api.openai.com", "*.openai.com". It
// is the closed set of metric labels for hosts.
func (c *Catalogue) Hosts() []string { return slices.Clone(c.patterns) }

// Endpoints returns the ids of all endpoints, sorted, without repeats. It is the
// closed set of metric labels for endpoints.
func (c *Catalogue) Endpoints() []string { return slices.Clone(c.ids) }

// Apps returns the names of all applications, other assistants included, sorted.
// It is the closed set of metric labels for applications.
func (c *Catalogue) Apps() []string { return slices.Clone(c.apps) }

// Digest identifies the files the catalogue was made from.
func (c *Catalogue) Digest() string { return c.digest }

// Package inspect is the only place that knows the order of things: extract →
// scan → decide → enforce → record.
//
// A [Request] goes in with its body held whole; a [Verdict] comes out: the
// bytes to forward, or the refusal to answer with. The live proxy, the explain
// command and the benchmarks all call [Inspector.Request] and nothing else.
//
// It promises to be total. A panic in a parser or a detector, a deadline, a
// body that cannot be read: each becomes a gap, and the policy answers gaps.
// There is no second error path, and no way out without a decision.
package inspect

import (
	"context"
	"crypto/rand"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/proxy/analyzer"
	"github.com/promptgate/promptgate/proxy/coach"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/pseudonym"
	"github.com/promptgate/promptgate/proxy/redact"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/spent"
	"github.com/promptgate/promptgate/proxy/unlisted"
	"github.com/promptgate/promptgate/proxy/upload"
	"github.com/promptgate/promptgate/rules"
)

// Rules is everything a decision depends on. It is immutable and swapped whole.
type Rules struct {
	Engine    *engine.Engine
	Catalogue *rules.Catalogue
	Policy    *policy.Policy
	Messages  *refuse.Messages
}

// Config is what an Inspector needs beside its rules. Zero fields are safe.
type Config struct {
	Timeout  time.Duration  // per message; 0 means 10 s
	Limits   content.Limits // zero means content's defaults
	Recorder Recorder       // nil records nothing (explain, bench)
	Files    content.Files  // reads documents and archives; nil: they are the gap unknown_format
	// Durable says when a record that is not a plain allow must be on disk: with
	// config.BeforeForward, Request returns only then. "" means
	// config.BeforeAnswer: Verdict.Durable is waited for by the caller.
	Durable config.Durability
	// Analyzer is a remote service that finds more; nil: there is none.
	Analyzer *analyzer.Client
	Coach    *coach.Book    // nil: nothing can be acknowledged
	Spent    *spent.Ledger  // nil: days are not added up
	Unlisted *unlisted.Book // nil: requests that no row names are not outlined
	Uploads  *upload.Book   // nil: the borders of pieces of files are not looked at
	Key      []byte         // of [KeyDigest]; empty: API keys are not told apart
	// Stale reports whether the rules in force are known to be old: each message
	// then has the gap policy_stale. Nil means never.
	Stale func() bool
	// MaxHold is how long text of a streamed answer is held back at most, while what
	// stands in it is not certain; 0 means 250 ms.
	MaxHold time.Duration
	// Rewrite makes what changes a text of an answer to a message after it was
	// inspected; nil, and nil from it, changes nothing.
	Rewrite func(*Verdict, Text) Rewriter
	Tokens  Tokens // of reversible redactions
	Notice  Notice // above answers to messages in which something was replaced
	// Emergency is the number of the grant under which somebody's messages are
	// recorded and not stopped, or ""; the policy says whether it allows that. Nil
	// means never.
	Emergency func(identity.Principal) string
	Now       func() time.Time
}

// A Recorder keeps the evidence of one decision.
type Recorder interface {
	// Healthy returns an error when evidence cannot be written now: the policy
	// is asked about the gap audit_unwritable before each decision.
	Healthy() error
	// Record is called after the decision and before anything is sent on: once
	// per message, or a second time when the record could not be written and the
	// decision is another one for it. The channel yields once, when the record is
	// on disk or cannot be written now; it is nil when nobody needs to wait.
	Record(ctx context.Context, r *Request, v *Verdict) (durable <-chan error)
	// Done is called once per message when the exchange is over. status is what
	// the client was answered, 0 when nothing.
	Done(ctx context.Context, r *Request, v *Verdict, status int, err error)
}

// An Inspector decides messages. Safe for concurrent use.
type Inspector struct {
	rules atomic.Pointer[Rules]
	cfg   Config
	names *pseudonym.Maker // of API keys; nil: they are not told apart
	seed  maphash.Seed     // of texts that streams tell again and again
	texts sync.Pool        // of *texts

	restores bool // Config.Rewrite is its own
	history  *History
	kinds    atomic.Pointer[kindsOf] // of tokens, under the rules in force
}

// New makes an Inspector with its first rules.
func New(r Rules, cfg Config) *Inspector {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.MaxHold <= 0 {
		cfg.MaxHold = 250 * time.Millisecond
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	i := &Inspector{cfg: cfg, seed: maphash.MakeSeed(), history: newHistory(cfg.Key)}
	if len(cfg.Key) > 0 {
		i.names = pseudonym.New(cfg.Key)
	}
	if cfg.Rewrite == nil && (cfg.Tokens.Vault != nil || cfg.Notice.On) {
		i.cfg.Rewrite, i.restores = i.restorer, true
	}
	i.Swap(r)
	return i
}

// Swap replaces the rules; messages under way finish with the old ones.
func (i *Inspector) Swap(r Rules) { i.rules.Store(&r) }

// Rules returns the rules in force.
func (i *Inspector) Rules() Rules { return *i.rules.Load() }

// A Request is one message from a client, held whole.
type Request struct {
	ID        string // incident id; made when empty
	Method    string
	Host      string // lower case, no port
	URL       *url.URL
	Header    http.Header
	Body      []byte
	Gaps      []detectors.Gap // what the caller could not read: oversize, overload
	Principal identity.Principal
	Endpoint  *provider.Endpoint
	Protocol  string // "HTTP/1.1", "HTTP/2.0"

	// Of a body that is mapped from a file, and not to be touched after the call.
	More    time.Duration             // for the decision, beside Config.Timeout
	Lean    func()                    // gives back the memory that was touched; called once in a while
	Scratch func(n int) []byte        // memory for what is decoded; nil when there is none
	Edited  func() (io.Writer, error) // where the edited body goes instead of Verdict.Body

	streamed int64 // bytes of an answer that is not held
}

// Format hides what the request holds from every verb of package fmt.
func (r *Request) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[request %s]", r.ID) }

// A Verdict is what happens to one message.
type Verdict struct {
	ID       string
	Action   string // the summary word of REQUIREMENTS
	Decision policy.Decision
	Refusal  *refuse.Refusal // answer with this and send nothing on; nil to send Body on
	Body     []byte          // the request's own slice when nothing was changed
	Changed  bool            // Body, or what was written to Request.Edited, is not what the client sent
	// AnswerHeader is added to the upstream's answer.
	AnswerHeader http.Header
	// Durable yields once, when the evidence is on disk or could not be written:
	// wait for it before the answer's first byte. Nil when there is nothing to
	// wait for; a refusal has already waited.
	Durable <-chan error
	// Named is to be called with the beginning of a good answer, up to
	// [NamedBytes], in no content coding: it names what was sent. Nil when nothing
	// waits for a name.
	Named func(answer []byte)

	Docs     []content.Doc
	Findings []policy.Finding
	Totals   []policy.Total
	Gaps     []detectors.Gap
	Facts    []content.Fact
	Revision string        // of the policy that decided
	Profile  string        // of the policy that decided
	Scanned  int64         // bytes of text
	Took     time.Duration // from the call to the decision
	Mode     Mode

	asked   policy.Message // of the policy
	own     *policy.Decision
	tokens  *redact.Table // of the message; nil when there are none
	threads []string      // that it goes on with
	restore restoring

	structured bool // the answer was asked for in JSON
	emergency  string
	rules      *Rules // that decided
	started    time.Time
	inspector  *Inspector
	request    *Request
}

// Mode says how far a decision was carried out.
type Mode string

// The modes.
const (
	Enforced  Mode = "enforce"
	Monitored Mode = "monitor" // a rule in monitor mode would have done more
	Observed  Mode = "observe" // the endpoint is never altered and never stopped
)

// Format hides what the verdict holds from every verb of package fmt.
func (v *Verdict) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[verdict %s %s]", v.ID, v.Action) }

// Done closes the record of the message. status is what the client was
// answered, 0 when nothing; err says why the exchange did not end well. Call it
// exactly once.
func (v *Verdict) Done(ctx context.Context, status int, err error) {
	if rec := v.inspector.cfg.Recorder; rec != nil {
		rec.Done(ctx, v.request, v, status, err)
	}
}

// NewID makes an incident id: a ULID, sortable by time.
func NewID(now time.Time) string { return ulid.MustNew(ulid.Timestamp(now), rand.Reader).String() }

// answerAsk is the policy's view of an answer to the message, but for what is in it.
func (v *Verdict) answerAsk(now time.Time) policy.Message {
	a := &v.asked
	return policy.Message{
		Principal: a.Principal, App: a.App, Activity: a.Activity, Endpoint: a.Endpoint, Direction: policy.Response, Time: now, Emergency: a.Emergency,
	}
}

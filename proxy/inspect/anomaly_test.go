package inspect

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/policy"
)

// A bomb is a detector that panics at "boom", quoting the text.
type bomb struct{}

func (bomb) Needs() detectors.Needs {
	return detectors.Needs{Literals: []anchor.Literal{{Text: "boom"}}, Left: 8, Right: 8}
}
func (bomb) NewPass() detectors.Pass { return bombPass{} }

type bombPass struct{}

func (bombPass) Check(v detectors.View, _ anchor.Hit, _ func(detectors.Finding)) int {
	panic("found " + string(v.Text))
}
func (bombPass) Close(func(detectors.Finding)) {}
func (bombPass) Reset()                        {}

func TestEachAnomalyEndsInTheDecisionOfItsProfile(t *testing.T) {
	card := synthetic.Card()
	tests := []struct {
		name  string
		q     func(t *testing.T) *Request
		rules func(t *testing.T, r Rules) Rules
		cfg   Config
		cause detectors.Cause
		l1    string
	}{
		{
			name: "panic in a detector", cause: detectors.CauseEngineError, l1: "log",
			q:     func(t *testing.T) *Request { return chat(t, "hello", "then boom went it") },
			rules: func(t *testing.T, r Rules) Rules { return with(t, r, bomb{}) },
		},
		{
			name: "panic after a finding that must be redacted", cause: detectors.CauseEngineError, l1: "log",
			q:     func(t *testing.T) *Request { return chat(t, "card "+card, "then boom went it") },
			rules: func(t *testing.T, r Rules) Rules { return with(t, r, bomb{}) },
		},
		{
			name: "deadline", cause: detectors.CauseTimeout, l1: "log", cfg: Config{Timeout: 1},
			q: func(t *testing.T) *Request { return chat(t, strings.Repeat("word ", 100_000)) },
		},
		{
			name: "JSON that ends early", cause: detectors.CauseDecodeError, l1: "log",
			q: func(t *testing.T) *Request {
				return post(t, chatURL, `{"model":"gpt-5","messages":[{"role":"user","content":"hi`)
			},
		},
		{
			name: "gzip that ends early", cause: detectors.CauseDecodeError, l1: "log",
			q: func(t *testing.T) *Request {
				q := post(t, chatURL, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\x56")
				q.Header.Set("Content-Encoding", "gzip")
				return q
			},
		},
		{
			name: "unknown encoding", cause: detectors.CauseUnsupportedEncoding, l1: "log",
			q: func(t *testing.T) *Request {
				q := chat(t, "hi")
				q.Header.Set("Content-Encoding", "compress")
				return q
			},
		},
		{
			name: "a body that was not held", cause: detectors.CauseOversize, l1: "log",
			q: func(t *testing.T) *Request {
				q := post(t, chatURL, "")
				q.Gaps = []detectors.Gap{{Cause: detectors.CauseOversize, Size: 40 << 20}}
				return q
			},
		},
		{
			name: "evidence cannot be written", cause: detectors.CauseAuditUnwritable, l1: "log",
			q:   func(t *testing.T) *Request { return chat(t, "hi") },
			cfg: Config{Recorder: &fakeRecorder{health: errors.New("disk full")}},
		},
	}
	for _, tt := range tests {
		for profile, want := range map[string]string{"l1": tt.l1, "l2": "block", "l3": "block"} {
			t.Run(tt.name+"/"+profile, func(t *testing.T) {
				r := shippedRules(t, profile)
				if tt.rules != nil {
					r = tt.rules(t, r)
				}
				q := tt.q(t)
				v := decided(t, r, tt.cfg, q)
				if v.Action != want || !strings.Contains(causes(v), string(tt.cause)) {
					t.Fatalf("%s with gaps %q, want %s and %s", v.Action, causes(v), want, tt.cause)
				}
				if want == "block" {
					if v.Refusal == nil || v.Body != nil || v.Refusal.Status != http.StatusBadRequest {
						t.Errorf("refusal %v, %d bytes to send on", v.Refusal != nil, len(v.Body))
					}
					return
				}
				if v.Refusal != nil || !v.Decision.Alert || v.Changed || string(v.Body) != string(q.Body) {
					t.Errorf("refused %v, alert %v, changed %v", v.Refusal != nil, v.Decision.Alert, v.Changed)
				}
			})
		}
	}
}

// What a panic says may be the text; its place is in our own code.
func TestAPanicIsNamedByItsPlaceAlone(t *testing.T) {
	v := decided(t, with(t, shippedRules(t, "l1"), bomb{}), Config{}, chat(t, "secretive boom"))
	if len(v.Gaps) != 1 || v.Gaps[0].Locator != "panic in inspect.bombPass.Check" {
		t.Fatalf("gaps %+v", v.Gaps)
	}
}

func TestAfterAPanicTheSamePoolsServeTheNextMessage(t *testing.T) {
	i := New(with(t, shippedRules(t, "l2"), bomb{}), Config{})
	card := synthetic.Card()
	for range 20 {
		if v := i.Request(context.Background(), chat(t, "boom", "card "+card)); v.Action != "block" {
			t.Fatalf("with a panic: %v", v)
		}
		v := i.Request(context.Background(), chat(t, "card "+card))
		if v.Action != "redact" || strings.Contains(string(v.Body), card) {
			t.Fatalf("after a panic: %v", v)
		}
	}
}

func TestAPolicyThatPanicsAllowsNothing(t *testing.T) {
	d := decide(nil, policy.Message{Findings: make([]policy.Finding, 1)})
	if d.Gate != policy.Block || d.Gap != detectors.CauseEngineError || d.Rule == "" {
		t.Errorf("gate %v, gap %q, rule %q", d.Gate, d.Gap, d.Rule)
	}
}

func TestAClientThatLeavesCancelsItsScan(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := New(shippedRules(t, "l2"), Config{}).Request(ctx, chat(t, strings.Repeat("word ", 100_000)))
	if v.Action != "block" || !strings.Contains(causes(v), string(detectors.CauseTimeout)) {
		t.Errorf("%v, gaps %q", v, causes(v))
	}
}

func TestEvidenceIsWaitedForAsTheSettingSays(t *testing.T) {
	broken := errors.New("disk full")
	never := func(int) <-chan error { return make(chan error) }
	card := "card " + synthetic.Card()
	key := synthetic.PrivateKey()
	tests := []struct {
		name    string
		text    string
		durable func(int) <-chan error
		setting config.Durability
		profile string
		actions string // what was recorded, in order
		final   string
		waits   bool // the caller has a channel to wait for
	}{
		{"plain allow", "hi", nil, "", "l2", "allow", "allow", false},
		{"redact, not on disk yet", card, never, config.BeforeAnswer, "l2", "redact", "redact", true},
		{"redact, on disk", card, func(int) <-chan error { return yields(nil) }, config.BeforeAnswer, "l2", "redact", "redact", false},
		{"redact before forward, on disk", card, func(int) <-chan error { return yields(nil) }, config.BeforeForward, "l2", "redact", "redact", false},
		{"redact before forward, disk fails", card, func(int) <-chan error { return yields(broken) }, config.BeforeForward, "l2", "redact block", "block", false},
		{"redact, disk has failed already", card, func(int) <-chan error { return yields(broken) }, config.BeforeAnswer, "l2", "redact block", "block", false},
		{"allow, queue is full", "hi", func(int) <-chan error { return yields(broken) }, config.BeforeAnswer, "l2", "allow block", "block", false},
		{"log at l1, disk fails: flagged, goes on", card, func(int) <-chan error { return yields(broken) }, config.BeforeForward, "l1", "log", "log", false},
		{"block, disk fails: still a block", key, func(int) <-chan error { return yields(broken) }, config.BeforeAnswer, "l2", "block", "block", false},
		{"block, on disk", key, func(int) <-chan error { return yields(nil) }, config.BeforeAnswer, "l2", "block", "block", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := &fakeRecorder{durable: tt.durable}
			v := decided(t, shippedRules(t, tt.profile), Config{Recorder: rec, Durable: tt.setting}, chat(t, tt.text))
			if got := strings.Join(rec.actions, " "); got != tt.actions || v.Action != tt.final || (v.Durable != nil) != tt.waits {
				t.Errorf("recorded %q, then %s, waits %v; want %q, %s, %v", got, v.Action, v.Durable != nil, tt.actions, tt.final, tt.waits)
			}
			if (v.Refusal != nil) != (tt.final == "block") {
				t.Errorf("refusal %v", v.Refusal != nil)
			}
			v.Done(context.Background(), 200, nil)
			if rec.done != 1 {
				t.Errorf("done %d times", rec.done)
			}
		})
	}
}

func TestARefusalWaitsForTheDisk(t *testing.T) {
	slow := make(chan error)
	rec := &fakeRecorder{durable: func(int) <-chan error { return slow }}
	q := chat(t, synthetic.PrivateKey())
	answered := make(chan *Verdict)
	go func() { answered <- New(shippedRules(t, "l2"), Config{Recorder: rec}).Request(context.Background(), q) }()
	select {
	case <-answered:
		t.Fatal("answered before the record was on disk")
	case slow <- nil:
	}
	if v := <-answered; v.Refusal == nil || v.Durable != nil {
		t.Errorf("%v", v)
	}
}

func TestAwaitEnds(t *testing.T) {
	if err, done := await(make(chan error), time.Millisecond); err != nil || done {
		t.Errorf("await of nothing = %v, %v", err, done)
	}
}

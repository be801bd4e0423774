package inspect

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/shipped"
	"github.com/promptgate/promptgate/proxy/identity"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/rules"
)

// A world is everything shipped, loaded once.
type world struct {
	catalogue *rules.Catalogue
	engine    *engine.Engine
	providers *provider.Catalogue
	messages  *refuse.Messages
	policies  map[string]*policy.Policy
}

var load = sync.OnceValues(func() (*world, error) {
	w := &world{policies: map[string]*policy.Policy{}}
	var err error
	if w.catalogue, err = rules.LoadEmbedded(); err != nil {
		return nil, err
	}
	if w.engine, err = shipped.Engine(w.catalogue, engine.Config{}); err != nil {
		return nil, err
	}
	if w.providers, err = provider.Load(rules.FS()); err != nil {
		return nil, err
	}
	if w.messages, err = refuse.Load(rules.FS()); err != nil {
		return nil, err
	}
	for _, name := range []string{"l1", "l2", "l3"} {
		if w.policies[name], err = policy.Load(rules.FS(), name, w.catalogue); err != nil {
			return nil, err
		}
	}
	return w, nil
})

func theWorld(t testing.TB) *world {
	t.Helper()
	w, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// rules are those of a shipped profile.
func shippedRules(t testing.TB, profile string) Rules {
	w := theWorld(t)
	return Rules{Engine: w.engine, Catalogue: w.catalogue, Policy: w.policies[profile], Messages: w.messages}
}

// with is the shipped engine with more detectors.
func with(t testing.TB, r Rules, more ...detectors.Detector) Rules {
	t.Helper()
	ds, err := shipped.Detectors(r.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	if r.Engine, err = engine.New(engine.Config{}, append(ds, more...)...); err != nil {
		t.Fatal(err)
	}
	return r
}

// post is a request to a shipped endpoint.
func post(t testing.TB, address, body string) *Request {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &Request{
		Method: http.MethodPost, Host: u.Hostname(), URL: u, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
		Principal: identity.Principal{Subject: "lena", Groups: []string{"sales"}, Method: identity.Basic, Address: "192.0.2.7", Network: "office"},
		Endpoint:  theWorld(t).providers.Match(http.MethodPost, u.Hostname(), u.Path), Protocol: "HTTP/1.1",
	}
}

const (
	chatURL  = "https://api.openai.com/v1/chat/completions"
	otherURL = "https://api.openai.com/v1/never_heard_of"
)

// chat is a chat request with these user messages.
func chat(t testing.TB, texts ...string) *Request {
	t.Helper()
	type m struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	list := make([]m, 0, len(texts))
	for _, s := range texts {
		list = append(list, m{"user", s})
	}
	body, err := json.Marshal(map[string]any{"model": "gpt-5-mini", "stream": true, "messages": list})
	if err != nil {
		t.Fatal(err)
	}
	return post(t, chatURL, string(body))
}

func decided(t testing.TB, r Rules, c Config, q *Request) *Verdict {
	t.Helper()
	return New(r, c).Request(context.Background(), q)
}

// causes are the gaps of a verdict.
func causes(v *Verdict) string {
	var out []string
	for _, g := range v.Gaps {
		out = append(out, string(g.Cause))
	}
	return strings.Join(out, " ")
}

// A fakeRecorder records calls.
type fakeRecorder struct {
	mu      sync.Mutex
	health  error
	durable func(n int) <-chan error // of the nth record
	actions []string
	done    int
}

func (f *fakeRecorder) Healthy() error { return f.health }

func (f *fakeRecorder) Record(_ context.Context, _ *Request, v *Verdict) <-chan error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.actions = append(f.actions, v.Action)
	if f.durable == nil {
		return nil
	}
	return f.durable(len(f.actions))
}

func (f *fakeRecorder) Done(context.Context, *Request, *Verdict, int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done++
}

// yields is a channel that yields err at once.
func yields(err error) <-chan error {
	ch := make(chan error, 1)
	ch <- err
	return ch
}

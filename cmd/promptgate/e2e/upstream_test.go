package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

// An upstream is the fake OpenAI of one world.
type upstream struct{ fake *proxytest.Upstream }

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	fake, err := proxytest.Start(proxytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fake.Close() })
	return &upstream{fake}
}

func (u *upstream) addr() string             { return u.fake.Addr() }
func (u *upstream) plainAddr() string        { return u.fake.PlainAddr() }
func (u *upstream) caPEM() []byte            { return u.fake.CAPEM() }
func (u *upstream) reset()                   { u.fake.Reset() }
func (u *upstream) all() []proxytest.Request { return u.fake.Requests() }
func (u *upstream) page(host, html string)   { u.fake.Page(host, html) }

// only is the one request that arrived.
func (u *upstream) only(t *testing.T) proxytest.Request {
	t.Helper()
	all := u.all()
	if len(all) != 1 {
		t.Fatalf("upstream received %d requests, want 1", len(all))
	}
	if all[0].Err != nil {
		t.Errorf("the body did not arrive whole: %v", all[0].Err)
	}
	return all[0]
}

// nothing fails when a request arrived.
func (u *upstream) nothing(t *testing.T) {
	t.Helper()
	for _, r := range u.all() {
		t.Errorf("upstream received %s %s%s, %d bytes; want nothing", r.Method, r.Host, r.Path, len(r.Body))
	}
}

// to are the requests to one path, without query.
func (u *upstream) to(path string) []proxytest.Request {
	var out []proxytest.Request
	for _, r := range u.all() {
		if p, _, _ := strings.Cut(r.Path, "?"); p == path {
			out = append(out, r)
		}
	}
	return out
}

// builtBinary is the program under test: PROMPTGATE_BIN, or built once a run.
func builtBinary(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("PROMPTGATE_BIN"); bin != "" {
		return bin
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// built builds the program into a directory that TestMain removes.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "promptgate-e2e-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "promptgate")
	out, err := exec.Command("go", "build", "-o", bin, "../").CombinedOutput()
	if err != nil {
		return "", &buildError{string(out), err}
	}
	return bin, nil
})

type buildError struct {
	output string
	err    error
}

func (e *buildError) Error() string {
	return "building the program: " + e.err.Error() + "\n" + e.output
}

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A world is one running promptgate in front of one fake OpenAI.
type world struct {
	upstream *upstream
	proxy    string // host:port
	admin    string // host:port of admin and portal
	state    string // the state directory
	ca       string // file with the inspection root, PEM
	bin      string
	pid      int // of promptgate
	stderr   *tail
}

// A tail keeps what a process printed, for a failing test to show.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

// hosts are the names that the world's proxy finds at the fake upstream.
var hosts = []string{
	"api.openai.com", "us.api.openai.com", "eu.api.openai.com", "chatgpt.com", "www.chatgpt.com", "chat.openai.com",
	"ws.chatgpt.com", "mtls.api.openai.com", "unheard-of.openai.com", "unheard-of.chatgpt.com", "unheard-of.oaiusercontent.com",
	"desktop.chatgpt.com", "ios.chat.openai.com", "example.org", "sdmntprwesteurope.oaiusercontent.com",
}

func newWorld(t *testing.T, extra string) *world {
	t.Helper()
	w := &world{upstream: newUpstream(t), stderr: &tail{}}
	w.bin = builtBinary(t)
	dir := t.TempDir()
	w.state = filepath.Join(dir, "state")
	w.proxy, w.admin = freeAddr(t), freeAddr(t)
	caFile := filepath.Join(dir, "upstream-ca.pem")
	write(t, caFile, w.upstream.caPEM())

	var connect []string
	for _, h := range hosts {
		for _, port := range []string{"443", "8443"} {
			connect = append(connect, fmt.Sprintf("%q", h+":"+port+"="+w.upstream.addr()))
		}
		connect = append(connect, fmt.Sprintf("%q", h+":80="+w.upstream.plainAddr()))
	}
	config := filepath.Join(dir, "promptgate.toml")
	write(t, config, []byte(fmt.Sprintf("listen = %q\nadmin_listen = %q\nportal_listen = %q\nstate_dir = %q\n%s\n[upstream]\nca_file = %q\nconnect_to = [%s]\n",
		w.proxy, w.admin, w.admin, w.state, extra, caFile, strings.Join(connect, ", "))))

	cmd := exec.Command(w.bin, "serve", "--config", config)
	cmd.Stdout, cmd.Stderr = w.stderr, w.stderr
	cmd.Env = append(os.Environ(), "HTTPS_PROXY=", "HTTP_PROXY=", "https_proxy=", "http_proxy=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.pid = cmd.Process.Pid
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("promptgate printed:\n%s", last(w.stderr.String(), 6000))
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-exited:
			if err != nil {
				t.Errorf("promptgate did not end cleanly on SIGTERM: %v", err)
			}
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			t.Errorf("promptgate did not end within 20 s of SIGTERM")
		}
	})

	deadline := time.Now().Add(20 * time.Second)
	for {
		resp, err := http.Get("http://" + w.admin + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("promptgate ended before it was ready: %v\n%s", err, w.stderr)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("promptgate was not ready within 20 s: %v", err)
		}
		time.Sleep(30 * time.Millisecond)
	}
	w.ca = filepath.Join(dir, "promptgate-ca.pem")
	write(t, w.ca, w.get(t, "/ca.pem"))
	return w
}

// get reads a page of the portal or the admin surface.
func (w *world) get(t *testing.T, path string) []byte {
	t.Helper()
	resp, err := http.Get("http://" + w.admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, resp.Status)
	}
	return []byte(b.String())
}

// events reads the audit log. Records of plain allows may be committed up to
// 50 ms after their answer, so a test that waits for one asks with wait.
func (w *world) events(t *testing.T) []map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.state, "audit", "*"))
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(files)
	var out []map[string]any
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(b), "\n") {
			var e map[string]any
			if json.Unmarshal([]byte(line), &e) == nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// holdsNowhere fails when a value stands in anything the proxy wrote down.
func (w *world) holdsNowhere(t *testing.T, values ...string) {
	t.Helper()
	look := func(where, text string) {
		for i, v := range values {
			if strings.Contains(text, v) {
				t.Errorf("value %d (%d bytes) stands in %s", i, len(v), where)
			}
		}
	}
	look("the output of promptgate", w.stderr.String())
	look("/metrics", string(w.get(t, "/metrics")))
	err := filepath.Walk(w.state, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		look("the state file "+filepath.Base(path), string(b))
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// run starts a program, waits for it, and returns what it printed.
func run(t *testing.T, env []string, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), env...)
	var out, errOut tail
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// version is the first line a program prints about itself.
func version(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, _, err := run(t, nil, name, args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	return line
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// cache is where downloaded packages stay between runs.
func cache(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("PROMPTGATE_E2E_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			user = os.TempDir()
		}
		dir = filepath.Join(user, "promptgate-e2e")
	}
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func last(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func exitCode(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

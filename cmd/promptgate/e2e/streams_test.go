//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

// An open stream that is inspected, on a connection of its own and with HTTP/2 to
// upstream, uses at most 80 KiB: half of that are the stacks of its three
// goroutines. A few hundred are opened, in two steps: what the second adds is what
// each of five thousand would. What is resident besides depends on GOGC.
func TestOpenStreamsAreSmall(t *testing.T) {
	const step = 250
	t.Setenv("GOGC", "10") // what is resident is then what is used, and a tenth more
	w := newWorld(t, "[limits]\nconnections_per_client = 2000\n")
	c := w.client(t, false)
	c.Timeout = 0
	var mu sync.Mutex // guards bodies
	var bodies []io.Closer
	t.Cleanup(func() {
		for _, b := range bodies {
			_ = b.Close()
		}
	})
	open := func(n int) {
		var all sync.WaitGroup
		for k := range n {
			all.Go(func() {
				time.Sleep(time.Duration(k) * 4 * time.Millisecond)
				r, err := http.NewRequest(http.MethodPost, "https://api.openai.com/v1/chat/completions", bytes.NewReader(proxytest.ChatStream("hello")))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set(proxytest.Behaviour, "gap=100ms")
				resp, err := c.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				bodies = append(bodies, resp.Body)
				mu.Unlock()
				go func() { _, _ = io.Copy(io.Discard, resp.Body) }()
			})
		}
		all.Wait()
		time.Sleep(6 * time.Second)
	}
	w.upstream.fake.Says(strings.Repeat("the boats were in. ", 400))
	t.Cleanup(func() { w.upstream.fake.Says("") })
	open(step)
	before := w.resident(t)
	open(step)
	each := (w.resident(t) - before) / step * 10 / 11
	t.Logf("%d KiB each", each)
	finished(t, "open streams", fmt.Sprintf("%d KiB each, of %d", each, 2*step))
	if each > 80 {
		t.Errorf("an open stream takes %d KiB", each)
	}
}

// resident is the memory of promptgate, in KiB.
func (w *world) resident(t *testing.T) (kib int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

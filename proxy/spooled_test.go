//go:build linux

package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/spool"
)

// An earlyLook is a look that is shown beginnings, too.
type earlyLook struct {
	look
	early func(r *inspect.Request) *inspect.Verdict
}

func (e earlyLook) Early(_ context.Context, r *inspect.Request) *inspect.Verdict { return e.early(r) }

// spooling is a world that keeps 50,000 bytes of a body in memory and the others,
// up to a quota, in files.
func spooling(t *testing.T, inspector Inspector, quota int64) (*world, *spool.Spool) {
	t.Helper()
	s, err := spool.Open(t.TempDir(), quota)
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, nil, func(c *Config) {
		c.Inspector, c.Spool = inspector, s
		c.Limits.BodyBytes, c.Limits.MemoryBytes, c.Limits.HeldBytes = 30<<20, 50_000, 120_000
	}), s
}

func upload(t *testing.T, c *http.Client, body []byte, announced bool) (*http.Response, string) {
	t.Helper()
	var reader io.Reader = bytes.NewReader(body)
	if !announced {
		reader = io.MultiReader(reader)
	}
	r, _ := http.NewRequest(http.MethodPost, chatURL, reader)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp, string(b)
}

func TestLongBodiesAreHeldInFiles(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	edit := []byte("edited")
	var mode atomic.Value
	w, s := spooling(t, look(func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		if !bytes.Equal(r.Body, body) || len(r.Gaps) > 0 {
			t.Errorf("the inspector sees %d bytes, gaps %v", len(r.Body), r.Gaps)
		}
		v := &inspect.Verdict{ID: "one", Body: r.Body}
		switch mode.Load() {
		case "edit":
			to, err := r.Edited()
			if err != nil {
				t.Error(err)
			}
			_, _ = to.Write(edit)
			_, _ = to.Write(r.Body)
			v.Body, v.Changed = nil, true
		case "refuse":
			v.Refusal = &refuse.Refusal{Status: 400}
		case "panic":
			panic("in the inspector")
		}
		return v
	}), 8<<20)
	for _, http2 := range []bool{false, true} {
		for _, announced := range []bool{true, false} {
			for _, m := range []string{"allow", "edit", "refuse", "panic"} {
				mode.Store(m)
				w.up.Reset()
				resp, _ := upload(t, w.client(http2), body, announced)
				got := w.up.Requests()
				want := body
				if m == "edit" {
					want = append(edit[:len(edit):len(edit)], body...)
				}
				switch {
				case m == "allow" || m == "edit":
					if resp.StatusCode != 200 || len(got) != 1 || !bytes.Equal(got[0].Body, want) {
						t.Errorf("h2 %v, announced %v, %s: status %d, %d requests", http2, announced, m, resp.StatusCode, len(got))
					}
				case len(got) != 0 || resp.StatusCode == 200:
					t.Errorf("h2 %v, announced %v, %s: status %d, %d requests", http2, announced, m, resp.StatusCode, len(got))
				}
			}
		}
	}
	w.eventually("files are closed", func() bool { return s.Used() == 0 })
}

// A body for which there is no memory goes into a file, too.
func TestABodyWithoutMemoryIsHeldInAFile(t *testing.T) {
	t.Parallel()
	w, _ := spooling(t, look(func(_ context.Context, r *inspect.Request) *inspect.Verdict {
		if len(r.Body) != 40_000 || len(r.Gaps) > 0 {
			t.Errorf("%d bytes, gaps %v", len(r.Body), r.Gaps)
		}
		return &inspect.Verdict{Body: r.Body}
	}), 8<<20)
	w.server.held.take(110_000)
	defer w.server.held.give(110_000)
	if resp, _ := upload(t, w.client(false), make([]byte, 40_000), true); resp.StatusCode != 200 || len(w.up.Requests()[0].Body) != 40_000 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestASpoolWithoutRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		quota int64
		size  int
		cause detectors.Cause
	}{
		{"no room at all", 1, 1 << 20, detectors.CauseSpoolFull},
		{"no room in the middle", 2 << 20, 5 << 20, detectors.CauseSpoolFull},
		{"over the limit", 64 << 20, 31 << 20, detectors.CauseOversize},
	} {
		for _, announced := range []bool{true, false} {
			var refusal *refuse.Refusal
			w, s := spooling(t, look(func(_ context.Context, r *inspect.Request) *inspect.Verdict {
				if len(r.Gaps) != 1 || r.Gaps[0].Cause != c.cause || r.Body != nil || r.Gaps[0].Size == 0 {
					t.Errorf("%s: gaps %v", c.name, r.Gaps)
				}
				return &inspect.Verdict{Refusal: refusal}
			}), c.quota)
			body := bytes.Repeat([]byte("0123456789abcdef"), c.size/16)
			if resp, _ := upload(t, w.client(false), body, announced); resp.StatusCode != 200 || !bytes.Equal(w.up.Requests()[0].Body, body) {
				t.Errorf("%s, announced %v, let through: status %d", c.name, announced, resp.StatusCode)
			}
			w.up.Reset()
			refusal = &refuse.Refusal{Status: 413}
			if resp, _ := upload(t, w.client(false), body, announced); resp.StatusCode != 413 || len(w.up.Requests()) != 0 {
				t.Errorf("%s, announced %v, refused: status %d", c.name, announced, resp.StatusCode)
			}
			w.eventually("files are closed", func() bool { return s.Used() == 0 })
		}
	}
}

// A body whose beginning is enough is not read to its end.
func TestAnUploadIsRefusedByItsBeginning(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	w, s := spooling(t, earlyLook{
		look: func(_ context.Context, r *inspect.Request) *inspect.Verdict {
			t.Error("asked about the whole")
			return &inspect.Verdict{}
		},
		early: func(r *inspect.Request) *inspect.Verdict {
			seen.Store(int64(len(r.Body)))
			return &inspect.Verdict{ID: "early", Refusal: &refuse.Refusal{Status: 400, Body: []byte("early")}}
		},
	}, 64<<20)
	var sent atomic.Int64
	body := io.TeeReader(strings.NewReader(strings.Repeat("0123456789abcdef", 28<<20/16)), counter{&sent})
	r, _ := http.NewRequest(http.MethodPost, chatURL, body)
	resp, err := w.client(false).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 400 || seen.Load() < firstLook || seen.Load() > firstLook+spoolChunk || len(w.up.Requests()) != 0 {
		t.Errorf("status %d by %d bytes", resp.StatusCode, seen.Load())
	}
	if sent.Load() > 20<<20 {
		t.Errorf("%d bytes were sent for nothing", sent.Load())
	}
	w.eventually("files are closed", func() bool { return s.Used() == 0 })
}

type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

package worker

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// TestMain is also the child: what a file says is what the parser does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Verb {
		if err := Serve(os.Stdin, os.Stdout, wild{}, Limits{Memory: 2 << 30, Seconds: 1}); err != nil {
			os.Exit(3)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// wild is a parser that does what its files say.
type wild struct{}

func (wild) Read(_ context.Context, data []byte, media string) content.FileText {
	word, rest, _ := strings.Cut(string(data), " ")
	ok := func(s string) content.FileText {
		return content.FileText{Kind: "test", Parts: []content.FilePart{{Locator: "text", Media: media, Text: []byte(s)}}}
	}
	switch word {
	case "say":
		return ok(rest)
	case "hang":
		for {
			time.Sleep(time.Second)
		}
	case "spin":
		for i := 0; ; i++ {
			_ = i
		}
	case "panic":
		panic(rest)
	case "exit":
		os.Exit(1)
	case "recurse":
		return ok(endless(rest))
	case "eat":
		var all [][]byte
		for {
			all = append(all, bytes.Repeat([]byte("x"), 64<<20))
		}
	case "dial":
		c, err := net.DialTimeout("tcp", rest, time.Second)
		if err != nil {
			return ok("refused")
		}
		_ = c.Close()
		return ok("reached")
	case "open":
		if _, err := os.ReadFile(rest); err != nil {
			return ok("refused")
		}
		return ok("read")
	case "env":
		return ok(strings.Join(os.Environ(), " "))
	case "flood":
		return ok(strings.Repeat("x", maxAnswer+1))
	}
	return content.FileText{}
}

func (wild) Edit(_ context.Context, data []byte, _ string, edits []content.FileEdit) ([]byte, bool) {
	e := edits[0]
	if e.With == "panic" {
		panic("at once")
	}
	return []byte(string(data[:e.Start]) + e.With + string(data[e.End:])), e.Part == 0
}

func endless(s string) string { return endless(s+"x") + s }

func pool(t *testing.T, c Config) *Pool {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Path, c.Args = exe, []string{Verb}
	p := New(c)
	t.Cleanup(p.Close)
	return p
}

func ask(p *Pool, s string) string {
	t := p.Read(context.Background(), []byte(s), "text/x")
	switch {
	case len(t.Gaps) > 0:
		return string(t.Gaps[0].Cause)
	case len(t.Parts) > 0:
		return string(t.Parts[0].Text)
	}
	return t.Kind
}

func TestWhateverAFileDoesIsAGap(t *testing.T) {
	p := pool(t, Config{Workers: 1, Timeout: 90 * time.Second}) // a busy machine gives a child few seconds a minute
	for _, tt := range []struct{ file, want string }{
		{"say hello", "hello"},
		{"nothing known", ""},
		{"panic with my secret", string(detectors.CauseParserCrash)},
		{"say still here", "still here"},
		{"exit", string(detectors.CauseParserCrash)},
		{"say a new child", "a new child"},
		{"recurse x", string(detectors.CauseParserCrash)},
		{"eat", string(detectors.CauseParserCrash)},
		{"spin", string(detectors.CauseParserCrash)}, // its seconds are up before the deadline
		{"flood", string(detectors.CauseParserCrash)},
		{"env", mark + "=1"},
		{"say done", "done"},
	} {
		if got := ask(p, tt.file); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.file, got, tt.want)
		}
	}
}

func TestAHangingFileIsKilledAtTheDeadline(t *testing.T) {
	p := pool(t, Config{Workers: 1, Timeout: 300 * time.Millisecond})
	if got := ask(p, "hang"); got != string(detectors.CauseTimeout) {
		t.Errorf("got %q", got)
	}
	p.cfg.Timeout = 20 * time.Second
	if got := ask(p, "say next"); got != "next" {
		t.Errorf("got %q", got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	x := p.Read(ctx, []byte("hang"), "")
	if len(x.Gaps) != 1 || x.Gaps[0].Cause != detectors.CauseTimeout {
		t.Errorf("%+v", x)
	}
}

func TestAChildReachesNoNetworkAndNoFiles(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(t.TempDir()+"/x", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if abi := landlockABI(); abi < 4 {
		t.Skipf("this kernel's Landlock is version %d: no rules for the network before 4", abi)
	}
	p := pool(t, Config{Workers: 1})
	for _, s := range []string{"dial " + l.Addr().String(), "open " + t.TempDir() + "/x", "open /etc/hostname"} {
		if got := ask(p, s); got != "refused" {
			t.Errorf("%s: %s", s, got)
		}
	}
}

func TestCallersShareTheChildren(t *testing.T) {
	p := pool(t, Config{Workers: 2, Jobs: 3})
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if got := ask(p, "say x"); got != "x" {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
}

func TestIdleChildrenAreEnded(t *testing.T) {
	p := pool(t, Config{Workers: 1, Idle: time.Millisecond})
	for range 3 {
		if got := ask(p, "say x"); got != "x" {
			t.Fatalf("got %q", got)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestAChildStartsNoChildren(t *testing.T) {
	t.Setenv(mark, "1")
	if got := ask(pool(t, Config{}), "say x"); got != string(detectors.CauseEngineError) {
		t.Errorf("got %q", got)
	}
}

func TestEditsComeBack(t *testing.T) {
	p := pool(t, Config{Workers: 1})
	edit := func(part int, with string) (string, bool) {
		b, ok := p.Edit(context.Background(), []byte("say no"), "", []content.FileEdit{{Part: part, Start: 4, End: 6, With: with}})
		return string(b), ok
	}
	if got, ok := edit(0, "yes"); !ok || got != "say yes" {
		t.Errorf("%q, %v", got, ok)
	}
	if _, ok := edit(1, "yes"); ok {
		t.Error("a part that cannot be written was written")
	}
	if _, ok := edit(0, "panic"); ok {
		t.Error("a panic is an edit")
	}
}

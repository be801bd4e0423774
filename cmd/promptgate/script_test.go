package main

import (
	"bytes"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

// The scripts run this binary under two names: itself, and a curl that knows
// the few flags they use, so that they need nothing installed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"promptgate": main,
		"curl":       func() { os.Exit(curl(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScript runs what a user can type. One scenario is one file of
// testdata/script; the first word of its name is the verb or what is at stake.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Values[upstreamKey{}] = &upstreamHolder{}
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_STATE_HOME", "")
			for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"upstream": startUpstream,
			"port":     pickPorts,
			"expand":   expand,
			"ready":    waitReady,
			"received": received,
			"reloaded": waitReloaded,

			"readme-shows": readmeShows,
			"readme-curl":  readmeCurl,
		},
	})
}

// port NAME... sets each to a free port of 127.0.0.1.
func pickPorts(ts *testscript.TestScript, _ bool, args []string) {
	var open []net.Listener
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		open = append(open, l)
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
	}
	for _, l := range open {
		ts.Check(l.Close())
	}
}

// expand FILE... replaces ${NAME} in files.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o600))
	}
}

// ready URL waits until it answers 200.
func waitReady(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for range 400 {
		resp, err := client.Get(args[0])
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("%s did not become ready", args[0])
}

// reloaded URL RESULT waits until the metrics at URL count a reload with a result.
func waitReloaded(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: reloaded URL RESULT")
	}
	want := []byte(`dlp_policy_reload_total{result="` + args[1] + `"}`)
	for range 400 {
		resp, err := http.Get(args[0])
		if err == nil {
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && bytes.Contains(body, want) {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("no reload ended with %s", args[1])
}

// received [!] TEXT: the upstream received a body that holds TEXT. Without an
// argument: it received anything at all.
func received(ts *testscript.TestScript, neg bool, args []string) {
	u := upstreamOf(ts)
	var all []byte
	n := 0
	for _, r := range u.Requests() {
		all = append(append(all, r.Body...), '\n')
		n++
	}
	text := strings.Join(args, " ")
	if got := n > 0 && bytes.Contains(all, []byte(text)); got == neg {
		ts.Fatalf("upstream has %d requests; %q among them is %v", n, text, got)
	}
}

func TestEveryVerbHasAScript(t *testing.T) {
	for _, v := range verbs() {
		files, err := filepath.Glob(filepath.Join("testdata", "script", v.name+"*.txtar"))
		if err != nil || len(files) == 0 {
			t.Errorf("no testdata/script/%s*.txtar (%v)", v.name, err)
		}
	}
}

// Help fits a screen, and its examples are of this program and of that verb.
func TestHelpFitsAScreen(t *testing.T) {
	for _, v := range verbs() {
		help := v.help()
		lines := strings.Split(strings.TrimSuffix(help, "\n"), "\n")
		if len(lines) > 30 {
			t.Errorf("%s: help has %d lines", v.name, len(lines))
		}
		for _, l := range lines {
			if len([]rune(l)) > 130 {
				t.Errorf("%s: a line of help has %d characters", v.name, len([]rune(l)))
			}
		}
		for _, e := range v.examples {
			if !strings.Contains(e, "promptgate "+v.name) && !strings.Contains(e, "promptgate --"+v.name) && v.name != "help" {
				t.Errorf("%s: example %q is of another verb", v.name, e)
			}
		}
		if v.short == "" || strings.HasSuffix(v.short, ".") {
			t.Errorf("%s: short text %q", v.name, v.short)
		}
	}
}

// The flags in an example exist.
func TestExamplesParse(t *testing.T) {
	for _, v := range verbs() {
		for _, e := range v.examples {
			_, rest, ok := strings.Cut(e, "promptgate "+v.name)
			if !ok {
				continue
			}
			rest, _, _ = strings.Cut(rest, ">")
			f := newFlags(v.name)
			v.set(f)
			var args []string
			for i, part := range strings.Split(rest, "'") {
				if i%2 == 1 {
					args = append(args, part)
				} else {
					args = append(args, strings.Fields(part)...)
				}
			}
			if _, err := f.parse(args); err != nil && err != errHelp {
				t.Errorf("%s: example %q: %v", v.name, e, err)
			}
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		args string
		want int
	}{
		{"", exitUsage}, {"nothing", exitUsage}, {"--nothing", exitUsage}, {"help", exitClean}, {"help nothing", exitUsage}, {"--help", exitClean}, {"-h", exitClean},
		{"version", exitClean}, {"version more", exitUsage}, {"scan --no", exitUsage}, {"scan --json=1", exitUsage}, {"scan /does/not/exist", exitFailed},
		{"token", exitUsage}, {"token new", exitUsage}, {"token new a:b", exitUsage}, {"ca", exitUsage}, {"ca sohw", exitUsage}, {"ca show --format", exitUsage},
		{"explain", exitUsage}, {"explain --url nonsense -", exitUsage}, {"check --config /does/not/exist", exitUsage},
	} {
		var out, errOut bytes.Buffer
		p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut, getenv: func(string) string { return "" }, version: "test"}
		if got := p.run(t.Context(), strings.Fields(tt.args)); got != tt.want {
			t.Errorf("promptgate %s: exit %d, want %d: %s", tt.args, got, tt.want, errOut.String())
		}
		switch {
		case tt.want != exitClean && !strings.Contains(errOut.String(), "promptgate: "):
			t.Errorf("promptgate %s: stderr is %q", tt.args, errOut.String())
		case tt.want == exitUsage && out.Len() > 0:
			t.Errorf("promptgate %s: a usage error prints %d bytes on stdout", tt.args, out.Len())
		case tt.want == exitClean && (out.Len() == 0 || errOut.Len() > 0):
			t.Errorf("promptgate %s: %d bytes on stdout, %d on stderr", tt.args, out.Len(), errOut.Len())
		}
	}
}

package main

import (
	"net"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/promptgate/promptgate/proxy/proxytest"
)

type upstreamKey struct{}

// upstream starts a fake OpenAI: $UPSTREAM is its address, upstream.pem its root.
func startUpstream(ts *testscript.TestScript, _ bool, _ []string) {
	u, err := proxytest.Start(proxytest.Options{})
	ts.Check(err)
	ts.Defer(func() { _ = u.Close() })
	ts.Check(os.WriteFile(ts.MkAbs("upstream.pem"), u.CAPEM(), 0o600))
	host, port, err := net.SplitHostPort(u.Addr())
	ts.Check(err)
	ts.Setenv("UPSTREAM", net.JoinHostPort(host, port))
	ts.Value(upstreamKey{}).(*upstreamHolder).u = u
}

// An upstreamHolder carries the fake from the command that starts it to the
// commands that ask it.
type upstreamHolder struct{ u *proxytest.Upstream }

func upstreamOf(ts *testscript.TestScript) *proxytest.Upstream {
	h := ts.Value(upstreamKey{}).(*upstreamHolder)
	if h.u == nil {
		ts.Fatalf("no upstream was started")
	}
	return h.u
}

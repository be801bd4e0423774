// Package e2e drives the built binary with the programs people use: curl, the
// OpenAI packages for Node, Go and Python, Chromium behind the served PAC file,
// and Squid with promptgate as its parent. The other end is proxy/proxytest, a
// TLS upstream on loopback that keeps what it received.
//
// Every client must see three things: its answer; its redaction, where the
// upstream received the placeholder and never the value; and its refusal, which
// it reports once, as an error it does not retry, with nothing sent upstream.
//
// The tests carry the build tag e2e: `make e2e` builds bin/promptgate and runs
// them. They need curl, node with npm, and Chromium with certutil; without one
// of these they fail. Python and Squid are skipped when they cannot be had. The
// clients that ran are listed at the end.
//
//	PROMPTGATE_BIN    the binary under test (default ../../../bin/promptgate)
//	PROMPTGATE_E2E_CACHE  where the npm and pip packages go (default: the user's cache)
package e2e

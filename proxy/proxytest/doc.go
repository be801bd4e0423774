// Package proxytest is a fake OpenAI: a server that answers as the API, the
// ChatGPT web app and the upload hosts do, over TLS with a throw-away authority
// for whatever name is asked of it, and a client that trusts the proxy before it.
//
// Tests, the demo, the benchmarks and the end-to-end runs share it. What arrives
// is kept ([Upstream.Requests]), so that a test can say what left the proxy. How
// an answer misbehaves is asked for in the request itself, by the header
// [Behaviour], which a proxy passes on like any other:
//
//	Proxytest: slow=200ms, trailers
//
// See [Behaviour] for the words. Without them every request is answered with
// 200.
package proxytest

package inspect

import (
	"bytes"
	"testing"

	"github.com/promptgate/promptgate/proxy/policy"
)

// Whatever a client sends is decided, and the decision is kept: what is stopped
// has a refusal and no body, what is not changed is the slice that came.
func FuzzEveryRequestIsDecided(f *testing.F) {
	f.Add("/v1/chat/completions", "a=b", "application/json", "", []byte(`{"messages":[{"role":"user","content":"hi"}]}`), uint8(1))
	f.Add("/v1/files", "", "multipart/form-data; boundary=b", "", []byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--"), uint8(0))
	f.Add("/x/../v1", "%zz&&=&q=%f0%28", "text/plain;charset=utf-16", "gzip, br", []byte("\x1f\x8b\x08\xff\xfe"), uint8(2))
	f.Add("/v1/responses", "", "application/x-www-form-urlencoded", "zstd", []byte("\x28\xb5\x2f\xfd"), uint8(1))
	profiles := []string{"l1", "l2", "l3"}
	for _, p := range profiles { // made here: an input may take ten seconds, and an instrumented load does
		shippedRules(f, p)
	}
	f.Fuzz(func(t *testing.T, path, query, media, coding string, body []byte, profile uint8) {
		q := post(t, chatURL, "")
		q.Body = body
		q.URL.Path, q.URL.RawQuery = path, query
		q.Endpoint = theWorld(t).providers.Match(q.Method, q.Host, path)
		q.Header.Set("Content-Type", media)
		q.Header.Set("Content-Encoding", coding)
		came := bytes.Clone(body)
		v := decided(t, shippedRules(t, profiles[int(profile)%3]), Config{}, q)
		stopped := v.Decision.Gate >= policy.Coach
		switch {
		case !bytes.Equal(q.Body, came):
			t.Fatal("the request's body was written to")
		case stopped != (v.Refusal != nil) || stopped && (v.Body != nil || v.Changed):
			t.Fatalf("%v: refusal %v, %d bytes to send on", v, v.Refusal != nil, len(v.Body))
		case !stopped && !v.Changed && !bytes.Equal(v.Body, came):
			t.Fatalf("%v: other bytes are sent on, unannounced", v)
		case v.Changed && len(v.Decision.Redact) == 0 && v.Action == "redact":
			t.Fatalf("%v: changed for no reason", v)
		case len(v.Decision.Redact) > 0 && !v.Changed:
			t.Fatalf("%v: nothing was redacted", v)
		}
	})
}

package inspect

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// What machines write into addresses and headers is not read, so that nothing in
// it is taken for somebody's number.
func TestSpeaks(t *testing.T) {
	for _, c := range []struct {
		address string
		want    bool
	}{
		{"/backend-api/conversations?offset=0&limit=28&order=updated", false},
		{"/backend-api/conversation/6a0c0000-0000-8000-8000-0000000000aa", false},
		{"/backend-api/estuary/content?id=file_000000002222&ts=489321&p=fs&cid=1&sig=" + synthetic.Word(64) + "&v=0", false},
		{"/_next/static/chunks/app-3f0.js?_=1763900000123", false},
		{"/assets/x.css?v=1763900000", false},
		{"/api/auth/callback/openai?state=" + synthetic.Word(43) + "&login_hint=lena@example.com", false},
		{"/v1/files/file-Ab3dEf6hIj9kLm2nOp5q", false},
		{"/c/WEB:6a0c0000-0000-8000-8000-0000000000aa", false},
		{"/files/1/raw?sig=a+b/c=", false},
		{"/x?sig=two words", false}, // of a signature it is looked at where the endpoint is read
		{"/x?q=two+words", true},
		{"/x?q=two%20words", true},
		{"/x?caf%C3%A9", true},
		{"/x?n=" + synthetic.Card(), true},
		{"/x/a%20note", true},
		{"/x/" + synthetic.Card(), true},
		{"/x?ssn=" + synthetic.SSN(), true},
	} {
		u, err := url.Parse("https://chatgpt.com" + c.address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Speaks(u); got != c.want {
			t.Errorf("Speaks(%s) = %v", c.address, got)
		}
	}
}

func TestHeadersOfTheProtocolAreNotRead(t *testing.T) {
	q := chat(t, "hello")
	for name, value := range map[string]string{
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0", "Accept-Language": "de-DE, de;q=0.9", "Sec-Ch-Ua": `"Chromium";v="130"`,
		"Cookie": "a=" + synthetic.Card() + "; b=2", "Openai-Sentinel-Proof-Token": "gAAAAAB" + synthetic.Word(300) + "~S", "Oai-Device-Id": "6a0c0000-0000-8000-8000-0000000000aa",
		"X-Stainless-Runtime-Version": "go1.26.8", "X-Forwarded-For": "203.0.113.77, 198.51.100.23", "X-Request-Start": "1763900000123", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	} {
		q.Header.Set(name, value)
	}
	if v := decided(t, shippedRules(t, "l2"), Config{}, q); len(v.Docs) != 1 {
		t.Errorf("%v are read", v.Docs[1:])
	}
	q = chat(t, "hello")
	q.Header.Set("X-Note", "credit card "+synthetic.Card())
	q.Header.Set("X-A", "two words")
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	if v.Refusal == nil || v.Refusal.Status != http.StatusBadRequest || v.Findings[0].Locator != "header[1]" {
		t.Errorf("%s, %+v", v.Action, v.Findings)
	}
}

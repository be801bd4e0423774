package inspect

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/detectors"
)

// form is the beginning of an upload with this text in its file.
func form(t testing.TB, text string) *Request {
	q := post(t, "https://api.openai.com/v1/files", "")
	q.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	q.Body = []byte("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + text)
	return q
}

func TestEarly(t *testing.T) {
	prose := strings.Repeat("The harbour was quiet and the boats lay still. ", 100)
	key := synthetic.PrivateKey()
	cards := "name,card\n"
	for range 12 {
		cards += "x," + synthetic.Card() + "\n"
	}
	for _, c := range []struct {
		name, text string
		block      bool
	}{
		{"nothing", prose, false},
		{"what blocks", key + prose, true},
		{"what is replaced", "credit card " + synthetic.Card() + prose, false},
		{"so many that they block", cards + prose, true},
		{"what blocks, where the text ends for now", prose + key, false},
	} {
		rec := &fakeRecorder{}
		v := New(shippedRules(t, "l2"), Config{Recorder: rec}).Early(context.Background(), form(t, c.text))
		if (v != nil) != c.block || v != nil && (v.Refusal == nil || v.Action != "block" || len(rec.actions) != 1) || v == nil && len(rec.actions) != 0 {
			t.Errorf("%s: %v, recorded %v", c.name, v, rec.actions)
		}
	}
	q := form(t, key+prose)
	q.Gaps = []detectors.Gap{{Cause: detectors.CauseOversize}}
	if v := New(shippedRules(t, "l2"), Config{}).Early(context.Background(), q); v == nil || causes(v) != "oversize" {
		t.Error("gaps of the caller are lost, or those of the beginning counted")
	}
}

// What is edited of a long body goes where the caller wants it.
func TestALongBodyIsEditedElsewhere(t *testing.T) {
	card := synthetic.Card()
	var out bytes.Buffer
	q := form(t, "credit card "+card+" of Lena\r\n--b--\r\n")
	before := string(q.Body)
	leans := 0
	q.Lean, q.Scratch = func() { leans++ }, func(n int) []byte { return make([]byte, n) }
	q.Edited = func() (io.Writer, error) { return &out, nil }
	v := decided(t, shippedRules(t, "l2"), Config{}, q)
	if v.Action != "redact" || !v.Changed || v.Body != nil || out.String() != strings.Replace(before, card, "[PAYMENT_CARD_1]", 1) {
		t.Errorf("%s, changed %v, %q", v.Action, v.Changed, out.String())
	}
	q = form(t, "credit card "+card+" of Lena\r\n--b--\r\n")
	q.Edited = func() (io.Writer, error) { return nil, io.ErrShortWrite }
	if v := decided(t, shippedRules(t, "l2"), Config{}, q); v.Refusal == nil || causes(v) != "not_rewritable" {
		t.Errorf("without room for it: %s, gaps %s", v.Action, causes(v))
	}
}

package content

import (
	"context"
	"slices"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// A told is what a walk tells its sink, as far as Quick does.
type told struct {
	texts, labels []string
	facts         []Fact
	gaps          int
}

func (k *told) Space(Space)       {}
func (k *told) Begin(Doc)         { k.texts, k.labels = append(k.texts, ""), append(k.labels, "") }
func (k *told) Text(p []byte)     { k.texts[len(k.texts)-1] += string(p) }
func (k *told) Label(l string)    { k.labels[len(k.labels)-1] = l }
func (k *told) End()              {}
func (k *told) Fact(f Fact)       { k.facts = append(k.facts, f) }
func (k *told) Gap(detectors.Gap) { k.gaps++ }

// FuzzQuick holds that what Quick tells is what a walk tells: the same texts under
// the same labels, the same settings, and nothing that only a walk can judge.
func FuzzQuick(f *testing.F) {
	s := &Shape{Select: []Select{
		{Path: "choices[*].message.content", Do: Read}, {Path: "id", Do: Setting, Fact: "item"}, {Path: "choices[*].index", Do: Setting, Fact: "index"},
		{Path: "choices[*].finish", Do: Setting, Fact: "end"}, {Path: "model", Do: Skip}, {Path: "created", Do: Skip}, {Path: "url", Do: Credential},
		{Path: "args", Do: Nested}, {Path: "pic", Do: Picture}, {Path: "choices[*].logprobs", Do: Twin}, {Path: "blob", Do: Opaque}, {Path: "ref", Do: Reference},
		{Path: "tokens", Do: Tokens}, {Path: "item", Do: Setting, Fact: "object"},
	}}
	if err := s.Compile(); err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		`{"id":"chatcmpl-1","model":"gpt-5","created":1795536000,"choices":[{"index":0,"message":{"role":"assistant","content":"The boats\n\u00e9 are in."},"logprobs":null,"finish":"stop"}],"usage":{"n":12}}`,
		`{"url":"https://a/b?sig=c","x":["a",1,true,null,{"y":""}],"item":{"z":"w"}}`, `{"args":"{\"a\":1}"}`, `{"args":"plain"}`, `{"pic":"data:image/png;base64,AA"}`, `{"a b c":"x"}`, `{"n":1234567890123}`,
		`{"id":"not an id, is it"}`, `{"id":5,"model":""}`, `{"blob":"x","ref":"file-1","tokens":[1,2]}`, `{"a":"data:text/plain,x"}`, `{}`, `{"a":[[["b"]]]} `, `{"a":1}x`, `{"id":true,"item":[]}`, `{"choices":[{"logprobs":{"a":"b"}}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want told
		ok := s.Quick(body, func(p []byte, l string) bool {
			got.texts, got.labels = append(got.texts, string(p)), append(got.labels, l)
			return true
		}, func(f Fact) { got.facts = append(got.facts, f) })
		if !ok {
			return
		}
		w := NewWalk(s, Media{ContentType: "application/json"}, Limits{}, &want)
		if err := w.Run(context.Background(), body); err != nil {
			t.Fatal(err)
		}
		w.Release()
		if want.gaps > 0 || !slices.Equal(got.texts, want.texts) || !slices.Equal(got.labels, want.labels) || len(got.facts) != len(want.facts) {
			t.Fatalf("%q: got %q %q %v, want %q %q %v and %d gaps", body, got.texts, got.labels, got.facts, want.texts, want.labels, want.facts, want.gaps)
		}
		for i, f := range got.facts {
			if g := want.facts[i]; f.Name != g.Name || f.Value != g.Value || f.Locator != "" && f.Locator != g.Locator {
				t.Fatalf("%q: fact %v, want %v", body, f, g)
			}
		}
	})
}

package tokens

import "testing"

// The numbers are those that OpenAI's cookbook ("How to count tokens with
// tiktoken", retrieved 2026-11) and the tests of tiktoken publish for cl100k_base.
func TestAppend(t *testing.T) {
	for _, c := range []struct {
		ids  []uint32
		want string
		ok   bool
	}{
		{[]uint32{83, 1609, 5963, 374, 2294, 0}, "tiktoken is great!", true},
		{[]uint32{15339, 1917}, "hello world", true},
		{[]uint32{15339, 100257, 1917}, "hello world", true}, // <|endoftext|>
		{[]uint32{15339, 100256, 1917}, "hello world", false},
		{[]uint32{4294967295}, "", false},
		{nil, "", true},
	} {
		got, ok := Append(nil, c.ids)
		if string(got) != c.want || ok != c.ok {
			t.Errorf("Append(%v) = %q, %v, want %q, %v", c.ids, got, ok, c.want, c.ok)
		}
	}
	if v := cl100k(); len(v.start) != count+1 {
		t.Errorf("%d tokens", len(v.start)-1)
	}
}

func TestKnown(t *testing.T) {
	for model, want := range map[string]bool{
		"text-embedding-3-small": true, "text-embedding-ada-002": true, "gpt-3.5-turbo-instruct": true, "davinci-002": true, "babbage-002": true,
		"text-embedding-4": false, "my-deployment": false, "": false, "text-davinci-003": false,
	} {
		if Known(model) != want {
			t.Errorf("Known(%q) = %v", model, !want)
		}
	}
}

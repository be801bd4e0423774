package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// The oracle is encoding/json: a line that it takes for an object with a string
// under "text" is one here, with the same text and the same id.
func FuzzLineIsWhatEncodingJSONReads(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"text":"a"}`, `{"text":"a\u00e9\n\"\\\/\b\f\r\t","id":"x"}`, `{"id":{"a":[1,{"b":null}]},"text":""}`,
		`{"id":1.5e-7,"x":[true,false,null,"]}"],"text":"\ud83d\ude00"}`, `{"text":"\ud83d","id":-0}`, `{"text":"\ud83dA"}`,
		`{"text":"\ud83d\n"}`, ` { "text" : "é日本" , "id" : [ ] } `, `{"text":1}`, `{"text":"a","text":2}`, `{"text":"a","text":"b"}`,
		`{"\u0069d":7,"te\u0078t":"escaped keys"}`, `{}`, `[]`, `{"text":"a"}x`, `{"text":"a",}`, `{"text":"\u12"}`, `{"text":"a`,
		`{"id":"0123456789abcdef0123456789abcdef\\","text":"0123456789abcdef\tno"}`, `{"text":"a","x":"\`, `{"text":"\ude00\ud83d"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		got, _, err := decodeLine(p, nil)
		if !utf8.Valid(p) || bytes.Count(p, []byte{'['})+bytes.Count(p, []byte{'{'}) > maxNesting {
			return // encoding/json replaces such bytes; here they stay
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(p, &want) != nil || want == nil {
			return // what it refuses may be read here: values that nobody asked for are only skipped
		}
		raw, ok := want["text"]
		var text string
		if !ok || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
			if err != errNoText {
				t.Fatalf("error %v, want %v", err, errNoText)
			}
			return
		}
		if err != nil {
			t.Fatalf("error %v for a line that encoding/json reads", err)
		}
		if string(got.text) != text || string(got.id) != string(want["id"]) {
			t.Fatalf("text of %d bytes and id of %d bytes, want %d and %d", len(got.text), len(got.id), len(text), len(want["id"]))
		}
	})
}

func TestPlainRunStopsAtEveryPosition(t *testing.T) {
	for n := range 40 {
		p := bytes.Repeat([]byte{'a', 0xff, '#', 0x20, 0x7f, 0x80}, 7)[:n]
		if got := plainRun(p); got != n {
			t.Fatalf("plainRun of %d plain bytes = %d", n, got)
		}
		for i := range n {
			for _, stop := range []byte{'"', '\\', 0, 0x1f, '\n'} {
				q := bytes.Clone(p)
				q[i] = stop
				if got := plainRun(q); got != i {
					t.Fatalf("plainRun with %#x at %d of %d = %d", stop, i, n, got)
				}
			}
		}
	}
}

func TestLinesThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want error
	}{
		{`"text"`, errNoObject}, {`{"text":"a\x"}`, errNoObject}, {"{\"text\":\"a\tb\"}", errNoObject}, {`{"text":"a"} {}`, errNoObject},
		{`{"a":}`, errNoObject}, {`{"a":]}`, errNoObject}, {`{a:1}`, errNoObject}, {`{"text"}`, errNoObject}, {`null`, errNoObject},
		{`{"id":1}`, errNoText}, {`{"text":null}`, errNoText}, {`{}`, errNoText},
	} {
		if _, _, err := decodeLine([]byte(tt.in), nil); err != tt.want {
			t.Errorf("decodeLine(%q) = %v, want %v", tt.in, err, tt.want)
		}
	}
}

// The key of a value is compared before the value is read: both may need the
// scratch buffer.
func TestEscapesShareTheScratchBuffer(t *testing.T) {
	l, scratch, err := decodeLine([]byte(`{"te\u0078t":"one\ntwo","other":"\u0041"}`), make([]byte, 0, 64))
	if err != nil || string(l.text) != "one\ntwo" {
		t.Fatalf("text of %d bytes, %v", len(l.text), err)
	}
	if l, _, err = decodeLine([]byte(`{"text":"a\tb"}`), scratch); err != nil || string(l.text) != "a\tb" {
		t.Fatalf("text of %d bytes, %v", len(l.text), err)
	}
}

package stream_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/proxy/content/stream"
)

// An event as a test sees it.
type seen struct {
	raw, name, data string
	whole           bool
}

// cut splits text in writes of n bytes; 0 is all at once.
func cut(t testing.TB, f stream.Framing, text string, n int) (out []seen) {
	t.Helper()
	s := stream.Splitter{Framing: f}
	emit := func(e stream.Event) error {
		out = append(out, seen{string(e.Raw), string(e.Name), string(e.Data), e.Whole})
		return nil
	}
	for len(text) > 0 {
		k := len(text)
		if n > 0 {
			k = min(n, k)
		}
		if err := s.Write([]byte(text[:k]), emit); err != nil {
			t.Fatal(err)
		}
		text = text[k:]
	}
	if err := s.Close(emit); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEventsAreCutAtEmptyLinesWhateverEndsThem(t *testing.T) {
	for _, x := range []struct {
		name, in string
		want     []seen
	}{
		{"one", "data: a\n\n", []seen{{"data: a\n\n", "", "a", true}}},
		{"name", "event: delta\ndata: a\n\n", []seen{{"event: delta\ndata: a\n\n", "delta", "a", true}}},
		{"no space", "data:a\n\n", []seen{{"data:a\n\n", "", "a", true}}},
		{"two spaces", "data:  a\n\n", []seen{{"data:  a\n\n", "", " a", true}}},
		{"lines", "data: a\ndata: b\ndata\n\n", []seen{{"data: a\ndata: b\ndata\n\n", "", "a\nb\n", true}}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []seen{{"data: a\r\n\r\n", "", "a", true}, {"data: b\r\n\r\n", "", "b", true}}},
		{"mixed", "data: a\r\n\ndata: b\n\r\n", []seen{{"data: a\r\n\n", "", "a", true}, {"data: b\n\r\n", "", "b", true}}},
		{"comment", ": ping\n\ndata: a\n: x\nid: 3\n\n", []seen{{": ping\n\n", "", "", true}, {"data: a\n: x\nid: 3\n\n", "", "a", true}}},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []seen{{"\xef\xbb\xbfdata: a\n\n", "", "a", true}}},
		{"open", "data: a\n\ndata: b\n", []seen{{"data: a\n\n", "", "a", true}, {"data: b\n", "", "", false}}},
		{"nothing", "\n\n", []seen{{"\n", "", "", true}, {"\n", "", "", true}}},
	} {
		for n := range 5 {
			if got := cut(t, stream.Events, x.in, n); !equal(got, x.want) {
				t.Errorf("%s in writes of %d: %+v, want %+v", x.name, n, got, x.want)
			}
		}
	}
}

func TestCarriageReturnsAloneEndLinesToo(t *testing.T) {
	for _, in := range []string{"data: a\r\rdata: b\r\r", "data: a\r\r\ndata: b\r\r\n", "data: a\n\r\ndata: b\r\n\n"} {
		for n := range 8 {
			if got := cut(t, stream.Events, in, n); len(got) != 2 || got[0].data != "a" || got[1].data != "b" || !got[1].whole {
				t.Errorf("%q in writes of %d: %+v", in, n, got)
			}
		}
	}
}

func TestLinesAreEvents(t *testing.T) {
	want := []seen{{"{\"a\":1}\n", "", `{"a":1}`, true}, {"\r\n", "", "", true}, {"{}\r\n", "", "{}", true}, {"[1]", "", "[1]", true}}
	for n := range 5 {
		if got := cut(t, stream.Lines, "{\"a\":1}\n\r\n{}\r\n[1]", n); !equal(got, want) {
			t.Errorf("in writes of %d: %+v", n, got)
		}
	}
}

func TestAGiantEventIsHandedOutInPieces(t *testing.T) {
	big := "data: " + strings.Repeat("x", stream.MaxEvent+1000) + "\n\n"
	text := "data: a\n\n" + big + "data: b\n\n"
	for _, n := range []int{0, 1 << 20, 4096} {
		got := cut(t, stream.Events, text, n)
		all := ""
		for i, e := range got {
			all += e.raw
			if whole := i == 0 || i == len(got)-1; e.whole != whole && e.whole {
				if n != 0 { // in one write it is there whole
					t.Errorf("in writes of %d: event %d of %d bytes is whole", n, i, len(e.raw))
				}
			}
		}
		if all != text || got[0].data != "a" || got[len(got)-1].data != "b" {
			t.Errorf("in writes of %d: %d events", n, len(got))
		}
	}
}

func TestWhatIsNotAdmittedGoesUnread(t *testing.T) {
	held := 0
	s := stream.Splitter{Admit: func(n int) bool {
		if held+n > 100<<10 {
			return false
		}
		held += n
		return true
	}}
	whole, all := 0, 0
	emit := func(e stream.Event) error {
		all += len(e.Raw)
		if e.Whole {
			whole++
		}
		return nil
	}
	text := "data: " + strings.Repeat("x", 90<<10) + "\n\n" + "data: " + strings.Repeat("y", 300<<10) + "\n\ndata: z\n\n"
	for i := 0; i < len(text); i += 1000 {
		if err := s.Write([]byte(text[i:min(len(text), i+1000)]), emit); err != nil {
			t.Fatal(err)
		}
	}
	if whole != 2 || all != len(text) || held != 0 {
		t.Errorf("%d whole events, %d of %d bytes, %d still held", whole, all, len(text), held)
	}
}

func TestAnEditLeavesEveryOtherByte(t *testing.T) {
	for _, x := range []struct{ in, data, want string }{
		{"event: delta\nid: 1\ndata:{\"v\":\"a\"}\n: c\n\n", `{"v":"b"}`, "event: delta\nid: 1\ndata:{\"v\":\"b\"}\n: c\n\n"},
		{"data: a\r\ndata: b\r\n\r\n", "c\nd", "data: c\r\ndata: d\r\n\r\n"},
		{"data: a\ndata: b\n\n", "c", "data: c\n\n"},
		{"data: a\nid: 1\n\n", "c\nd", "data: c\ndata: d\nid: 1\n\n"},
		{": c\n\n", "x", ": c\n\n"},
	} {
		s := stream.Splitter{}
		var got []byte
		if err := s.Write([]byte(x.in), func(e stream.Event) error { got = e.With(got, []byte(x.data)); return nil }); err != nil {
			t.Fatal(err)
		}
		if string(got) != x.want {
			t.Errorf("%q with %q is %q, want %q", x.in, x.data, got, x.want)
		}
		again := cut(t, stream.Events, string(got), 0)
		if len(again) != 1 || again[0].data != x.data && !strings.HasPrefix(x.in, ":") {
			t.Errorf("%q is read as %+v", got, again)
		}
	}
}

// FuzzSplitter holds: what goes in comes out, whatever it is and however it is
// cut; and what the events carry does not depend on the cut.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("event: a\ndata: b\r\n\r\ndata: c\rdata: d\r\r: x\n\n"), uint8(1), false)
	f.Add([]byte("\xef\xbb\xbf\r\n\rdata\n\n\n"), uint8(2), false)
	f.Add([]byte("{}\n[]\r\n"), uint8(3), true)
	f.Fuzz(func(t *testing.T, in []byte, n uint8, lines bool) {
		framing := stream.Events
		if lines {
			framing = stream.Lines
		}
		whole, pieces := cut(t, framing, string(in), 0), cut(t, framing, string(in), int(n)%9)
		var a, b bytes.Buffer
		for _, e := range whole {
			a.WriteString(e.raw)
		}
		for _, e := range pieces {
			b.WriteString(e.raw)
		}
		if a.String() != string(in) || b.String() != string(in) {
			t.Fatalf("%q came out as %q and %q", in, a.String(), b.String())
		}
		if !equal(whole, pieces) {
			t.Fatalf("%q whole is %+v, in pieces of %d %+v", in, whole, int(n)%9, pieces)
		}
	})
}

func equal(a, b []seen) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func BenchmarkSplit(b *testing.B) {
	event := []byte("data: {\"id\":\"chatcmpl-Fx2\",\"object\":\"chat.completion.chunk\",\"created\":1763900001,\"model\":\"gpt-5.5\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"The invoice \"},\"finish_reason\":null}]}\n\n")
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	s := stream.Splitter{}
	n := 0
	emit := func(e stream.Event) error { n += len(e.Data); return nil }
	for b.Loop() {
		if err := s.Write(event, emit); err != nil {
			b.Fatal(err)
		}
	}
	if n == 0 {
		b.Fatal("nothing was carried")
	}
}

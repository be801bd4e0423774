package file

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// A rarEntry is one file of an archive of version 5, stored as it is
// (https://www.rarlab.com/technote.htm).
type rarEntry struct{ name, data string }

func vint(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// rarBlock is a header with its check sum, and the data behind it.
func rarBlock(kind, flags int, fields []byte, data string) []byte {
	body := append(vint(kind), vint(flags)...)
	if data != "" {
		body = append(body, vint(len(data))...)
	}
	body = append(body, fields...)
	sized := append(vint(len(body)), body...)
	out := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(sized))
	return append(append(out, sized...), data...)
}

func rarOf(entries ...rarEntry) []byte {
	out := append([]byte("Rar!\x1a\x07\x01\x00"), rarBlock(1, 0, vint(0), "")...)
	for _, e := range entries {
		fields := append(vint(4), vint(len(e.data))...) // flag 4: a check sum of the data
		fields = append(fields, vint(0)...)
		fields = binary.LittleEndian.AppendUint32(fields, crc32.ChecksumIEEE([]byte(e.data)))
		fields = append(append(fields, vint(0)...), vint(1)...) // stored, Unix
		fields = append(append(fields, vint(len(e.name))...), e.name...)
		out = append(out, rarBlock(2, 2, fields, e.data)...)
	}
	return append(out, rarBlock(5, 0, vint(0), "")...)
}

func TestRAR(t *testing.T) {
	inner := string(zipped(t, "deep.txt", "deep inside"))
	whole := rarOf(rarEntry{"folder/a.txt", "the text of a"}, rarEntry{"b.zip", inner}, rarEntry{"c.bin", "\x00\x01\x02"})
	got := describe(read(t, &Reader{}, whole, ""))
	for _, want := range []string{"rar\n", `entry[0]  "the text of a"`, `entry[1].entry[0]  "deep inside"`, "gap unknown_format entry[2]", `names  "folder/a.txt\nb.zip\nc.bin"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	nested := rarOf(rarEntry{"1", string(rarOf(rarEntry{"2", string(rarOf(rarEntry{"3", string(rarOf(rarEntry{"4", "too deep"}))}))}))})
	if got := describe(read(t, &Reader{}, nested, "")); !strings.Contains(got, "gap decode_bomb") || strings.Contains(got, "too deep") {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		data []byte
		gap  detectors.Cause
	}{
		"cut in its data":  {whole[:len(whole)/2], detectors.CauseDecodeError},
		"cut in its head":  {whole[:10], detectors.CauseDecodeError},
		"encrypted header": {append([]byte("Rar!\x1a\x07\x01\x00"), rarBlock(4, 0, append(append(vint(0), vint(0)...), append([]byte{15}, make([]byte, 16)...)...), "")...), detectors.CauseEncryptedFile},
	} {
		x := read(t, &Reader{}, c.data, "")
		if x.Kind != "rar" || len(x.Gaps) == 0 || x.Gaps[len(x.Gaps)-1].Cause != c.gap {
			t.Errorf("%s: %s", name, describe(x))
		}
	}
	damaged := []byte(strings.Replace(string(whole), "the text of a", "the text of b", 1))
	if got := describe(read(t, &Reader{}, damaged, "")); !strings.Contains(got, "gap decode_error entry[0]") || !strings.Contains(got, "the text of b") {
		t.Errorf("a wrong check sum: %s", got)
	}
}

// No archive makes the reader panic, run on, or unpack more than it may.
func FuzzRAR(f *testing.F) {
	f.Add(rarOf(rarEntry{"a", "text"}, rarEntry{"b", "more"}))
	f.Add([]byte("Rar!\x1a\x07\x00\xcf\x90\x73\x00\x00\x0d\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = append([]byte("Rar!\x1a\x07"), data...)
		x := read(t, &Reader{Limits: Limits{Unpack: 4 << 20, Text: 1 << 20}}, data, "")
		n := 0
		for _, p := range x.Parts {
			n += len(p.Text)
		}
		if x.Kind != "rar" || n > 1<<20 {
			t.Fatalf("%q with %d bytes", x.Kind, n)
		}
	})
}

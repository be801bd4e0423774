package corpus

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func TestGeneratedCorporaAreEqualEveryTime(t *testing.T) {
	one := fill(1<<16, Rand("log"), PlantedLog)
	two := fill(1<<16, Rand("log"), PlantedLog)
	if !bytes.Equal(one, two) {
		t.Error("two runs with one seed differ")
	}
	if other := fill(1<<16, Rand("adv"), PlantedLog); bytes.Equal(one, other) {
		t.Error("two names give one sequence")
	}
}

func TestPlantedLogPlants(t *testing.T) {
	text := fill(1<<20, Rand("log"), PlantedLog)
	for _, want := range []string{"@mail.example.org", "pan=4111 ", "ssn=", "api_key="} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("no %q in 1 MiB of log", want)
		}
	}
	clean := fill(1<<20, Rand("log"), Log)
	for _, never := range []string{"@", "pan=", "ssn=", "api_key="} {
		if bytes.Contains(clean, []byte(never)) {
			t.Errorf("%q in a clean log", never)
		}
	}
}

func TestChatBodiesAreValid(t *testing.T) {
	next := chatBody([]byte("Some prose of a manual page that goes on. "), []byte("func main() {}\n"))
	r := Rand("chat")
	for range 200 {
		if line := next(r, nil); !json.Valid(line) {
			t.Fatalf("a body of %d bytes is not JSON", len(line))
		}
	}
}

func TestHostileInputsHaveTheirSize(t *testing.T) {
	for _, h := range HostileInputs() {
		for _, size := range []int{1, 1000, 1 << 14} {
			if got := len(h.Make(size)); got != size {
				t.Errorf("%s: %d bytes, want %d", h.Name, got, size)
			}
		}
	}
}

func TestManifestSaysWhatWasBuilt(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadManifest(dir); err == nil {
		t.Error("a directory without corpora has a manifest")
	}
	want, err := Build(dir, 1<<14)
	if err != nil {
		t.Skip(err) // a machine without documentation
	}
	got, err := ReadManifest(dir)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("ReadManifest = %+v, %v, want %+v", got, err, want)
	}
	for _, e := range got.Corpora {
		if data, err := Load(dir, e.Name); err != nil || len(data) != e.Bytes {
			t.Errorf("%s: %d bytes, %v, want %d", e.Name, len(data), err, e.Bytes)
		}
	}
}

func TestCutKeepsEveryByte(t *testing.T) {
	data := []byte("0123456789")
	for _, size := range []int{0, 1, 3, 10, 11} {
		if got := bytes.Join(Cut(data, size), nil); !bytes.Equal(got, data) {
			t.Errorf("Cut(%d) lost bytes: %q", size, got)
		}
	}
}

func TestCleanLeavesReadableText(t *testing.T) {
	tests := []struct{ name, path, in, want string }{
		{"man page", "/usr/share/man/man1/x.1.gz", ".TH X 1\n.SH NAME\nx \\- a \\fBtool\\fP\n", "NAME\nx - a tool\n"},
		{"html", "/usr/share/doc/x/i.html", "<p>a &lt; b</p>", "a < b"},
		{"blank lines", "/usr/share/doc/x/README", "a\n\n\n\nb", "a\n\nb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(clean(tt.path, []byte(tt.in))); got != tt.want {
				t.Errorf("clean = %q, want %q", got, tt.want)
			}
		})
	}
}

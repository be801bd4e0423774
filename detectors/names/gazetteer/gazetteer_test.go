package gazetteer

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// table.bin is what the lists make.
func TestTableIsMadeFromTheLists(t *testing.T) {
	got, err := Pack(os.DirFS("lists"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, []byte(table)) {
		t.Error("table.bin is not made from the lists: run go generate ./detectors/names/gazetteer")
	}
}

func TestWords(t *testing.T) {
	for _, k := range []struct {
		word           string
		given, surname bool
		class          Class
	}{
		{"Maria", true, false, None},
		{"MARÍA", true, false, None},
		{"Müller", false, true, None},
		{"Łukasz", true, false, None},
		{"Nguyễn", false, true, None},
		{"O'Brien", false, true, None},
		{"O’Brien", false, true, None},
		{"Kowalska", false, true, None},
		{"Dr.", false, false, Title},
		{"Grüße", false, false, Closing},
		{"the", false, false, The},
		{"zyxwvq", false, false, None},
	} {
		i := Word([]byte(k.word))
		if k.given && i.Given() == 0 || k.surname && i.Surname() == 0 || i.Class() != k.class || !k.given && !k.surname && i.Name() {
			t.Errorf("%q: given %d, surname %d, class %q", k.word, i.Given(), i.Surname(), classNames[i.Class()])
		}
	}
	if !Word([]byte("Albert Einstein")).Figure() || Word([]byte("Albert Anderberg")).Figure() {
		t.Error("who is known is not known")
	}
	if !Word([]byte("New  York")).Place() {
		t.Error("a phrase with two blanks is not found")
	}
}

// Words of random letters are in no list, but for a few whose hashes meet.
func TestUnknownWordsAreUnknown(t *testing.T) {
	found := 0
	for i := range 200_000 {
		h := HashSeed
		for n := i; n > 0; n /= 20 {
			h = Step(h, 'a'+byte(n%20))
		}
		if Find(Step(Step(h, 'x'), 'q')) != 0 {
			found++
		}
	}
	if found > 60 {
		t.Errorf("%d of 200,000 words without meaning are found", found)
	}
}

// Folding keeps its tables: every letter of Latin Extended-A is one or two of
// ASCII, and a capital is told from a small letter by what comes next.
func TestLettersFold(t *testing.T) {
	if len(latin1) != 32 || len(extended) != 128 {
		t.Fatalf("tables of %d and %d letters", len(latin1), len(extended))
	}
	for r := rune(0xC0); r < 0x180; r++ {
		l, n, upper := Letter([]byte(string(r)))
		if n != 2 {
			t.Fatalf("%q has %d bytes", r, n)
		}
		low := strings.ToLower(string(r))
		if m, _, _ := Letter([]byte(low)); len(low) == 2 && m != l {
			t.Errorf("%q folds to %#x, its small letter to %#x", r, l, m)
		}
		if want := low != string(r); upper != want {
			t.Errorf("%q: capital %v, want %v", r, upper, want)
		}
	}
}

func TestListsAreRefusedWithTheirLine(t *testing.T) {
	dir := fstest.MapFS{}
	for _, n := range []string{"given.en.txt", "surname.en.txt", "ordinary.txt", "places.txt", "figures.txt"} {
		dir[n] = &fstest.MapFile{Data: []byte("Anna\n")}
	}
	dir["classes.txt"] = &fstest.MapFile{Data: []byte("# comment\ntitel: Herr\n")}
	if _, err := Pack(dir); err == nil || !strings.Contains(err.Error(), "classes.txt:2") {
		t.Errorf("an unknown class: %v", err)
	}
}

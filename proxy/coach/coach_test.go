package coach

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
)

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func notice(who string, values ...byte) Notice {
	n := Notice{Who: who, Rules: []string{"rev", "code"}, Incident: "01A", Person: true}
	for _, v := range values {
		n.Values = append(n.Values, detectors.Digest{v})
	}
	return n
}

func TestWhoSendsItAgainHasHeard(t *testing.T) {
	for _, c := range []struct {
		name     string
		told     Notice
		again    Notice
		incident string
		after    time.Duration
		want     bool
	}{
		{"the same", notice("anna", 1, 2), notice("anna", 1, 2), "", 5 * time.Second, true},
		{"less of it", notice("anna", 1, 2), notice("anna", 2), "", 5 * time.Second, true},
		{"more than was told", notice("anna", 1), notice("anna", 1, 3), "", 5 * time.Second, false},
		{"somebody else", notice("anna", 1), notice("bert", 1), "", 5 * time.Second, false},
		{"a program that retries at once", notice("anna", 1), notice("anna", 1), "", time.Second, false},
		{"a program that names the incident", notice("anna", 1), notice("anna", 1), "01A", time.Millisecond, true},
		{"another incident", notice("anna", 1), notice("anna", 1), "01B", 5 * time.Second, false},
		{"a program that says nothing", notice("anna", 1), Notice{Who: "anna", Rules: []string{"rev", "code"}, Values: []detectors.Digest{{1}}}, "", 5 * time.Second, false},
		{"another request of the page", notice("anna", 1), Notice{Who: "anna", Rules: []string{"rev", "code"}, Values: []detectors.Digest{{1}}, Person: true, Where: "prepare"}, "", 5 * time.Second, false},
		{"too late", notice("anna", 1), notice("anna", 1), "", Wait + time.Second, false},
		{"about the message alone", notice("anna"), notice("anna"), "", 5 * time.Second, true},
		{"other rules", notice("anna", 1), Notice{Who: "anna", Rules: []string{"rev", "other"}, Values: []detectors.Digest{{1}}}, "", 5 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New([]byte("k"))
			if b.Heard(c.told, "", start) {
				t.Error("heard before it was told")
			}
			b.Tell(c.told, start)
			if got := b.Heard(c.again, c.incident, start.Add(c.after)); got != c.want {
				t.Errorf("heard: %t, want %t", got, c.want)
			}
		})
	}
}

func TestWhatWasHeardStaysSoForTheDay(t *testing.T) {
	b := New([]byte("k"))
	b.Tell(notice("anna", 1), start)
	if !b.Heard(notice("anna", 1), "", start.Add(time.Minute)) {
		t.Fatal("not heard")
	}
	b.Tell(notice("anna", 2), start.Add(time.Hour)) // the history, with something new
	for after, want := range map[time.Duration]bool{time.Hour: true, Keep: true, Keep + 2*time.Minute: false} {
		if got := b.Heard(notice("anna", 1), "", start.Add(after)); got != want {
			t.Errorf("after %s: %t, want %t", after, got, want)
		}
	}
	if !b.Heard(notice("anna", 1, 2), "", start.Add(time.Hour+time.Minute)) {
		t.Error("the old and the new together are not heard")
	}
}

func TestVersionsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acknowledged.jsonl")
	b, err := Open([]byte("k"), file)
	if err != nil {
		t.Fatal(err)
	}
	n := notice("anna")
	n.Version = "2026-11"
	b.Tell(n, start)
	if !b.Heard(n, "", start.Add(time.Minute)) || !b.Heard(n, "", start.Add(2*time.Minute)) {
		t.Fatal("not heard")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file)
	if err := os.WriteFile(file, append(text, `{"who":"00`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err = Open([]byte("k"), file)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := b.Versions("anna"); !slices.Equal(got, []string{"2026-11"}) {
		t.Errorf("kept %v", got)
	}
	if got := b.Versions("bert"); len(got) > 0 {
		t.Errorf("bert has acknowledged %v", got)
	}
}

func TestABookIsBounded(t *testing.T) {
	b := New([]byte("k"))
	for i := range maxPeople + 500 {
		b.Tell(notice(fmt.Sprint(i), 1), start)
	}
	if len(b.pages) > maxPeople {
		t.Errorf("%d pages", len(b.pages))
	}
	many := notice("anna")
	for i := range maxValues + 1 {
		many.Values = append(many.Values, detectors.Digest{byte(i), byte(i >> 8), 1})
	}
	b.Tell(many, start)
	if b.Heard(many, "", start.Add(time.Minute)) {
		t.Error("what cannot be remembered was heard")
	}
}

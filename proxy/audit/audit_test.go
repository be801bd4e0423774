package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func event(action string) Event {
	return Event{Name: MessageDecided, Time: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC), Action: action, Verdict: action,
		Incident: "01KAQ7Z3T8M5V0J2N4R6W8Y1XC", Profile: "l2", Policy: "sha256:00", Complete: true}
}

func open(t testing.TB, c Config) *Log {
	t.Helper()
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// appended appends and waits for the disk.
func appended(t testing.TB, l *Log, e Event) uint64 {
	t.Helper()
	seq, durable, err := l.Append(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-durable; err != nil {
		t.Fatal(err)
	}
	return seq
}

// numbers reads the numbers of all records, which must be whole lines.
func numbers(t testing.TB, dir string) []uint64 {
	t.Helper()
	segments, err := Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []uint64
	for _, path := range segments {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var r struct {
				Seq    uint64 `json:"dlp.audit.seq"`
				Action string `json:"dlp.action"`
			}
			if err := json.Unmarshal(line, &r); err != nil || r.Action == "" || !bytes.HasSuffix(line, []byte("\n")) {
				t.Fatalf("%s holds the line %q: %v", filepath.Base(path), line, err)
			}
			out = append(out, r.Seq)
		}
	}
	return out
}

// unbroken checks that the numbers are 1 to n, each at least once, in order.
func unbroken(t testing.TB, got []uint64, n uint64) {
	t.Helper()
	next := uint64(1)
	for _, seq := range got {
		if seq > next {
			t.Fatalf("record %d follows %d", seq, next-1)
		}
		next = max(next, seq+1)
	}
	if next != n+1 {
		t.Fatalf("the last record is %d, want %d", next-1, n)
	}
}

func TestRecordsAreNumberedAcrossRestarts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	for run := range 3 {
		l := open(t, Config{Dir: dir})
		for i := range 5 {
			if got, want := appended(t, l, event("block")), uint64(run*5+i+1); got != want {
				t.Fatalf("run %d: record %d, want %d", run, got, want)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	unbroken(t, numbers(t, dir), 15)
	if s, _ := Segments(dir); len(s) != 1 {
		t.Errorf("%d segments, want one that is continued", len(s))
	}
}

func TestFilesCannotBeReadByOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir})
	appended(t, l, event("block"))
	if _, err := Open(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second Open = %v, want in use", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		if info, _ := e.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", e.Name(), info.Mode().Perm())
		}
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %04o", info.Mode().Perm())
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("Open of a loose directory = %v", err)
	}
}

func TestPlainAllowsWaitForCompanyAndOthersDoNot(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []Event
		wait   time.Duration
	}{
		{"plain allow", []Event{event("allow")}, linger},
		{"log", []Event{event("log")}, 0},
		{"block", []Event{event("block")}, 0},
		{"allow with a gap", []Event{func() Event { e := event("allow"); e.Gaps = []Gap{{Cause: "reference"}}; return e }()}, 0},
		{"allow with a finding", []Event{func() Event { e := event("allow"); e.FindingCount = 1; return e }()}, 0},
		{"a block takes the allows along", []Event{event("allow"), event("allow"), event("redact")}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := open(t, Config{Dir: t.TempDir() + "/audit"})
				start := time.Now()
				var waits []<-chan error
				for _, e := range tt.events {
					_, durable, err := l.Append(e)
					if err != nil {
						t.Fatal(err)
					}
					waits = append(waits, durable)
				}
				for _, w := range waits {
					if err := <-w; err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Since(start); got != tt.wait {
					t.Errorf("on disk after %v, want %v", got, tt.wait)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestSegmentsRotateBySizeAndAge(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir, SegmentBytes: 1000, Now: clock})
	for range 10 {
		appended(t, l, event("block"))
	}
	bySize, _ := Segments(dir)
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	appended(t, l, event("block"))
	appended(t, l, event("block"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	byAge, _ := Segments(dir)
	if len(bySize) < 3 || len(byAge) < len(bySize)+1 {
		t.Errorf("%d segments by size, then %d", len(bySize), len(byAge))
	}
	for _, s := range byAge {
		if info, _ := os.Stat(s); info.Size() > 1000 {
			t.Errorf("%s has %d bytes", filepath.Base(s), info.Size())
		}
	}
	unbroken(t, numbers(t, dir), 12)
}

func TestRetentionTakesOldSegmentsAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir, SegmentBytes: 1})
	for range 4 {
		appended(t, l, event("block"))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	segments, _ := Segments(dir)
	old := time.Now().Add(-31 * 24 * time.Hour)
	for _, s := range append(segments[:2:2], segments[3]) { // the last is the one that is written to
		if err := os.Chtimes(s, old, old); err != nil {
			t.Fatal(err)
		}
	}
	l = open(t, Config{Dir: dir, Retention: 30 * 24 * time.Hour})
	appended(t, l, event("block"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got := numbers(t, dir)
	if fmt.Sprint(got) != "[3 4 5]" {
		t.Errorf("records %v are left, want 3, 4 and 5", got)
	}
}

// A crash may leave any part of the last record. All before it stays.
func TestOpenCutsATornRecordAtEveryByte(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir})
	for range 3 {
		appended(t, l, event("block"))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	segments, _ := Segments(dir)
	whole, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	two := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := two; cut < len(whole); cut++ {
		if err := os.WriteFile(segments[0], whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, Config{Dir: dir})
		if l.Torn() != int64(cut-two) {
			t.Fatalf("cut at %d: %d bytes torn, want %d", cut, l.Torn(), cut-two)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, tail := range map[string]string{"zeros": strings.Repeat("\x00", 300_000), "zeros and a line end": "\x00\x00\n", "half and a line end": `{"dlp.audit.seq":3,"a` + "\n"} {
		if err := os.WriteFile(segments[0], append(whole[:two:two], tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, Config{Dir: dir})
		if l.Torn() != int64(len(tail)) {
			t.Errorf("%s: %d bytes torn, want %d", name, l.Torn(), len(tail))
		}
		appended(t, l, event("log"))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		unbroken(t, numbers(t, dir), 3)
	}
	if err := os.WriteFile(segments[0], whole[:20], 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, Config{Dir: dir})
	if got := appended(t, l, event("log")); got != 1 {
		t.Errorf("after a segment without a whole record: %d, want its first number", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// What was acknowledged is there after kill -9.
func TestKill(t *testing.T) {
	if dir := os.Getenv("PROMPTGATE_AUDIT_KILL"); dir != "" {
		l := open(t, Config{Dir: dir, SegmentBytes: 4000})
		for i := 0; ; i++ {
			seq := appended(t, l, event([]string{"block", "redact", "log"}[i%3]))
			fmt.Printf("acknowledged %d\n", seq)
		}
	}
	dir := filepath.Join(t.TempDir(), "audit")
	var acknowledged uint64
	for run := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "PROMPTGATE_AUDIT_KILL="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if s, ok := strings.CutPrefix(lines.Text(), "acknowledged "); ok {
				seq, err := strconv.ParseUint(s, 10, 64)
				if err != nil || seq <= acknowledged {
					t.Fatalf("run %d: record %q after %d", run, s, acknowledged)
				}
				acknowledged = seq
			}
			if n == 30 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
	}
	if acknowledged < 60 {
		t.Fatalf("only %d records were acknowledged", acknowledged)
	}
	l := open(t, Config{Dir: dir})
	last := appended(t, l, event("block"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if last <= acknowledged {
		t.Fatalf("record %d follows the acknowledged %d", last, acknowledged)
	}
	unbroken(t, numbers(t, dir), last)
}

func TestManyWritersShareASync(t *testing.T) {
	const writers = 64
	disk := &faultyDisk{}
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir, disk: disk})
	disk.hold()
	var all sync.WaitGroup
	queued := make(chan struct{}, writers)
	for range writers {
		all.Go(func() {
			_, durable, err := l.Append(event("block"))
			queued <- struct{}{}
			if err != nil {
				t.Error(err)
			} else if err := <-durable; err != nil {
				t.Error(err)
			}
		})
	}
	for range writers {
		<-queued
	}
	disk.release()
	all.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := disk.syncs.Load(); n > 2 {
		t.Errorf("%d syncs for %d records that waited together, want at most 2", n, writers)
	}
	unbroken(t, numbers(t, dir), writers)
}

func TestCloseWritesWhatIsQueuedAndEndsTheLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, Config{Dir: dir})
	_, durable, err := l.Append(event("allow"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-durable; err != nil {
		t.Fatal(err)
	}
	unbroken(t, numbers(t, dir), 1)
	if _, _, err := l.Append(event("block")); !errors.Is(err, ErrClosed) || l.Lost() != 1 {
		t.Errorf("Append after Close: %v, %d lost", err, l.Lost())
	}
	if !errors.Is(l.Healthy(), ErrClosed) {
		t.Errorf("Healthy after Close: %v", l.Healthy())
	}
	if err := l.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("durable/writers=%d", writers), func(b *testing.B) {
			l := open(b, Config{Dir: filepath.Join(b.TempDir(), "audit")})
			b.SetParallelism(max(1, writers/2))
			b.ReportAllocs()
			run := func(next func() bool) {
				for next() {
					appended(b, l, event("redact"))
				}
			}
			if writers == 1 {
				run(b.Loop)
			} else {
				b.RunParallel(func(pb *testing.PB) { run(pb.Next) })
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("plain", func(b *testing.B) {
		l := open(b, Config{Dir: filepath.Join(b.TempDir(), "audit")})
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := l.Append(event("allow")); err != nil && !errors.Is(err, ErrFull) {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

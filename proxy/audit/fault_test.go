package audit

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A faultyDisk is the real disk until it is told to fail.
type faultyDisk struct {
	syncs atomic.Int64

	mu      sync.Mutex
	write   error // of Write, after half of its bytes
	sync    error
	trunc   error
	make    error         // of create
	gate    chan struct{} // Sync waits for it
	created int
}

func (d *faultyDisk) set(change func(*faultyDisk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *faultyDisk) hold()    { d.set(func(d *faultyDisk) { d.gate = make(chan struct{}) }) }
func (d *faultyDisk) release() { d.set(func(d *faultyDisk) { close(d.gate); d.gate = nil }) }
func (d *faultyDisk) heal() {
	d.set(func(d *faultyDisk) { d.write, d.sync, d.trunc, d.make = nil, nil, nil, nil })
}

func (d *faultyDisk) faults() (write, sync, trunc, create error, gate chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.write, d.sync, d.trunc, d.make, d.gate
}

func (d *faultyDisk) create(path string) (file, error) {
	if _, _, _, err, _ := d.faults(); err != nil {
		return nil, err
	}
	f, err := realDisk{}.create(path)
	return &faultyFile{f, d}, err
}

func (d *faultyDisk) continued(path string) (file, error) {
	f, err := realDisk{}.continued(path)
	return &faultyFile{f, d}, err
}

func (d *faultyDisk) syncDir(dir string) error { return realDisk{}.syncDir(dir) }

type faultyFile struct {
	file
	disk *faultyDisk
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err, _, _, _, _ := f.disk.faults(); err != nil {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, err
	}
	return f.file.Write(p)
}

func (f *faultyFile) Sync() error {
	f.disk.syncs.Add(1)
	_, err, _, _, gate := f.disk.faults()
	if gate != nil {
		<-gate
	}
	if err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(size int64) error {
	if _, _, err, _, _ := f.disk.faults(); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func TestAFailingDiskLosesNothing(t *testing.T) {
	full := syscall.ENOSPC
	for _, tt := range []struct {
		name  string
		fault func(*faultyDisk)
	}{
		{"disk full", func(d *faultyDisk) { d.write = full }},
		{"sync fails", func(d *faultyDisk) { d.sync = syscall.EIO }},
		{"sync fails and nothing can be undone", func(d *faultyDisk) { d.sync, d.trunc = syscall.EIO, syscall.EIO }},
		{"disk full and no new files", func(d *faultyDisk) { d.write, d.make = full, full }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := &faultyDisk{}
				var good, bad atomic.Int64
				dir := filepath.Join(t.TempDir(), "audit")
				l := open(t, Config{Dir: dir, disk: disk, Observe: func(_ time.Duration, err error) {
					if err != nil {
						bad.Add(1)
					} else {
						good.Add(1)
					}
				}})
				appended(t, l, event("block"))
				disk.set(tt.fault)

				_, durable, err := l.Append(event("block"))
				if err != nil {
					t.Fatal(err)
				}
				if err := <-durable; !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) {
					t.Fatalf("durable yields %v, want the disk's error", err)
				}
				if l.Healthy() == nil {
					t.Fatal("healthy although the disk fails")
				}
				_, durable, err = l.Append(event("redact")) // while it is known to fail
				if err != nil {
					t.Fatal(err)
				}
				select {
				case err := <-durable:
					if err == nil {
						t.Fatal("acknowledged although the disk fails")
					}
				default:
					t.Fatal("one who waits is kept waiting although the failure is known")
				}
				time.Sleep(10 * retryAfter)
				if l.Healthy() == nil || l.Lost() != 0 {
					t.Fatalf("after ten tries: healthy %v, %d lost", l.Healthy() == nil, l.Lost())
				}
				disk.heal()
				time.Sleep(2 * retryAfter)
				if err := l.Healthy(); err != nil {
					t.Fatalf("after the disk was mended: %v", err)
				}
				appended(t, l, event("log"))
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if good.Load() != 4 || bad.Load() != 2 {
					t.Errorf("observed %d good and %d bad, want 4 and 2", good.Load(), bad.Load())
				}
				l = open(t, Config{Dir: dir})
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if tt.name != "disk full and no new files" && tt.name != "sync fails and nothing can be undone" {
					unbroken(t, numbers(t, dir), 4)
				}
				durableNumbers(t, dir, 4)
			})
		})
	}
}

// durableNumbers checks that 1 to n are there, whatever torn lines stand between.
func durableNumbers(t *testing.T, dir string, n uint64) {
	t.Helper()
	seen := map[uint64]bool{}
	for _, r := range readable(t, dir) {
		seen[r] = true
	}
	for seq := uint64(1); seq <= n; seq++ {
		if !seen[seq] {
			t.Errorf("record %d is nowhere", seq)
		}
	}
}

func TestAFullQueueTurnsAwayAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &faultyDisk{}
		l := open(t, Config{Dir: filepath.Join(t.TempDir(), "audit"), disk: disk, QueueBytes: 4000})
		disk.hold()
		var waits []<-chan error
		for {
			_, durable, err := l.Append(event("block"))
			if err != nil {
				if !errors.Is(err, ErrFull) {
					t.Fatal(err)
				}
				break
			}
			waits = append(waits, durable)
		}
		if l.Lost() != 1 || !errors.Is(l.Healthy(), ErrFull) || len(waits) < 5 {
			t.Fatalf("%d queued, %d lost, health %v", len(waits), l.Lost(), l.Healthy())
		}
		disk.release()
		for _, w := range waits {
			if err := <-w; err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := l.Healthy(); err != nil {
			t.Errorf("after the queue went down: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADiskThatDoesNotAnswerIsUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &faultyDisk{}
		l := open(t, Config{Dir: filepath.Join(t.TempDir(), "audit"), disk: disk})
		disk.hold()
		_, durable, err := l.Append(event("block"))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Healthy(); err != nil {
			t.Fatalf("at once: %v", err)
		}
		time.Sleep(stallAfter + time.Second)
		if !errors.Is(l.Healthy(), ErrStalled) {
			t.Errorf("after %v: %v", stallAfter, l.Healthy())
		}
		disk.release()
		if err := <-durable; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.Healthy(); err != nil {
			t.Errorf("after the disk answered: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCloseCountsWhatItCouldNotWrite(t *testing.T) {
	disk := &faultyDisk{write: syscall.ENOSPC}
	l := open(t, Config{Dir: filepath.Join(t.TempDir(), "audit"), disk: disk})
	for range 3 {
		if _, _, err := l.Append(event("block")); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close = %v, want the disk's error", err)
	}
	if l.Lost() != 3 {
		t.Errorf("%d lost, want 3", l.Lost())
	}
}

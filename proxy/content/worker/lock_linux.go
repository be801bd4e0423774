package worker

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// attributes of a child: a process group of its own, so that it gets no signals
// from a terminal. It ends when its input does, whatever happened to its parent.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// lock takes from this process what a parser does not need: memory without end,
// core files, new files, network, and other programs.
func lock(l Limits) error {
	for _, x := range []struct {
		resource int
		name     string
		limit    uint64
	}{{unix.RLIMIT_AS, "address space", l.Memory}, {unix.RLIMIT_CORE, "core files", 0}, {unix.RLIMIT_NOFILE, "open files", 64}} {
		if err := unix.Setrlimit(x.resource, &unix.Rlimit{Cur: x.limit, Max: x.limit}); err != nil {
			return fmt.Errorf("worker: cannot limit %s: %w", x.name, err)
		}
	}
	// Requests that are under way go first.
	if err := unix.Setpriority(unix.PRIO_PGRP, 0, 10); err != nil {
		return fmt.Errorf("worker: cannot lower its priority: %w", err)
	}
	// Go programs ignore the signal that says so.
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, unix.SIGXCPU)
	go func() {
		<-spent
		_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
	}()
	// Best effort: kernels before 5.13 have no Landlock, before 6.7 none for the
	// network.
	var rules []landlock.Rule
	if l.Write != "" {
		rules = append(rules, landlock.RWDirs(l.Write).IgnoreIfMissing())
	}
	if err := landlock.V10.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("worker: cannot restrict files and network: %w", err)
	}
	return nil
}

// moreTime allows as many more seconds of processor time.
func moreTime(seconds uint64) error {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return err
	}
	now := uint64(used.Utime.Sec) + uint64(used.Stime.Sec)
	return unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: now + seconds, Max: unix.RLIM_INFINITY})
}

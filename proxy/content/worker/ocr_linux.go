package worker

import (
	"fmt"
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// apart are the attributes of a picture reader: a process group to be killed
// whole, and a network of its own with nothing in it. Where the system gives no
// user namespaces, the process does not start.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
}

func killGroup(pid int) error { return unix.Kill(-pid, unix.SIGKILL) }

// BecomeReader locks this process in and becomes the program that args name. It
// returns only when that fails.
func BecomeReader(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("worker: no program to read pictures")
	}
	for resource, limit := range map[int]uint64{unix.RLIMIT_AS: 4 << 30, unix.RLIMIT_CORE: 0, unix.RLIMIT_CPU: 120, unix.RLIMIT_FSIZE: 0} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("worker: cannot limit a picture reader: %w", err)
		}
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, 10); err != nil {
		return fmt.Errorf("worker: cannot lower its priority: %w", err)
	}
	if err := landlock.V10.BestEffort().RestrictPaths(landlock.RODirs("/")); err != nil {
		return fmt.Errorf("worker: cannot restrict files: %w", err)
	}
	return fmt.Errorf("worker: the program that reads pictures: %w", unix.Exec(args[0], args, os.Environ()))
}

package proxy

import (
	"net/http"
	"runtime"
	"strings"
)

// survive is deferred at the foot of every goroutine, and around what others
// give us to call: it counts a panic. where is as for panicked.
func (s *Server) survive(where string) {
	if p := recover(); p != nil && p != http.ErrAbortHandler {
		s.panicked(where)
	}
}

// panicked counts a panic under way; to be called from a deferred function.
// where is connect, exchange or tunnel. The panic's value may quote a message
// and is never looked at.
func (s *Server) panicked(where string) {
	site := panicSite()
	s.log.Error("handler panicked", "site", site)
	s.cfg.Hooks.Panic(where, site)
}

// panicSite names the function that panicked, from inside a deferred function.
func panicSite() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(f.Function, "runtime."):
			return f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		}
		if !more {
			return "unknown"
		}
	}
}

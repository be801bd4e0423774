package proxy

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/promptgate/promptgate/proxy/refuse"
)

// an answer is the way back to the client. It flushes every write: upstream
// decides what belongs together, and holding a token back until a buffer is full
// is what makes a stream feel dead.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController

	mu     sync.Mutex // guards status: an informational answer may come from another goroutine
	status int        // of the final answer; 0 until its header is written
	left   int64      // bytes of the announced length still to come; -1 when unannounced
	dirty  bool       // written since the last flush
}

func newAnswer(w http.ResponseWriter) *answer {
	return &answer{ResponseWriter: w, control: http.NewResponseController(w), left: -1}
}

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader writes the header of the final answer.
func (a *answer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status != 0 {
		return
	}
	a.status = status
	if n, err := strconv.ParseInt(a.Header().Get("Content-Length"), 10, 64); err == nil {
		a.left = n
	}
	a.ResponseWriter.WriteHeader(status)
	a.dirty = true
}

// Write writes and flushes, but for the last bytes of an announced length: these
// leave with the handler's return, in the same socket write as the header when
// they are few.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(p)
	a.dirty = true
	if a.left > 0 {
		a.left -= int64(n)
	}
	if err == nil && a.left != 0 {
		err = a.flush()
	}
	return n, err
}

// Flush sends what was written. goproxy calls it after each write of an event
// stream, when there is nothing left to send.
func (a *answer) Flush() { _ = a.flush() }

func (a *answer) flush() error {
	if !a.dirty {
		return nil
	}
	a.dirty = false
	return a.control.Flush()
}

// informational sends a 1xx with the header h. It does nothing once the final
// answer has begun.
func (a *answer) informational(status int, h http.Header) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status != 0 {
		return
	}
	header := a.Header()
	for k, v := range h {
		header[k] = v
	}
	a.ResponseWriter.WriteHeader(status)
	clear(header)
}

// problem words what keeps a request from being carried.
func (s *Server) problem(p refuse.Problem) (f refuse.Refusal) {
	defer func() {
		if recover() != nil {
			s.panicked("exchange")
			f = refuse.Refusal{Status: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("promptgate: internal error\n")}
		}
	}()
	return s.cfg.Refuse(p)
}

// send writes a whole answer of our own.
func (s *Server) send(w http.ResponseWriter, r *http.Request, f refuse.Refusal) {
	s.leaveBody(w, r)
	h := w.Header()
	for k, v := range f.Header {
		if r.ProtoMajor == 2 && (k == "Connection" || k == "Upgrade") {
			continue
		}
		h[k] = v
	}
	h.Set("Content-Length", strconv.Itoa(len(f.Body)))
	w.WriteHeader(f.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.Body)
	}
}

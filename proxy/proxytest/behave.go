package proxytest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Behaviour is the header that asks for an answer out of the ordinary. Its
// value is a list of words:
//
//	slow=DURATION   wait before the answer
//	gap=DURATION    wait between the events of a streamed answer
//	events=N        so many events in a streamed answer
//	say=WORDS       what [Say] made: the model says this text, in pieces of seven characters
//	gzip            a JSON answer is compressed
//	hang            never answer; ends when the client leaves
//	reset           close the connection without an answer
//	cut             close the connection in the middle of the answer
//	short           announce more bytes than are sent, and close
//	early           answer without reading the body
//	status=CODE     answer with this status
//	hop             Keep-Alive, Upgrade and Alt-Svc on the answer, as servers on HTTP/1.1 send them
//	challenge       the bot challenge of a CDN
//	trailers        a trailer that is announced
//	late            a trailer that is not
//	hints           a 103 before the answer
//	chunked         no Content-Length
//	bare            neither Date nor Content-Type
//	switch          a 101 that nobody asked for
const Behaviour = "Proxytest"

// behaviour reads the words of the header.
func behaviour(h http.Header) map[string]string {
	out := map[string]string{}
	for _, word := range strings.Split(strings.Join(h.Values(Behaviour), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		if name != "" {
			out[name] = value
		}
	}
	return out
}

// answer does what the words say around the usual answer.
func (u *Upstream) answer(w http.ResponseWriter, r *http.Request, body []byte, b map[string]string) {
	if d, err := time.ParseDuration(b["slow"]); err == nil {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
	}
	has := func(word string) bool { _, ok := b[word]; return ok }
	switch {
	case has("hang"):
		select {
		case <-r.Context().Done():
		case <-u.closing: // a connection with an unread body does not notice
		}
		panic(http.ErrAbortHandler) // returning would be an answer
	case has("reset"):
		panic(http.ErrAbortHandler)
	case has("switch"):
		if err := unaskedSwitch(w); err != nil {
			panic(http.ErrAbortHandler)
		}
		return
	case has("challenge"):
		w.Header().Set("Cf-Mitigated", "challenge")
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<!doctype html><title>Just a moment...</title>"))
		return
	case has("short"):
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("less"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	if has("hints") {
		h.Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		h.Del("Link")
	}
	if has("hop") {
		h.Set("Alt-Svc", `h3=":443"; ma=86400`)
		if r.ProtoMajor == 1 {
			h.Set("Keep-Alive", "timeout=5")
			h.Set("Connection", "keep-alive, X-Hop")
			h.Set("X-Hop", "for this hop only")
			h.Set("Upgrade", "h2c")
		}
	}
	if has("trailers") {
		h.Set("Trailer", "X-Checksum")
		defer h.Set("X-Checksum", "announced")
	}
	if has("late") {
		defer h.Set(http.TrailerPrefix+"X-Late", "unannounced")
	}
	if has("bare") {
		h["Date"], h["Content-Type"] = nil, nil
	}
	u.usual(w, r, body, b)
	if has("cut") {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// unaskedSwitch answers 101 to a plain request.
func unaskedSwitch(w http.ResponseWriter) error {
	h, ok := w.(http.Hijacker)
	if !ok {
		return errors.New("proxytest: not HTTP/1.1")
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))
	return errors.Join(err, conn.Close())
}

// pace is how a streamed answer goes.
func (u *Upstream) pace(b map[string]string) (events int, gap time.Duration) {
	events, gap = 4, u.options.Gap
	if n, err := strconv.Atoi(b["events"]); err == nil {
		events = n
	}
	if d, err := time.ParseDuration(b["gap"]); err == nil {
		gap = d
	}
	return events, gap
}

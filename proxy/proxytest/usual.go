package proxytest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// words are what the model says.
func words(n int) []string {
	say := []string{"The", " harbour", " was", " quiet", " and", " the", " boats", " lay", " still", "."}
	out := make([]string, n)
	for i := range out {
		out[i] = say[i%len(say)]
	}
	return out
}

// Say is the word of [Behaviour] by which the model says a text. It does not look
// like the text: a proxy that reads headers finds nothing in it.
func Say(text string) string {
	return "say=" + base64.RawURLEncoding.EncodeToString(veiled([]byte(text)))
}

func veiled(text []byte) []byte {
	for i := range text {
		text[i] ^= 0xAA
	}
	return text
}

// spoken is what the model says, in pieces; n of them when nothing is asked for.
func spoken(b map[string]string, n int) []string {
	text, err := base64.RawURLEncoding.DecodeString(b["say"])
	if err != nil || len(text) == 0 {
		return words(n)
	}
	var out []string
	for r := []rune(string(veiled(text))); len(r) > 0; r = r[min(7, len(r)):] {
		out = append(out, string(r[:min(7, len(r))]))
	}
	return out
}

// usual answers as OpenAI does.
func (u *Upstream) usual(w http.ResponseWriter, r *http.Request, body []byte, b map[string]string) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	p := r.URL.Path
	switch {
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		serveWebSocket(w, r)
	case p == "/" && u.page(host) != "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(u.page(host)))
	case p == "/" && r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s</title><p>A page of the fake upstream.", host)
	case strings.HasSuffix(p, "/ndjson"):
		u.stream(w, r, b, "application/x-ndjson", func(word string) string { return jsonOf(object{"delta": word}) + "\n" }, "")
	case path.Base(p) == "conversation" && r.Method == http.MethodPost:
		u.conversation(w, r, b)
	case path.Base(p) == "prepare":
		reply(w, b, object{"status": "ok", "conduit_token": "fake"})
	case strings.HasSuffix(p, "/chat/completions"):
		u.chat(w, r, body, b)
	case path.Base(p) == "responses":
		u.responses(w, r, body, b)
	case path.Base(p) == "embeddings":
		reply(w, b, object{"object": "list", "model": "text-embedding-3-small", "data": []any{object{"object": "embedding", "index": 0, "embedding": []float64{0.25, -0.5, 0.125}}}, "usage": object{"prompt_tokens": 4, "total_tokens": 4}})
	case path.Base(p) == "files", path.Base(p) == "uploads":
		reply(w, b, object{"id": "file-fake", "object": "file", "bytes": len(body), "created_at": created, "filename": "upload", "purpose": "assistants", "status": "uploaded"})
	default:
		reply(w, b, object{"object": "fake", "path": p, "bytes": len(body)})
	}
}

type object = map[string]any

// created is a moment in the answers, so that they are the same in each run.
const created = 1795536000

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("proxytest: internal error: an answer that is not JSON")
	}
	return string(b)
}

// reply sends a JSON answer.
func reply(w http.ResponseWriter, b map[string]string, v any) {
	text := []byte(jsonOf(v))
	h := w.Header()
	if _, bare := b["bare"]; !bare {
		h.Set("Content-Type", "application/json")
	}
	h.Set("X-Request-Id", "req_fake")
	if _, packed := b["gzip"]; packed {
		h.Set("Content-Encoding", "gzip")
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(text)
		_ = z.Close()
		text = packed.Bytes()
	}
	_, trailers := b["trailers"]
	_, late := b["late"]
	_, chunked := b["chunked"]
	if !trailers && !late && !chunked {
		h.Set("Content-Length", strconv.Itoa(len(text)))
	}
	status := http.StatusOK
	if n, err := strconv.Atoi(b["status"]); err == nil {
		status = n
	}
	w.WriteHeader(status)
	if chunked || late {
		_ = http.NewResponseController(w).Flush()
	}
	_, _ = w.Write(text)
}

// stream sends one event a word, each at once.
func (u *Upstream) stream(w http.ResponseWriter, r *http.Request, b map[string]string, contentType string, event func(word string) string, end string) {
	events, gap := u.pace(b)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache")
	control := http.NewResponseController(w)
	for i, word := range spoken(b, events) {
		if i > 0 && gap > 0 {
			select {
			case <-time.After(gap):
			case <-r.Context().Done():
				return
			}
		}
		if _, err := w.Write([]byte(event(word))); err != nil {
			return
		}
		if control.Flush() != nil {
			return
		}
	}
	_, _ = w.Write([]byte(end))
}

func streamed(body []byte) bool {
	var v struct{ Stream bool }
	return json.Unmarshal(body, &v) == nil && v.Stream
}

func (u *Upstream) chat(w http.ResponseWriter, r *http.Request, body []byte, b map[string]string) {
	chunk := func(delta any, reason any) string {
		return "data: " + jsonOf(object{"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": created, "model": "gpt-5.5",
			"choices": []any{object{"index": 0, "delta": delta, "finish_reason": reason}}}) + "\n\n"
	}
	if streamed(body) {
		u.stream(w, r, b, "text/event-stream; charset=utf-8", func(word string) string { return chunk(object{"role": "assistant", "content": word}, nil) },
			chunk(object{}, "stop")+"data: [DONE]\n\n")
		return
	}
	reply(w, b, object{"id": "chatcmpl-fake", "object": "chat.completion", "created": created, "model": "gpt-5.5",
		"choices": []any{object{"index": 0, "message": object{"role": "assistant", "content": strings.Join(spoken(b, 10), "")}, "finish_reason": "stop"}},
		"usage":   object{"prompt_tokens": 9, "completion_tokens": 10, "total_tokens": 19}})
}

func (u *Upstream) responses(w http.ResponseWriter, r *http.Request, body []byte, b map[string]string) {
	whole := func(status string) object {
		output := []any{}
		if status == "completed" {
			output = []any{object{"id": "msg_fake", "type": "message", "role": "assistant", "status": status,
				"content": []any{object{"type": "output_text", "text": strings.Join(spoken(b, 10), ""), "annotations": []any{}}}}}
		}
		return object{"id": "resp_fake", "object": "response", "created_at": created, "status": status, "model": "gpt-5.5", "output": output,
			"parallel_tool_calls": true, "tool_choice": "auto", "tools": []any{}, "usage": object{"input_tokens": 9, "output_tokens": 10, "total_tokens": 19}}
	}
	if !streamed(body) {
		reply(w, b, whole("completed"))
		return
	}
	sequence := 0
	event := func(name string, v object) string {
		v["type"], v["sequence_number"] = name, sequence
		sequence++
		return "event: " + name + "\ndata: " + jsonOf(v) + "\n\n"
	}
	first := event("response.created", object{"response": whole("in_progress")})
	u.stream(w, r, b, "text/event-stream; charset=utf-8", func(word string) string {
		text := first + event("response.output_text.delta", object{"item_id": "msg_fake", "output_index": 0, "content_index": 0, "delta": word})
		first = ""
		return text
	}, event("response.completed", object{"response": whole("completed")}))
}

// conversation answers as the web app's endpoint does: deltas to a message.
func (u *Upstream) conversation(w http.ResponseWriter, r *http.Request, b map[string]string) {
	first := "event: delta_encoding\ndata: \"v1\"\n\n" +
		"event: delta\ndata: " + jsonOf(object{"p": "", "o": "add", "v": object{"message": object{"id": "fake", "author": object{"role": "assistant"}, "content": object{"content_type": "text", "parts": []string{""}}, "status": "in_progress"}, "conversation_id": "fake"}, "c": 0}) + "\n\n"
	u.stream(w, r, b, "text/event-stream; charset=utf-8", func(word string) string {
		text := first + "event: delta\ndata: " + jsonOf(object{"p": "/message/content/parts/0", "o": "append", "v": word}) + "\n\n"
		first = ""
		return text
	}, "event: delta\ndata: "+jsonOf(object{"p": "/message/status", "o": "replace", "v": "finished_successfully"})+"\n\ndata: [DONE]\n\n")
}

// Chat is the body of a chat completion with one prompt.
func Chat(prompt string) []byte {
	return compact(object{"model": "gpt-5.5", "messages": []any{object{"role": "user", "content": prompt}}})
}

// ChatStream is the same, asking for a streamed answer.
func ChatStream(prompt string) []byte {
	return compact(object{"model": "gpt-5.5", "messages": []any{object{"role": "user", "content": prompt}}, "stream": true})
}

// compact is JSON that leaves <, > and & as they are, as SDKs do.
func compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("proxytest: internal error: a request that is not JSON")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

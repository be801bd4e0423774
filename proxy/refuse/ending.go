package refuse

import (
	"encoding/json"
	"strings"

	"github.com/promptgate/promptgate/proxy/provider"
)

// An Ending is where a streamed answer stands that is ended before its time.
type Ending struct {
	Stop
	How      provider.Stop
	Lines    bool   // one JSON value a line, else server-sent events
	Event    string // type or name of an event before, "" when they have none
	Response string // id of the response, "" when it was not told
	Sequence int    // number for the next event
	// Of ChatGPT's page: its conversation, and the pointer of the text that is being
	// written, "" before there is one.
	Conversation, Pointer string
	Operations            bool // its events are operations
}

// End words the last events of an answer: in the form in which the client's own
// library or page expects errors in the middle of one.
func (m *Messages) End(e Ending) []byte {
	w := m.words(e.Header)
	e.Answer = true
	n := w.stopped(e.Stop)
	failed := w.apiError(n)
	if e.Lines {
		return line(map[string]any{"error": failed})
	}
	switch {
	case e.How == provider.StopMessage:
		return message(e, w.line(n))
	case e.How == provider.StopAPI && strings.HasPrefix(e.Event, "response."):
		// The SDKs raise an event that has an error; programs that read events by
		// their type look for these two. Codex does not try again after the code
		// invalid_prompt.
		return append(event("error", map[string]any{
			"type": "error", "sequence_number": e.Sequence, "code": failed.Code, "message": failed.Message, "param": failed.Param, "error": failed,
		}), event("response.failed", map[string]any{
			"type": "response.failed", "sequence_number": e.Sequence + 1,
			"response": map[string]any{"id": e.Response, "object": "response", "status": "failed", "output": []any{}, "error": map[string]string{"code": "invalid_prompt", "message": failed.Message}},
		})...)
	case strings.HasPrefix(e.Event, "thread."): // assistants: the SDKs look at the name
		return event("error", map[string]any{"error": failed})
	}
	return event("", map[string]any{"error": failed})
}

// message is a last paragraph of the assistant.
func message(e Ending, text string) []byte {
	done := append(event("", map[string]any{"type": "message_stream_complete", "conversation_id": e.Conversation}), "data: [DONE]\n\n"...)
	switch {
	case !e.Operations:
		return append(event("", map[string]any{"message": nil, "conversation_id": e.Conversation, "error": text}), "data: [DONE]\n\n"...)
	case e.Pointer == "":
		return append(event("delta", map[string]any{"p": "", "o": "add", "v": map[string]any{
			"message": map[string]any{
				"id": e.Incident, "author": map[string]any{"role": "assistant", "name": nil, "metadata": map[string]any{}},
				"content": map[string]any{"content_type": "text", "parts": []string{text}},
				"status":  "finished_successfully", "end_turn": true, "weight": 1, "metadata": map[string]any{"is_complete": true}, "recipient": "all", "channel": "final",
			}, "conversation_id": e.Conversation, "error": nil}}), done...)
	}
	return append(event("delta", map[string]any{"p": "", "o": "patch", "v": []any{
		map[string]any{"p": e.Pointer, "o": "append", "v": "\n\n" + text},
		map[string]any{"p": "/message/status", "o": "replace", "v": "finished_successfully"},
		map[string]any{"p": "/message/end_turn", "o": "replace", "v": true},
	}}), done...)
}

// event is one server-sent event.
func event(name string, v any) []byte {
	var out []byte
	if name != "" {
		out = append(append(append(out, "event: "...), name...), '\n')
	}
	return append(append(append(out, "data: "...), line(v)...), '\n')
}

func line(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // strings and numbers only: cannot happen
		panic("refuse: internal error: an event that is not JSON")
	}
	return append(data, '\n')
}

package inspect

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/promptgate/promptgate/proxy/policy"
)

// remind adds the organisation's sentences to an API request, as first messages
// of the role that the policy says. What was received stays as it is, byte for
// byte, around them. It returns nil where there is no list of messages to add
// to, or the body is encoded.
func remind(body []byte, encoding string, add []policy.Obligation) []byte {
	if encoding != "" && encoding != "identity" || !json.Valid(body) {
		return nil
	}
	var said []string
	for _, o := range add {
		if o.Kind != policy.ObligationReminder {
			continue
		}
		text, err := json.Marshal(struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		}{o.Role, o.Value})
		if err != nil {
			return nil
		}
		said = append(said, string(text))
	}
	if len(said) == 0 {
		return nil
	}
	lists := messageLists(body)
	if len(lists) == 0 {
		return nil
	}
	all := strings.Join(said, ",")
	var out []byte
	last := 0
	for _, l := range lists {
		out = append(out, body[last:l.start]...)
		switch value := body[l.start:l.end]; {
		case value[0] == '[' && len(bytes.TrimSpace(value[1:len(value)-1])) == 0:
			out = append(out, "["+all+"]"...)
		case value[0] == '[':
			out = append(append(out, "["+all+","...), value[1:]...)
		default: // the one string of the Responses API
			out = append(out, "["+all+`,{"role":"user","content":`...)
			out = append(append(out, value...), "}]"...)
		}
		last = l.end
	}
	return append(out, body[last:]...)
}

// A messageList is where the value of messages or input stands.
type messageList struct{ start, end int }

// messageLists finds them at the top of a valid JSON object; a key that stands
// twice is found twice, since readers differ in which they take.
func messageLists(body []byte) (out []messageList) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil
		}
		if name := key.(string); (name == "messages" && value[0] == '[') || name == "input" && (value[0] == '[' || value[0] == '"') {
			end := int(d.InputOffset())
			out = append(out, messageList{end - len(value), end})
		}
	}
	return out
}

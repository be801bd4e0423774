package inspect

import (
	"bytes"
	"encoding/json"
	"slices"
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

// reminded reports whether each of the organisation's sentences that is to be
// looked for stands in some string of a JSON body, however its words are spaced.
// asked is false when none is to be looked for, or the body cannot be read.
func reminded(body []byte, encoding string, add []policy.Obligation) (all, asked bool) {
	var value any
	all = true
	for _, o := range add {
		if o.Kind != policy.ObligationCheck {
			continue
		}
		if !asked && (encoding != "" && encoding != "identity" || json.Unmarshal(body, &value) != nil) {
			return false, false
		}
		asked = true
		all = all && says(value, strings.Join(strings.Fields(o.Value), " "))
	}
	return all, asked
}

// says reports whether a string in value holds a sentence.
func says(value any, sentence string) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(strings.Join(strings.Fields(v), " "), sentence)
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return says(x, sentence) })
	case map[string]any:
		for _, x := range v {
			if says(x, sentence) {
				return true
			}
		}
	}
	return false
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

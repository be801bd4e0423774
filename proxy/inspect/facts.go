package inspect

import (
	"strings"

	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/shape"
)

// facts adds the settings of the request. A setting stands in the body, and
// whatever a client writes there would be in the evidence; so only words of the
// protocol are shown. Other values are shown as a keyed hash, "#" and twelve
// digits, which tells equal ones; the model loses what is not a known part of a
// model's name.
func (e *Evidence) facts(ev *audit.Event, v *Verdict) {
	for _, f := range v.Facts {
		switch f.Name {
		case "model":
			if ev.Model == "" {
				ev.Model = model(f.Value)
			}
			continue
		case "stream":
			ev.Stream = ev.Stream || f.Value == "true"
			continue
		}
		value := f.Value
		if !protocolWord(value) {
			value = "#" + e.names.Known("fact", value, 6)
		}
		shown := audit.Fact{Name: f.Name, Value: value}
		if len(ev.Facts) < audit.MaxFacts && !contains(ev.Facts, shown) {
			ev.Facts = append(ev.Facts, shown)
		}
	}
}

// Namer hides names in records of shapes: of settings it shows what an event
// shows.
func Namer(key []byte) *shape.Namer {
	return shape.NewNamer(key, func(name, value string) (string, bool) {
		if name == "model" {
			return model(value), true
		}
		return value, protocolWord(value)
	})
}

func contains(facts []audit.Fact, f audit.Fact) bool {
	for _, g := range facts {
		if g == f {
			return true
		}
	}
	return false
}

// protocolWord reports whether v is a value that the provider's API lists for
// one of the settings in provider.Facts.
func protocolWord(v string) bool {
	switch v {
	case "true", "false", "present", "missing", "unlisted", "null",
		// tools
		"function", "custom", "web_search", "web_search_preview", "file_search", "code_interpreter", "computer", "computer_use",
		"computer_use_preview", "image_generation", "mcp", "local_shell", "shell", "apply_patch", "retrieval", "namespace", "tool_search",
		// what answers say was used
		"function_call", "custom_tool_call", "web_search_call", "file_search_call", "code_interpreter_call", "computer_call", "image_generation_call",
		"mcp_call", "mcp_list_tools", "mcp_approval_request", "local_shell_call", "shell_call", "apply_patch_call",
		"bio", "browser", "dalle.text2im", "python", "web", "web.run",
		// effort, tier, mode
		"none", "minimal", "low", "medium", "high", "xhigh", "auto", "default", "flex", "priority", "scale",
		"primary_assistant", "gizmo_interaction", "custom_gpt", "agent",
		// purposes of files and batches
		"assistants", "batch", "fine-tune", "vision", "user_data", "evals",
		"/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions", "/v1/moderations",
		// hints of the web application
		"search", "picture_v2", "canvas", "research", "reason", "connector", "study", "github",
		// audio
		"text", "audio":
		return true
	}
	return false
}

// model is as much of a model's name as is made of known parts: "gpt-5-mini",
// "ft:gpt-4o-mini" of "ft:gpt-4o-mini-2024-07-18:acme::abc", "other".
func model(v string) string {
	prefix := ""
	if rest, ok := strings.CutPrefix(v, "ft:"); ok {
		prefix, v = "ft:", rest
	}
	v, _, _ = strings.Cut(v, ":")
	parts := strings.Split(v, "-")
	n := 0
	for n < len(parts) && n < 8 && modelPart(parts[n], n) {
		n++
	}
	if n == 0 {
		return "other"
	}
	return prefix + strings.Join(parts[:n], "-")
}

// modelPart reports whether p is a known word, or a version of at most one digit
// before and one behind the point, with a letter: "4o", "5.1", "o3".
func modelPart(p string, place int) bool {
	switch p {
	case "gpt", "chatgpt", "codex", "text", "tts", "whisper", "dall", "sora", "omni", "computer", "babbage", "davinci", "auto":
		return true
	case "mini", "nano", "turbo", "preview", "audio", "realtime", "transcribe", "search", "instruct", "pro", "max", "latest", "chat",
		"image", "deep", "research", "embedding", "ada", "small", "large", "moderation", "vision", "oss", "thinking", "instant",
		"use", "hd", "e", "api", "diarize", "spark", "16k", "32k", "20b", "120b", "001", "002", "003":
		return place > 0
	}
	digits := strings.TrimPrefix(p, "o")
	if place == 0 && digits == p {
		return false
	}
	digits = strings.TrimSuffix(digits, "o")
	if whole, tenth, ok := strings.Cut(digits, "."); ok {
		return digit(whole) && digit(tenth)
	}
	return digit(digits)
}

func digit(s string) bool { return len(s) == 1 && s[0] >= '0' && s[0] <= '9' }

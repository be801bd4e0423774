package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// fixtures says where each request under testdata/requests goes. The bodies
// are synthetic, written after the field lists of the SDKs and of the web app;
// the name of a file is its path with underscores, up to the first dot.
var fixtures = map[string]string{
	"api.openai.com/v1_assistants":                                          "POST /v1/assistants",
	"api.openai.com/v1_audio_speech":                                        "POST /v1/audio/speech",
	"api.openai.com/v1_audio_transcriptions":                                "POST /v1/audio/transcriptions",
	"api.openai.com/v1_batches":                                             "POST /v1/batches",
	"api.openai.com/v1_chat_completions":                                    "POST /v1/chat/completions",
	"api.openai.com/v1_completions":                                         "POST /v1/completions",
	"api.openai.com/v1_conversations":                                       "POST /v1/conversations",
	"api.openai.com/v1_conversations_ID_items":                              "POST /v1/conversations/conv_1/items",
	"api.openai.com/v1_embeddings":                                          "POST /v1/embeddings",
	"api.openai.com/v1_evals_ID_runs":                                       "POST /v1/evals/eval_1/runs",
	"api.openai.com/v1_files":                                               "POST /v1/files",
	"api.openai.com/v1_fine_tuning_jobs":                                    "POST /v1/fine_tuning/jobs",
	"api.openai.com/v1_images_edits":                                        "POST /v1/images/edits",
	"api.openai.com/v1_images_generations":                                  "POST /v1/images/generations",
	"api.openai.com/v1_moderations":                                         "POST /v1/moderations",
	"api.openai.com/v1_realtime_calls":                                      "POST /v1/realtime/calls",
	"api.openai.com/v1_responses":                                           "POST /v1/responses",
	"api.openai.com/v1_responses_compact":                                   "POST /v1/responses/compact",
	"api.openai.com/v1_threads_ID_runs_ID_submit_tool_outputs":              "POST /v1/threads/thread_1/runs/run_1/submit_tool_outputs",
	"api.openai.com/v1_threads_runs":                                        "POST /v1/threads/runs",
	"api.openai.com/v1_uploads":                                             "POST /v1/uploads",
	"api.openai.com/v1_uploads_ID_complete":                                 "POST /v1/uploads/upload_1/complete",
	"api.openai.com/v1_uploads_ID_parts":                                    "POST /v1/uploads/upload_1/parts",
	"api.openai.com/v1_vector_stores_ID_files":                              "POST /v1/vector_stores/vs_1/files",
	"api.openai.com/v1_vector_stores_ID_search":                             "POST /v1/vector_stores/vs_1/search",
	"api.openai.com/v1_videos":                                              "POST /v1/videos",
	"chatgpt.com/backend-api_calpico_rooms_ID_messages":                     "POST /backend-api/calpico/chatgpt/rooms/room_1/messages",
	"chatgpt.com/backend-api_codex_responses":                               "POST /backend-api/codex/responses",
	"chatgpt.com/backend-api_conversation_ID":                               "PATCH /backend-api/conversation/6a0c0000-0000-8000-8000-0000000000aa",
	"chatgpt.com/backend-api_conversation_message_feedback":                 "POST /backend-api/conversation/message_feedback",
	"chatgpt.com/backend-api_estuary_upload_content_bytes":                  "POST /backend-api/estuary/upload_content_bytes",
	"chatgpt.com/backend-api_f_conversation":                                "POST /backend-api/f/conversation",
	"chatgpt.com/backend-api_f_conversation_prepare":                        "POST /backend-api/f/conversation/prepare",
	"chatgpt.com/backend-api_f_steer_turn":                                  "POST /backend-api/f/steer_turn",
	"chatgpt.com/backend-api_files":                                         "POST /backend-api/files",
	"chatgpt.com/backend-api_files_process_upload_stream":                   "POST /backend-api/files/process_upload_stream",
	"chatgpt.com/backend-api_files_upload_reservations":                     "POST /backend-api/files/upload_reservations",
	"chatgpt.com/backend-api_files_upload_reservations_ID_claim_and_finish": "POST /backend-api/files/upload_reservations/res_1/claim_and_finish",
	"chatgpt.com/backend-api_gizmos_snorlax_upsert":                         "POST /backend-api/gizmos/snorlax/upsert",
	"chatgpt.com/backend-api_memories_ID":                                   "PATCH /backend-api/memories/mem_1",
	"chatgpt.com/backend-api_projects":                                      "POST /backend-api/projects",
	"chatgpt.com/backend-api_transcribe":                                    "POST /backend-api/transcribe",
	"chatgpt.com/backend-api_user_system_messages":                          "POST /backend-api/user_system_messages",
	"chatgpt.com/backend-api_wham_tasks":                                    "POST /backend-api/wham/tasks",
	"chatgpt.com/realtime_wm":                                               "POST /realtime/wm?dcid=0",
	"chatgpt.com/unauth-mweb_conversation_updates":                          "POST /unauth-mweb/conversation/updates?operationId=1",
	"oaiusercontent.com/files_ID_raw":                                       "PUT /files/00000000-2222/raw?sp=w&sig=EXAMPLE",
	"openai.azure.com/openai_deployments_DEPLOYMENT_chat_completions":       "POST /openai/deployments/gpt/chat/completions?api-version=2026-10-01",
}

// realHost is the host a fixture's folder stands for.
var realHost = map[string]string{
	"api.openai.com": "api.openai.com", "chatgpt.com": "chatgpt.com",
	"oaiusercontent.com": "sdmntprwesteurope.oaiusercontent.com", "openai.azure.com": "example-resource.openai.azure.com",
}

// A fixture is one request body and how to send it.
type fixture struct {
	name string // relative to testdata/requests
	exchange
}

func loadFixtures(t *testing.T) []fixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "requests", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var out []fixture
	for _, file := range files {
		host, base := filepath.Base(filepath.Dir(file)), filepath.Base(file)
		stem, kind, _ := strings.Cut(base, ".")
		if strings.HasSuffix(kind, "jsonl") { // the content of an upload, not a request
			continue
		}
		line, ok := fixtures[host+"/"+stem]
		if !ok {
			t.Fatalf("%s has no line in fixtures", file)
		}
		used[host+"/"+stem] = true
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		method, target, _ := strings.Cut(line, " ")
		f := fixture{path.Join(host, base), exchange{Method: method, Host: realHost[host], Path: target, Body: body, Header: map[string]string{"Authorization": "Bearer e2e"}}}
		switch {
		case strings.Contains(kind, "multipart"):
			f.Header["Content-Type"] = "multipart/form-data; boundary=----dlpfixture7MA4YWxk"
		case strings.Contains(kind, "form"):
			f.Header["Content-Type"] = "application/x-www-form-urlencoded"
		case strings.Contains(kind, "PUT.req.txt"): // a whole request in wire form: its body is what counts
			f.Header["Content-Type"] = "text/csv"
			_, f.Body, _ = bytes.Cut(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		default:
			f.Header["Content-Type"] = "application/json"
		}
		out = append(out, f)
	}
	for name := range fixtures {
		if !used[name] {
			t.Errorf("fixtures names %s, which is not under testdata/requests", name)
		}
	}
	if len(out) < 60 {
		t.Fatalf("only %d fixtures: the walk is broken", len(out))
	}
	return out
}

// plant puts fresh canaries into every field of a body: onto every string (and
// as every string's replacement when all is set, schema words included), into
// keys, into JSON inside strings and into base64 data. mint makes a canary for
// a place.
func plant(t *testing.T, f fixture, all bool, mint func(place string) string) []byte {
	t.Helper()
	switch ct := f.Header["Content-Type"]; {
	case ct == "application/json":
		var v any
		if err := json.Unmarshal(f.Body, &v); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		b, err := json.Marshal(plantJSON(v, f.name, "", all, mint))
		if err != nil {
			t.Fatal(err)
		}
		return b
	case strings.Contains(ct, "form-urlencoded"):
		q, err := url.ParseQuery(string(f.Body))
		if err != nil {
			t.Fatal(err)
		}
		for k, vs := range q {
			for i := range vs {
				vs[i] = plantString(vs[i], f.name+"#"+k, all, mint)
			}
		}
		if all {
			q.Set(mint(f.name+"#key"), mint(f.name+"#value"))
		}
		return []byte(q.Encode())
	case strings.Contains(ct, "multipart"):
		const dash = "------dlpfixture7MA4YWxk"
		parts := strings.Split(string(f.Body), dash)
		for i, p := range parts[1:max(1, len(parts)-1)] {
			head, body, ok := strings.Cut(p, "\r\n\r\n")
			if !ok {
				t.Fatalf("%s: part %d has no header", f.name, i)
			}
			body = plantString(strings.TrimSuffix(body, "\r\n"), f.name+"#part", all, mint) + "\r\n"
			if all {
				head += "; filename=\"" + mint(f.name+"#filename") + ".txt\""
			}
			parts[i+1] = head + "\r\n\r\n" + body
		}
		if all {
			parts = append(parts[:len(parts)-1], "\r\nContent-Disposition: form-data; name=\""+mint(f.name+"#name")+"\"\r\n\r\n"+mint(f.name+"#text")+"\r\n", parts[len(parts)-1])
		}
		return []byte(strings.Join(parts, dash))
	}
	return []byte(string(f.Body) + mint(f.name+"#raw") + "\n")
}

// schema are keys whose value says what the rest means; changing them would
// hide the text beside them from the extractor.
var schema = map[string]bool{"type": true, "role": true, "content_type": true, "kind": true, "action": true, "purpose": true, "detail": true, "format": true, "object": true}

func plantJSON(v any, place, key string, all bool, mint func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			out[k] = plantJSON(v[k], place+"."+k, k, all, mint)
		}
		if all {
			out[mint(place+".{key}")] = mint(place + ".{value}")
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plantJSON(v[i], place+"[]", key, all, mint)
		}
		return out
	case string:
		if schema[key] && !all {
			return v
		}
		return plantString(v, place, all, mint)
	}
	return v
}

func plantString(s, place string, all bool, mint func(string) string) string {
	if head, data, ok := strings.Cut(s, ";base64,"); ok && strings.HasPrefix(s, "data:") {
		if b, err := base64.StdEncoding.DecodeString(data); err == nil {
			return head + ";base64," + base64.StdEncoding.EncodeToString(append(b, "\n"+mint(place+"{base64}")+"\n"...))
		}
	}
	var inner any
	if strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &inner) == nil {
		b, err := json.Marshal(plantJSON(inner, place+"{json}", "", all, mint))
		if err == nil {
			return string(b)
		}
	}
	return s + " " + mint(place)
}

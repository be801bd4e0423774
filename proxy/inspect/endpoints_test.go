package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/identity"
)

// A carrier is one way in which text reaches the provider: "☂" stands where a
// person's words are. What was seen of it is written down as endpoint, activity,
// the place where the words are found, and whose they are.
type carrier struct {
	row  string // of OPENAI.md
	to   string // method and address
	kind string // JSON, FORM, MULTIPART, BYTES, or NONE
	body string // of a form by parts: "name=value" lines, "name@file=value" for files
	want string // "endpoint app activity locator role"
}

const (
	api = "https://api.openai.com/v1"
	web = "https://chatgpt.com"
)

// carriers is a row for each row of OPENAI.md A.1 and B.1 and for the ways beside
// bodies; the fields of the API's JSON are walked one by one in
// TestEveryStringOfTheSDKHasItsRow.
var carriers = []carrier{
	{"A1", "POST " + api + "/chat/completions", "JSON", `{"messages":[{"role":"system","content":"☂"}]}`, "openai.chat_completions openai_api chat messages[0].content system"},
	{"A1", "POST " + api + "/chat/completions", "JSON", `{"messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"q\":\"☂\"}"}}]}]}`, "openai.chat_completions openai_api chat messages[0].tool_calls[0].function.arguments.{0} assistant"},
	{"A1", "POST https://eu.api.openai.com/v1/chat/completions", "JSON", `{"messages":[{"role":"tool","content":"☂"}]}`, "openai.chat_completions openai_api chat messages[0].content tool"},
	{"A0", "POST https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21", "JSON", `{"messages":[{"role":"user","content":"☂"}]}`, "openai.chat_completions azure_openai chat messages[0].content user"},
	{"A0", "POST https://r.openai.azure.com/openai/v1/responses", "JSON", `{"input":"☂"}`, "openai.responses azure_openai chat input user"},
	{"A0", "POST https://r.services.ai.azure.com/models/chat/completions", "JSON", `{"messages":[{"role":"user","content":"☂"}]}`, "openai.chat_completions azure_openai chat messages[0].content user"},
	{"A0", "POST https://r.cognitiveservices.azure.com/openai/deployments/d/embeddings", "JSON", `{"input":"☂"}`, "openai.embeddings azure_openai embed input user"},
	{"A2", "POST " + api + "/chat/completions/chatcmpl-1", "JSON", `{"metadata":{"k":"☂"}}`, "openai.chat_completions.update openai_api chat metadata.{0} metadata"},
	{"A3", "POST " + api + "/responses", "JSON", `{"instructions":"☂"}`, "openai.responses openai_api chat instructions system"},
	{"A3", "POST " + api + "/responses", "JSON", `{"input":[{"type":"function_call_output","output":"{\"rows\":[\"☂\"]}"}]}`, "openai.responses openai_api chat input[0].output.{0}[0] tool"},
	{"A4", "POST " + api + "/responses/compact", "JSON", `{"input":"☂"}`, "openai.responses.compact openai_api chat input user"},
	{"A4", "POST " + api + "/responses/input_tokens?beta=true", "JSON", `{"input":"☂"}`, "openai.responses.input_tokens openai_api chat input user"},
	{"A6", "POST " + api + "/conversations", "JSON", `{"items":[{"role":"user","content":"☂"}]}`, "openai.conversations openai_api chat items[0].content user"},
	{"A6", "POST " + api + "/conversations/conv_1", "JSON", `{"metadata":{"k":"☂"}}`, "openai.conversations openai_api chat metadata.{0} metadata"},
	{"A7", "POST " + api + "/conversations/conv_1/items", "JSON", `{"items":[{"role":"user","content":[{"type":"input_text","text":"☂"}]}]}`, "openai.conversations.items openai_api chat items[0].content[0].text user"},
	{"A8", "POST " + api + "/completions", "JSON", `{"prompt":["a","☂"]}`, "openai.completions openai_api complete prompt[1] user"},
	{"A9", "POST " + api + "/embeddings", "JSON", `{"input":["☂"]}`, "openai.embeddings openai_api embed input[0] user"},
	{"A10", "POST " + api + "/moderations", "JSON", `{"input":[{"type":"text","text":"☂"}]}`, "openai.moderations openai_api moderate input[0].text user"},
	{"A11", "POST " + api + "/decisions", "JSON", `{"questions":[{"instructions":"☂"}]}`, "openai.decisions openai_api chat questions[0].instructions user"},
	{"A12", "POST " + api + "/images/generations", "JSON", `{"prompt":"☂"}`, "openai.images openai_api image prompt user"},
	{"A13", "POST " + api + "/images/edits", "MULTIPART", "prompt=☂", "openai.images openai_api image prompt user"},
	{"A14", "POST " + api + "/images/variations", "MULTIPART", "user=☂", "openai.images openai_api image user metadata"},
	{"A15", "POST " + api + "/audio/speech", "JSON", `{"input":"☂"}`, "openai.audio.speech openai_api speech input user"},
	{"A16", "POST " + api + "/audio/transcriptions", "MULTIPART", "keywords[]=☂", "openai.audio.transcriptions openai_api transcribe keywords[] user"},
	{"A17", "POST " + api + "/audio/translations", "MULTIPART", "prompt=☂", "openai.audio.transcriptions openai_api transcribe prompt user"},
	{"A18", "POST " + api + "/audio/voice_consents", "MULTIPART", "script_hint=☂", "openai.audio.voices openai_api voice script_hint user"},
	{"A18", "POST " + api + "/audio/voices", "MULTIPART", "name=☂", "openai.audio.voices openai_api voice name user"},
	{"A19", "POST " + api + "/files", "MULTIPART", "purpose=user_data\nfile@notes.txt=☂", "openai.files openai_api upload file file"},
	{"A20", "POST " + api + "/uploads", "JSON", `{"filename":"☂","purpose":"batch"}`, "openai.uploads openai_api upload filename metadata"},
	{"A20", "POST " + api + "/uploads/upload_1/parts", "MULTIPART", "data@blob=☂", "openai.uploads.parts openai_api upload data file"},
	{"A21", "POST " + api + "/batches", "JSON", `{"metadata":{"k":"☂"}}`, "openai.batches openai_api batch metadata.{0} metadata"},
	{"A24", "POST " + api + "/fine_tuning/jobs", "JSON", `{"suffix":"☂"}`, "openai.fine_tuning.jobs openai_api train suffix metadata"},
	{"A24", "POST " + api + "/fine_tuning/alpha/graders/run", "JSON", `{"item":{"a":{"b":"☂"}}}`, "openai.fine_tuning.graders openai_api train item.{0}.{0} user"},
	{"A25", "POST " + api + "/vector_stores", "JSON", `{"name":"☂"}`, "openai.vector_stores openai_api store name metadata"},
	{"A26", "POST " + api + "/vector_stores/vs_1/file_batches", "JSON", `{"files":[{"attributes":{"k":"☂"}}]}`, "openai.vector_stores.files openai_api store files[0].attributes.{0} metadata"},
	{"A27", "POST " + api + "/vector_stores/vs_1/search", "JSON", `{"query":["☂"]}`, "openai.vector_stores.search openai_api search query[0] user"},
	{"A28", "POST " + api + "/evals/eval_1/runs", "JSON", `{"data_source":{"source":{"content":[{"item":{"q":"☂"}}]}}}`, "openai.evals openai_api evaluate data_source.source.content[0].item.{0} metadata"},
	{"A29", "POST " + api + "/assistants", "JSON", `{"instructions":"☂"}`, "openai.assistants openai_api agent instructions system"},
	{"A30", "POST " + api + "/threads", "JSON", `{"messages":[{"role":"user","content":"☂"}]}`, "openai.threads openai_api chat messages[0].content user"},
	{"A31", "POST " + api + "/threads/thread_1/messages", "JSON", `{"role":"user","content":[{"type":"text","text":"☂"}]}`, "openai.threads.messages openai_api chat content[0].text user"},
	{"A32", "POST " + api + "/threads/thread_1/runs", "JSON", `{"additional_messages":[{"role":"user","content":"☂"}]}`, "openai.threads.runs openai_api chat additional_messages[0].content user"},
	{"A32", "POST " + api + "/threads/runs", "JSON", `{"thread":{"messages":[{"role":"user","content":"☂"}]}}`, "openai.threads.create_and_run openai_api chat thread.messages[0].content user"},
	{"A33", "POST " + api + "/threads/thread_1/runs/run_1/submit_tool_outputs", "JSON", `{"tool_outputs":[{"output":"☂"}]}`, "openai.threads.tool_outputs openai_api tool_output tool_outputs[0].output tool"},
	{"A34", "POST " + api + "/containers", "JSON", `{"network_policy":{"domain_secrets":[{"value":"☂"}]}}`, "openai.containers openai_api agent network_policy.domain_secrets[0].value metadata"},
	{"A34", "POST " + api + "/containers/cntr_1/files", "MULTIPART", "file@a.txt=☂", "openai.containers.files openai_api upload file file"},
	{"A35", "POST " + api + "/skills", "MULTIPART", "files[]@SKILL.md=☂", "openai.skills openai_api upload files[] file"},
	{"A35", "POST " + api + "/skills/skill_1/versions", "MULTIPART", "files@SKILL.md=☂", "openai.skills openai_api upload files file"},
	{"A36", "POST " + api + "/videos", "MULTIPART", "prompt=☂", "openai.videos openai_api video prompt user"},
	{"A36", "POST " + api + "/videos/video_1/remix", "JSON", `{"prompt":"☂"}`, "openai.videos openai_api video prompt user"},
	{"A37", "POST " + api + "/realtime/client_secrets", "JSON", `{"session":{"instructions":"☂"}}`, "openai.realtime.setup openai_api voice session.instructions system"},
	{"A38", "POST " + api + "/realtime/calls", "MULTIPART", "session={\"instructions\":\"☂\"}", "openai.realtime.calls openai_api voice session.instructions system"},
	{"A39", "POST " + api + "/realtime/calls/rtc_1/refer", "JSON", `{"target_uri":"☂"}`, "openai.realtime.setup openai_api voice target_uri metadata"},
	{"A40", "POST " + api + "/realtime/sessions", "JSON", `{"instructions":"☂"}`, "openai.realtime.setup openai_api voice instructions system"},
	{"A41", "POST " + api + "/live/sessions", "JSON", `{"session":{"input":[{"role":"user","content":[{"text":"☂"}]}]}}`, "openai.realtime.calls openai_api voice session.input[0].content[0].text user"},
	{"A41", "POST " + api + "/live/sessions/s_1/accept", "JSON", `{"session":{"instructions":"☂"}}`, "openai.live.sessions openai_api voice session.instructions system"},
	{"A42", "POST " + api + "/agents/sessions/s_1/events", "JSON", `{"events":[{"input":[{"content":[{"text":"☂"}]}]}]}`, "openai.agents.sessions openai_api chat events[0].input[0].content[0].text user"},
	{"A42", "POST " + api + "/agents/environments", "JSON", `{"env":{"K":"☂"}}`, "openai.agents.environments openai_api agent env.{0} metadata"},
	{"A43", "POST " + api + "/vaults/vault_1/credentials", "JSON", `{"auth":{"secret_value":"☂"}}`, "openai.vaults openai_api account auth.secret_value metadata"},
	{"A44", "POST " + api + "/chatkit/sessions", "JSON", `{"workflow":{"state_variables":{"k":"☂"}}}`, "openai.chatkit.sessions openai_api chat workflow.state_variables.{0} metadata"},
	{"A45", "POST " + api + "/content_provenance_checks", "MULTIPART", "file@a.txt=☂", "openai.content_provenance openai_api upload file file"},
	{"A47", "POST " + api + "/organization/invites", "JSON", `{"note":"☂"}`, "openai.organization openai_api account {0} metadata"},
	{"A default", "POST " + api + "/never/heard/of", "JSON", `{"words":"☂"}`, "openai.unknown openai_api unknown {0} metadata"},

	{"B1", "POST " + web + "/backend-api/f/conversation", "JSON", `{"messages":[{"author":{"role":"user"},"content":{"parts":["☂"]}}]}`, "chatgpt.conversation chatgpt_web chat messages[0].content.parts[0] user"},
	{"B1", "POST " + web + "/backend-anon/f/conversation", "JSON", `{"messages":[{"author":{"role":"user"},"content":{"parts":[{"asset_pointer":"sediment://file_1"},{"text":"☂"}]}}]}`, "chatgpt.conversation chatgpt_web chat messages[0].content.parts[1].text user"},
	{"B1", "POST https://chat.openai.com/backend-api/conversation", "JSON", `{"messages":[{"content":{"user_profile":"☂"}}]}`, "chatgpt.conversation chatgpt_web chat messages[0].content.user_profile user"},
	{"B1", "POST " + web + "/backend-api/f/conversation", "JSON", `{"messages":[{"metadata":{"attachments":[{"id":"file_1","name":"☂"}]}}]}`, "chatgpt.conversation chatgpt_web chat messages[0].metadata.attachments[0].name metadata"},
	{"B1", "POST " + web + "/backend-api/f/steer_turn", "JSON", `{"messages":[{"author":{"role":"system"},"content":{"parts":["☂"]}}]}`, "chatgpt.steer_turn chatgpt_web chat messages[0].content.parts[0] system"},
	{"B1", "POST " + web + "/backend-api/f/conversation/prepare", "JSON", `{"model":"gpt-5","partial_query":{"content":{"parts":["☂"]}}}`, "chatgpt.conversation.prepare chatgpt_web draft stripped -"},
	{"B1", "POST " + web + "/backend-anon/conversation/prepare", "JSON", `{"note":"☂"}`, "chatgpt.conversation.prepare chatgpt_web draft {0} metadata"},
	{"B1", "POST " + web + "/backend-api/conversation/init", "JSON", `{"conversation_id":"☂"}`, "chatgpt.conversation.init chatgpt_web control conversation_id metadata"},
	{"B1", "POST " + web + "/unauth-mweb/conversation/updates?operationId=op-1", "FORM", "prompt=☂", "chatgpt.mobile_web chatgpt_web chat prompt user"},
	{"B1", "POST " + web + "/unauth-mweb/conversation/prepare", "FORM", `conversationState={"messages":[{"role":"assistant","content":"☂"}]}`, "chatgpt.mobile_web chatgpt_web chat conversationState.messages[0].content assistant"},
	{"B1", "POST " + web + "/backend-api/stop_conversation", "JSON", `{"conversation_id":"☂"}`, "chatgpt.conversation.control chatgpt_web control conversation_id metadata"},
	{"B1", "PATCH " + web + "/backend-api/conversation/c-1", "JSON", `{"title":"☂"}`, "chatgpt.conversation.update chatgpt_web title title metadata"},
	{"B1", "POST " + web + "/backend-api/conversation/message_feedback", "JSON", `{"text":"☂"}`, "chatgpt.conversation.feedback chatgpt_web feedback text user"},
	{"B1", "POST " + web + "/backend-api/files", "JSON", `{"file_name":"☂"}`, "chatgpt.files chatgpt_web file file_name file"},
	{"B1", "POST " + web + "/backend-api/files/upload_reservations/r-1/claim_and_finish", "JSON", `{"file_name":"☂"}`, "chatgpt.files chatgpt_web file file_name file"},
	{"B1", "POST " + web + "/backend-api/files/process_upload_stream", "JSON", `{"file_name":"☂"}`, "chatgpt.files chatgpt_web file file_name file"},
	{"B3", "PUT https://sdmntprwesteurope.oaiusercontent.com/files/00000000-2222/raw?se=2026-11-23&sig=a%2Bb&comp=block&blockid=AAAA", "BYTES", "number,note\n1,☂\n", "chatgpt.files.content chatgpt_web upload body.column[1] file"},
	{"B1", "POST " + web + "/backend-api/estuary/upload_content_bytes", "MULTIPART", "upload_url=opaque-signed\nfile@a.csv=☂", "chatgpt.files.estuary chatgpt_web upload file file"},
	{"B1", "POST " + web + "/backend-api/transcribe", "MULTIPART", "note=☂", "chatgpt.transcribe chatgpt_web transcribe {0} metadata"},
	{"B1", "POST " + web + "/realtime/wm?dcid=0", "MULTIPART", `session={"conversation_mode":{"kind":"primary_assistant"},"note":"☂"}`, "chatgpt.voice chatgpt_web voice session.{1} metadata"},
	{"B1", "POST " + web + "/backend-api/user_system_messages", "JSON", `{"about_user_message":"☂"}`, "chatgpt.instructions chatgpt_web instructions about_user_message user"},
	{"B1", "POST " + web + "/backend-api/memories", "JSON", `{"content":"☂"}`, "chatgpt.memories chatgpt_web memory content user"},
	{"B1", "POST " + web + "/backend-api/memories/undo_memory_write", "JSON", `{"content":"☂"}`, "chatgpt.memories chatgpt_web memory content user"},
	{"B1", "PUT " + web + "/backend-api/user_bio", "JSON", `{"bio":"☂"}`, "chatgpt.instructions chatgpt_web instructions {0} metadata"},
	{"B1", "POST " + web + "/backend-api/projects", "JSON", `{"instructions":"☂"}`, "chatgpt.projects chatgpt_web project instructions system"},
	{"B1", "POST " + web + "/backend-api/gizmos/snorlax/upsert", "JSON", `{"display":{"prompt_starters":["☂"]}}`, "chatgpt.projects chatgpt_web project display.prompt_starters[0] metadata"},
	{"B1", "POST " + web + "/backend-api/projects/g-p-1/files", "JSON", `{"files":[{"name":"☂"}]}`, "chatgpt.projects chatgpt_web project files[0].name metadata"},
	{"B1", "PUT " + web + "/backend-api/gizmos/g-1", "JSON", `{"gizmo":{"instructions":"☂"}}`, "chatgpt.gizmos chatgpt_web gpt gizmo.instructions system"},
	{"B1", "POST " + web + "/backend-api/gizmo_editor/drafts", "JSON", `{"instructions":"☂"}`, "chatgpt.gizmos chatgpt_web gpt instructions system"},
	{"B1", "POST " + web + "/backend-api/calpico/chatgpt/rooms/r/messages", "JSON", `{"content":{"text":"☂"}}`, "chatgpt.group_chat chatgpt_web chat content.text user"},
	{"B1", "POST " + web + "/backend-api/calpico/chatgpt/projects/p/rooms/r/messages", "JSON", `{"content":{"attachments":[{"url":"https://x.example/☂"}]}}`, "chatgpt.group_chat chatgpt_web chat content.attachments[0].url metadata"},
	{"B1", "PATCH " + web + "/backend-api/automations/a-1", "JSON", `{"prompt":"☂"}`, "chatgpt.automations chatgpt_web instructions prompt user"},
	{"B1", "POST " + web + "/backend-api/global/search", "JSON", `{"query":"☂"}`, "chatgpt.search chatgpt_web search query user"},
	{"B1", "POST " + web + "/backend-api/share/create", "JSON", `{"title":"☂"}`, "chatgpt.share chatgpt_web share title metadata"},
	{"B1", "POST " + web + "/backend-api/wham/tasks/t/turns", "JSON", `{"input_items":[{"role":"user","content":[{"text":"☂"}]}]}`, "codex.tasks codex agent input_items[0].content[0].text user"},
	{"B1", "POST " + web + "/backend-api/wham/environments", "JSON", `{"secrets":{"K":"☂"}}`, "codex.environments codex agent secrets.{0} metadata"},
	{"B1", "POST " + web + "/backend-api/aip/connectors/links", "JSON", `{"name":"☂"}`, "chatgpt.connectors chatgpt_web agent {0} metadata"},
	{"E", "POST " + web + "/backend-api/codex/responses", "JSON", `{"input":[{"role":"user","content":[{"type":"input_text","text":"☂"}]}]}`, "codex.responses codex chat input[0].content[0].text user"},
	{"E", "POST " + web + "/backend-api/codex/responses/compact", "JSON", `{"instructions":"☂"}`, "codex.responses codex chat instructions system"},
	{"E", "POST " + web + "/backend-api/codex/images/generations", "JSON", `{"prompt":"☂"}`, "codex.images codex image prompt user"},
	{"E", "POST " + web + "/backend-api/codex/memories/trace_summarize", "JSON", `{"memories":["☂"]}`, "codex.other codex agent {0}[0] metadata"},
	{"E", "PATCH " + web + "/backend-api/wham/settings/user", "JSON", `{"branch_format":"☂"}`, "codex.other codex agent {0} metadata"},
	{"B default", "POST " + web + "/backend-api/never/heard/of", "JSON", `{"words":"☂"}`, "chatgpt.unknown chatgpt_web unknown {0} metadata"},

	// What is beside a body, or names its parts.
	{"query", "GET " + web + "/?q=☂", "NONE", "", "chatgpt.links chatgpt_web draft query[0] metadata"},
	{"query", "GET " + web + "/backend-api/conversations/search?query=☂", "NONE", "", "chatgpt.search chatgpt_web search query[0] metadata"},
	{"query", "POST " + api + "/chat/completions?note=☂", "JSON", `{}`, "openai.chat_completions openai_api chat query[0] metadata"},
	{"query", "POST " + api + "/chat/completions?☂", "JSON", `{}`, "openai.chat_completions openai_api chat query[0] metadata"},
	{"path", "POST " + api + "/never/☂", "JSON", `{}`, "openai.unknown openai_api unknown path metadata"},
	{"path", "POST " + api + "/threads/☂/messages", "JSON", `{}`, "openai.threads.messages openai_api chat path[2] metadata"},
	{"header", "POST " + api + "/chat/completions", "JSON", `{}`, "openai.chat_completions openai_api chat header[0] metadata"},
	{"key", "POST " + api + "/chat/completions", "JSON", `{"☂":1}`, "openai.chat_completions openai_api chat {0}:key metadata"},
	{"field name", "POST " + api + "/files", "MULTIPART", "☂=1", "openai.files openai_api upload {0}:key metadata"},
	{"filename", "POST " + api + "/files", "MULTIPART", "file@☂=hello", "openai.files openai_api upload file:filename metadata"},
	{"header of a part", "POST " + api + "/files", "MULTIPART", "file@a.txt;X-Note: ☂=hello", "openai.files openai_api upload file:header metadata"},
	{"field name", "POST " + web + "/unauth-mweb/conversation/updates", "FORM", "☂=1", "chatgpt.mobile_web chatgpt_web chat {0}:key metadata"},
}

// request makes the request of a carrier with words in it.
func (c carrier) request(t *testing.T, words string) *Request {
	t.Helper()
	method, address, _ := strings.Cut(c.to, " ")
	q := post(t, "https://api.openai.com/", "")
	u, err := url.Parse(strings.ReplaceAll(address, "☂", url.PathEscape(words)))
	if err != nil {
		t.Fatal(err)
	}
	q.Method, q.Host, q.URL, q.Principal = method, u.Hostname(), u, identity.Principal{Subject: "lena"}
	q.Endpoint = theWorld(t).providers.Match(method, q.Host, u.EscapedPath())
	q.Header = http.Header{"User-Agent": {"OpenAI/Go 3.96.0"}, "Authorization": {"Bearer sk-" + synthetic.Word(40)}, "X-Stainless-Retry-Count": {"0"}}
	if c.row == "header" {
		q.Header.Set("X-Customer-Note", words)
	}
	switch c.kind {
	case "JSON":
		quoted, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/json")
		q.Body = []byte(strings.ReplaceAll(c.body, "☂", strings.Trim(string(quoted), `"`)))
	case "BYTES":
		q.Header.Set("Content-Type", "text/csv")
		q.Body = []byte(strings.ReplaceAll(c.body, "☂", words))
	case "FORM":
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		name, value, _ := strings.Cut(strings.ReplaceAll(c.body, "☂", words), "=")
		q.Body = []byte(url.QueryEscape(name) + "=" + url.QueryEscape(value))
	case "MULTIPART":
		q.Header.Set("Content-Type", "multipart/form-data; boundary=bo")
		var b strings.Builder
		for _, line := range strings.Split(c.body, "\n") {
			name, value, _ := strings.Cut(line, "=")
			name, file, isFile := strings.Cut(name, "@")
			file, header, _ := strings.Cut(file, ";")
			fmt.Fprintf(&b, "--bo\r\nContent-Disposition: form-data; name=%q", name)
			if isFile {
				fmt.Fprintf(&b, "; filename=%q\r\nContent-Type: text/plain", file)
			}
			if header != "" {
				b.WriteString("\r\n" + header)
			}
			b.WriteString("\r\n\r\n" + value + "\r\n")
		}
		q.Body = []byte(strings.ReplaceAll(b.String(), "☂", words) + "--bo--\r\n")
	}
	return q
}

// Wherever a person's words can stand on their way to the provider, a card among
// them is found there, and does not leave: it is replaced where that is possible,
// and the message is stopped where it is not.
func TestWordsAreFoundWhereverTheyStand(t *testing.T) {
	r := shippedRules(t, "l2")
	r.Policy = anyTool(t)
	for _, c := range carriers {
		t.Run(strings.ReplaceAll(c.row+" "+c.to, "/", "∕"), func(t *testing.T) {
			words := "credit card " + synthetic.Card()
			q := c.request(t, words)
			v := decided(t, r, Config{}, q)
			want := strings.Fields(c.want)
			if q.Endpoint.ID != want[0] || q.Endpoint.App != want[1] || q.Endpoint.Activity != want[2] {
				t.Fatalf("answered by %s of %s for %s, want %s", q.Endpoint.ID, q.Endpoint.App, q.Endpoint.Activity, c.want)
			}
			if want[3] == "stripped" {
				if v.Refusal != nil || strings.Contains(string(v.Body), words) || !json.Valid(v.Body) {
					t.Fatalf("%s: %s", v.Action, v.Body)
				}
				return
			}
			if len(v.Findings) == 0 || v.Findings[0].Locator != want[3] || v.Findings[0].Role != content.Role(want[4]) {
				t.Fatalf("found %+v, want %s; documents %v", v.Findings, c.want, v.Docs)
			}
			beside := c.row == "query" || c.row == "path" || c.row == "header"
			switch {
			case beside && v.Refusal == nil:
				t.Errorf("%s, though an address and a header cannot be rewritten", v.Action)
			case !beside && v.Action != "redact":
				t.Errorf("%s, gaps %v", v.Action, v.Gaps)
			case !beside && strings.Contains(string(v.Body), words[len("credit card "):]):
				t.Errorf("the card is sent on: %s", v.Body)
			case c.kind == "JSON" && !beside && !json.Valid(v.Body):
				t.Errorf("no JSON any more: %s", v.Body)
			}
			// Without the card the same message goes through as it came.
			if plain := decided(t, r, Config{}, c.request(t, "hello")); plain.Refusal != nil || plain.Changed || len(plain.Findings) > 0 {
				t.Errorf("harmless words: %s by %s, %+v", plain.Action, plain.Decision.Rule, plain.Findings)
			}
		})
	}
}

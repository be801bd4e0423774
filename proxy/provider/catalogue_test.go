package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/rules"
)

// load reads the catalogue of the program once for all tests.
var load = sync.OnceValues(func() (*provider.Catalogue, error) { return provider.Load(rules.FS()) })

func shipped(t testing.TB) *provider.Catalogue {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHostClasses(t *testing.T) {
	c := shipped(t)
	for class, hosts := range map[policy.HostClass][]string{
		policy.HostInspect: {
			"api.openai.com", "us.api.openai.com", "eu.api.openai.com", "ae.api.openai.com", "au.api.openai.com", "in.api.openai.com", "jp.api.openai.com",
			"openai.com", "platform.openai.com", "unheard-of.openai.com", "a.b.c.openai.com", "auth.openai.com", "setup.auth.openai.com",
			"chatgpt.com", "www.chatgpt.com", "ws.chatgpt.com", "ab.chatgpt.com", "sora.chatgpt.com", "unheard-of.chatgpt.com", "chat.openai.com", "tcr9i.chat.openai.com",
			"oaiusercontent.com", "files.oaiusercontent.com", "sdmntprwesteurope.oaiusercontent.com", "unheard-of.oaiusercontent.com",
			"example-resource.openai.azure.com", "example.services.ai.azure.com", "example.cognitiveservices.azure.com",
			"API.OpenAI.com", "ChatGPT.com.", "api.openai.com.", "UNHEARD-OF.OPENAI.COM.",
		},
		policy.HostRefuse: {
			"mtls.api.openai.com", "desktop.chatgpt.com", "desktop.chat.openai.com", "ios.chat.openai.com", "android.chat.openai.com", "MTLS.api.openai.com.",
		},
		policy.HostPass: {"cdn.oaistatic.com", "featureassets.oaistatsig.com", "challenges.cloudflare.com", "js.stripe.com"},
		policy.HostOtherAI: {
			"claude.ai", "api.anthropic.com", "gemini.google.com", "generativelanguage.googleapis.com", "copilot.microsoft.com", "api.individual.githubcopilot.com",
			"chat.mistral.ai", "chat.deepseek.com", "api.deepseek.com", "www.perplexity.ai", "grok.com", "api.x.ai", "www.meta.ai", "huggingface.co", "openrouter.ai",
		},
		policy.HostOther: {
			"evil-chatgpt.com", "chatgpt.com.evil.com", "notopenai.com", "openai.com.example.org", "api-openai.com", "api.openai.com.cn", "openai.co",
			"chatgpt.com.br", "xchatgpt.com", "oaiusercontent.com.evil.net", "openai.azure.com", "azure.com", "example.org", "google.com", "com", "", ".", "..",
			"chatgpt.com..", "127.0.0.1", "::1", "chatgpt", "claude.ai.example", "notclaude.ai", "cloudflare.com", "chatgpt.com:443", "ⅽhatgpt.com", "api.openai.\u212aom",
		},
	} {
		for _, h := range hosts {
			got := c.Host(h)
			if got.Class != class {
				t.Errorf("Host(%q) is %v, want %v", h, got.Class, class)
			}
			if (got.Class == policy.HostOther) != (got.Pattern == "") || (got.Class == policy.HostOther) != (got.App == "") {
				t.Errorf("Host(%q) = %+v: pattern and app belong to every host that a row names", h, got)
			}
			if needs := got.Class != policy.HostOther && got.Class != policy.HostInspect; needs != (got.Reason != "") {
				t.Errorf("Host(%q) has the reason %q", h, got.Reason)
			}
		}
	}
}

// No name below a provider's own domains is anybody else's, and none that only
// resembles one is the provider's.
func TestUnknownSubdomainsAreInspectedAndLookAlikesAreNot(t *testing.T) {
	c := shipped(t)
	for _, domain := range []string{"openai.com", "chatgpt.com", "oaiusercontent.com"} {
		for _, sub := range []string{"x", "a-b", "x.y", "xn--80ak6aa92e", "api", "www", "1"} {
			if got := c.Host(sub + "." + domain).Class; got != policy.HostInspect {
				t.Errorf("%s.%s is %v", sub, domain, got)
			}
		}
		for _, other := range []string{"x" + domain, "x-" + domain, domain + ".x.com", domain + "x", strings.ReplaceAll(domain, ".com", ".co"), strings.ReplaceAll(domain, ".", "-") + ".com"} {
			if got := c.Host(other).Class; got != policy.HostOther {
				t.Errorf("%s is %v", other, got)
			}
		}
	}
}

func TestSuffixesCoverEveryInspectedHost(t *testing.T) {
	c := shipped(t)
	suffixes := c.Suffixes()
	want := []string{"chatgpt.com", "cognitiveservices.azure.com", "oaiusercontent.com", "openai.azure.com", "openai.com", "services.ai.azure.com"}
	if !slices.Equal(suffixes, want) {
		t.Errorf("Suffixes() = %v, want %v: a new one needs a new root certificate on every laptop", suffixes, want)
	}
	for _, p := range c.Hosts() {
		if c.Host(strings.TrimPrefix(p, "*.")).Class != policy.HostInspect {
			continue
		}
		if !slices.ContainsFunc(suffixes, func(s string) bool { return p == s || strings.HasSuffix(p, "."+s) }) {
			t.Errorf("%s lies under no suffix", p)
		}
	}
}

func TestProxiedNamesEveryHostOnce(t *testing.T) {
	c := shipped(t)
	exact, suffixes := c.Proxied()
	if !slices.IsSorted(exact) || !slices.IsSorted(suffixes) {
		t.Error("the lists are not sorted")
	}
	covers := func(name string) bool {
		return slices.Contains(exact, name) || slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, "."+s) })
	}
	for _, p := range c.Hosts() {
		if name := strings.Replace(p, "*", "x", 1); !covers(name) {
			t.Errorf("%s does not come to the proxy", name)
		}
	}
	for _, name := range append(slices.Clone(exact), suffixes...) {
		if strings.ContainsAny(name, "*") || strings.HasPrefix(name, ".") {
			t.Errorf("%q is not a name", name)
		}
	}
	for _, e := range exact {
		if slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(e, "."+s) }) {
			t.Errorf("%s is covered twice", e)
		}
	}
	for _, other := range []string{"example.org", "evil-chatgpt.com", "chatgpt.com.evil.com"} {
		if covers(other) {
			t.Errorf("%s comes to the proxy", other)
		}
	}
}

// fixtures maps the names of testdata/requests, without what follows the first
// dot, to the row that must answer them.
var fixtures = map[string]string{
	"api.openai.com/v1_assistants":                                          "POST /v1/assistants openai.assistants",
	"api.openai.com/v1_audio_speech":                                        "POST /v1/audio/speech openai.audio.speech",
	"api.openai.com/v1_audio_transcriptions":                                "POST /v1/audio/transcriptions openai.audio.transcriptions",
	"api.openai.com/v1_batches":                                             "POST /v1/batches openai.batches",
	"api.openai.com/v1_chat_completions":                                    "POST /v1/chat/completions openai.chat_completions",
	"api.openai.com/v1_completions":                                         "POST /v1/completions openai.completions",
	"api.openai.com/v1_conversations":                                       "POST /v1/conversations openai.conversations",
	"api.openai.com/v1_conversations_ID_items":                              "POST /v1/conversations/conv_1/items openai.conversations.items",
	"api.openai.com/v1_embeddings":                                          "POST /v1/embeddings openai.embeddings",
	"api.openai.com/v1_evals_ID_runs":                                       "POST /v1/evals/eval_1/runs openai.evals",
	"api.openai.com/v1_files":                                               "POST /v1/files openai.files",
	"api.openai.com/v1_fine_tuning_jobs":                                    "POST /v1/fine_tuning/jobs openai.fine_tuning.jobs",
	"api.openai.com/v1_images_edits":                                        "POST /v1/images/edits openai.images",
	"api.openai.com/v1_images_generations":                                  "POST /v1/images/generations openai.images",
	"api.openai.com/v1_moderations":                                         "POST /v1/moderations openai.moderations",
	"api.openai.com/v1_realtime_calls":                                      "POST /v1/realtime/calls openai.realtime.calls",
	"api.openai.com/v1_responses":                                           "POST /v1/responses openai.responses",
	"api.openai.com/v1_responses_compact":                                   "POST /v1/responses/compact openai.responses.compact",
	"api.openai.com/v1_threads_ID_runs_ID_submit_tool_outputs":              "POST /v1/threads/thread_1/runs/run_1/submit_tool_outputs openai.threads.tool_outputs",
	"api.openai.com/v1_threads_runs":                                        "POST /v1/threads/runs openai.threads.create_and_run",
	"api.openai.com/v1_uploads":                                             "POST /v1/uploads openai.uploads",
	"api.openai.com/v1_uploads_ID_complete":                                 "POST /v1/uploads/upload_1/complete openai.uploads.complete",
	"api.openai.com/v1_uploads_ID_parts":                                    "POST /v1/uploads/upload_1/parts openai.uploads.parts",
	"api.openai.com/v1_vector_stores_ID_files":                              "POST /v1/vector_stores/vs_1/files openai.vector_stores.files",
	"api.openai.com/v1_vector_stores_ID_search":                             "POST /v1/vector_stores/vs_1/search openai.vector_stores.search",
	"api.openai.com/v1_videos":                                              "POST /v1/videos openai.videos",
	"chatgpt.com/backend-api_calpico_rooms_ID_messages":                     "POST /backend-api/calpico/chatgpt/rooms/room_1/messages chatgpt.group_chat",
	"chatgpt.com/backend-api_codex_responses":                               "POST /backend-api/codex/responses codex.responses",
	"chatgpt.com/backend-api_conversation_ID":                               "PATCH /backend-api/conversation/6a0c0000-0000-8000-8000-0000000000aa chatgpt.conversation.update",
	"chatgpt.com/backend-api_conversation_message_feedback":                 "POST /backend-api/conversation/message_feedback chatgpt.conversation.feedback",
	"chatgpt.com/backend-api_estuary_upload_content_bytes":                  "POST /backend-api/estuary/upload_content_bytes chatgpt.files.estuary",
	"chatgpt.com/backend-api_f_conversation":                                "POST /backend-api/f/conversation chatgpt.conversation",
	"chatgpt.com/backend-api_f_conversation_prepare":                        "POST /backend-api/f/conversation/prepare chatgpt.conversation.prepare",
	"chatgpt.com/backend-api_f_steer_turn":                                  "POST /backend-api/f/steer_turn chatgpt.steer_turn",
	"chatgpt.com/backend-api_files":                                         "POST /backend-api/files chatgpt.files",
	"chatgpt.com/backend-api_files_process_upload_stream":                   "POST /backend-api/files/process_upload_stream chatgpt.files",
	"chatgpt.com/backend-api_files_upload_reservations":                     "POST /backend-api/files/upload_reservations chatgpt.files",
	"chatgpt.com/backend-api_files_upload_reservations_ID_claim_and_finish": "POST /backend-api/files/upload_reservations/res_1/claim_and_finish chatgpt.files",
	"chatgpt.com/backend-api_gizmos_snorlax_upsert":                         "POST /backend-api/gizmos/snorlax/upsert chatgpt.projects",
	"chatgpt.com/backend-api_memories_ID":                                   "PATCH /backend-api/memories/mem_1 chatgpt.memories",
	"chatgpt.com/backend-api_projects":                                      "POST /backend-api/projects chatgpt.projects",
	"chatgpt.com/backend-api_transcribe":                                    "POST /backend-api/transcribe chatgpt.transcribe",
	"chatgpt.com/backend-api_user_system_messages":                          "POST /backend-api/user_system_messages chatgpt.instructions",
	"chatgpt.com/backend-api_wham_tasks":                                    "POST /backend-api/wham/tasks codex.tasks",
	"chatgpt.com/realtime_wm":                                               "POST /realtime/wm chatgpt.voice",
	"chatgpt.com/unauth-mweb_conversation_updates":                          "POST /unauth-mweb/conversation/updates chatgpt.mobile_web",
	"oaiusercontent.com/files_ID_raw":                                       "PUT /files/00000000-2222/raw chatgpt.files.content",
	"openai.azure.com/openai_deployments_DEPLOYMENT_chat_completions":       "POST /openai/deployments/gpt/chat/completions openai.chat_completions",
}

func TestEachFixtureHasItsOwnRow(t *testing.T) {
	c := shipped(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "cmd", "promptgate", "e2e", "testdata", "requests", "*", "*"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d fixtures (%v): the walk is broken", len(files), err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		host, base := filepath.Base(filepath.Dir(file)), filepath.Base(file)
		stem, kind, _ := strings.Cut(base, ".")
		if strings.HasSuffix(kind, "jsonl") {
			continue // the content of an upload
		}
		want := strings.Fields(fixtures[host+"/"+stem])
		if len(want) != 3 {
			t.Errorf("%s has no line in fixtures", base)
			continue
		}
		seen[host+"/"+stem] = true
		if !strings.Contains(host, ".openai.com") && host != "chatgpt.com" {
			host = "example." + host
		}
		e := c.Match(want[0], host, want[1])
		if e.ID != want[2] || e.Mode != provider.Inspect || e.Closed || len(e.Gaps) > 0 {
			t.Errorf("%s %s%s is %s (%v, gaps %v), want %s, inspected", want[0], host, want[1], e.ID, e.Mode, e.Gaps, want[2])
		}
		if strings.HasSuffix(kind, ".json") {
			if b, err := os.ReadFile(file); err != nil || !json.Valid(b) {
				t.Errorf("%s is not JSON: %v", base, err)
			}
		}
	}
	for name := range fixtures {
		if !seen[name] {
			t.Errorf("no fixture is called %s", name)
		}
	}
}

func TestMatch(t *testing.T) {
	c := shipped(t)
	for _, tt := range []struct {
		method, host, path string
		id, app            string
		mode               provider.Mode
	}{
		{"POST", "api.openai.com", "/v1/chat/completions", "openai.chat_completions", "openai_api", provider.Inspect},
		{"POST", "api.openai.com", "/v1/chat/completions/", "openai.chat_completions", "openai_api", provider.Inspect},
		{"POST", "eu.api.openai.com", "/v1/embeddings", "openai.embeddings", "openai_api", provider.Inspect},
		{"POST", "unheard-of.openai.com", "/v1/responses", "openai.responses", "openai_api", provider.Inspect},
		{"POST", "r.openai.azure.com", "/openai/v1/responses", "openai.responses", "azure_openai", provider.Inspect},
		{"POST", "r.openai.azure.com", "/openai/threads/t/messages", "openai.threads.messages", "azure_openai", provider.Inspect},
		{"POST", "r.services.ai.azure.com", "/models/chat/completions", "openai.chat_completions", "azure_openai", provider.Inspect},
		{"POST", "r.cognitiveservices.azure.com", "/openai/deployments/d/embeddings", "openai.embeddings", "azure_openai", provider.Inspect},
		{"POST", "r.cognitiveservices.azure.com", "/language/:analyze-text", "azure.unknown", "azure_openai", provider.Inspect},
		{"POST", "r.openai.azure.com", "/v1/chat/completions", "azure.unknown", "azure_openai", provider.Inspect},
		{"POST", "chatgpt.com", "/backend-anon/conversation", "chatgpt.conversation", "chatgpt_web", provider.Inspect},
		{"POST", "www.chatgpt.com", "/backend-anon/f/conversation/prepare", "chatgpt.conversation.prepare", "chatgpt_web", provider.Inspect},
		{"POST", "chat.openai.com", "/backend-api/conversation", "chatgpt.conversation", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/backend-api/conversation/init", "chatgpt.conversation.init", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/backend-api/codex/responses/compact", "codex.responses", "codex", provider.Inspect},

		{"POST", "chatgpt.com", "/backend-api/sentinel/chat-requirements", "chatgpt.sentinel", "chatgpt_web", provider.Pass},
		{"POST", "chatgpt.com", "/backend-anon/sentinel/req", "chatgpt.sentinel", "chatgpt_web", provider.Pass},
		{"POST", "chatgpt.com", "/api/auth/session", "chatgpt.sentinel", "chatgpt_web", provider.Pass},
		{"POST", "auth.openai.com", "/api/accounts/authorize", "openai_login.any", "openai_login", provider.Pass},
		{"POST", "chatgpt.com", "/ces/v1/t", "chatgpt.telemetry", "chatgpt_web", provider.Observe},
		{"POST", "chatgpt.com", "/backend-api/lat/r", "chatgpt.telemetry", "chatgpt_web", provider.Observe},
		{"POST", "ab.chatgpt.com", "/v1/rgstr", "chatgpt_telemetry.any", "chatgpt_web", provider.Observe},

		// What is not known is read as a whole.
		{"POST", "api.openai.com", "/v1/not/heard/of", "openai.unknown", "openai_api", provider.Inspect},
		{"PUT", "chatgpt.com", "/backend-api/not/heard/of", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"PATCH", "api.openai.com", "/v1/chat/completions", "openai.unknown", "openai_api", provider.Inspect},
		{"POST", "ws.chatgpt.com", "/ws/user/u", "chatgpt_socket.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "unheard-of.oaiusercontent.com", "/x", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "example.org", "/v1/chat/completions", "other.unknown", "other", provider.Inspect},
		{"REPORT", "api.openai.com", "/v1/chat/completions", "openai.unknown", "openai_api", provider.Inspect},
		{"post", "api.openai.com", "/v1/chat/completions", "openai.unknown", "openai_api", provider.Inspect},

		// Without a body there is nothing to read.
		{"GET", "api.openai.com", "/v1/models", "openai.read", "openai_api", provider.Pass},
		{"HEAD", "chatgpt.com", "/", "chatgpt.read", "chatgpt_web", provider.Pass},

		// But for what is in the query of some.
		{"GET", "chatgpt.com", "/", "chatgpt.links", "chatgpt_web", provider.Inspect},
		{"GET", "chatgpt.com", "/g/g-2fkFE8rbu", "chatgpt.links", "chatgpt_web", provider.Inspect},
		{"GET", "chatgpt.com", "/backend-api/conversations/search", "chatgpt.search", "chatgpt_web", provider.Inspect},
		{"DELETE", "api.openai.com", "/v1/files/file-1", "openai.read", "openai_api", provider.Pass},
		{"OPTIONS", "x.oaiusercontent.com", "/files/1/raw", "chatgpt.read", "chatgpt_web", provider.Pass},

		// A path that two readers could take for different ones reaches no row,
		// least of all one that is passed.
		{"POST", "chatgpt.com", "/ces/../backend-api/f/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/ces/%2e%2e/backend-api/f/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/api/auth/..%2f..%2fbackend-api/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/backend-api/sentinel/.%2E/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/ces/%252e%252e/backend-api/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", `/ces/..\backend-api\conversation`, "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/ces;/..;/backend-api/conversation", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "//ces/v1/t", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/CES/v1/t", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "ces/v1/t", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "chatgpt.com", "/ces/%", "chatgpt.unknown", "chatgpt_web", provider.Inspect},
		{"POST", "api.openai.com", "/v1/ch%61t/completions", "openai.unknown", "openai_api", provider.Inspect},
		{"POST", "api.openai.com", "/v1/threads/t%20x/messages", "openai.threads.messages", "openai_api", provider.Inspect},
	} {
		e := c.Match(tt.method, tt.host, tt.path)
		if e.ID != tt.id || e.App != tt.app || e.Mode != tt.mode {
			t.Errorf("Match(%s, %s, %s) = %s of %s, %v; want %s of %s, %v", tt.method, tt.host, tt.path, e.ID, e.App, e.Mode, tt.id, tt.app, tt.mode)
		}
		unknown := strings.HasSuffix(e.ID, ".unknown")
		if unknown != (len(e.Gaps) == 1 && e.Gaps[0] == detectors.Gap{Cause: detectors.CauseUnknownEndpoint}) {
			t.Errorf("%s has the gaps %v", e.ID, e.Gaps)
		}
		if e.Shape == nil || (unknown && len(e.Shape.Select) > 0) {
			t.Errorf("%s has the wrong shape", e.ID)
		}
	}
}

func TestDialects(t *testing.T) {
	c := shipped(t)
	for host, want := range map[string]provider.Dialect{
		"api.openai.com": provider.OpenAI, "r.openai.azure.com": provider.OpenAI, "chatgpt.com": provider.ChatGPT,
		"x.oaiusercontent.com": provider.ChatGPT, "auth.openai.com": provider.Generic, "example.org": provider.Generic,
	} {
		for _, e := range []*provider.Endpoint{c.Match("POST", host, "/x"), c.Match("GET", host, "/x"), c.Match("X", host, "/x")} {
			if e.Format != want {
				t.Errorf("%s of %s speaks %v, want %v", e.ID, host, e.Format, want)
			}
		}
	}
	if e := c.Match("POST", "chatgpt.com", "/backend-api/codex/responses"); e.Format != provider.ChatGPT {
		t.Errorf("Codex is answered in %v", e.Format)
	}
}

func TestUpgrades(t *testing.T) {
	c := shipped(t)
	for _, tt := range []struct {
		host, path string
		want       provider.Upgrade
	}{
		{"api.openai.com", "/v1/responses", provider.Refused},
		{"api.openai.com", "/v1/realtime", provider.Refused},
		{"r.openai.azure.com", "/openai/realtime", provider.Refused},
		{"chatgpt.com", "/backend-api/codex/responses", provider.Refused},
		{"chatgpt.com", "/not/heard/of", provider.Refused},
		{"unheard-of.chatgpt.com", "/ws/user/u-1", provider.Refused},
		{"ws.chatgpt.com", "/ws/user/u-1", provider.PassFlagged},
		{"ws.chatgpt.com", "/../ws/user/u-1", provider.Refused},
	} {
		if got := c.Match("GET", tt.host, tt.path); got.Upgrade != tt.want {
			t.Errorf("an upgrade at %s%s is answered with %v (%s), want %v", tt.host, tt.path, got.Upgrade, got.ID, tt.want)
		}
	}
}

func TestEveryEndpointIsKnownByItsID(t *testing.T) {
	c := shipped(t)
	ids := c.Endpoints()
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) || len(ids) < 80 {
		t.Errorf("%d ids, sorted %v", len(ids), slices.IsSorted(ids))
	}
	for _, app := range []string{"openai_api", "azure_openai", "chatgpt_web", "codex", "claude", "other"} {
		if !slices.Contains(c.Apps(), app) {
			t.Errorf("%s is not among the applications %v", app, c.Apps())
		}
	}
	again, err := provider.Load(rules.FS())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Digest()) != 32 || c.Digest() != again.Digest() {
		t.Errorf("the digest is %q", c.Digest())
	}
}

// Routes go into spans and logs: the names of things never do.
func TestRoutesNeverHoldIDs(t *testing.T) {
	c := shipped(t)
	const id = "c4n4ry"
	for _, line := range fixtures {
		f := strings.Fields(line)
		for _, host := range []string{"api.openai.com", "r.openai.azure.com", "chatgpt.com", "x.oaiusercontent.com"} {
			known := c.Match(f[0], host, f[1])
			if strings.HasSuffix(known.ID, ".unknown") {
				continue
			}
			segments := strings.Split(f[1], "/")
			for i, s := range strings.Split(known.Route, "/") {
				if strings.HasPrefix(s, "{") {
					segments[i] = id
				}
			}
			if e := c.Match(f[0], host, strings.Join(segments, "/")); e.ID != known.ID || strings.Contains(e.Route, id) {
				t.Errorf("%s %s has the route %s", f[0], strings.Join(segments, "/"), e.Route)
			}
		}
	}
	for _, path := range []string{"/v1/" + id, "/" + id, "/ces/" + id, "/backend-api/sentinel/" + id} {
		for _, method := range []string{"GET", "POST", id} {
			for _, host := range []string{"api.openai.com", "chatgpt.com", id + ".chatgpt.com", id} {
				if e := c.Match(method, host, path); strings.Contains(e.Route+e.ID+e.App+e.Activity, id) {
					t.Errorf("%s %s%s: %s %s", method, host, path, e.ID, e.Route)
				}
			}
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	c := shipped(b)
	for name, r := range map[string][3]string{
		"chat":    {"POST", "api.openai.com", "/v1/chat/completions"},
		"deep":    {"POST", "api.openai.com", "/v1/threads/thread_abc123/runs/run_abc123/submit_tool_outputs"},
		"azure":   {"POST", "example-resource.openai.azure.com", "/openai/deployments/gpt/chat/completions"},
		"unknown": {"POST", "a.b.unheard-of.chatgpt.com", "/backend-api/not/heard/of"},
		"read":    {"GET", "chatgpt.com", "/backend-api/conversation/6a0c0000-0000-8000-8000-0000000000aa/textdocs"},
		"other":   {"POST", "www.example.org", "/v1/chat/completions"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.Match(r[0], r[1], r[2]) == nil {
					b.Fatal("nothing matched")
				}
			}
		})
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	c := shipped(t)
	for _, r := range [][3]string{
		{"POST", "api.openai.com", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs"},
		{"POST", "r.openai.azure.com", "/openai/deployments/gpt/chat/completions"},
		{"GET", "a.b.chatgpt.com", "/backend-api/not/heard/of"},
		{"POST", "www.example.org", "/"},
	} {
		if n := testing.AllocsPerRun(100, func() { c.Match(r[0], r[1], r[2]); c.Host(r[1]) }); n != 0 {
			t.Errorf("Match(%s) allocates %v times", r[2], n)
		}
	}
}

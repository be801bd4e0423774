package inspect

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/conversations"
	"github.com/openai/openai-go/v3/live"
	"github.com/openai/openai-go/v3/realtime"
	"github.com/openai/openai-go/v3/responses"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/rules"
)

// sdk are the requests with a JSON body that openai-go can send: its types say
// which strings there are, and are read here as they are compiled, so that a new
// version of the SDK shows its new fields in this test.
var sdk = []struct {
	path string
	body any
}{
	{"/v1/responses", responses.ResponseNewParams{}},
	{"/v1/responses", openai.BetaResponseNewParams{}},
	{"/v1/responses/compact", responses.ResponseCompactParams{}},
	{"/v1/responses/compact", openai.BetaResponseCompactParams{}},
	{"/v1/responses/input_tokens", responses.InputTokenCountParams{}},
	{"/v1/responses/input_tokens", openai.BetaResponseInputTokenCountParams{}},
	{"/v1/conversations", conversations.ConversationNewParams{}},
	{"/v1/conversations/conv_1", conversations.ConversationUpdateParams{}},
	{"/v1/conversations/conv_1/items", conversations.ItemNewParams{}},
	{"/v1/chat/completions", openai.ChatCompletionNewParams{}},
	{"/v1/chat/completions/chatcmpl_1", openai.ChatCompletionUpdateParams{}},
	{"/v1/completions", openai.CompletionNewParams{}},
	{"/v1/embeddings", openai.EmbeddingNewParams{}},
	{"/v1/moderations", openai.ModerationNewParams{}},
	{"/v1/decisions", openai.DecisionNewParams{}},
	{"/v1/images/generations", openai.ImageGenerateParams{}},
	{"/v1/audio/speech", openai.AudioSpeechNewParams{}},
	{"/v1/uploads", openai.UploadNewParams{}},
	{"/v1/uploads/upload_1/complete", openai.UploadCompleteParams{}},
	{"/v1/batches", openai.BatchNewParams{}},
	{"/v1/fine_tuning/jobs", openai.FineTuningJobNewParams{}},
	{"/v1/fine_tuning/alpha/graders/run", openai.FineTuningAlphaGraderRunParams{}},
	{"/v1/fine_tuning/alpha/graders/validate", openai.FineTuningAlphaGraderValidateParams{}},
	{"/v1/vector_stores", openai.VectorStoreNewParams{}},
	{"/v1/vector_stores/vs_1", openai.VectorStoreUpdateParams{}},
	{"/v1/vector_stores/vs_1/files", openai.VectorStoreFileNewParams{}},
	{"/v1/vector_stores/vs_1/files/file_1", openai.VectorStoreFileUpdateParams{}},
	{"/v1/vector_stores/vs_1/file_batches", openai.VectorStoreFileBatchNewParams{}},
	{"/v1/vector_stores/vs_1/search", openai.VectorStoreSearchParams{}},
	{"/v1/assistants", openai.BetaAssistantNewParams{}},
	{"/v1/assistants/asst_1", openai.BetaAssistantUpdateParams{}},
	{"/v1/threads", openai.BetaThreadNewParams{}},
	{"/v1/threads/thread_1", openai.BetaThreadUpdateParams{}},
	{"/v1/threads/thread_1/messages", openai.BetaThreadMessageNewParams{}},
	{"/v1/threads/thread_1/messages/msg_1", openai.BetaThreadMessageUpdateParams{}},
	{"/v1/threads/thread_1/runs", openai.BetaThreadRunNewParams{}},
	{"/v1/threads/thread_1/runs/run_1", openai.BetaThreadRunUpdateParams{}},
	{"/v1/threads/runs", openai.BetaThreadNewAndRunParams{}},
	{"/v1/threads/thread_1/runs/run_1/submit_tool_outputs", openai.BetaThreadRunSubmitToolOutputsParams{}},
	{"/v1/containers", openai.ContainerNewParams{}},
	{"/v1/containers/cntr_1/files", openai.ContainerFileNewParams{}},
	{"/v1/skills/skill_1", openai.SkillUpdateParams{}},
	{"/v1/realtime/client_secrets", realtime.ClientSecretNewParams{}},
	{"/v1/realtime/translations/client_secrets", realtime.TranslationClientSecretNewParams{}},
	{"/v1/realtime/calls/rtc_1/accept", realtime.CallAcceptParams{}},
	{"/v1/realtime/calls/rtc_1/refer", realtime.CallReferParams{}},
	{"/v1/live/sessions", live.LiveNewParams{}},
	{"/v1/live/sessions/s_1/accept", live.SessionAcceptParams{}},
	{"/v1/live/sessions/s_1/fork", live.SessionForkParams{}},
	{"/v1/live/sessions/s_1/refer", live.SessionReferParams{}},
	{"/v1/agents", openai.BetaAgentNewParams{}},
	{"/v1/agents/agent_1", openai.BetaAgentUpdateParams{}},
	{"/v1/agents/sessions", openai.BetaAgentSessionNewParams{}},
	{"/v1/agents/sessions/s_1", openai.BetaAgentSessionUpdateParams{}},
	{"/v1/agents/sessions/s_1/events", openai.BetaAgentSessionEventNewParams{}},
	{"/v1/agents/environments", openai.BetaAgentEnvironmentNewParams{}},
	{"/v1/agents/environments/env_1/files", openai.BetaAgentEnvironmentFileNewParams{}},
	{"/v1/vaults", openai.BetaAgentVaultNewParams{}},
	{"/v1/vaults/vault_1/credentials", openai.BetaAgentVaultCredentialNewParams{}},
	{"/v1/chatkit/sessions", openai.BetaChatKitSessionNewParams{}},
}

// A field is one string that a request type of the SDK can hold.
type field struct {
	path string // a[*].b.*
	enum bool   // of a closed set
}

// fields walks a type. Unions of the SDK are structs with all their variants.
func fields(t reflect.Type) []field {
	var out []field
	seen := map[string]bool{}
	var walk func(t reflect.Type, path string, on []reflect.Type)
	leaf := func(path string, enum bool) {
		if key := fmt.Sprint(path, enum); path != "" && !seen[key] {
			seen[key] = true
			out = append(out, field{path, enum})
		}
	}
	walk = func(t reflect.Type, path string, on []reflect.Type) {
		switch {
		case t.Kind() == reflect.Pointer:
			walk(t.Elem(), path, on)
		case strings.HasPrefix(t.Name(), "Opt[") && strings.HasSuffix(t.PkgPath(), "packages/param"):
			f, _ := t.FieldByName("Value")
			walk(f.Type, path, on)
		case t.Kind() == reflect.String:
			leaf(path, t.Name() != "string")
		case t.Kind() == reflect.Interface && t.NumMethod() == 0:
			leaf(path+".{any}", false)
		case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
			walk(t.Elem(), path+"[*]", on)
		case t.Kind() == reflect.Map:
			walk(t.Elem(), path+".*", on)
		case t.Kind() == reflect.Struct && t.PkgPath() != "time":
			twice := 0
			for _, o := range on {
				if o == t {
					twice++
				}
			}
			if twice > 1 {
				return
			}
			on = append(slices.Clone(on), t)
			for i := range t.NumField() {
				f := t.Field(i)
				name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
				switch {
				case !f.IsExported() || name == "-":
				case strings.Contains(opts, "inline") || f.Anonymous || name == "" && f.Name != "JSON":
					walk(f.Type, path, on)
				case name != "":
					walk(f.Type, strings.TrimPrefix(path+"."+name, "."), on)
				}
			}
		}
	}
	walk(t, "", nil)
	return out
}

// bodyWith is the JSON object in which value stands at path.
func bodyWith(path, value string) string {
	if path == "" {
		b, _ := json.Marshal(value)
		return string(b)
	}
	switch {
	case strings.HasPrefix(path, "[*]"):
		return "[" + bodyWith(path[3:], value) + "]"
	case strings.HasPrefix(path, "."):
		path = path[1:]
	}
	key := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		key = path[:i]
	}
	rest := path[len(key):]
	switch key {
	case "{any}", "*":
		key = "anything"
	}
	return fmt.Sprintf("{%q:%s}", key, bodyWith(rest, value))
}

var update = flag.Bool("update", false, "write the golden file again")

// words are what stands in a field of a closed set, and identifiers.
var words = []string{"auto", "gpt-5-mini", "file-Ab3dEf6hIj9kLm2nOp5q"}

// identifier reports whether the SDK names a field as one.
func identifier(path string) bool {
	path = path[strings.LastIndexByte(path, '.')+1:]
	path = strings.TrimSuffix(path, "[*]")
	return path == "id" || strings.HasSuffix(path, "_id") || strings.HasSuffix(path, "_ids")
}

// locator is where a string at path stands: keys that no row names are ordinals.
func locator(path string) string {
	return strings.NewReplacer("[*]", "[0]", ".*", ".{0}", ".{any}", ".{0}").Replace(path)
}

// anyTool is the hardened profile in which every tool and GPT may be used: what
// is planted in the name of a tool makes it one that nobody has enabled.
func anyTool(t *testing.T) *policy.Policy {
	t.Helper()
	files := fstest.MapFS{"policies/any.toml": {Data: []byte(`
title = "every tool"
include = ["l2.toml"]
[[rule]]
id = "chatgpt.tool"
when = { feature_state = ["disabled", "expired", "unlisted"] }
gate = "log"
[[rule]]
id = "chatgpt.gpt"
when = { gpt = ["expired", "unlisted"] }
gate = "log"
[[rule]]
id = "tenant.anonymous"
when = { tenant = ["anonymous"] }
gate = "log"
`)}}
	for _, name := range []string{"policies/l2.toml", "policies/parts/features.toml", "policies/parts/answers.toml"} {
		data, err := fs.ReadFile(rules.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	p, err := policy.Load(files, "any", theWorld(t).catalogue)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each string that a request of the SDK can hold is reached by a row of its own:
// what is planted there is found at the locator that the row gives it and with
// the role of its writer, it is redacted, and the SDK can still read the body.
func TestEveryStringOfTheSDKHasItsRow(t *testing.T) {
	r := shippedRules(t, "l2")
	r.Policy = anyTool(t)
	card := synthetic.Card()
	var roles []string
	n, alone := 0, 0
	for _, x := range sdk {
		kind := reflect.TypeOf(x.body)
		for _, f := range fields(kind) {
			n++
			q := post(t, "https://api.openai.com"+x.path, bodyWith(f.path, "credit card "+card))
			v := decided(t, r, Config{}, q)
			if strings.HasSuffix(q.Endpoint.ID, ".unknown") || v.Action != "redact" || strings.Contains(string(v.Body), card) || !json.Valid(v.Body) {
				t.Errorf("%s %s: %s by %s", x.path, f.path, v.Action, q.Endpoint.ID)
				continue
			}
			if v.Docs[0].Locator != locator(f.path) && !f.enum {
				t.Errorf("%s %s has no row: found at %s", x.path, f.path, v.Docs[0].Locator)
			}
			if json.Unmarshal(q.Body, reflect.New(kind).Interface()) != nil {
				alone++ // a variant that the SDK cannot tell by one field
			} else if err := json.Unmarshal(v.Body, reflect.New(kind).Interface()); err != nil {
				t.Errorf("%s %s: the SDK cannot read %s: %v", x.path, f.path, v.Body, err)
			}
			if role := v.Findings[0].Role; role != content.RoleMetadata {
				roles = append(roles, fmt.Sprintf("%s %s %s", q.Endpoint.ID, f.path, role))
			}
		}
	}
	if n < 3000 || alone > n/100 {
		t.Errorf("%d strings, %d that the SDK cannot read: the walk is broken", n, alone)
	}
	slices.Sort(roles)
	got := strings.Join(slices.Compact(roles), "\n") + "\n"
	const file = "testdata/sdk_roles.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != got {
		t.Errorf("%s (%v) differs: look at what -update makes of it", file, err)
	}
}

// Names of closed sets and identifiers are not anybody's text.
func TestIdentifiersOfTheSDKAreNoText(t *testing.T) {
	r := shippedRules(t, "l2")
	for _, x := range sdk {
		for _, f := range fields(reflect.TypeOf(x.body)) {
			if !f.enum && !identifier(f.path) {
				continue
			}
			for _, w := range words {
				if v := decided(t, r, Config{}, post(t, "https://api.openai.com"+x.path, bodyWith(f.path, w))); len(v.Docs) > 0 {
					t.Errorf("%s %s: %q is read as %s", x.path, f.path, w, v.Docs[0].Role)
					break
				}
			}
		}
	}
}

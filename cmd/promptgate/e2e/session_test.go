package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// An exchange is one request of a generated ChatGPT session. Want is the body
// that must arrive; it differs from Body only where partial_query is taken out.
type exchange struct {
	Method, Host, Path string
	Header             map[string]string
	Body, Want         []byte
}

// A session generates what a browser sends to ChatGPT in an afternoon: page and
// asset loads, conversations with everything the composer can put into them,
// uploads, settings, telemetry and the anti-abuse tokens. Shapes follow the web
// app of late 2026; ids, tokens, times and sizes are random, because it is in
// them that a detector sees what is not there. The texts are the kind of prompt
// that must pass without a word.
type session struct {
	r     *rand.Rand
	clock time.Time
	out   []exchange

	device, account, jwt string
}

func newSession(seed uint64) *session {
	s := &session{r: rand.New(rand.NewPCG(seed, 2026)), clock: time.UnixMilli(1795536000000 + int64(seed%1e9))}
	s.device, s.account = s.uuid(), s.uuid()
	s.jwt = s.token(40) + "." + s.token(700) + "." + s.token(342)
	return s
}

// generate makes at least n exchanges.
func generateSession(seed uint64, n int) []exchange {
	s := newSession(seed)
	s.load()
	for len(s.out) < n {
		s.chat()
		s.around()
	}
	return s.out
}

// ---- the pieces a request is made of

func (s *session) uuid() string {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(s.r.UintN(256))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *session) raw(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.r.UintN(256))
	}
	return b
}

func (s *session) token(n int) string {
	return base64.RawURLEncoding.EncodeToString(s.raw(n))[:n]
}

func (s *session) hex(n int) string { return fmt.Sprintf("%x", s.raw(n/2)) }

// now is a Unix time with fractions that moves on a little, as create_time does.
func (s *session) now() float64 {
	s.clock = s.clock.Add(time.Duration(s.r.IntN(9000)) * time.Millisecond)
	return float64(s.clock.UnixMicro()) / 1e6
}

func (s *session) pick(of ...string) string { return of[s.r.IntN(len(of))] }

func (s *session) model() string {
	return s.pick("gpt-5-6", "gpt-5-6-thinking", "gpt-5-6-instant", "auto", "gpt-5-5-pro")
}

func (s *session) headers() map[string]string {
	return map[string]string{
		"Authorization":                           "Bearer " + s.jwt,
		"Chatgpt-Account-Id":                      s.account,
		"Oai-Device-Id":                           s.device,
		"Oai-Session-Id":                          s.uuid(),
		"Oai-Client-Version":                      "prod-" + s.hex(40),
		"Oai-Client-Build-Number":                 fmt.Sprint(7_000_000 + s.r.IntN(2_000_000)),
		"Oai-Language":                            "en-GB",
		"X-Oai-Turn-Trace-Id":                     s.uuid(),
		"X-Openai-Target-Path":                    "/backend-api/f/conversation",
		"Cookie":                                  "oai-did=" + s.device + "; cf_clearance=" + s.token(43) + "-" + fmt.Sprint(s.clock.Unix()) + "-1.2.1.1-" + s.token(200) + "; _puid=user-" + s.token(24),
		"Openai-Sentinel-Proof-Token":             "gAAAAAB" + s.token(380) + "~S",
		"Openai-Sentinel-Turnstile-Token":         s.token(900),
		"Openai-Sentinel-Chat-Requirements-Token": "gAAAAAB" + s.token(600),
		"X-Conduit-Token":                         s.token(36) + "." + s.token(220) + "." + s.token(43),
		"Origin":                                  "https://chatgpt.com",
		"Referer":                                 "https://chatgpt.com/",
		"User-Agent":                              "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
	}
}

func (s *session) add(method, host, path, contentType string, body []byte) *exchange {
	h := s.headers()
	if contentType != "" {
		h["Content-Type"] = contentType
	}
	if host != "chatgpt.com" {
		delete(h, "Authorization")
		delete(h, "Cookie")
	}
	s.out = append(s.out, exchange{Method: method, Host: host, Path: path, Header: h, Body: body, Want: body})
	return &s.out[len(s.out)-1]
}

func (s *session) get(path string) { s.add("GET", "chatgpt.com", path, "", nil) }

func (s *session) post(path string, v any) *exchange { return s.send("POST", path, v) }

func (s *session) send(method, path string, v any) *exchange {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if s.r.IntN(4) == 0 {
		e.SetIndent("", " ")
	}
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return s.add(method, "chatgpt.com", path, "application/json", body)
}

type object = map[string]any

// ---- the pages

func (s *session) load() {
	s.get("/")
	for _, p := range []string{"/backend-api/me", "/backend-api/settings/user", "/backend-api/models?iim=false&is_gizmo=false", "/backend-api/conversations?offset=0&limit=28&order=updated",
		"/backend-api/gizmos/bootstrap?limit=2", "/backend-api/user_system_messages", "/backend-api/memories?include_memory_entries=false", "/backend-api/celsius/ws/user", "/backend-api/accounts/check/v4-2023-04-27",
		"/backend-api/system_hints?mode=basic", "/backend-api/client/strings", "/cdn/assets/" + s.token(8) + ".js", "/cdn/assets/root-" + s.token(8) + ".css", "/manifest.json", "/backend-api/aip/connectors/list_accessible"} {
		s.get(p)
	}
	s.post("/backend-api/sentinel/chat-requirements", object{"p": "gAAAAAC" + s.token(500)})
	s.post("/backend-api/sentinel/req", object{"p": "gAAAAAC" + s.token(480), "id": s.uuid(), "flow": "conversation"})
	s.post("/backend-api/conversation/init", object{"requested_default_model": nil, "conversation_id": nil, "timezone_offset_min": -60, "system_hints": []string{}})
}

// ---- the prompts that must pass

func (s *session) prompt() string {
	return s.pick(
		"Explain the difference between TCP and QUIC to a first-year student.",
		"Rewrite this so that it sounds friendlier: We cannot accept your return after the deadline.",
		"What is the 97th prime number, and why do people use 97 in check digits?",
		"Plan three days in Lisbon in November with two children who like trams.",
		"My regex ^[a-z]+$ does not match 'Zürich'. Why?",
		"Give me ten names for a bakery that opens at 5:30.",
		"Summarise the plot of the novel about the white whale in four sentences.\n\nThen in one.",
		"Convert 1795536000 from Unix time to a date. And 1795536000123?",
		"Is 2^31-1 = 2147483647 prime? And 4294967297?",
		"Wie schreibe ich eine Einladung zum Sommerfest, ohne steif zu klingen?",
		"为什么天空是蓝色的？请用两句话回答。",
		"Draft an agenda for a 45-minute retrospective: what went well, what did not, what next.",
		"Compare the licences MIT, BSD-3 and Apache-2.0 in a table.",
		"Which ISBN format came after ISBN-10, and how is the check digit computed?",
		"The recipe says 350 °F for 25-30 min; what is that in °C?",
		"Round 3.14159265358979 to 4 places, and 2.71828182845905 to 6.",
		"😀 write a limerick about a 🦊 who missed the 8:15 train",
		"Version 10.2.3 works, 10.2.4 does not. How do I bisect?",
	)
}

func (s *session) message() object {
	text := s.prompt()
	metadata := object{"selected_sources": []string{}, "serialization_metadata": object{"custom_symbol_offsets": []any{}}, "submission_mode": "manual_send"}
	if s.r.IntN(5) == 0 {
		metadata["system_hints"] = []string{s.pick("search", "picture_v2", "reason")}
		metadata["serialization_metadata"] = object{"custom_symbol_offsets": []any{object{"start": 0, "end": 4}}}
	}
	content := object{"content_type": "text", "parts": []any{text}}
	if s.r.IntN(6) == 0 {
		content = object{"content_type": "multimodal_text", "parts": []any{
			object{"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_0000000" + s.hex(24), "size_bytes": 10_000 + s.r.IntN(4e6), "width": 100 + s.r.IntN(4000), "height": 100 + s.r.IntN(3000)}, text}}
		metadata["attachments"] = []any{object{"id": "file_0000000" + s.hex(24), "name": s.pick("chart.png", "IMG_20261124_101530.jpg", "Bildschirmfoto 2026-11-24 um 10.15.30.png"), "size": s.r.IntN(1e7), "mime_type": "image/png", "source": "local", "is_big_paste": false, "width": 1, "height": 1}}
	}
	return object{"id": s.uuid(), "author": object{"role": "user"}, "create_time": s.now(), "content": content, "metadata": metadata}
}

func (s *session) turn() object {
	v := object{
		"action": s.pick("next", "next", "next", "variant"), "messages": []any{s.message()}, "parent_message_id": s.uuid(), "model": s.model(),
		"client_prepare_state": "success", "timezone_offset_min": -60, "timezone": "Europe/Warsaw", "conversation_mode": object{"kind": "primary_assistant"},
		"enable_message_followups": true, "system_hints": []string{}, "supports_buffering": true, "supported_encodings": []string{"v1"},
		"client_contextual_info":               object{"is_dark_mode": s.r.IntN(2) == 0, "time_since_loaded": s.r.IntN(90000), "page_height": 500 + s.r.IntN(900), "page_width": 900 + s.r.IntN(1600), "pixel_ratio": 1.25, "screen_height": 1080, "screen_width": 1920, "app_name": "chatgpt.com"},
		"paragen_cot_summary_display_override": "allow", "force_parallel_switch": "auto", "thinking_effort": s.pick("standard", "extended"),
		"local_function_names": []string{"local.continue_in_work"},
	}
	if s.r.IntN(3) > 0 {
		v["conversation_id"] = s.uuid()
	} else {
		v["parent_message_id"] = "client-created-root"
	}
	switch s.r.IntN(8) {
	case 0:
		v["conversation_mode"] = object{"kind": "gizmo_interaction", "gizmo_id": "g-p-" + s.hex(32)}
	case 1:
		v["conversation_mode"] = object{"kind": "gizmo_interaction", "gizmo_id": "g-" + s.token(9)}
	case 2:
		v["history_and_training_disabled"] = true
	case 3:
		v["force_use_search"], v["client_reported_search_source"] = true, "conversation_composer_web_icon"
	}
	return v
}

// ---- one turn as the composer makes it: drafts while typing, the turn, its telemetry

func (s *session) chat() {
	text := s.prompt()
	for i := range 1 + s.r.IntN(3) {
		// The typed text so far leaves with partial_query; it is taken out, and
		// nothing else of the body changes.
		head := fmt.Sprintf(`{"action":"next","fork_from_shared_post":false,"parent_message_id":"client-created-root","model":%q,"client_prepare_state":"none","client_prepare_dispatch":"debounced","timezone_offset_min":-60,"timezone":"Europe/Warsaw","conversation_mode":{"kind":"primary_assistant"},"system_hints":[],"attachment_mime_types":[]`, s.model())
		rest := `,"supports_buffering":true,"supported_encodings":["v1"],"client_contextual_info":{"app_name":"chatgpt.com"},"thinking_effort":"standard"}`
		partial := ""
		if i > 0 || s.r.IntN(2) == 0 {
			typed, err := json.Marshal(string([]rune(text)[:1+s.r.IntN(len([]rune(text)))]))
			if err != nil {
				panic(err)
			}
			partial = fmt.Sprintf(`,"partial_query":{"id":%q,"author":{"role":"user"},"content":{"content_type":"text","parts":[%s]}}`, s.uuid(), typed)
		}
		e := s.add("POST", "chatgpt.com", s.pick("/backend-api/f/conversation/prepare", "/backend-api/conversation/prepare"), "application/json", []byte(head+partial+rest))
		e.Want = []byte(head + rest)
	}
	s.post("/backend-api/sentinel/chat-requirements/prepare", object{"p": "gAAAAAC" + s.token(420)})
	s.post("/backend-api/sentinel/chat-requirements/finalize", object{"prepare_token": "gAAAAAB" + s.token(300), "proofofwork": "gAAAAAB" + s.token(250), "turnstile": s.token(800)})
	s.post(s.pick("/backend-api/f/conversation", "/backend-api/f/conversation", "/backend-api/conversation"), s.turn())
	if s.r.IntN(3) == 0 {
		steer := s.turn()
		steer["messages"] = []any{object{"id": s.uuid(), "author": object{"role": "system"}, "content": object{"content_type": "text", "parts": []string{""}}, "metadata": object{"is_visually_hidden_from_conversation": true}}, s.message()}
		s.post("/backend-api/f/steer_turn", steer)
	}
	s.post("/ces/v1/t", object{"timestamp": s.clock.UTC().Format(time.RFC3339Nano), "event": "Submit Turn", "type": "track", "properties": object{"origin": "chat", "openai_app": "chatgpt_web", "conversationId": s.uuid(), "ms": s.r.IntN(1e6)}, "context": object{"page": object{"path": "/c/" + s.uuid()}, "userAgent": "Mozilla/5.0", "timezone": "Europe/Warsaw"}, "messageId": "ajs-next-" + fmt.Sprint(s.clock.UnixMilli()) + "-" + s.uuid(), "anonymousId": s.uuid(), "writeKey": "oai", "userId": "user-" + s.token(24)})
	s.post("/ces/statsc/flush", object{"counters": []any{object{"name": "ttfb", "value": s.r.IntN(1e5)}, object{"name": "long_task", "value": s.r.Float64() * 1e4}}})
	s.post("/backend-api/lat/r", object{"server_request_id": s.hex(16) + "-WAW", "model": s.model(), "preflight_time_ms": s.r.IntN(900), "count_tokens": s.r.IntN(5000), "ts_first_token": s.clock.UnixMilli(), "ts_max_token_time": s.clock.UnixMilli() + 90})
	if s.r.IntN(4) == 0 {
		s.post("/backend-api/f/conversation/resume", object{"conversation_id": s.uuid(), "offset": s.r.IntN(200)})
		s.post("/backend-api/stop_conversation", object{"conversation_id": s.uuid()})
	}
}

// ---- what happens around the turns

func (s *session) around() {
	conversation := s.uuid()
	switch s.r.IntN(12) {
	case 0: // a classic upload: the bytes go to another host
		file := s.pick("region,units\nnorth,120\nsouth,87\neast,4411\n", "# Reading list\n\n1. Emma\n2. Ulysses\n", "colour;hex\nteal;#008080\nplum;#8e4585\n")
		id := "file_0000000" + s.hex(24)
		s.post("/backend-api/files", object{"file_name": "units.csv", "file_size": len(file), "use_case": "my_files", "timezone_offset_min": -60, "reset_rate_limits": false, "mime_type": "text/csv"})
		s.put("/files/"+s.uuid()+"/raw", "text/csv", []byte(file))
		s.post("/backend-api/files/process_upload_stream", object{"file_id": id, "use_case": "my_files", "index_for_retrieval": true, "file_name": "units.csv"})
	case 1: // a picture by reservation
		s.post("/backend-api/files/upload_reservations", object{"intended_use_case": "multimodal", "entry_surface": "chat_composer", "store_in_library": true})
		s.put("/files/"+s.uuid()+"/raw", "image/png", append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), s.raw(3000)...))
		s.post("/backend-api/files/upload_reservations/"+s.uuid()+"/claim_and_finish", object{"file_name": "chart.png", "file_size": 3016, "mime_type": "image/png", "use_case": "multimodal"})
	case 2:
		s.post("/backend-api/user_system_messages", object{"about_user_message": "I teach physics and like short answers.", "about_model_message": "Be brief.", "enabled": true, "traits_enabled": true, "personality_type_selection": "default", "disabled_tools": []string{}})
		s.send("PATCH", "/backend-api/memories/"+s.uuid(), object{"content": "Prefers metric units."})
	case 3:
		s.send("PATCH", "/backend-api/conversation/"+conversation, object{"title": s.pick("Trams of Lisbon", "Primes and 97", "Retro agenda")})
		s.post("/backend-api/conversation/message_feedback", object{"message_id": s.uuid(), "conversation_id": conversation, "rating": "thumbsUp", "text": "Clear and short.", "tags": []string{"clear"}})
	case 4:
		s.post("/backend-api/projects", object{"name": "Garden", "instructions": "Answer in metric units.", "memory_scope": "project_v2", "emoji": "leaf", "theme": "#66BB6A"})
		s.post("/backend-api/gizmos/snorlax/upsert", object{"resource": object{"gizmo": object{"id": "g-p-" + s.hex(32), "instructions": "Use short sentences.", "display": object{"name": "Garden", "description": "", "prompt_starters": []string{"What to plant in March?"}}}, "tools": []any{}, "files": []any{}}})
	case 5:
		s.post("/backend-api/calpico/chatgpt/rooms/"+s.uuid()+"/messages", object{"content": object{"text": s.prompt(), "attachments": []any{}, "system_hints": []string{}}, "reply_to": nil, "request_id": s.uuid()})
	case 6:
		s.audio()
	case 7:
		s.post("/backend-api/global/search", object{"query": s.pick("trams", "retro agenda", "primes"), "limit": 20})
		s.get("/backend-api/conversations/search?query=" + url.QueryEscape("lisbon trams"))
	case 8:
		s.post("/backend-api/wham/tasks", object{"new_task": object{"environment_id": s.hex(32), "branch": "main", "run_environment_in_qa_mode": false}, "input_items": []any{object{"type": "message", "role": "user", "content": []any{object{"content_type": "text", "text": s.prompt()}}}}})
	case 9:
		s.get("/backend-api/conversation/" + conversation)
		s.get("/backend-api/conversation/" + conversation + "/textdocs")
		s.get("/backend-api/files/download/file_0000000" + s.hex(24) + "?conversation_id=" + conversation)
	case 10:
		s.post("/backend-api/share/create", object{"current_node_id": s.uuid(), "conversation_id": conversation, "is_anonymous": true})
	case 11:
		s.post("/backend-api/sentinel/ping", object{"t": s.clock.UnixMilli(), "so": s.token(1200)})
		s.post("/api/auth/session", object{"csrfToken": s.hex(64)})
	}
}

func (s *session) put(path, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	q := url.Values{"se": {s.clock.UTC().Format(time.RFC3339)}, "sp": {"w"}, "sv": {"2026-02-06"}, "sr": {"b"}, "scid": {s.uuid()}, "skoid": {s.uuid()}, "sktid": {s.uuid()}, "skt": {s.clock.UTC().Format(time.RFC3339)}, "ske": {s.clock.UTC().Format(time.RFC3339)}, "sks": {"b"}, "skv": {"2026-02-06"}, "sig": {base64.StdEncoding.EncodeToString(sum[:])}}
	e := s.add("PUT", "sdmntprwesteurope.oaiusercontent.com", path+"?"+q.Encode(), contentType, body)
	e.Header["X-Ms-Blob-Type"], e.Header["X-Ms-Version"] = "BlockBlob", "2020-04-08"
}

// audio is a dictation: opaque sound in a multipart body.
func (s *session) audio() {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("----WebKitFormBoundary" + strings.ReplaceAll(strings.ReplaceAll(s.token(16), "-", "A"), "_", "B"))
	p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="whisper.webm"`}, "Content-Type": {"audio/webm;codecs=opus"}})
	if err != nil {
		panic(err)
	}
	_, _ = p.Write(append([]byte("\x1a\x45\xdf\xa3"), s.raw(5000)...))
	_ = w.WriteField("duration_ms", fmt.Sprint(s.r.IntN(60000)))
	_ = w.Close()
	s.add("POST", "chatgpt.com", "/backend-api/transcribe", w.FormDataContentType(), b.Bytes())
}

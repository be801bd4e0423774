package inspect

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/pseudonym"
)

// KeyDigest is how policies name an API key: 32 digits of a keyed hash, which
// says nothing of the key to who does not have both.
func KeyDigest(secret []byte, apiKey string) string { return keyDigest(pseudonym.New(secret), apiKey) }

// keyDigest remembers nothing: a key is a secret.
func keyDigest(names *pseudonym.Maker, apiKey string) string { return names.Hex("api key", apiKey, 16) }

// tenant says to whom the request belongs at the provider. What a client writes
// into a header twice is no id of anybody.
func (m *message) tenant() (t policy.Tenant) {
	h, path := m.r.Header, ""
	if m.r.URL != nil {
		path = m.r.URL.Path
	}
	bearer, _ := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if accountHost(m.r.Host) {
		t.Anonymous = strings.HasPrefix(path, "/backend-anon/") || strings.HasPrefix(path, "/unauth-mweb/")
		t.Workspace = one(h, "Chatgpt-Account-Id")
		claimed, signedIn := claim(bearer)
		if t.Workspace == "" {
			t.Workspace = claimed
		}
		// With a cookie alone it cannot be told whose the account is; the provider
		// holds it against the header that the proxy adds.
		t.Account = t.Workspace != "" || signedIn
		t.Workspace = strings.ToLower(t.Workspace)
		return t
	}
	t.Organization, t.Project = one(h, "Openai-Organization"), one(h, "Openai-Project")
	if bearer == "" {
		bearer = one(h, "Api-Key") // Azure
	}
	if bearer != "" && m.i.names != nil {
		t.Key = keyDigest(m.i.names, bearer)
	}
	return t
}

// one is the value of a header; of several, all, which no list holds.
func one(h http.Header, name string) string {
	return strings.TrimSpace(strings.Join(h.Values(name), ","))
}

// accountHost reports whether requests to a host are those of ChatGPT accounts.
func accountHost(host string) bool {
	for _, own := range []string{"chatgpt.com", "chat.openai.com"} {
		if host == own || strings.HasSuffix(host, "."+own) {
			return true
		}
	}
	return false
}

// claim is the account that a token of ChatGPT names. The token is not verified:
// the provider does that, and a forged one opens nothing.
func claim(token string) (account string, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > 16<<10 {
		return "", false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	var c struct {
		Auth struct {
			Account string `json:"chatgpt_account_id"`
		} `json:"https://api.openai.com/auth"`
	}
	if json.Unmarshal(payload, &c) != nil {
		return "", false
	}
	return c.Auth.Account, true
}

// contents are the kinds of content in the message.
func (m *message) contents() (c policy.Contents) {
	for i := range m.docs {
		if m.docs[i].Role == content.RoleFile {
			c |= policy.File
		} else {
			c |= policy.Text
		}
	}
	for i := range m.facts {
		if n := m.facts[i].Name; n == "attachment" || n == "purpose" { // what a file is uploaded for
			c |= policy.File
		}
	}
	for i := range m.gaps {
		switch m.gaps[i].Cause {
		case detectors.CauseImage:
			c |= policy.Image
		case detectors.CauseAudio:
			c |= policy.Audio
		case detectors.CauseEncryptedFile, detectors.CauseUnknownFormat, detectors.CauseParserCrash:
			c |= policy.File
		}
	}
	return c
}

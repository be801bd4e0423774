package portal

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// contentPolicy lets the page use its own style sheet, known by its digest, and
// nothing else: no script, no picture, no frame, no form, nothing from elsewhere.
func contentPolicy() string {
	_, style, _ := strings.Cut(pageText, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// page makes the page that people see.
func page(c Config) ([]byte, error) {
	root := c.CA.Show()[0]
	exact, suffixes := c.Hosts()
	base := strings.TrimSuffix(c.PublicURL, "/")
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Base":        base,
		"PAC":         base + pathPAC,
		"DER":         base + pathDER,
		"PEM":         base + pathPEM,
		"Proxies":     c.Proxies,
		"ProxyScheme": map[bool]string{false: "http", true: "https"}[c.ProxyTLS],
		"Fingerprint": root.Fingerprint,
		"Subject":     root.Subject,
		"NotAfter":    root.NotAfter.UTC().Format(time.DateOnly),
		"Permitted":   root.Permitted,
		"Hosts":       len(exact) + len(suffixes),
	})
	return b.Bytes(), err
}

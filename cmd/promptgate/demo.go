package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/proxytest"
)

func demoVerb() verb {
	return verb{
		name: "demo", short: "real requests through real TLS to a fake OpenAI, and what happened",
		long: `Starts a fake OpenAI and the proxy in this process, sends a handful of requests, and
prints what was allowed, redacted and blocked, and what the fake OpenAI received. No
network is used and nothing is kept. The values in it are published test numbers, or
made on the spot.`,
		examples: [3]string{"promptgate demo", "promptgate demo --profile l3", "promptgate demo --json"},
		set: func(f *flags) runner {
			profile := f.text("profile", "NAME", "l2", "policy: l1, l2 or l3")
			asJSON := f.onOff("json", "print one JSON object a request")
			return func(ctx context.Context, p *program, args []string) error {
				if err := noArgs(args); err != nil {
					return err
				}
				return p.demo(ctx, *profile, *asJSON)
			}
		},
	}
}

// A demoRequest is one row of the table.
type demoRequest struct {
	What     string `json:"what"`
	Sent     string `json:"sent"` // the prompt
	Action   string `json:"action"`
	Status   int    `json:"status"`
	Received string `json:"received"` // the prompt as upstream saw it; "" when nothing arrived
	Message  string `json:"message,omitempty"`

	host, path string
	body       any
	prompt     []any // where the prompt stands in body: keys and ordinals
}

func (p *program) demo(ctx context.Context, profile string, asJSON bool) (err error) {
	dir, err := os.MkdirTemp("", "promptgate-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	upstream, err := proxytest.Start(proxytest.Options{})
	if err != nil {
		return err
	}
	defer upstream.Close()
	requests, err := demoRequests()
	if err != nil {
		return err
	}
	g, err := p.demoGate(ctx, dir, profile, upstream, requests)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- g.run(ctx) }()
	client := demoClient(g)
	for i := range requests {
		upstream.Reset()
		if err = requests[i].send(ctx, client); err != nil {
			break
		}
		for _, r := range upstream.Requests() {
			requests[i].Received = at(r.Body, requests[i].prompt)
		}
	}
	client.CloseIdleConnections()
	stop()
	if runErr := <-ended; err == nil {
		err = runErr
	}
	g.close()
	if err != nil {
		return err
	}
	if err := demoActions(filepath.Join(dir, "audit"), requests); err != nil {
		return err
	}
	return p.printDemo(requests, asJSON)
}

// demoGate is the whole of serve, with the providers' names sent to upstream.
func (p *program) demoGate(ctx context.Context, dir, profile string, upstream *proxytest.Upstream, requests []demoRequest) (*gate, error) {
	caFile := filepath.Join(dir, "upstream.pem")
	if err := os.WriteFile(caFile, upstream.CAPEM(), 0o600); err != nil {
		return nil, err
	}
	c := config.Default()
	c.Listen, c.AdminListen, c.StateDir, c.Profile = "127.0.0.1:0", "127.0.0.1:0", dir, profile
	c.Upstream.CAFile = caFile
	for _, r := range requests {
		var to config.ConnectTo
		if err := to.UnmarshalText([]byte(r.host + ":443=" + upstream.Addr())); err != nil {
			return nil, err
		}
		c.Upstream.ConnectTo = append(c.Upstream.ConnectTo, to)
	}
	return openGate(ctx, c, p, slog.New(slog.DiscardHandler))
}

func demoClient(g *gate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(g.authority.Root())
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:             http.ProxyURL(&url.URL{Scheme: "http", Host: g.cfg.Listen}),
			TLSClientConfig:   &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2: true,
		},
	}
}

// demoRequests are what a few people might send.
func demoRequests() ([]demoRequest, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	privateKey := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	type object = map[string]any
	chat := func(what, prompt string) demoRequest {
		return demoRequest{
			What: what, Sent: prompt, host: "api.openai.com", path: "/v1/chat/completions",
			body:   object{"model": "gpt-5.5", "messages": []any{object{"role": "user", "content": prompt}}},
			prompt: []any{"messages", 0, "content"},
		}
	}
	web := func(what, prompt string) demoRequest {
		message := object{"author": object{"role": "user"}, "content": object{"content_type": "text", "parts": []any{prompt}}}
		return demoRequest{
			What: what, Sent: prompt, host: "chatgpt.com", path: "/backend-api/f/conversation",
			body:   object{"action": "next", "model": "gpt-5-6", "parent_message_id": "client-created-root", "messages": []any{message}},
			prompt: []any{"messages", 0, "content", "parts", 0},
		}
	}
	responses := func(what, prompt string) demoRequest {
		return demoRequest{
			What: what, Sent: prompt, host: "api.openai.com", path: "/v1/responses",
			body: object{"model": "gpt-5.5", "input": prompt}, prompt: []any{"input"},
		}
	}
	return []demoRequest{
		chat("a question", "Name three rivers of Europe."),
		chat("a card number", "Refund my credit card 4111 1111 1111 1111, please."),
		web("a password, in ChatGPT", "Log in with password: Tr0ub4dor&3x, then restart."),
		responses("an account number", "Send it to IBAN GB33 BUKB 2020 1555 5555 55."),
		web("an address, in ChatGPT", "Write to jo.smith@kontor-nord.de about it."),
		responses("a private key", "Why does this not load?\n"+privateKey),
		web("a private key, in ChatGPT", "Is this one valid?\n"+privateKey),
	}, nil
}

// send posts the request and notes what the client saw.
func (r *demoRequest) send(ctx context.Context, client *http.Client) error {
	body, err := json.Marshal(r.body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+r.host+r.path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer demo")
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("demo: %s: %w", r.What, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("demo: %s: %w", r.What, err)
	}
	r.Status = resp.StatusCode
	if resp.StatusCode != http.StatusOK {
		r.Message = at(answer, []any{"error", "message"}) + at(answer, []any{"detail", "message"})
	}
	return nil
}

// at returns the string at a path of keys and ordinals in JSON, or "".
func at(body []byte, path []any) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			a, _ := v.([]any)
			if step >= len(a) {
				return ""
			}
			v = a[step]
		}
	}
	s, _ := v.(string)
	return s
}

// demoActions takes the decisions from the evidence that was written.
func demoActions(dir string, requests []demoRequest) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return err
	}
	i := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for l := range strings.Lines(string(b)) {
			var e struct {
				Name   string `json:"event.name"`
				Action string `json:"dlp.action"`
			}
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				return fmt.Errorf("demo: reading the evidence: %w", err)
			}
			if e.Name == "dlp.message" && i < len(requests) {
				requests[i].Action = e.Action
				i++
			}
		}
	}
	if i != len(requests) {
		return fmt.Errorf("demo: %d requests left %d records", len(requests), i)
	}
	return nil
}

func (p *program) printDemo(requests []demoRequest, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(p.stdout)
		enc.SetEscapeHTML(false)
		for _, r := range requests {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	paint := p.paint()
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tTHE CLIENT SENT\tACTION\tSTATUS\tOPENAI RECEIVED")
	for _, r := range requests {
		received := excerpt(r.Received)
		if r.Received == "" {
			received = "nothing"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", r.What, excerpt(r.Sent), r.Action, r.Status, received)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	out := table.String()
	for _, action := range []string{"allow", "log", "redact", "block"} { // after the columns were measured
		out = strings.ReplaceAll(out, "  "+action+" ", "  "+paint(actionColour(action), action)+" ")
	}
	for _, r := range requests {
		if r.Message != "" {
			out += fmt.Sprintf("\nWhat the client is told about %q:\n  %s\n", r.What, r.Message)
			break
		}
	}
	_, err := io.WriteString(p.stdout, out)
	return err
}

// excerpt is the beginning of a prompt, on one line.
func excerpt(s string) string {
	const most = 50
	r := []rune(strings.ReplaceAll(s, "\n", " "))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

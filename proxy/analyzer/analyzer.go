// Package analyzer asks a remote service for findings that the engine does not
// make: an optional second opinion on names in languages and kinds of text that
// the built-in model does not know. It is off unless a URL is configured.
//
// A text goes in, findings come out. The service speaks the language of
// Presidio's analyzer: POST of {"text", "language", "score_threshold"}, answered
// by a list of {"entity_type", "start", "end", "score"} whose offsets count
// characters (https://microsoft.github.io/presidio/api-docs, retrieved 2026-11).
//
// It promises an answer within its deadline: findings, or an error that stands for
// a gap. [Cause] says which. A finding is never above Medium, so that a model that
// is wrong stops nobody. Errors hold no text and nothing of an answer's body.
//
// The text of messages leaves the proxy for the service: it belongs on the same
// machine or network. [New] refuses plain http to any other host than loopback.
package analyzer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
)

// A Config says where the service is. URL is mandatory.
type Config struct {
	URL      string        // of the analyze endpoint, such as http://127.0.0.1:5002/analyze
	Timeout  time.Duration // of one text; 0 means 1 s
	Language string        // what the service is told; "" means "en"
	Token    string        // sent as "Authorization: Bearer …"; "" sends none
	MinScore float64       // findings below it are dropped; 0 means 0.6
	Calls    int           // at most so many at a time, others wait; 0 means 32
	Client   *http.Client  // nil means one of its own, which follows no redirect
}

// MaxText is the longest text that is sent, in bytes; a longer one is the error
// [ErrTooLong].
const MaxText = 1 << 20

// maxAnswer bounds the answer that is read, in bytes, and maxFindings its list.
const (
	maxAnswer   = 4 << 20
	maxFindings = 10_000
)

// ErrTooLong says that a text was not sent.
var ErrTooLong = errors.New("analyzer: the text is too long")

// Cause is the gap that an error of [Client.Analyze] stands for.
func Cause(err error) detectors.Cause {
	switch {
	case errors.Is(err, ErrTooLong):
		return detectors.CauseOversize
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return detectors.CauseTimeout
	}
	return detectors.CauseEngineError
}

// Entities are the kinds of the service that are taken, and what they are here.
// Kinds that check digits decide are left to the rules.
func Entities() map[string]detectors.InfoType {
	return map[string]detectors.InfoType{
		"PERSON": "pii.person_name", "PER": "pii.person_name", "NAME": "pii.person_name",
		"ADDRESS": "pii.postal_address", "STREET_ADDRESS": "pii.postal_address",
		"EMAIL_ADDRESS": "pii.email", "PHONE_NUMBER": "pii.phone",
	}
}

// A Client asks one service. Safe for concurrent use.
type Client struct {
	cfg      Config
	entities map[string]detectors.InfoType
	calls    chan struct{}
}

// New checks c. The error names the setting.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New(`analyzer: url wants an address such as "http://127.0.0.1:5002/analyze", without a password`)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("analyzer: url must be https unless the service is on this machine: the text of messages is sent there")
	case c.MinScore < 0 || c.MinScore > 1:
		return nil, errors.New("analyzer: min_score wants a number from 0 to 1")
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Second
	}
	if c.Language == "" {
		c.Language = "en"
	}
	if c.MinScore == 0 {
		c.MinScore = 0.6
	}
	if c.Calls <= 0 {
		c.Calls = 32
	}
	if c.Client == nil {
		c.Client = &http.Client{
			Transport: &http.Transport{
				Proxy:               nil, // never through a proxy, least of all this one
				DialContext:         (&net.Dialer{Timeout: c.Timeout}).DialContext,
				TLSHandshakeTimeout: c.Timeout,
				MaxIdleConnsPerHost: c.Calls,
				IdleConnTimeout:     90 * time.Second,
				ForceAttemptHTTP2:   true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Client{cfg: c, entities: Entities(), calls: make(chan struct{}, c.Calls)}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Format hides the token and the URL from every verb of package fmt.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[analyzer]") }

// A question and an answer of the service.
type (
	question struct {
		Text      string  `json:"text"`
		Language  string  `json:"language"`
		Threshold float64 `json:"score_threshold"`
	}
	answer struct {
		Type  string  `json:"entity_type"`
		Start int     `json:"start"`
		End   int     `json:"end"`
		Score float64 `json:"score"`
	}
)

// Analyze asks for what stands in a text. The findings are in the order of the
// text, have no digest, and do not overlap findings of their own type. The text
// is not kept.
func (c *Client) Analyze(ctx context.Context, text []byte) ([]detectors.Finding, error) {
	if len(text) > MaxText {
		return nil, ErrTooLong
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	select {
	case c.calls <- struct{}{}:
		defer func() { <-c.calls }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	list, err := c.ask(ctx, text)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err() // not the transport's words for it
		}
		return nil, err
	}
	return c.findings(text, list)
}

// ask sends the question. Errors are made of constant words and numbers: what
// package net/http says may hold the URL.
func (c *Client) ask(ctx context.Context, text []byte) (list []answer, err error) {
	// Each byte that is no UTF-8 becomes one character, as offsets count it.
	body, err := json.Marshal(question{Text: string(eachByte(text)), Language: c.cfg.Language, Threshold: c.cfg.MinScore})
	if err != nil {
		return nil, errors.New("analyzer: the question cannot be written")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("analyzer: the request cannot be made")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if c.cfg.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	resp, err := c.cfg.Client.Do(r)
	if err != nil {
		return nil, errors.New("analyzer: the service did not answer")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("analyzer: the service answered %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return nil, errors.New("analyzer: the answer cannot be read or is too long")
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, errors.New("analyzer: the answer is no list of findings")
	}
	if len(list) > maxFindings {
		return nil, errors.New("analyzer: the answer has too many findings")
	}
	return list, nil
}

// eachByte replaces each byte that is no UTF-8 by U+FFFD, one for one character.
func eachByte(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		out = utf8.AppendRune(out, r)
		text = text[n:]
	}
	return out
}

// findings maps what the service counts in characters to bytes. An offset beyond
// the text, or a span that is none, means that the service saw another text.
func (c *Client) findings(text []byte, list []answer) ([]detectors.Finding, error) {
	list = slices.DeleteFunc(list, func(a answer) bool { return c.entities[a.Type] == "" || a.Score < c.cfg.MinScore })
	slices.SortFunc(list, func(a, b answer) int { return a.Start - b.Start })
	var out []detectors.Finding
	at := cursor{text: text}
	last := map[detectors.InfoType]int{}
	for _, a := range list {
		if a.Start < 0 || a.End <= a.Start || a.Score > 1 {
			return nil, errors.New("analyzer: a finding is no span of the text")
		}
		start, ok := at.to(a.Start)
		end := cursor{text, at.byte, at.char}
		stop, ok2 := end.to(a.End)
		if !ok || !ok2 {
			return nil, errors.New("analyzer: a finding lies outside the text")
		}
		t := c.entities[a.Type]
		if start < last[t] {
			continue
		}
		last[t] = stop
		points := int16(min(a.Score*100, float64(detectors.High-1)))
		out = append(out, detectors.Finding{
			Type: t, Rule: detectors.RuleID(string(t) + ".analyzer"), Span: detectors.Span{Start: start, End: stop},
			Confidence: detectors.Confidence(points), Evidence: []detectors.Evidence{{Name: "analyzer", Points: points}},
		})
	}
	return slices.DeleteFunc(out, func(f detectors.Finding) bool { return f.Confidence < detectors.Low }), nil
}

// A cursor walks a text by characters.
type cursor struct {
	text       []byte
	byte, char int
}

// to moves to a character and returns the byte at which it begins.
func (c *cursor) to(char int) (at int, ok bool) {
	for c.char < char {
		if c.byte >= len(c.text) {
			return 0, false
		}
		_, n := utf8.DecodeRune(c.text[c.byte:])
		c.byte += n
		c.char++
	}
	return c.byte, true
}

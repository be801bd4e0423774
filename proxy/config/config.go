// Package config reads the settings of promptgate.
//
// A TOML file goes in; a checked [Config] comes out. Every key is optional and
// [Default] is what an empty file means. All mistakes are reported at once with
// their place in the file, as package strict does. deploy/promptgate.example.toml
// documents every key; a test holds it equal to the defaults.
//
// Secrets stand in the file only as a reference, "file:/path" or "env:NAME";
// see [Secret].
package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/promptgate/promptgate/rules/strict"
)

// A Config is all settings. It is plain data; nothing changes it after [Load]
// but the command line, which must call [Config.Validate] again.
type Config struct {
	Listen        string   `toml:"listen"`         // address of the proxy
	AdminListen   string   `toml:"admin_listen"`   // address of health and metrics
	AdminNetworks []Prefix `toml:"admin_networks"` // who may use admin beside loopback
	PortalListen  string   `toml:"portal_listen"`  // address of PAC file, CA and CRL; "" = AdminListen
	StateDir      string   `toml:"state_dir"`      // CA keys and evidence; "" = see [Config.State]
	Profile       string   `toml:"profile"`        // name of a policy: l1, l2, l3 or one in RulesDir/policies
	RulesDir      string   `toml:"rules_dir"`      // directory laid over the built-in rules; "" = none

	ListenTLS ListenTLS `toml:"listen_tls"`
	Portal    Portal    `toml:"portal"`
	Upstream  Upstream  `toml:"upstream"`
	Tunnel    Tunnel    `toml:"tunnel"`
	Limits    Limits    `toml:"limits"`
	Timeouts  Timeouts  `toml:"timeouts"`
	Identity  Identity  `toml:"identity"`
	Analyzer  Analyzer  `toml:"analyzer"`
	Audit     Audit     `toml:"audit"`
	Bundle    Bundle    `toml:"bundle"`
	Vault     Vault     `toml:"vault"`

	BreakGlass BreakGlass `toml:"break_glass"`
	Log        Log        `toml:"log"`
	Own        Own        `toml:"own"`

	doc *strict.Document // where the keys stand; nil without a file
}

// ListenTLS makes the proxy listener speak TLS. Its certificate comes from the
// company's own PKI and is not made by the inspection CA.
type ListenTLS struct {
	CertFile string `toml:"cert_file"` // PEM, with intermediates
	KeyFile  string `toml:"key_file"`  // PEM, mode 0600
}

// Enabled reports whether the listener speaks TLS.
func (l ListenTLS) Enabled() bool { return l.CertFile != "" }

// Portal is what people's laptops reach.
type Portal struct {
	PublicURL string   `toml:"public_url"` // as laptops see it; "" = http://<portal_listen>
	Proxies   []string `toml:"proxies"`    // host:port the PAC file names, in order; empty = listen

	Replaced    bool   `toml:"replaced"`     // on the ChatGPT page, a line above the answer to a message in which something was replaced
	IncidentURL string `toml:"incident_url"` // where people read about an incident, with {incident} in it; "" = no link
}

// Upstream is how the world is reached.
type Upstream struct {
	CAFile                 string        `toml:"ca_file"`                  // PEM, beside the system's roots
	ParentProxy            string        `toml:"parent_proxy"`             // http://host:port or https://host:port; "" = none
	ParentProxyCredentials Secret        `toml:"parent_proxy_credentials"` // "user:password" for it
	ConnectTo              []ConnectTo   `toml:"connect_to"`
	AllowAddresses         []Prefix      `toml:"allow_addresses"` // private addresses that may be reached
	HTTP2                  bool          `toml:"http2"`
	DialTimeout            time.Duration `toml:"dial_timeout"`
	TLSTimeout             time.Duration `toml:"tls_timeout"`
	AnswerTimeout          time.Duration `toml:"answer_timeout"` // until the answer's header
	IdleTimeout            time.Duration `toml:"idle_timeout"`   // of a pooled connection
}

// Tunnel is about connections that are not opened.
type Tunnel struct {
	PlainPorts  []uint16      `toml:"plain_ports"` // ports on which a tunnel may carry something else than TLS
	IdleTimeout time.Duration `toml:"idle_timeout"`
}

// Limits bound what clients can take. Sizes are bytes.
type Limits struct {
	MaxBody              int64 `toml:"max_body"`        // of one request; larger is the gap oversize
	MaxMemoryBody        int64 `toml:"max_memory_body"` // of one request in memory; larger is held in a file
	BodyMemory           int64 `toml:"body_memory"`     // of all requests together
	Spool                int64 `toml:"spool"`           // of all files that hold bodies; beyond it is the gap spool_full; 0 holds all in memory
	MaxHeader            int   `toml:"max_header"`
	Connections          int   `toml:"connections"`
	ConnectionsPerClient int   `toml:"connections_per_client"` // per address
	FileWorkers          int   `toml:"file_workers"`           // child processes that read files; 0 leaves documents unread
}

// MemoryBody is the largest body that is held in memory, in bytes.
func (l Limits) MemoryBody() int64 {
	if l.Spool > 0 {
		return min(l.MaxBody, l.MaxMemoryBody)
	}
	return l.MaxBody
}

// Timeouts are the deadlines towards clients.
type Timeouts struct {
	Handshake time.Duration `toml:"handshake"` // TLS with the client
	Header    time.Duration `toml:"header"`    // until a request's header is read
	Body      time.Duration `toml:"body"`      // until a request's body is read
	Inspect   time.Duration `toml:"inspect"`   // of one message; longer is the gap timeout
	File      time.Duration `toml:"file"`      // of the reading of one file; longer is the gap timeout
	Idle      time.Duration `toml:"idle"`      // of a client connection
	Drain     time.Duration `toml:"drain"`     // at shutdown
}

// Identity is how clients are recognised.
type Identity struct {
	Anonymous Anonymous `toml:"anonymous"`
	TokenFile string    `toml:"token_file"` // see package identity for its lines; "" = no tokens
	Networks  []Network `toml:"networks"`
}

// Anonymous is the answer to clients that do not say who they are.
type Anonymous string

// The answers. Deny asks for a token, or without a token file for a listed network.
const (
	AnonymousAllow Anonymous = "allow"
	AnonymousDeny  Anonymous = "deny"
)

// A Network is a named range of client addresses. When any is listed, clients
// outside all of them are refused.
type Network struct {
	Name   string   `toml:"name"`
	CIDR   Prefix   `toml:"cidr"`
	Groups []string `toml:"groups"`
}

// Bundle is where a fleet's rules come from, in place of RulesDir.
type Bundle struct {
	URL           string        `toml:"url"`            // https; "" = none
	PublicKey     string        `toml:"public_key"`     // ed25519, base64, of who signs
	Poll          time.Duration `toml:"poll"`           // how often to ask
	MaxAge        time.Duration `toml:"max_age"`        // without an answer, after which messages have the gap policy_stale; 0 = never
	AllowRollback bool          `toml:"allow_rollback"` // take a bundle with a lower serial
}

// Vault is about the tokens of reversible redactions: what they stand for is kept
// sealed where the provider keeps the conversation.
type Vault struct {
	TokenScope TokenScope    `toml:"token_scope"` // how far equal values have equal tokens
	KeyFile    string        `toml:"key_file"`    // "" = vault.keys in StateDir; replicas share one
	Keep       time.Duration `toml:"keep"`        // after which a value that was not sent again is forgotten; 0 = nothing is kept
	MaxValues  int           `toml:"max_values"`  // beyond it those go that were not sent for longest
	MaxBytes   int64         `toml:"max_bytes"`   // of the file
	Required   bool          `toml:"required"`    // a message whose values cannot be kept is blocked
}

// TokenScope says how far equal values have equal tokens.
type TokenScope string

// The scopes.
const (
	ScopeTenant       TokenScope = "tenant"       // for everybody
	ScopePrincipal    TokenScope = "principal"    // for each person
	ScopeConversation TokenScope = "conversation" // in each of a person's conversations
)

// BreakGlass is about the emergency exit.
type BreakGlass struct {
	SecondPerson bool `toml:"second_person"` // two people must agree
}

// PublicKey reads a key in base64.
func PublicKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("this is no ed25519 public key in base64: promptgate bundle key prints one")
	}
	return key, nil
}

// Analyzer is a remote service that finds more in the text of requests. Without
// a URL there is none.
type Analyzer struct {
	URL      string        `toml:"url"`       // Presidio's /analyze; https unless it is on this machine
	Timeout  time.Duration `toml:"timeout"`   // of one message; longer is the gap timeout
	Language string        `toml:"language"`  // what it is told
	MinScore float64       `toml:"min_score"` // findings below it are dropped
	Token    Secret        `toml:"token"`     // sent as a bearer token
}

// Audit is about the evidence.
type Audit struct {
	Durable      Durability    `toml:"durable"`
	Identity     AuditIdentity `toml:"identity"`
	SegmentBytes int64         `toml:"segment_bytes"` // size at which a new file begins
	Retention    time.Duration `toml:"retention"`     // age at which a file is removed; 0 = never
	Shapes       time.Duration `toml:"shapes"`        // age at which shapes of messages are removed; 0 = none are kept
}

// Durability says when a record that is not a plain allow must be on disk.
type Durability string

// The durabilities.
const (
	BeforeAnswer  Durability = "before_answer"  // before the answer's first byte
	BeforeForward Durability = "before_forward" // before anything is sent upstream
)

// AuditIdentity says how people are named in the evidence.
type AuditIdentity string

// The ways to name people: a keyed hash, or the name itself.
const (
	IdentityHash  AuditIdentity = "hash"
	IdentityClear AuditIdentity = "clear"
)

// Own is what is the company's own: signs of its code, and where fingerprints of
// its code and documents and tables of its records are.
type Own struct {
	Dir        string   `toml:"dir"`         // what fingerprint and edm build; "" = own in StateDir
	KeyFile    string   `toml:"key_file"`    // the key of what is in Dir; "" = own.key in StateDir
	Companies  []string `toml:"companies"`   // names in the copyright of the company's code
	CodeMarks  []string `toml:"code_marks"`  // what stands in no other code: hosts, scopes, registries, paths
	TicketKeys []string `toml:"ticket_keys"` // "PAY" for PAY-1234 in comments
}

// Log is about the program's own log on stderr.
type Log struct {
	Level  LogLevel  `toml:"level"`
	Format LogFormat `toml:"format"`
}

// LogLevel is debug, info, warn or error.
type LogLevel string

// LogFormat is json or text.
type LogFormat string

// Default returns the settings of an empty file.
func Default() *Config {
	return &Config{
		Listen:      "127.0.0.1:8080",
		AdminListen: "127.0.0.1:8081",
		Profile:     "l2",
		Upstream: Upstream{
			HTTP2:         true,
			DialTimeout:   10 * time.Second,
			TLSTimeout:    10 * time.Second,
			AnswerTimeout: 10 * time.Minute, // a model may think that long before its first byte
			IdleTimeout:   90 * time.Second,
		},
		Portal: Portal{Replaced: true},
		Tunnel: Tunnel{IdleTimeout: time.Hour},
		Limits: Limits{
			MaxBody:              1 << 30,
			MaxMemoryBody:        4 << 20,
			BodyMemory:           512 << 20,
			Spool:                4 << 30,
			MaxHeader:            64 << 10,
			Connections:          8192,
			ConnectionsPerClient: 512,
			FileWorkers:          2,
		},
		Timeouts: Timeouts{
			Handshake: 10 * time.Second,
			Header:    30 * time.Second,
			Body:      2 * time.Minute,
			Inspect:   10 * time.Second,
			File:      8 * time.Second,
			Idle:      3 * time.Minute,
			Drain:     30 * time.Second,
		},
		Identity: Identity{Anonymous: AnonymousAllow},
		Analyzer: Analyzer{Timeout: time.Second, Language: "en", MinScore: 0.6},
		Audit: Audit{
			Durable:      BeforeAnswer,
			Identity:     IdentityHash,
			SegmentBytes: 64 << 20,
			Retention:    90 * 24 * time.Hour,
			Shapes:       30 * 24 * time.Hour,
		},
		Bundle: Bundle{Poll: time.Minute},
		Vault:  Vault{TokenScope: ScopePrincipal, Keep: 30 * 24 * time.Hour, MaxValues: 1_000_000, MaxBytes: 1 << 30},
		Log:    Log{Level: "info", Format: "json"},
	}
}

// Load reads and checks a file. The error is strict.Errors for mistakes in it, and
// the settings are returned as by Parse.
func Load(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(file, data)
}

// Parse reads and checks data; file is only used in messages and to resolve
// nothing: relative paths are relative to the working directory. With an error,
// the settings are nil, or when the file is TOML those that could be decoded: they
// are for looking for further mistakes, never for serving.
func Parse(file string, data []byte) (*Config, error) {
	c := Default()
	doc, err := strict.Decode(file, data, c)
	if doc == nil {
		return nil, err
	}
	c.doc = doc
	var errs strict.Errors
	errs.Add(err)
	if len(errs) > 0 {
		// What could not be decoded kept its default, which is valid, so that
		// the checks below add only mistakes of their own. An element of a list has
		// no default: of its place enough has been said.
		var more strict.Errors
		more.Add(c.Validate())
		decoded := errs
		for _, e := range more {
			if !slices.ContainsFunc(decoded, func(d *strict.Error) bool { return d.Line == e.Line && d.Col == e.Col }) {
				errs = append(errs, e)
			}
		}
		return c, errs.Err()
	}
	return c, c.Validate()
}

// Errorf is a mistake about the value of a key, such as "upstream.ca_file", with
// its place if the key stands in the file.
func (c *Config) Errorf(key, format string, a ...any) *strict.Error {
	if c.doc != nil && c.doc.Has(key) {
		return c.doc.Errorf(key, format, a...)
	}
	return &strict.Error{Key: key, Msg: fmt.Sprintf(format, a...)}
}

// State returns the directory for state: state_dir, else STATE_DIRECTORY (set
// by systemd), else $XDG_STATE_HOME/promptgate, else ~/.local/state/promptgate.
// getenv is os.Getenv outside tests.
func (c *Config) State(getenv func(string) string) (string, error) {
	switch {
	case c.StateDir != "":
		return c.StateDir, nil
	case getenv("STATE_DIRECTORY") != "":
		return getenv("STATE_DIRECTORY"), nil
	case getenv("XDG_STATE_HOME") != "":
		return filepath.Join(getenv("XDG_STATE_HOME"), "promptgate"), nil
	case getenv("HOME") != "":
		return filepath.Join(getenv("HOME"), ".local", "state", "promptgate"), nil
	}
	return "", fmt.Errorf("config: no state directory: set state_dir or --state-dir")
}

// A Prefix is a CIDR block; a bare address is a block of one.
type Prefix struct{ netip.Prefix }

// UnmarshalText reads "10.0.0.0/8" or "10.1.2.3".
func (p *Prefix) UnmarshalText(text []byte) error {
	s := string(text)
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		p.Prefix = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		return nil
	}
	q, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf(`want an address or a CIDR block such as "10.0.0.0/8"`)
	}
	if q != q.Masked() {
		return fmt.Errorf("bits are set behind the prefix length; %s is meant?", q.Masked())
	}
	p.Prefix = q
	return nil
}

// Prefixes returns the plain prefixes.
func Prefixes(ps []Prefix) []netip.Prefix {
	out := make([]netip.Prefix, len(ps))
	for i, p := range ps {
		out[i] = p.Prefix
	}
	return out
}

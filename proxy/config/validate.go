package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promptgate/promptgate/rules/strict"
)

// Validate checks what types cannot say. The error is strict.Errors with every
// mistake, placed in the file the settings came from.
func (c *Config) Validate() error {
	v := &validator{c: c}
	v.addresses()
	v.exposure()
	v.upstream()
	v.numbers()
	v.analyzer()
	v.identity()
	v.choices()
	v.bundle()
	v.vault()
	return v.errs.Err()
}

func (v *validator) vault() {
	c := v.c.Vault
	if c.Keep < 0 {
		v.errorf("vault.keep", "vault.keep must not be negative; 0s keeps nothing")
	}
	if c.Required && c.Keep == 0 {
		v.errorf("vault.required", `vault.required wants values to be kept, and vault.keep = "0s" keeps none`)
	}
	if c.MaxValues < 1000 {
		v.errorf("vault.max_values", "vault.max_values is at least 1000")
	}
	if c.MaxBytes < 1<<20 {
		v.errorf("vault.max_bytes", "vault.max_bytes is at least 1048576")
	}
}

func (v *validator) bundle() {
	b := v.c.Bundle
	if b.Poll < 10*time.Second {
		v.errorf("bundle.poll", "bundle.poll is at least 10s")
	}
	if b.MaxAge < 0 {
		v.errorf("bundle.max_age", "bundle.max_age must not be negative; 0s never flags")
	}
	if b.URL == "" {
		if b.PublicKey != "" || b.AllowRollback {
			v.errorf("bundle.url", "bundle.url is missing: nothing is fetched")
		}
		return
	}
	if u, err := url.Parse(b.URL); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		v.errorf("bundle.url", "bundle.url is an https address")
	}
	if _, err := PublicKey(b.PublicKey); err != nil {
		v.errorf("bundle.public_key", "%v", err)
	}
	if v.c.RulesDir != "" {
		v.errorf("rules_dir", "rules come from bundle.url: leave rules_dir out")
	}
}

type validator struct {
	c    *Config
	errs strict.Errors
}

func (v *validator) errorf(path, format string, a ...any) *strict.Error {
	var e *strict.Error
	if v.c.doc != nil {
		e = v.c.doc.Errorf(path, format, a...)
	} else {
		e = &strict.Error{File: "config", Key: path, Msg: fmt.Sprintf(format, a...)}
	}
	v.errs = append(v.errs, e)
	return e
}

// listenAddress reports whether addr is "host:port" with a host that is empty,
// an IP address or localhost.
func listenAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	if host == "" || host == "localhost" {
		return true
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}

// loopback reports whether a listen address is reached from this machine only.
func loopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func (v *validator) addresses() {
	for _, a := range []struct{ key, addr string }{
		{"listen", v.c.Listen}, {"admin_listen", v.c.AdminListen}, {"portal_listen", v.c.PortalListen},
	} {
		if a.addr == "" && a.key == "portal_listen" {
			continue
		}
		if !listenAddress(a.addr) {
			v.errorf(a.key, `%s wants "address:port", such as "127.0.0.1:8080"`, a.key)
		}
	}
	if v.c.Listen == v.c.AdminListen && !strings.HasSuffix(v.c.Listen, ":0") {
		v.errorf("admin_listen", "admin_listen is the same address as listen")
	}
	if v.c.Listen == v.c.PortalListen && !strings.HasSuffix(v.c.Listen, ":0") {
		v.errorf("portal_listen", "portal_listen is the same address as listen")
	}
	if t := v.c.ListenTLS; (t.CertFile == "") != (t.KeyFile == "") {
		v.errorf("listen_tls", "listen_tls wants both cert_file and key_file")
	}
	if u := v.c.Portal.PublicURL; u != "" {
		p, err := url.Parse(u)
		if err != nil || (p.Scheme != "http" && p.Scheme != "https") || p.Host == "" || p.User != nil || p.RawQuery != "" || p.Fragment != "" {
			v.errorf("portal.public_url", `portal.public_url wants a URL such as "http://proxy.example.com:8081"`)
		}
	}
	if u := v.c.Portal.IncidentURL; u != "" {
		p, err := url.Parse(strings.ReplaceAll(u, "{incident}", "1"))
		if err != nil || p.Scheme != "https" && p.Scheme != "http" || p.Host == "" || !strings.Contains(u, "{incident}") || strings.ContainsAny(u, " ()<>\"") {
			v.errorf("portal.incident_url", `portal.incident_url wants an address with the incident's number in it, such as "https://soc.example.com/incidents/{incident}"`)
		}
	}
	for i, p := range v.c.Portal.Proxies {
		if _, _, err := splitHostPort(p, "one"); err != nil {
			path := fmt.Sprintf("portal.proxies[%d]", i)
			v.errorf(path, `%s wants "host:port"`, path)
		}
	}
}

// exposure refuses to be an open proxy.
func (v *validator) exposure() {
	id := v.c.Identity
	authenticated := id.TokenFile != "" && id.Anonymous == AnonymousDeny
	if listenAddress(v.c.Listen) && !loopback(v.c.Listen) && len(id.Networks) == 0 && !authenticated {
		v.errorf("listen", `listen %s is open to other machines: list the client networks in [[identity.networks]], or set identity.token_file and identity.anonymous = "deny"`, v.c.Listen)
	}
	if listenAddress(v.c.AdminListen) && !loopback(v.c.AdminListen) && len(v.c.AdminNetworks) == 0 {
		v.errorf("admin_listen", "admin_listen %s is open to other machines: list who may use it in admin_networks", v.c.AdminListen)
	}
}

func (v *validator) upstream() {
	u := v.c.Upstream
	if u.ParentProxy != "" {
		p, err := url.Parse(u.ParentProxy)
		switch {
		case err != nil || (p.Scheme != "http" && p.Scheme != "https") || p.Host == "" || (p.Path != "" && p.Path != "/"):
			v.errorf("upstream.parent_proxy", `upstream.parent_proxy wants a URL such as "http://proxy.example.com:3128"`)
		case p.User != nil:
			v.errorf("upstream.parent_proxy", `upstream.parent_proxy must not hold a password: use parent_proxy_credentials = "file:/path" or "env:NAME"`)
		}
	} else if u.ParentProxyCredentials.IsSet() {
		v.errorf("upstream.parent_proxy_credentials", "upstream.parent_proxy_credentials is set without upstream.parent_proxy")
	}
	seen := map[string]bool{}
	for i, c := range u.ConnectTo {
		key := net.JoinHostPort(c.Host, c.Port)
		if seen[key] {
			v.errorf(fmt.Sprintf("upstream.connect_to[%d]", i), "upstream.connect_to names %s twice", key)
		}
		seen[key] = true
	}
	for i, p := range u.AllowAddresses {
		if p.IsValid() && p.Bits() == 0 {
			v.errorf(fmt.Sprintf("upstream.allow_addresses[%d]", i), "upstream.allow_addresses must not allow every address")
		}
	}
}

func (v *validator) numbers() {
	c := v.c
	for _, d := range []struct {
		key string
		d   time.Duration
	}{
		{"upstream.dial_timeout", c.Upstream.DialTimeout}, {"upstream.tls_timeout", c.Upstream.TLSTimeout},
		{"upstream.answer_timeout", c.Upstream.AnswerTimeout}, {"upstream.idle_timeout", c.Upstream.IdleTimeout},
		{"tunnel.idle_timeout", c.Tunnel.IdleTimeout},
		{"analyzer.timeout", c.Analyzer.Timeout},
		{"timeouts.handshake", c.Timeouts.Handshake}, {"timeouts.header", c.Timeouts.Header}, {"timeouts.body", c.Timeouts.Body},
		{"timeouts.inspect", c.Timeouts.Inspect}, {"timeouts.file", c.Timeouts.File}, {"timeouts.idle", c.Timeouts.Idle}, {"timeouts.drain", c.Timeouts.Drain},
	} {
		if d.d <= 0 {
			v.errorf(d.key, "%s must be longer than 0s", d.key)
		}
	}
	if c.Audit.Shapes < 0 {
		v.errorf("audit.shapes", "audit.shapes must not be negative; 0s keeps none")
	}
	if c.Audit.Retention < 0 {
		v.errorf("audit.retention", "audit.retention must not be negative; 0s keeps everything")
	}
	for _, n := range []struct {
		key         string
		n, min, max int64
	}{
		{"limits.max_body", c.Limits.MaxBody, 1 << 10, 1 << 40},
		{"limits.max_memory_body", c.Limits.MaxMemoryBody, 64 << 10, 1 << 30},
		{"limits.body_memory", c.Limits.BodyMemory, 1 << 20, 1 << 40},
		{"limits.spool", c.Limits.Spool, 0, 1 << 50},
		{"limits.max_header", int64(c.Limits.MaxHeader), 4 << 10, 1 << 20},
		{"limits.connections", int64(c.Limits.Connections), 1, 1 << 20},
		{"limits.connections_per_client", int64(c.Limits.ConnectionsPerClient), 1, 1 << 20},
		{"limits.file_workers", int64(c.Limits.FileWorkers), 0, 256},
		{"audit.segment_bytes", c.Audit.SegmentBytes, 64 << 10, 1 << 40},
	} {
		if n.n < n.min || n.n > n.max {
			v.errorf(n.key, "%s must be between %d and %d", n.key, n.min, n.max)
		}
	}
	if most := c.Limits.MemoryBody(); c.Limits.BodyMemory < most {
		v.errorf("limits.body_memory", "limits.body_memory is smaller than %d, the largest request that is held in memory", most)
	}
	if c.Limits.Spool > 0 && c.Limits.Spool < c.Limits.MaxBody {
		v.errorf("limits.spool", "limits.spool is smaller than limits.max_body: the largest request could never be held")
	}
	for i, p := range c.Tunnel.PlainPorts {
		if p == 0 {
			v.errorf(fmt.Sprintf("tunnel.plain_ports[%d]", i), "tunnel.plain_ports must not hold 0")
		}
	}
}

func (v *validator) analyzer() {
	a := v.c.Analyzer
	if a.URL != "" {
		u, err := url.Parse(a.URL)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "":
			v.errorf("analyzer.url", `analyzer.url wants a URL such as "http://127.0.0.1:5002/analyze"`)
		case u.User != nil:
			v.errorf("analyzer.url", `analyzer.url must not hold a password: use token = "file:/path" or "env:NAME"`)
		case u.Scheme == "http" && !loopback(net.JoinHostPort(u.Hostname(), "0")):
			v.errorf("analyzer.url", "analyzer.url must be https unless the service is on this machine: the text of messages is sent there")
		}
	} else if a.Token.IsSet() {
		v.errorf("analyzer.token", "analyzer.token is set without analyzer.url")
	}
	if a.MinScore <= 0 || a.MinScore > 1 {
		v.errorf("analyzer.min_score", "analyzer.min_score must be above 0 and at most 1")
	}
}

func (v *validator) identity() {
	id := v.c.Identity
	if id.Anonymous == AnonymousDeny && id.TokenFile == "" && len(id.Networks) == 0 {
		v.errorf("identity.anonymous", `identity.anonymous = "deny" needs identity.token_file or [[identity.networks]]: nobody could connect`)
	}
	names := map[string]bool{}
	for i, n := range id.Networks {
		path := fmt.Sprintf("identity.networks[%d]", i)
		switch {
		case n.Name == "":
			v.errorf(path+".name", "%s has no name", path)
		case names[n.Name]:
			v.errorf(path+".name", "network %q is listed twice", n.Name)
		}
		names[n.Name] = true
		switch {
		case !n.CIDR.IsValid():
			if v.c.doc == nil || !v.c.doc.Has(path+".cidr") { // else it was already reported
				v.errorf(path+".cidr", "%s has no cidr", path)
			}
		case n.CIDR.Bits() == 0:
			v.errorf(path+".cidr", "%s.cidr covers the whole Internet: that would be an open proxy", path)
		}
	}
}

func (v *validator) choices() {
	c := v.c
	v.oneOf("identity.anonymous", string(c.Identity.Anonymous), string(AnonymousAllow), string(AnonymousDeny))
	v.oneOf("audit.durable", string(c.Audit.Durable), string(BeforeAnswer), string(BeforeForward))
	v.oneOf("audit.identity", string(c.Audit.Identity), string(IdentityHash), string(IdentityClear))
	v.oneOf("vault.token_scope", string(c.Vault.TokenScope), string(ScopeTenant), string(ScopePrincipal), string(ScopeConversation))
	v.oneOf("log.level", string(c.Log.Level), "debug", "info", "warn", "error")
	v.oneOf("log.format", string(c.Log.Format), "json", "text")
	if c.Profile == "" || strings.ContainsAny(c.Profile, `/\.`) {
		v.errorf("profile", "profile wants the name of a policy, such as l1, l2 or l3")
	}
}

func (v *validator) oneOf(path, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	quoted := make([]string, len(want))
	for i, w := range want {
		quoted[i] = strconv.Quote(w)
	}
	v.errorf(path, "%s wants %s", path, strings.Join(quoted, " or ")).Hint = strict.Suggest(got, want)
}

package identity

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Anonymity is the answer to clients that do not say who they are.
type Anonymity uint8

// The answers. With Deny a client must present a token, or, when there are no
// tokens, be in a listed network.
const (
	Allow Anonymity = iota
	Deny
)

// A NetworkRange names a range of client addresses and the groups of the
// clients in it.
type NetworkRange struct {
	Name   string
	Prefix netip.Prefix
	Groups []string
}

// Options say how clients are recognised. The zero value lets everybody in as
// anonymous.
type Options struct {
	Networks  []NetworkRange // when any is listed, other addresses are refused
	Tokens    *Tokens        // nil: Proxy-Authorization is not looked at
	Anonymous Anonymity
	Now       func() time.Time // nil: time.Now
}

// A Reason says why a client was not let in. Refusals branch on it.
type Reason string

// The reasons.
const (
	ReasonNetwork   Reason = "network"   // the address is in no listed network; authenticating does not help
	ReasonMissing   Reason = "missing"   // no credentials, and they are needed
	ReasonScheme    Reason = "scheme"    // another scheme than Basic
	ReasonMalformed Reason = "malformed" // Basic, but not base64 of user:token
	ReasonUnknown   Reason = "unknown"   // no such user, or the token is not theirs
	ReasonLimited   Reason = "limited"   // too many wrong tokens for this user from this address
)

// An Error says why a client was not let in. It never holds credentials.
type Error struct {
	Reason Reason
	Retry  time.Duration // when to try again; only for ReasonLimited
}

func (e *Error) Error() string {
	switch e.Reason {
	case ReasonNetwork:
		return "identity: the client's address is in no listed network"
	case ReasonMissing:
		return "identity: proxy credentials are needed"
	case ReasonScheme:
		return "identity: proxy credentials are not of the Basic scheme"
	case ReasonMalformed:
		return "identity: proxy credentials are malformed"
	case ReasonUnknown:
		return "identity: unknown user or wrong token"
	case ReasonLimited:
		return fmt.Sprintf("identity: too many wrong tokens, again in %s", e.Retry.Round(time.Second))
	}
	return "identity: " + string(e.Reason)
}

// Challenge is the value of Proxy-Authenticate for a 407, or "" when
// credentials would not help.
func (e *Error) Challenge() string {
	if e.Reason == ReasonNetwork || e.Reason == ReasonLimited {
		return ""
	}
	return `Basic realm="promptgate", charset="UTF-8"`
}

// A Resolver says who a client is. Safe for concurrent use.
type Resolver struct {
	networks  []NetworkRange // most specific first
	tokens    *Tokens
	anonymous Anonymity
	failures  *failures
}

// NewResolver makes a Resolver.
func NewResolver(o Options) *Resolver {
	if o.Now == nil {
		o.Now = time.Now
	}
	networks := slices.Clone(o.Networks)
	slices.SortStableFunc(networks, func(a, b NetworkRange) int { return b.Prefix.Bits() - a.Prefix.Bits() })
	return &Resolver{networks: networks, tokens: o.Tokens, anonymous: o.Anonymous, failures: newFailures(o.Now)}
}

// Resolve recognises the client at addr with the value of its
// Proxy-Authorization header ("" when it sent none). Call it once per client
// connection, or again when the header of a request differs, and bind the
// result to the connection. The error is *Error.
func (r *Resolver) Resolve(addr netip.Addr, proxyAuthorization string) (Principal, error) {
	addr = addr.Unmap().WithZone("")
	p := Principal{Method: Anonymous, Address: addr.String()}
	if len(r.networks) > 0 {
		n, ok := r.network(addr)
		if !ok {
			return Principal{}, &Error{Reason: ReasonNetwork}
		}
		p.Network, p.Method, p.Assurance = n.Name, Network, AssuranceNetwork
		p.Groups = union(n.Groups, nil)
	}
	if r.tokens == nil {
		if r.anonymous == Deny && p.Method == Anonymous {
			return Principal{}, &Error{Reason: ReasonNetwork}
		}
		return p, nil
	}
	if proxyAuthorization == "" {
		if r.anonymous == Deny {
			return Principal{}, &Error{Reason: ReasonMissing}
		}
		return p, nil
	}
	// Wrong credentials are refused even where none are needed: taking the
	// client for anonymous would hide its mistake behind another policy.
	user, token, err := basic(proxyAuthorization)
	if err != nil {
		return Principal{}, err
	}
	if wait := r.failures.wait(addr, user); wait > 0 {
		return Principal{}, &Error{Reason: ReasonLimited, Retry: wait}
	}
	groups, ok := r.tokens.check(user, token)
	if !ok {
		r.failures.add(addr, user)
		return Principal{}, &Error{Reason: ReasonUnknown}
	}
	p.Subject, p.Method, p.Assurance = user, Basic, AssuranceToken
	p.Groups = union(p.Groups, groups)
	return p, nil
}

func (r *Resolver) network(addr netip.Addr) (NetworkRange, bool) {
	for _, n := range r.networks {
		if n.Prefix.Contains(addr) {
			return n, true
		}
	}
	return NetworkRange{}, false
}

// basic splits "Basic base64(user:token)" (RFC 7617).
func basic(header string) (user, token string, err error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", &Error{Reason: ReasonScheme}
	}
	raw, derr := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	user, token, ok := strings.Cut(string(raw), ":")
	if derr != nil || !ok {
		return "", "", &Error{Reason: ReasonMalformed}
	}
	return user, token, nil
}

// union is the sorted set of both lists.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Package identity says who is behind a connection.
//
// A [Principal] is resolved once per client connection and bound to it; it is
// never shared between the clients of a shared upstream connection.
package identity

// A Principal is the person or program a connection belongs to. The zero value
// is nobody: anonymous, from nowhere.
type Principal struct {
	Subject   string   // user or application name; empty when anonymous
	Groups    []string // sorted
	Device    string   // device name, when the method knows one
	Method    Method
	Assurance Assurance
	Network   string // name of the configured client network, or ""
	Address   string // client IP address without port
}

// Method is how a principal was recognised.
type Method string

// The methods there are.
const (
	Anonymous Method = "anonymous"
	Network   Method = "network"
	Basic     Method = "basic"
)

// Assurance orders methods by how hard they are to forge.
type Assurance uint8

// The levels of assurance, weakest first.
const (
	AssuranceNone Assurance = iota
	AssuranceNetwork
	AssuranceToken
)

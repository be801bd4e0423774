package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// A ConnectTo sends connections for one host and port to another, in the
// manner of curl's --connect-to: "api.openai.com:443=127.0.0.1:9443". Name
// resolution, SNI and certificate checks keep the original host. An empty
// Port on the left means every port.
type ConnectTo struct {
	Host, Port     string // what is asked for; Host lower case
	ToHost, ToPort string // where it goes
}

// UnmarshalText reads "host:port=host:port"; the left port may be empty.
func (c *ConnectTo) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), "=")
	var out ConnectTo
	var err error
	if ok {
		if out.Host, out.Port, err = splitHostPort(from, "any"); err == nil {
			out.ToHost, out.ToPort, err = splitHostPort(to, "one")
		}
	}
	if !ok || err != nil {
		return fmt.Errorf(`want "host:port=host:port"`)
	}
	out.Host = strings.TrimSuffix(strings.ToLower(out.Host), ".")
	*c = out
	return nil
}

// String is the form that UnmarshalText reads.
func (c ConnectTo) String() string {
	return net.JoinHostPort(c.Host, c.Port) + "=" + net.JoinHostPort(c.ToHost, c.ToPort)
}

// splitHostPort splits and checks; ports "any" allows an empty port.
func splitHostPort(s, ports string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(s)
	if err != nil {
		return "", "", err
	}
	if host == "" {
		return "", "", fmt.Errorf("no host")
	}
	if port == "" && ports == "any" {
		return host, port, nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("no port")
	}
	return host, port, nil
}

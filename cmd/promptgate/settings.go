package main

import (
	"net"
	"net/url"
	"path/filepath"

	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/provider"
)

// Settings are the flags of the verbs that work with a running installation.
type settings struct{ file, stateDir *string }

func settingsFlags(f *flags) settings {
	return settings{
		file:     f.text("config", "FILE", "", "settings, TOML; without it every key has its default"),
		stateDir: f.text("state-dir", "DIR", "", "CA keys and evidence, instead of state_dir"),
	}
}

// load reads the settings; the command line goes before the file. What it returns
// beside an error is as of config.Parse.
func (s settings) load() (*config.Config, error) {
	c := config.Default()
	if *s.file != "" {
		var err error
		if c, err = config.Load(*s.file); err != nil {
			return c, plainPathError(err)
		}
	}
	if *s.stateDir != "" {
		c.StateDir = *s.stateDir
	}
	return c, nil
}

// portalListen is the address that serves PAC file, CA and CRLs.
func portalListen(c *config.Config) string {
	if c.PortalListen != "" {
		return c.PortalListen
	}
	return c.AdminListen
}

// publicURL is the portal as laptops see it, without a slash at the end.
func publicURL(c *config.Config) string {
	if c.Portal.PublicURL != "" {
		u := c.Portal.PublicURL
		for u[len(u)-1] == '/' {
			u = u[:len(u)-1]
		}
		return u
	}
	return "http://" + portalListen(c)
}

// proxyAddresses is what the PAC file names, in order.
func proxyAddresses(c *config.Config) []string {
	if len(c.Portal.Proxies) > 0 {
		return c.Portal.Proxies
	}
	if u, err := url.Parse(c.Portal.PublicURL); err == nil && u.Hostname() != "" {
		if _, port, err := net.SplitHostPort(c.Listen); err == nil {
			return []string{net.JoinHostPort(u.Hostname(), port)}
		}
	}
	return []string{c.Listen}
}

// caConfig says where the authority of an installation lives.
func caConfig(c *config.Config, state string, providers *provider.Catalogue) ca.Config {
	return ca.Config{Dir: caDir(state), Constraints: providers.Suffixes(), PublicURL: publicURL(c)}
}

func caDir(state string) string { return filepath.Join(state, "ca") }

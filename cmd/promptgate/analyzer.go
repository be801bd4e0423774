package main

import (
	"github.com/promptgate/promptgate/proxy/analyzer"
	"github.com/promptgate/promptgate/proxy/config"
)

// analyzer is the remote analyzer that the settings name, nil without one.
func (p *program) analyzer(c *config.Config) (*analyzer.Client, error) {
	a := c.Analyzer
	if a.URL == "" {
		return nil, nil
	}
	token, err := a.Token.Load(p.getenv)
	if err != nil {
		return nil, c.Errorf("analyzer.token", "analyzer.token: %v", err)
	}
	remote, err := analyzer.New(analyzer.Config{URL: a.URL, Timeout: a.Timeout, Language: a.Language, Token: token, MinScore: a.MinScore})
	if err != nil {
		return nil, c.Errorf("analyzer.url", "%v", err)
	}
	return remote, nil
}

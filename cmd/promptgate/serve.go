package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/telemetry"
)

func serveVerb() verb {
	return verb{
		name: "serve", short: "run the proxy",
		long: `Runs the proxy, the portal (PAC file, CA certificate) and the admin surface (health,
metrics). The first start makes the CA. Stdout says where everything is; the log is
on stderr. SIGINT or SIGTERM drains open requests, a second one does not wait. What
stands in rules_dir is read again when it changes and on SIGHUP: whole, or, when there
is a mistake in it, not at all; log, /healthz and metrics say so.`,
		examples: [3]string{
			"promptgate serve --state-dir ./state",
			"promptgate serve --config /etc/promptgate/promptgate.toml",
			"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 promptgate serve",
		},
		set: func(f *flags) runner {
			s := settingsFlags(f)
			return func(ctx context.Context, p *program, args []string) error {
				if err := noArgs(args); err != nil {
					return err
				}
				c, err := s.load()
				if err != nil {
					return err
				}
				return p.serve(ctx, c)
			}
		},
	}
}

func (p *program) serve(ctx context.Context, c *config.Config) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal kills
	tuneGC(p.getenv)
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGHUP) // early: until then it would end the program
	defer signal.Stop(told)
	log, err := telemetry.NewLogger(p.stderr, string(c.Log.Level), string(c.Log.Format))
	if err != nil {
		return err
	}
	g, err := openGate(ctx, c, p, log)
	if err != nil {
		return err
	}
	defer g.close()
	g.told = told
	if _, err := fmt.Fprint(p.stdout, g.welcome(p.version)); err != nil {
		return err
	}
	log.Info("started", telemetry.ServiceVersion, p.version, telemetry.PolicyProfile, g.rules().Policy.Profile(), telemetry.PolicyDigest, g.rules().Policy.Revision())
	err = g.run(ctx)
	log.Info("stopped")
	return err
}

// tuneGC lets garbage pile up to four times what is alive, within 2 GiB: little
// is alive in a proxy, so the default collects many times a second for nothing.
// GOGC or GOMEMLIMIT in the environment go before.
func tuneGC(getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(2 << 30)
}

// welcome says what to do next. Its line with curl works as it stands.
func (g *gate) welcome(version string) string {
	c := g.cfg
	public := publicURL(c)
	var b strings.Builder
	line := func(name, format string, a ...any) {
		fmt.Fprintf(&b, "  %-8s %s\n", name, fmt.Sprintf(format, a...))
	}
	fmt.Fprintf(&b, "promptgate %s, policy %s: %s\n\n", version, g.rules().Policy.Profile(), g.rules().Policy.Title())
	line("proxy", "%s", proxyURL(c))
	line("PAC", "%s/proxy.pac", public)
	line("CA", "%s/ca.crt (DER), %s/ca.pem", public, public)
	line("admin", "http://%s/metrics", c.AdminListen)
	line("state", "%s", g.state)
	root := filepath.Join(caDir(g.state), "root.crt")
	fmt.Fprintf(&b, "\nTry it with a published test card. Without an OpenAI key the answer is a 401, and the\nrecord in %s shows what was replaced all the same:\n\n", filepath.Join(g.state, "audit"))
	fmt.Fprintf(&b, "  %s\n\n", curlLine(c, root))
	return b.String()
}

func proxyURL(c *config.Config) string {
	u := url.URL{Scheme: "http", Host: proxyAddresses(c)[0]}
	if c.ListenTLS.Enabled() {
		u.Scheme = "https"
	}
	return u.String()
}

// curlLine is one line to try.
func curlLine(c *config.Config, root string) string {
	return fmt.Sprintf(`curl -x %s --cacert %s https://api.openai.com/v1/chat/completions -H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json" -d '{"model": "gpt-5.5", "messages": [{"role": "user", "content": "Refund my credit card 4111 1111 1111 1111"}]}'`, proxyURL(c), root)
}

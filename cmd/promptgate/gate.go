package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/promptgate/promptgate/detectors/pattern"
	"github.com/promptgate/promptgate/proxy"
	"github.com/promptgate/promptgate/proxy/audit"
	"github.com/promptgate/promptgate/proxy/bundle"
	"github.com/promptgate/promptgate/proxy/ca"
	"github.com/promptgate/promptgate/proxy/coach"
	"github.com/promptgate/promptgate/proxy/config"
	"github.com/promptgate/promptgate/proxy/content/worker"
	"github.com/promptgate/promptgate/proxy/glass"
	"github.com/promptgate/promptgate/proxy/inspect"
	"github.com/promptgate/promptgate/proxy/policy"
	"github.com/promptgate/promptgate/proxy/refuse"
	"github.com/promptgate/promptgate/proxy/shape"
	"github.com/promptgate/promptgate/proxy/spent"
	"github.com/promptgate/promptgate/proxy/store"
	"github.com/promptgate/promptgate/proxy/telemetry"
	"github.com/promptgate/promptgate/proxy/unlisted"
	"github.com/promptgate/promptgate/proxy/upload"
)

// A gate is promptgate wired together: what serve runs and demo shows. open
// makes one, run serves until its context ends, close gives everything back.
type gate struct {
	cfg        *config.Config
	state      string
	log        *slog.Logger
	key        []byte                  // of digests
	inForce    atomic.Pointer[ruleset] // asked for anew by each connection and message
	inspector  *inspect.Inspector
	reloading  reloading
	watchEvery time.Duration
	told       <-chan os.Signal // reload now; nil never
	authority  *ca.Authority
	audit      *audit.Log
	shapes     *shape.Log                  // of messages, to try policies on; nil when none are kept
	glass      atomic.Pointer[glass.Grant] // the emergency exit, while it is open
	bundles    *bundle.Fetcher             // of rules; nil when there is no server for them
	onLastGood atomic.Bool                 // the rules in force are those of before, rules_dir has mistakes
	started    time.Time
	store      *store.DB      // what tokens stand for
	coach      *coach.Book    // what people have been told and have acknowledged
	unlisted   *unlisted.Book // requests that no row of the catalogue names
	tracing    *telemetry.Tracing
	metrics    *telemetry.Metrics
	server     *proxy.Server
	files      *worker.Pool
	listeners  listeners
	surfaces   []surface
	ready      readiness
	challenges tally
}

// openGate reads and makes everything that c names, and opens the listeners, so
// that what cannot work is said before anything is served.
func openGate(ctx context.Context, c *config.Config, p *program, log *slog.Logger) (_ *gate, err error) {
	g := &gate{cfg: c, log: log, started: time.Now(), watchEvery: watchEvery}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.state, err = openState(c, p.getenv); err != nil {
		return nil, err
	}
	if g.key, err = evidenceKey(g.state); err != nil {
		return nil, err
	}
	r, err := g.loadFirst(ctx, p)
	if err != nil {
		return nil, err
	}
	g.inForce.Store(r)
	if g.listeners, err = listen(c); err != nil {
		return nil, err
	}
	if g.authority, err = ca.Open(caConfig(c, g.state, r.providers)); err != nil {
		return nil, err
	}
	if err := uncovered(g.authority, r.providers); err != nil {
		return nil, err
	}
	if err := g.telemetry(ctx, p); err != nil {
		return nil, err
	}
	if err := g.evidence(); err != nil {
		return nil, err
	}
	if keep := c.Audit.Shapes; keep > 0 {
		if g.shapes, err = shape.Open(shapesDir(g.state), keep); err != nil {
			return nil, err
		}
		g.metrics.Func("dlp_shapes_lost_total", "Shapes of messages that could not be kept.", func() float64 { return float64(g.shapes.Lost()) })
	}
	if g.onLastGood.Load() {
		g.metrics.Reload("error") // the rules on disk are not in force
	}
	g.metrics.Gauge("dlp_break_glass_active", "1 while the glass is broken: the policy is not enforced for some people.", func() float64 {
		if x := g.glass.Load(); x != nil && time.Now().Before(x.Until) {
			return 1
		}
		return 0
	})
	if g.coach, err = coach.Open(g.key, filepath.Join(g.state, "acknowledged.jsonl")); err != nil {
		return nil, err
	}
	if err := g.proxy(p); err != nil {
		return nil, err
	}
	g.serveSurfaces(p.version)
	return g, nil
}

func (g *gate) telemetry(ctx context.Context, p *program) (err error) {
	g.metrics = telemetry.NewMetrics(p.version, metricLabels(g.cfg, g.rules()))
	g.metrics.Policy(g.rules().Policy.Profile(), g.rules().Policy.Revision())
	g.metrics.CAExpiry(firstExpiry(g.authority))
	g.metrics.Gauge("dlp_re2_memory_bytes", "Memory of RE2, beside Go's heap; 0 where it cannot be told.", func() float64 { return float64(pattern.RE2Memory()) })
	g.tracing, err = telemetry.StartTracing(ctx, telemetry.TraceOptions{Version: p.version, Logger: g.log, Getenv: p.getenv})
	if err != nil {
		return err
	}
	g.metrics.Func("dlp_spans_dropped_total", "Spans that were not exported.", func() float64 { return float64(g.tracing.Dropped()) })
	return nil
}

func (g *gate) evidence() (err error) {
	a := g.cfg.Audit
	g.audit, err = audit.Open(audit.Config{
		Dir: filepath.Join(g.state, "audit"), SegmentBytes: a.SegmentBytes, Retention: a.Retention, Observe: g.metrics.Audit,
	})
	if err != nil {
		return err
	}
	g.metrics.Func("dlp_audit_lost_total", "Events that could not be queued.", func() float64 { return float64(g.audit.Lost()) })
	return nil
}

func (g *gate) proxy(p *program) error {
	c := g.cfg
	resolver, err := newResolver(c)
	if err != nil {
		return err
	}
	up, err := upstreamConfig(c, p.getenv)
	if err != nil {
		return err
	}
	evidence := g.evidenceOf(g.key)
	if g.files, err = p.files(c, filepath.Join(g.state, "cache")); err != nil {
		return err
	}
	remote, err := p.analyzer(c)
	if err != nil {
		return err
	}
	if g.unlisted, err = unlisted.Open(g.state); err != nil {
		return plainPathError(err)
	}
	uploads, err := upload.NewBook()
	if err != nil {
		return err
	}
	g.inspector = inspect.New(g.rules().Rules, inspect.Config{
		Analyzer: remote,
		Timeout:  c.Timeouts.Inspect, Durable: c.Audit.Durable, Recorder: evidence,
		Tokens: g.openVault(), Notice: inspect.Notice{On: c.Portal.Replaced, Link: c.Portal.IncidentURL}, Coach: g.coach, Spent: &spent.Ledger{}, Uploads: uploads, Unlisted: g.unlisted, Key: g.key, Files: g.files, Stale: g.stale, Emergency: g.emergency})
	bodies, err := openSpool(c, g.state, g.log)
	if err != nil {
		return err
	}
	limits := proxyLimits(c)
	if bodies == nil && c.Limits.Spool > 0 {
		limits.BodyBytes = min(limits.BodyBytes, withoutSpool)
	}
	g.server, err = proxy.New(proxy.Config{
		Spool:        bodies,
		Inspector:    g.inspector,
		Hosts:        func() proxy.Hosts { return g.rules().providers },
		Screen:       g.screen,
		Restrict:     func(host string) []policy.Header { return g.rules().Policy.Restrictions(host) },
		Leaf:         g.authority.Leaf,
		Refuse:       func(p refuse.Problem) refuse.Refusal { return g.rules().Messages.Problem(p) },
		Authenticate: resolver.Resolve,
		Reading:      g.reading,
		PlainPorts:   c.Tunnel.PlainPorts,
		Upstream:     up,
		Limits:       limits,
		Hooks:        g.hooks(evidence),
		Tracer:       g.tracing,
		Log:          g.log,
	})
	return err
}

// rules are those in force now.
func (g *gate) rules() *ruleset { return g.inForce.Load() }

// run serves until ctx ends, then drains. It returns nil after an orderly end.
// Health, metrics and the PAC file are served until the proxy has drained: whoever
// watches it or sends it traffic is told.
func (g *gate) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	beside, drained := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error {
		defer drained()
		return g.server.Serve(ctx, g.listeners.proxy)
	})
	for _, s := range g.surfaces {
		group.Go(func() error { return s.serve(beside) })
	}
	group.Go(func() error { return g.watch(ctx) })
	group.Go(func() error { return g.follow(ctx) })
	group.Go(func() error { return g.watchGlass(ctx) })
	g.ready.set(true)
	go g.files.Warm(ctx) // seconds, at the first start
	group.Go(func() error {
		<-ctx.Done()
		g.ready.set(false)
		return nil
	})
	return group.Wait()
}

// close ends what open made. The evidence is written to disk first.
func (g *gate) close() {
	if g.shapes != nil {
		g.shapes.Close()
	}
	if g.coach != nil {
		_ = g.coach.Close() // each line was written when it was acknowledged
	}
	if err := g.unlisted.Close(); err != nil {
		g.log.Error("outlines of unlisted requests could not be written", "error", err.Error())
	}
	if g.audit != nil {
		if err := g.audit.Close(); err != nil {
			g.log.Error("audit log did not close cleanly", "error.type", fmt.Sprintf("%T", err))
		}
	}
	if g.store != nil {
		if err := g.store.Close(); err != nil {
			g.log.Error("the vault did not close cleanly", "error.message", err.Error())
		}
	}
	if g.tracing != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := g.tracing.Shutdown(ctx); err != nil {
			g.log.Warn("spans were left behind")
		}
	}
	g.files.Close()
	g.listeners.close()
}

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/promptgate/promptgate/proxy/config"
)

// listeners are the open sockets. portal is nil when admin's serves both.
type listeners struct{ proxy, admin, portal net.Listener }

// listen opens the sockets, and writes the addresses they got back into c,
// which differ for port 0.
func listen(c *config.Config) (l listeners, err error) {
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	open := func(name string, addr *string) (net.Listener, error) {
		s, err := net.Listen("tcp", *addr)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, port, _ := net.SplitHostPort(*addr); port == "0" {
			*addr = s.Addr().String()
		}
		return s, nil
	}
	if l.proxy, err = open("listen", &c.Listen); err != nil {
		return l, err
	}
	if t := c.ListenTLS; t.Enabled() {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return l, fmt.Errorf("listen_tls: %w", err)
		}
		// HTTP/1.1 only: over HTTP/2 a CONNECT cannot be hijacked.
		l.proxy = tls.NewListener(l.proxy, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
	}
	if l.admin, err = open("admin_listen", &c.AdminListen); err != nil {
		return l, err
	}
	if c.PortalListen != "" && c.PortalListen != c.AdminListen {
		l.portal, err = open("portal_listen", &c.PortalListen)
	}
	return l, err
}

func (l listeners) close() {
	for _, s := range []net.Listener{l.proxy, l.admin, l.portal} {
		if s != nil {
			_ = s.Close()
		}
	}
}

// A surface is an HTTP server beside the proxy.
type surface struct {
	listener net.Listener
	handler  http.Handler
	log      *slog.Logger
}

// serve answers until ctx ends, then lets requests under way finish.
func (s surface) serve(ctx context.Context) error {
	server := &http.Server{
		Handler: s.handler, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), MaxHeaderBytes: 32 << 10,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = server.Shutdown(drain)
	<-failed
	return nil
}

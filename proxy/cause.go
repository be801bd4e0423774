package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	"github.com/promptgate/promptgate/proxy/refuse"
)

// causeOf sorts the errors of dialling and of http.Transport. Their texts hold
// addresses and names and are not for clients.
func causeOf(err error) refuse.Cause {
	var (
		parent *parentError
		dns    *net.DNSError
		netErr net.Error
		op     *net.OpError
	)
	switch {
	case errors.Is(err, errPrivate):
		return refuse.CausePrivate
	case errors.As(err, &parent) && parent.status == http.StatusProxyAuthRequired:
		return refuse.CauseParentAuth
	case timedOut(err, &netErr):
		return refuse.CauseUpstreamTimeout
	case errors.As(err, &parent):
		return refuse.CauseParentRefused
	case errors.As(err, &dns):
		return refuse.CauseUpstreamDNS
	case aboutTLS(err):
		return refuse.CauseUpstreamTLS
	case errors.As(err, &op) && op.Op == "dial":
		return refuse.CauseUpstreamRefused
	}
	return refuse.CauseUpstreamReset
}

func timedOut(err error, netErr *net.Error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, errSilent) ||
		(errors.As(err, netErr) && (*netErr).Timeout())
}

func aboutTLS(err error) bool {
	var (
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		op     *net.OpError
		name   x509.HostnameError
		known  x509.UnknownAuthorityError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &name) || errors.As(err, &known) ||
		(errors.As(err, &op) && op.Op == "remote error") // an alert received; crypto/tls wraps it so
}

// isReset reports whether the other side broke the connection off.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

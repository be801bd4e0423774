package proxy

import (
	"bufio"
	"io"
	"net/http"
	"strings"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/provider"
	"github.com/promptgate/promptgate/proxy/refuse"
)

// upgrades reports whether the client wants a WebSocket. Other upgrades (h2c)
// are an offer that may be passed over: the header is dropped.
func upgrades(r *http.Request) bool {
	return r.ProtoMajor == 1 && hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket")
}

func hasToken(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// upgradeInspected refuses a WebSocket where prompts would travel in it (clients
// fall back to plain requests on 426), and records the others as what they are:
// not inspected.
func (m *message) upgradeInspected() {
	if m.endpoint.Upgrade != provider.PassFlagged {
		m.refuse(refuse.CauseUpgrade, m.endpoint.Reason)
		return
	}
	if v := m.ask(payload{}, &detectors.Gap{Cause: detectors.CauseWebSocketUninspected}); v.Refusal != nil {
		m.s.send(m.w, m.r, *v.Refusal)
		return
	}
	m.s.cfg.Hooks.Upgrade(m.host)
	m.upgrade()
}

// upgrade asks upstream for the WebSocket and, when it agrees, copies both ways
// until either side ends.
func (m *message) upgrade() {
	out := m.outgoing(payload{})
	out.Header.Set("Connection", "Upgrade")
	out.Header.Set("Upgrade", "websocket")
	resp, err := m.trip(out, false) // an h2 connection has no Upgrade
	if err != nil {
		m.s.send(m.w, m.r, m.unreached(err))
		return
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		m.switched = resp
		out.Header.Del("Connection")
		out.Header.Del("Upgrade")
		m.s.exchange(m.w, out)
		return
	}
	server, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || !hasToken(resp.Header["Upgrade"], "websocket") {
		_ = resp.Body.Close()
		m.s.send(m.w, m.r, m.unreached(io.ErrUnexpectedEOF))
		return
	}
	m.answered(resp)
	m.silent.Stop()
	m.relayUpgrade(resp, server)
}

// relayUpgrade says 101 to the client and copies.
func (m *message) relayUpgrade(resp *http.Response, server io.ReadWriteCloser) {
	client, buffered, err := m.w.control.Hijack()
	if err != nil {
		_ = server.Close()
		m.failed = err
		return
	}
	m.w.status = http.StatusSwitchingProtocols
	resp.Header.Set("Connection", "Upgrade")
	resp.Header.Set("Upgrade", "websocket")
	w := bufio.NewWriter(client)
	_, _ = io.WriteString(w, "HTTP/1.1 101 Switching Protocols\r\n")
	_ = resp.Header.Write(w)
	_, _ = io.WriteString(w, "\r\n")
	if err := w.Flush(); err != nil {
		_ = client.Close()
		_ = server.Close()
		return
	}
	m.s.upgradeBytes(buffered.Reader, client, server)
}

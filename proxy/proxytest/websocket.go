package proxytest

import (
	"net/http"

	"github.com/coder/websocket"
)

// serveWebSocket repeats every message, until one says "close": then the server
// closes first, as ws.chatgpt.com does when a session ends.
func serveWebSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"*"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(16 << 20)
	for {
		kind, text, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if string(text) == "close" {
			_ = c.Close(websocket.StatusNormalClosure, "asked to")
			return
		}
		if c.Write(r.Context(), kind, text) != nil {
			return
		}
	}
}

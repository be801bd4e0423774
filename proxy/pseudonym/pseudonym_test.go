package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// want is RFC 2104 by the standard library, without pool and memory.
func want(key, kind, value string, n int) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(kind + "\x00" + value))
	return hex.EncodeToString(h.Sum(nil)[:n])
}

func TestAPseudonymIsTheKeyedHash(t *testing.T) {
	t.Parallel()
	m := New([]byte("k1"))
	for _, value := range []string{"", "anna", strings.Repeat("x", 1000)} {
		for range 2 { // made, and remembered
			if got := m.Known("user", value, 16); got != want("k1", "user", value, 16) {
				t.Errorf("%d bytes: %s", len(value), got)
			}
			if got := m.Hex("api key", value, 12); got != want("k1", "api key", value, 12) {
				t.Errorf("%d bytes: %s", len(value), got)
			}
		}
	}
	if m.Known("user", "anna", 16) == m.Known("device", "anna", 16) || m.Known("user", "anna", 16) == New([]byte("k2")).Known("user", "anna", 16) {
		t.Error("kinds or keys are not told apart")
	}
	if len(m.Known("user", "anna", 6)) != 12 {
		t.Error("a remembered hash has another length")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := New([]byte("k"))
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 2 * remembered {
				if v := strconv.Itoa(i * w); m.Known("user", v, 16) != want("k", "user", v, 16) {
					t.Error(v)
					return
				}
			}
		})
	}
	all.Wait()
	m.Known("user", strings.Repeat("x", longest+1), 16)
	if len(m.memo) > remembered {
		t.Errorf("%d remembered", len(m.memo))
	}
	for k := range m.memo {
		if len(k.value) > longest {
			t.Errorf("a value of %d bytes is remembered", len(k.value))
		}
	}
}

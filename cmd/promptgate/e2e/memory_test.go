package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/cmd/promptgate/e2e/synthetic"
)

// memory is a size in /proc/PID/status, in MiB.
func (w *world) memory(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name+":" {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			return n >> 10
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// A long upload needs little memory, also when a card in its last line is taken
// out; and one that is to be stopped by its beginning is not sent to its end.
//
//	PROMPTGATE_UPLOAD_MIB=1024 go test ./cmd/promptgate/e2e -run LongUpload -v
func TestALongUploadNeedsLittleMemory(t *testing.T) {
	mib := 48
	if s := os.Getenv("PROMPTGATE_UPLOAD_MIB"); s != "" {
		var err error
		if mib, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, "")
	c := w.client(t, false)
	c.Timeout = 10 * time.Minute
	const head = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"table.csv\"\r\nContent-Type: text/csv\r\n\r\n"
	row := []byte("2026-11-28,harbour,the boats lay still,quiet,14,0.5,west\n")
	block := bytes.Repeat(row, 1<<20/len(row))
	send := func(first, last string, blocks int) (int, int) {
		sent := 0
		r, out := io.Pipe()
		go func() {
			write := func(b []byte) bool {
				n, err := out.Write(b)
				sent += n
				return err == nil
			}
			ok := write([]byte(head + first))
			for i := 0; ok && i < blocks; i++ {
				ok = write(block)
			}
			if ok {
				write([]byte(last + "\r\n--b--\r\n"))
			}
			_ = out.Close()
		}()
		req, _ := http.NewRequest(http.MethodPost, "https://api.openai.com/v1/files", r)
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = r.Close()
		return resp.StatusCode, sent
	}
	send("", "", 8) // what is made once
	before := w.memory(t, "VmRSS")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", w.pid), []byte("5"), 0); err != nil {
		t.Skip("no high-water mark here")
	}
	w.upstream.reset()
	card := synthetic.Card()
	start := time.Now()
	status, _ := send("", "credit card "+card+"\n", mib)
	took := time.Since(start)
	grown := w.memory(t, "VmHWM") - before
	t.Logf("%d MiB in %v: %d MiB more than the %d before", mib, took, grown, before)
	if grown > 64 {
		t.Errorf("%d MiB more memory for an upload of %d MiB", grown, mib)
	}
	got := w.upstream.only(t).Body
	if status != 200 || bytes.Contains(got, []byte(card)) || !bytes.Contains(got, []byte("credit card [PAYMENT_CARD_1]\n")) || len(got) < mib*len(block) {
		t.Errorf("status %d, upstream received %d bytes", status, len(got))
	}
	w.upstream.reset()
	status, sent := send(synthetic.PrivateKey()+"\n", "", mib)
	if status != 400 || sent > 32<<20 {
		t.Errorf("an upload with a private key in its first lines: status %d after %d MiB of %d", status, sent>>20, mib)
	}
	w.upstream.nothing(t)
}

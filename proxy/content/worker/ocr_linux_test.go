package worker

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/proxy/content"
)

// pictures reads "pictures" as package file does: what is written about them, and
// the gap image.
type pictures struct{ wild }

func (pictures) Read(_ context.Context, data []byte, _ string) content.FileText {
	if !bytes.HasPrefix(data, []byte("\x89PNG")) {
		return content.FileText{Kind: "test"}
	}
	return content.FileText{
		Kind: "picture", Parts: []content.FilePart{{Locator: "properties", Text: []byte("a title")}},
		Gaps: []detectors.Gap{{Cause: detectors.CauseImage}, {Cause: detectors.CauseImage, Locator: "thumbnail"}},
	}
}

// reader runs a shell script in place of tesseract.
func reader(t *testing.T, script string, timeout time.Duration) content.Files {
	t.Helper()
	if err := exec.Command("unshare", "-rn", "true").Run(); err != nil {
		t.Skip("no user namespaces here")
	}
	file := filepath.Join(t.TempDir(), "reader")
	if err := os.WriteFile(file, []byte("#!/bin/bash\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return WithPictures(pictures{}, Pictures{Command: []string{file, "stdin", "stdout"}, Timeout: timeout, Path: os.Args[0]})
}

func TestThePicturesTextIsRead(t *testing.T) {
	f := reader(t, `echo; head -c 4 | tail -c 3; echo " says card 4111 $1 $2"`, 20*time.Second)
	x := f.Read(context.Background(), []byte("\x89PNG..."), "")
	if len(x.Parts) != 2 || x.Parts[1].Locator != "ocr" || string(x.Parts[1].Text) != "PNG says card 4111 stdin stdout" || x.Parts[1].Editable {
		t.Errorf("%d parts, the last %q", len(x.Parts), x.Parts[len(x.Parts)-1].Text)
	}
	if len(x.Gaps) != 1 || x.Gaps[0].Locator != "thumbnail" {
		t.Errorf("gaps %v", x.Gaps)
	}
	if y := f.Read(context.Background(), []byte("no picture"), ""); y.Kind != "test" || len(y.Parts) > 0 {
		t.Errorf("%+v", y.Kind)
	}
}

func TestAPictureReaderIsLockedIn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]
	dir := t.TempDir()
	f := reader(t, `
(exec 3<>/dev/tcp/127.0.0.1/`+port+`) 2>/dev/null && echo reached
(echo x > `+dir+`/new) 2>/dev/null && echo wrote
echo "HOME=$HOME"
`, 20*time.Second)
	x := f.Read(context.Background(), []byte("\x89PNG"), "")
	if got := string(x.Parts[len(x.Parts)-1].Text); got != "HOME=" {
		t.Errorf("%q", got)
	}
	if names, _ := os.ReadDir(dir); len(names) > 0 {
		t.Error("it wrote a file")
	}
}

func TestWhatAPictureReaderCannotDoIsAGap(t *testing.T) {
	for name, script := range map[string]string{
		"fails": "exit 1", "hangs": "sleep 60 & sleep 60", "writes without end": "yes", "is not there": "exec /nowhere",
	} {
		start := time.Now()
		x := reader(t, script, 3*time.Second).Read(context.Background(), []byte("\x89PNG"), "")
		if len(x.Parts) != 1 || len(x.Gaps) != 2 || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %d parts, gaps %v after %v", name, len(x.Parts), x.Gaps, time.Since(start))
		}
	}
	if f := (pictures{}); WithPictures(f, Pictures{}) != content.Files(f) {
		t.Error("without a command something is run")
	}
}

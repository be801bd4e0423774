package content

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/promptgate/promptgate/detectors"
)

// A long body that is mapped from a file is read, and written with edits, as it is
// in memory, wherever a boundary or a value lies across a stride.
func TestAMappedBodyIsReadLikeOneInMemory(t *testing.T) {
	line := "2026-11-28 a row of a long table, with nothing in it\n"
	long := strings.Repeat(line, (2*stride+stride/4)/len(line))
	part := func(name, text string) string {
		return "--bound\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"f\"\r\n\r\n" + text + "\r\n"
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"messages":[{"content":"` + strings.ReplaceAll(long, "\n", `\n`) + `4111"}]}`))
	_ = z.Close()
	shape := compiled(t, &Shape{Select: []Select{{Path: "file", Role: RoleFile}, {Path: "data", Do: Data, Role: RoleFile}}})
	bodies := map[string]struct {
		media Media
		body  string
	}{
		"text":   {Media{ContentType: "text/csv"}, long + "4111"},
		"NUL":    {Media{ContentType: "application/octet-stream"}, long + "\x00"},
		"JSON":   {Media{ContentType: "application/json"}, `{"a":"` + strings.ReplaceAll(long, "\n", `\n`) + `4111","b":"x"}`},
		"base64": {Media{ContentType: "application/json"}, `{"data":"` + base64.StdEncoding.EncodeToString([]byte(long+"4111")) + `"}`},
		"gzip":   {Media{ContentType: "application/json", ContentEncoding: "gzip"}, packed.String()},
		"lines":  {Media{ContentType: "application/x-ndjson"}, strings.Repeat(`{"a":"`+strings.Repeat("x", 1000)+`4111"}`+"\n", 9000)},
	}
	for i := range 6 {
		cut := long[:2*stride-10*len(line)+i*190]
		bodies[fmt.Sprint("multipart ", i)] = struct {
			media Media
			body  string
		}{Media{ContentType: "multipart/form-data; boundary=bound"}, part("file", cut) + part("file", "4111 "+long[:stride]) + "--bound--\r\n"}
	}
	for name, c := range bodies {
		w, r := walked(t, shape, c.media, Limits{}, c.body)
		leans, scratches := 0, 0
		rm := &record{}
		m := NewWalk(shape, c.media, Limits{}, rm).Mapped(func() { leans++ }, func(n int) []byte { scratches++; return make([]byte, n) })
		if err := m.Run(context.Background(), []byte(c.body)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(locators(r), locators(rm)) || !slices.Equal(r.texts, rm.texts) || !slices.Equal(r.gaps, rm.gaps) {
			t.Fatalf("%s is read otherwise", name)
		}
		if leans == 0 && !strings.HasPrefix(name, "lines") && name != "JSON" {
			t.Errorf("%s: memory is never given back", name)
		}
		if packed := name == "gzip" || name == "base64"; packed != (scratches > 0) {
			t.Errorf("%s: %d scratches", name, scratches)
		}
		var edits []Edit
		for i, text := range r.texts {
			if at := strings.Index(text, "4111"); at >= 0 {
				for _, p := range w.Places(i, span(at, at+4)) {
					edits = append(edits, Edit{Place: p, With: []byte("[R]")})
				}
			}
		}
		want, err := w.Splice(edits)
		var got bytes.Buffer
		if errMapped := m.SpliceTo(&got, edits); (err == nil) != (errMapped == nil) {
			t.Errorf("%s: %v, mapped %v", name, err, errMapped)
		}
		if err == nil && !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is written otherwise: %d bytes, want %d", name, got.Len(), len(want))
		}
		m.Release()
		w.Release()
	}
}

// What is decoded into a file does not outlive it in a pool.
func TestScratchIsNotPooled(t *testing.T) {
	shape := compiled(t, &Shape{Select: []Select{{Path: "data", Do: Data}}})
	body := `{"data":"` + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("some text "), 200_000)) + `"}`
	w := NewWalk(shape, Media{ContentType: "application/json"}, Limits{}, &record{}).Mapped(func() {}, func(n int) []byte { return make([]byte, n) })
	if err := w.Run(context.Background(), []byte(body)); err != nil {
		t.Fatal(err)
	}
	w.Release()
	for _, b := range w.free {
		if cap(b) >= minScratch {
			t.Errorf("%d bytes are kept", cap(b))
		}
	}
}

func span(start, end int) detectors.Span { return detectors.Span{Start: start, End: end} }

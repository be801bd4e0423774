package content

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
)

// pack encodes a body in a list of codings, in the order they are given.
func packed(t testing.TB, codings string, body []byte) []byte {
	t.Helper()
	encode := map[string]recode{"gzip": encodeGzip, "deflate": encodeZlib, "raw": encodeFlate, "br": encodeBrotli, "zstd": encodeZstd}
	for _, c := range strings.Split(codings, ",") {
		if c == "" {
			continue
		}
		var err error
		if body, err = encode[c](body); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

// unpacked is what a walk sees under the codings.
func unpacked(t testing.TB, codings string, body []byte) string {
	t.Helper()
	w, r := walked(t, &Shape{Format: Text}, Media{ContentEncoding: codings}, Limits{}, string(body))
	defer w.Release()
	if len(r.gaps) > 0 || len(r.texts) != 1 {
		t.Fatalf("%s: %d texts, gaps %v", codings, len(r.texts), r.gaps)
	}
	return r.texts[0]
}

func header(codings string) string { return strings.ReplaceAll(codings, "raw", "deflate") }

func TestContentCodings(t *testing.T) {
	const body = `{"messages":[{"role":"user","content":"card 4111 and more and more and more"}]}`
	for _, c := range []string{"", "gzip", "deflate", "raw", "br", "zstd", "gzip,br", "zstd,gzip,deflate"} {
		t.Run(c, func(t *testing.T) {
			wire := packed(t, c, []byte(body))
			w, r := walked(t, chat(t), Media{ContentEncoding: header(c)}, Limits{}, string(wire))
			defer w.Release()
			if len(r.gaps) > 0 || len(r.texts) != 1 || !strings.HasPrefix(r.texts[0], "card 4111") {
				t.Fatalf("%d texts, gaps %v", len(r.texts), r.gaps)
			}
			same, err := w.Splice(nil)
			if err != nil || !bytes.Equal(same, wire) {
				t.Fatal("without an edit the body is not the one that came")
			}
			edited := replace(t, w, r, "4111", "[C]")
			if c == "" {
				edited = string(packed(t, "", []byte(edited)))
			}
			if got, want := unpacked(t, header(c), []byte(edited)), strings.Replace(body, "4111", "[C]", 1); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// noise is text that does not pack well, so that a cut anywhere loses some of it.
func noise(n int) string {
	rng := rand.New(rand.NewSource(1))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "w%d ", rng.Intn(1<<30))
	}
	return b.String()
}

func TestTruncatedCodingsAreReadUpToTheCut(t *testing.T) {
	// zstd and brotli give nothing before a block is complete: the text is longer
	// than a block (128 KiB in zstd), and the cut is in the last one.
	text := noise(300 << 10)
	for _, c := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		wire := packed(t, c, []byte(text))
		for _, cut := range []int{1, 2, 9, len(wire) / 8} {
			t.Run(fmt.Sprintf("%s/%d", c, cut), func(t *testing.T) {
				w, r := walked(t, &Shape{Format: Text}, Media{ContentEncoding: header(c)}, Limits{}, string(wire[:len(wire)-cut]))
				defer w.Release()
				if len(r.gaps) != 1 || r.gaps[0].Cause != detectors.CauseDecodeError {
					t.Fatalf("gaps %v, want one decode_error", r.gaps)
				}
				if len(r.texts) != 1 || len(r.texts[0]) < len(text)/3 || !strings.HasPrefix(text, r.texts[0]) {
					t.Fatalf("%d texts; want the text up to the cut", len(r.texts))
				}
				if w.Places(0, detectors.Span{Start: 0, End: 4}) != nil {
					t.Error("a place in a body that cannot be encoded again")
				}
				if _, err := w.Splice([]Edit{{Place: Place{Space: 1, Span: detectors.Span{End: 1}}}}); err == nil {
					t.Error("a cut body was rewritten")
				}
			})
		}
	}
}

func TestDamagedCodings(t *testing.T) {
	const text = "my card is 4111"
	for _, c := range []string{"gzip", "deflate", "br", "zstd"} {
		wire := packed(t, c, []byte(text))
		t.Run(c+" with something behind it", func(t *testing.T) {
			w, r := walked(t, &Shape{Format: Text}, Media{ContentEncoding: c}, Limits{}, string(wire)+"hidden text behind the end")
			defer w.Release()
			if len(r.gaps) == 0 || r.gaps[0].Cause != detectors.CauseDecodeError || len(r.texts) == 0 || r.texts[0] != text {
				t.Errorf("gaps %v, %d texts; want decode_error and the text", r.gaps, len(r.texts))
			}
		})
		t.Run(c+" that is none", func(t *testing.T) {
			w, r := walked(t, &Shape{}, Media{ContentEncoding: c}, Limits{}, `{"a":"`+text+`"}`)
			defer w.Release()
			if len(r.gaps) == 0 || r.gaps[0].Cause != detectors.CauseDecodeError || len(r.texts) == 0 || !strings.Contains(r.texts[0], text) {
				t.Errorf("gaps %v, %d texts; want decode_error and the body as it stands", r.gaps, len(r.texts))
			}
		})
	}
	for _, c := range []string{"compress", "aes128gcm", "gzip,gzip,gzip,gzip,gzip"} {
		t.Run(c, func(t *testing.T) {
			body := []byte(`["x"]`)
			if strings.HasPrefix(c, "gzip") {
				body = packed(t, c, body)
			}
			w, r := walked(t, &Shape{}, Media{ContentEncoding: c}, Limits{}, string(body))
			defer w.Release()
			if len(r.gaps) == 0 || r.gaps[0].Cause != detectors.CauseUnsupportedEncoding {
				t.Errorf("gaps %v, want unsupported_encoding", r.gaps)
			}
		})
	}
}

func TestBombs(t *testing.T) {
	zeros := bytes.Repeat([]byte("card 4111 "), 1<<18)
	for _, c := range []string{"gzip", "raw", "br", "zstd"} {
		for name, l := range map[string]Limits{"total": {Decoded: 1 << 16, Ratio: 1 << 20}, "ratio": {Ratio: 2}} {
			t.Run(c+" "+name, func(t *testing.T) {
				wire := packed(t, c, zeros)
				w, r := walked(t, &Shape{Format: Text}, Media{ContentEncoding: header(c)}, l, string(wire))
				defer w.Release()
				want := 1 << 16
				if name == "ratio" {
					want = max(freeRatio, 2*len(wire))
				}
				if len(r.gaps) != 1 || r.gaps[0].Cause != detectors.CauseDecodeBomb {
					t.Fatalf("gaps %v, want decode_bomb", r.gaps)
				}
				if len(r.texts) != 1 || len(r.texts[0]) != want {
					t.Fatalf("%d texts, want one of %d bytes", len(r.texts), want)
				}
				if w.Places(0, detectors.Span{Start: 0, End: 4}) != nil {
					t.Error("a place in a body that was not read to its end")
				}
			})
		}
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	body := "[" + strings.Repeat(`"x",`, 1000) + `"x"]`
	r := &record{}
	w := NewWalk(&Shape{}, Media{}, Limits{}, r)
	defer w.Release()
	if err := w.Run(ctx, []byte(body)); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v, want the context's error", err)
	}
	if len(r.docs) > 100 {
		t.Errorf("%d documents after the end of the context", len(r.docs))
	}
}

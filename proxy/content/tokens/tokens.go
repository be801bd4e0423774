// Package tokens turns the numbers that stand for text in requests to embedding
// and completion models back into that text.
//
// All models that take numbers read cl100k_base: the embedding models from
// text-embedding-ada-002 on, gpt-3.5-turbo-instruct, davinci-002 and babbage-002
// (openai/tiktoken, tiktoken/model.py, MIT). The vocabulary is embedded packed,
// 466 KB, and unpacked at its first use into 1.3 MB that stay. Safe for
// concurrent use.
package tokens

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"strings"
	"sync"
)

//go:generate sh -c "cd make && go run . > ../cl100k_base.gz"

//go:embed cl100k_base.gz
var packed []byte

const (
	count       = 100256 // tokens of text
	firstMarker = 100257 // markers of the model, which stand for no text
	lastMarker  = 100276
)

// A vocabulary is the bytes of each token.
type vocabulary struct {
	text  []byte
	start []uint32 // of each token in text, and the end of the last
}

var cl100k = sync.OnceValue(func() *vocabulary {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("tokens: internal error: the vocabulary is damaged")
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic("tokens: internal error: the vocabulary is damaged")
	}
	v := &vocabulary{text: make([]byte, 0, len(b)-count), start: make([]uint32, 0, count+1)}
	for len(b) > 0 {
		n := int(b[0])
		v.start = append(v.start, uint32(len(v.text)))
		v.text = append(v.text, b[1:1+n]...)
		b = b[1+n:]
	}
	v.start = append(v.start, uint32(len(v.text)))
	return v
})

// Known reports whether a model reads cl100k_base. It says yes of names of the
// provider only: a deployment may be called anything.
func Known(model string) bool {
	for _, prefix := range [...]string{"text-embedding-3-", "text-embedding-ada-002", "gpt-3.5-turbo", "davinci-002", "babbage-002"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}

// Append appends the text of ids to dst. ok is false when one of them is no
// number of a token; the others are appended all the same.
func Append(dst []byte, ids []uint32) (text []byte, ok bool) {
	v := cl100k()
	ok = true
	for _, id := range ids {
		switch {
		case id < count:
			dst = append(dst, v.text[v.start[id]:v.start[id+1]]...)
		case id < firstMarker || id > lastMarker:
			ok = false
		}
	}
	return dst, ok
}

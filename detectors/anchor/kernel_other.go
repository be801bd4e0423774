//go:build !amd64

package anchor

// Paths lists what this CPU can run, the slowest first.
func Paths() []Path { return []Path{Portable} }

// classify fills m for len(m) blocks of 64 bytes that begin at text[at].
func (t *tables) classify(text []byte, at int, m []masks) { t.classifyPortable(text, at, m) }

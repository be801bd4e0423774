package anchor

import "golang.org/x/sys/cpu"

//go:generate go run ./gen

// Paths lists what this CPU can run, the slowest first.
func Paths() []Path {
	paths := []Path{Portable}
	if cpu.X86.HasAVX2 {
		paths = append(paths, AVX2)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI {
		paths = append(paths, AVX512)
	}
	return paths
}

// classify256 and classify512 fill n masks for the n blocks of 64 bytes at p.
// They read 32 bytes and 1 byte before p, and nothing behind the blocks.

//go:noescape
func classify256(p *byte, n int, t *tables256, m *masks)

//go:noescape
func classify512(p *byte, n int, t *tables512, m *masks)

// classify fills m for len(m) blocks of 64 bytes that begin at text[at]. It
// may read kernelReach bytes before at.
func (t *tables) classify(text []byte, at int, m []masks) {
	if len(m) == 0 {
		return
	}
	_, _ = text[at-kernelReach], text[at+64*len(m)-1] // the kernels check nothing
	switch t.path {
	case AVX512:
		classify512(&text[at], len(m), t.wide, &m[0])
	case AVX2:
		classify256(&text[at], len(m), t.half, &m[0])
	default:
		t.classifyPortable(text, at, m)
	}
}

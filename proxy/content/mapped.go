package content

import "bytes"

// stride is how much of a body is touched before memory is given back, in bytes.
const stride = 4 << 20

// A mapping is how a body that is mapped from a file is looked at without its
// being in memory whole. The zero mapping is for bodies that are.
type mapping struct {
	lean    func()             // gives back what was touched
	scratch func(n int) []byte // memory of n bytes in the same file; nil when there is no room
}

// Mapped tells the walk that its body is mapped from a file: lean gives back the
// memory that was touched, scratch makes room in the file for what is decoded.
// Both may be nil. It returns w.
func (w *Walk) Mapped(lean func(), scratch func(n int) []byte) *Walk {
	w.mapped = mapping{lean, scratch}
	if scratch != nil {
		w.limits.Decoded = max(w.limits.Decoded, maxMapped)
	}
	return w
}

const (
	// maxMapped is how much may be decoded into a file, in bytes.
	maxMapped = 1 << 30
	// minScratch is the smallest buffer that is made there, in bytes: none that goes
	// back to the pool, which outlives the file.
	minScratch = maxKept + 1
	// maxRecoded is the largest space that is written again as a whole, in bytes:
	// that is done in memory.
	maxRecoded = 32 << 20
)

func (m mapping) giveBack() {
	if m.lean != nil {
		m.lean()
	}
}

// strides calls f with pieces of b until it returns false, and gives memory back
// between them.
func (m mapping) strides(b []byte, f func(piece []byte) bool) bool {
	if m.lean == nil || len(b) <= stride {
		return f(b)
	}
	for len(b) > 0 {
		n := min(len(b), stride)
		if !f(b[:n]) {
			return false
		}
		b = b[n:]
		m.lean()
	}
	return true
}

// index is bytes.Index.
func (m mapping) index(b, sep []byte) int {
	at := 0
	for m.lean != nil && len(b)-at > 2*stride {
		if i := bytes.Index(b[at:at+stride+len(sep)], sep); i >= 0 {
			return at + i
		}
		at += stride
		m.lean()
	}
	if i := bytes.Index(b[at:], sep); i >= 0 {
		return at + i
	}
	return -1
}

// isText is isText, in strides.
func (m mapping) isText(b []byte) bool {
	controls := 0
	return m.strides(b, func(piece []byte) bool {
		n, ok := countControls(piece)
		controls += n
		return ok
	}) && controls*32 <= len(b)
}

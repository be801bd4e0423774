package anchor

import (
	"fmt"
	"slices"
)

// A Path is a way to compute the same masks; the hits are the same on each.
type Path uint8

// The paths. The zero Path is the fastest that the CPU has.
const (
	Auto     Path = iota
	Portable      // Go, everywhere
	AVX2          // amd64 with AVX2
	AVX512        // amd64 with AVX-512 F, BW and VBMI
)

var pathNames = [...]string{"auto", "portable", "avx2", "avx512"}

// String returns the name that [Detect] reads.
func (p Path) String() string {
	if int(p) < len(pathNames) {
		return pathNames[p]
	}
	return fmt.Sprintf("Path(%d)", uint8(p))
}

// Detect returns the path to use: what Auto stands for, or override
// ("portable", "avx2", "avx512"; PROMPTGATE_CPU's value), which is an error if
// it is none of these or the CPU lacks it.
func Detect(override string) (Path, error) {
	if override == "" || override == Auto.String() {
		return slices.Max(Paths()), nil
	}
	i := slices.Index(pathNames[:], override)
	if i < 0 {
		return 0, fmt.Errorf("anchor: unknown CPU path (want portable, avx2 or avx512)")
	}
	if p := Path(i); slices.Contains(Paths(), p) {
		return p, nil
	}
	return 0, fmt.Errorf("anchor: this CPU has no %s", pathNames[i])
}

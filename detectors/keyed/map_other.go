//go:build !unix

package keyed

func mapFile(name string) (File, error) { return readWhole(name) }
